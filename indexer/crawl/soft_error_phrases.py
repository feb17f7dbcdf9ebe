"""List what error pages, logins, consent walls and bot checks say, in many languages. Data that `soft_errors` reads."""

from __future__ import annotations

import re

Phrases = tuple[str, ...]


def _phrases(text: str) -> Phrases:
    """Split a table of phrases at its bars."""
    return tuple(" ".join(phrase.split()) for phrase in text.split("|"))


NOT_FOUND = _phrases(
    """
    404 | 410 | 404 not found | 410 gone | 403 forbidden | 400 bad request | error 404 | gone | forbidden | not found |
    not be found | can't be found | cannot be found | doesn't exist | does not exist | no longer exists |
    no longer available | not available | page missing | page unavailable | has been removed | has been deleted |
    has expired | nicht gefunden | nicht gefunden werden | existiert nicht | existiert nicht mehr | nicht vorhanden |
    nicht verfügbar | nicht mehr verfügbar | introuvable | page non trouvée | n'a pas été trouvée | n'existe pas |
    n'existe plus | no encontrada | no encontrado | no se encuentra | no existe | no ha sido encontrada | ya no existe |
    não encontrada | não encontrado | não foi encontrada | não existe | non trovata | non trovato | non è stata trovata |
    non esiste | niet gevonden | bestaat niet | bestaat niet meer | hittades inte | hittades ej | kunde inte hittas |
    ikke fundet | blev ikke fundet | findes ikke | ikke funnet | finnes ikke | ei löydy | ei löytynyt | nie znaleziono |
    nie została znaleziona | nie istnieje | nenalezena | nebyla nalezena | nem található | nu a fost găsită |
    pagina negăsită | bulunamadı | не найдена | не найдено | не існує | не знайдено | не е намерена | не постоји |
    nije pronađena | δεν βρέθηκε | không tìm thấy | ページが見つかりません | お探しのページ
    | 找不到页面 | 找不到頁面 | 页面不存在 | 页面未找到 | 頁面不存在 | 您访问的页面 |
    페이지를 찾을 수 없습니다 | غير موجودة | لم يتم العثور | לא נמצא | पृष्ठ नहीं मिला | ไม่พบหน้า
    """
)
OUT_OF_ORDER = _phrases(
    """
    500 | 502 | 503 | 504 | 520 | 521 | 522 | 524 | internal server error | server error | bad gateway | gateway timeout |
    gateway time out | service unavailable | service temporarily unavailable | temporarily unavailable | error occurred |
    database error | error establishing a database connection | something went wrong | maintenance | maintenance mode |
    under maintenance | be right back | wartung | wartungsarbeiten | wartungsmodus | vorübergehend nicht erreichbar |
    fehler aufgetreten | serverfehler | erreur serveur | erreur interne | service indisponible | une erreur est survenue |
    en mantenimiento | error del servidor | error interno | em manutenção | in manutenzione | errore del server | onderhoud
    | serverfout | underhåll | vedligeholdelse | vedlikehold | huoltokatko | przerwa techniczna | prace konserwacyjne |
    błąd serwera | технические работы | ошибка сервера | メンテナンス中 | 系统维护 | 系統維護 | 점검 중
    """
)
LOGIN = _phrases(
    """
    login | log in | sign in | login required | please log in | member login | anmelden | anmeldung | einloggen |
    se connecter | connexion | identification | iniciar sesión | acceder | accedi | entrar | iniciar sessão | inloggen |
    aanmelden | logga in | log ind | logg inn | kirjaudu | kirjaudu sisään | zaloguj się | logowanie | přihlášení |
    bejelentkezés | autentificare | giriş yap | вход | войти | увійти | σύνδεση | ログイン | 登录 | 登入 | 로그인 | تسجيل الدخول |
    התחברות
    """
)
CONSENT = _phrases(
    """
    before you continue | we value your privacy | your privacy choices | privacy settings | privacy preferences |
    cookie consent | cookie settings | cookie wall | cookie policy | consent | privacygate | age verification |
    bevor sie fortfahren | bevor sie weitergehen | wir respektieren ihre privatsphäre | privatsphäre einstellungen |
    datenschutz einstellungen | datenschutzeinstellungen | cookie einstellungen | einwilligung | zustimmung |
    zustimmung erforderlich | altersprüfung | avant de continuer | votre vie privée | gestion des cookies |
    paramètres des cookies | antes de continuar | su privacidad | sua privacidade | configuración de cookies |
    prima di continuare | la tua privacy | voordat je verdergaat | uw privacy | cookie instellingen | innan du fortsätter |
    før du fortsætter | zanim przejdziesz dalej | ustawienia prywatności
    """
)
BOT_CHECK = _phrases(
    """
    just a moment | un momento | nur einen moment | einen moment | un instant | een moment geduld | um momento | один момент
    | 请稍候 | 請稍候 | しばらくお待ちください | 잠시만 | attention required | cloudflare | access denied | access blocked |
    access to this page has been denied | zugriff verweigert | accès refusé | accès bloqué | acceso denegado | acesso negado
    | accesso negato | toegang geweigerd | доступ запрещен | are you a robot | are you human | are you a human | robot check
    | security check | security verification | human verification | bot verification | verify you are human |
    verifying you are human | verify you are a human | checking your browser | one moment please | pardon our interruption |
    ddos guard | request rejected | request blocked | captcha | recaptcha | you have been blocked | client challenge |
    sicherheitsüberprüfung | vérification de sécurité | sind sie ein mensch
    """
)
FILLER = frozenset(
    """
    az η es error http https status code fehler fehlercode erreur errore erro fout fel fejl feil virhe błąd chyba hiba eroare
    hata ошибка помилка σφάλμα oops ups uups whoops sorry leider désolé désolée lo sentimos hoppla hoppsan uh oh hmm
    ooops page pages seite webseite website site web url file datei document dokument article artikel content inhalt
    contenu item pagina página páginas artículo artigo articolo sidan sida siden side sivua sivu strona strony stránka
    oldal страница страницы сторінка sayfa trang σελίδα الصفحة הדף the this that a an it is was were be been could can
    cannot not we you are looking for requested your our to of in on at has have here please via mit wieder gleich
    kurz now currently soon back under down up scheduled site's continue with die der das diese dieser dieses den dem
    gewünschte gewünschten angeforderte gesuchte konnte wurde ist kann nicht gefunden werden wir sie uns bitte zu zur
    zum und einen ein eine la le les cette ce cet demandée demandé recherchée que vous cherchez recherchez l n été est
    pas une un au à nous esta este el los las buscas busca solicitada solicitado no ha sido se una en su de del não
    foi você procura o as os em sua questa questo il cercata richiesta che cerchi stai cercando è stata stato non deze
    dit het een niet kan worden gezochte u je op zoek bent det som du söker sökte letar efter kunde inte ikke vi på
    szukana szukanej której szukasz nie запрашиваемая запрошенная вы ищете не user account member members area
    required erforderlich mein my konto compte espace cuenta before privacy cookies cookie google youtube yahoo
    facebook moment wait check security access
    """.split()
)


# -- walls under an article's own title -----------------------------------------------------------------------------

# By kind of wall, the topics that it mentions, in folded letters. The topics of a text are counted.
_TOPICS: dict[str, tuple[str, ...]] = {
    "of cookies and consent": (
        r"cookies?\b",
        r"\b(?:privacy|privatsphare|datenschutz\w*|vie privee|privacidad|privacidade|prywatnosc\w*)\b",
        r"\b(?:consent\w*|einwillig\w+|zustimm\w+|consenti\w*|consentement|zgod\w+|samtyck\w*|toestemming)\b",
        r"\b(?:accept(?:ing|er|ez|e|eren)?|agree|akzeptier\w+|acept\w+|accetta\w*|zaakceptuj\w*)\b",
        r"\b(?:partners?|partnern?|vendors?|partenaires|socios|fornitori|drittanbieter\w*|third parties|partnerzy)\b",
        r"\b(?:personali[sz]ed|personalisiert\w*|personnalise\w*|personalizad\w*|personalizzat\w*|tracking)\b",
        r"\b(?:store|access|speicher\w*|stocker|almacen\w+|archiviare)\b",
        r"\b(?:continue|fortfahren|weiter\w*|continuer|continuar)\b",
    ),
    "of a subscription": (
        r"\b(?:subscri\w+|abo|abos|abonn\w+|suscri\w+|assin\w+|abbona\w+|prenumer\w+)\b",
        r"\b(?:log ?in|sign ?in|anmeld\w+|einlogg\w+|connectez|connexion|iniciar sesion"
        r"|inicia sesion|accedi|inloggen|logga in)\b",
        r"\b(?:already|bereits|schon|deja|ya eres|gia)\b",
        r"\b(?:register|registrier\w+|sign up|inscri\w+|registr\w+|account|konto)\b",
        r"\b(?:keep reading|continue reading|read on|to read|weiterlesen|weiterzulesen"
        r"|lire la suite|seguir leyendo|full access|unlimited)\b",
        r"\b(?:trial|per month|a month|pro monat|par mois|al mes|al mese|free articles?|gratis|kostenlos\w*)\b",
    ),
    "of a check for robots": (
        r"\b(?:enable|activate|aktivier\w+|activer) (?:javascript|cookies)\b|javascript (?:is|and cookies)",
        r"\bcaptcha\b|\brobots?\b",
        r"\bhumans?\b|\bmensch\b",
        r"\b(?:verify|verifying|verification|checking)\b",
        r"\b(?:unusual|suspicious|automated|malicious)\b",
        r"\bray id\b|\breference #|\bincident id\b|\byour ip\b|\bip address\b",
        r"\bblocked\b|\bsecurity\b",
        r"\bbrowser\b",
    ),
    "of an error": (
        r"\b(?:error|fehler|erreur|errore)\b",
        r"\btry (?:again|later|refreshing)\b|\bspater (?:noch ?mal|erneut|wieder)\b|\bplus tard\b",
        r"\b(?:unavailable|nicht erreichbar|nicht verfugbar|indisponible|overloaded|uberlastet)\b",
        r"\b(?:technical|technische|techniques|server|database|datenbank|maintenance|wartung\w*)\b",
        r"\b(?:sorry|apologi\w+|entschuldig\w+|desole\w*)\b",
    ),
}
WALL_TOPICS = {about: tuple(map(re.compile, patterns)) for about, patterns in _TOPICS.items()}


# Each wall contains one of these. Most texts contain none and are finished in a tenth of the time.
ANY_WALL_TOPIC = re.compile(
    r"cookie|privacy|privats|datenschutz|vie privee|privac|partner|javascript|captcha|robot|human"
    r"|mensch|consent|einwillig|zustimm|zgod|abo\b|abonn|subscri|suscri|assin|abbona|prenumer"
    r"|log ?in|sign ?in|anmeld|connexion|sesion|error|fehler|erreur|errore|unavailable|blocked"
)

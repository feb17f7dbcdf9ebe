"""What walls say once they stand under the article's own title: data, and how much of it a short text holds.

An article about cookies says some of it as well, among much else; a wall says little else.
"""

from __future__ import annotations

import re

from indexer.analysis.folding import fold

# Each a way of saying one thing, in folded letters; of how many things a text speaks is counted.
_SAID: dict[str, tuple[str, ...]] = {
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
_PATTERNS = {about: tuple(map(re.compile, patterns)) for about, patterns in _SAID.items()}


# One of these is in each wall; most texts hold none, and are done with in a tenth of the time.
_ANY = re.compile(
    r"cookie|privacy|privats|datenschutz|vie privee|privac|partner|javascript|captcha|robot|human"
    r"|mensch|consent|einwillig|zustimm|zgod|abo\b|abonn|subscri|suscri|assin|abbona|prenumer"
    r"|log ?in|sign ?in|anmeld|connexion|sesion|error|fehler|erreur|errore|unavailable|blocked"
)


def speaks(text: str) -> tuple[str, int]:
    """What a text speaks of most, of all that walls speak of, and how many of their things it says.

    >>> speaks("We and our partners use cookies. Accept to continue.")
    ('of cookies and consent', 4)
    """
    folded = fold(text)
    if not _ANY.search(folded):
        return "", 0
    counts = {about: sum(1 for pattern in patterns if pattern.search(folded)) for about, patterns in _PATTERNS.items()}
    about = max(counts, key=lambda each: counts[each])
    return about, counts[about]

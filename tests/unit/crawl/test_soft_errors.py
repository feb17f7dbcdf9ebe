"""Titles of error pages, logins and walls in many languages, and of articles that only sound so. (The rest: flow/test_changes.)"""

from __future__ import annotations

import pytest

from indexer.crawl.soft_error_phrases import BOT_CHECK, CONSENT, LOGIN, NOT_FOUND, OUT_OF_ORDER
from indexer.crawl.soft_errors import PageContext, common_trigrams, find_soft_error, headed, resembles, text_hash
from indexer.model import Document, Response

SITE = "https://example.org"


@pytest.mark.parametrize(
    "title",
    [
        "404", "404 Not Found", "Error 404", "Page not found", "Page not found | The Gazette", "The Gazette - Page Not Found",
        "Oops! That page can’t be found.", "Sorry, the page you requested could not be found", "HTTP Status 404 – Not Found",
        "The page you are looking for doesn't exist", "This page is no longer available", "Seite nicht gefunden",
        "Fehler 404: Die gewünschte Seite wurde nicht gefunden", "Diese Seite existiert nicht mehr", "Page introuvable",
        "Erreur 404 - La page demandée n'existe pas", "Página no encontrada", "Error 404: la página solicitada no existe",
        "Página não encontrada", "Pagina non trovata", "Pagina niet gevonden", "Sidan hittades inte", "Siden blev ikke fundet",
        "Siden finnes ikke", "Sivua ei löydy", "Nie znaleziono strony", "Stránka nenalezena", "Az oldal nem található",
        "Sayfa bulunamadı", "Страница не найдена", "Сторінка не знайдено", "Η σελίδα δεν βρέθηκε",
        "ページが見つかりません", "お探しのページは見つかりません", "页面不存在", "找不到頁面", "페이지를 찾을 수 없습니다", "페이지를 찾을 수 없습니다만", "الصفحة غير موجودة",
    ],
)  # fmt: skip
def test_error_pages_are_known_by_their_titles(title: str) -> None:
    assert headed([title], NOT_FOUND) == title


@pytest.mark.parametrize(
    ("title", "phrases"),
    [
        ("503 Service Temporarily Unavailable", OUT_OF_ORDER), ("Site maintenance", OUT_OF_ORDER), ("Wartungsarbeiten", OUT_OF_ORDER),
        ("502 Bad Gateway", OUT_OF_ORDER), ("Something went wrong", OUT_OF_ORDER), ("Es ist ein Fehler aufgetreten", OUT_OF_ORDER),
        ("Sign in | Gazette", LOGIN), ("Anmelden – Gazette", LOGIN), ("Se connecter", LOGIN), ("Вход", LOGIN), ("ログイン", LOGIN),
        ("Before you continue to YouTube", CONSENT), ("We value your privacy", CONSENT), ("Votre vie privée", CONSENT),
        ("Just a moment...", BOT_CHECK), ("Attention Required! | Cloudflare", BOT_CHECK), ("Access denied", BOT_CHECK),
        ("Einen Moment bitte…", BOT_CHECK), ("Pardon Our Interruption", BOT_CHECK), ("Are you a robot?", BOT_CHECK),
    ],
)  # fmt: skip
def test_other_faults_are_known_by_their_titles(title: str, phrases: tuple[str, ...]) -> None:
    assert headed([title], phrases) == title


@pytest.mark.parametrize(
    "title",
    [
        "Passengers not found after the storm", "Peugeot 404 restored in Lyon", "Missing climbers could not be found in the Alps",
        "Die verlorene Seite des Harbour-Romans", "Weapons of mass destruction were not found", "Gone with the wind returns",
        "A moment with the mayor", "How to log in to history", "The login that cost a million", "Maintenance of bridges",
        "Access to water denied for years", "Your privacy and the new law", "Consent in the age of apps", "La page se tourne",
        "Room 503", "Il n'existe pas de solution simple", "Robots check the vineyards", "Nothing to see here", "",
    ],
)  # fmt: skip
def test_articles_that_only_sound_so_are_none(title: str) -> None:
    assert not [phrases for phrases in (NOT_FOUND, OUT_OF_ORDER, LOGIN, CONSENT, BOT_CHECK) if headed([title], phrases)]


def test_titles_that_resemble_one_another() -> None:
    assert resembles("Page not found: a history - The Gazette", "Page not found: a history")
    assert not resembles("Page not found - The Gazette", "The harbour opens again")
    assert not resembles("", "")


def judged(asked: str, landed: str, title: str = "Tales", text: str = "Some words. " * 300, known: str = "The ferry") -> str:
    body = f"<html><title>{title}</title><p>{text}".encode()
    document = Document("d", landed, title, text, rule="article")
    found = find_soft_error(Response(SITE + landed, SITE + asked, 200, {}, body), document, PageContext(known))
    return found.fingerprint if found else ""


@pytest.mark.parametrize(
    ("asked", "landed", "mark"),
    [
        ("/news/2026/ferry", "/", "redirect"), ("/news/2026/ferry", "/news/", "redirect"), ("/news/ferry.html", "/news", "redirect"),
        ("/?p=12", "/ferry", ""), ("/news/ferry/index.html", "/news/ferry/", ""), ("/news/ferry/amp", "/news/ferry", ""),
        ("/news/ferry/2", "/news/ferry/", ""), ("/news/ferry", "/news/ferry/", ""), ("/news/ferry", "/archive/ferry", ""),
        ("/news/ferry", "/login", "login"), ("/news/ferry", "/user/login?destination=news/ferry", "login"), ("/login", "/login/", ""),
        ("/news/ferry", "/consent/?back=x", "consent"), ("/news/ferry", "/news/consent-of-the-governed", ""),
        ("/news/ferry", "/wp-login.php?redirect_to=x", "login"), ("/news/login-trouble", "/news/logins-and-trouble", ""),
    ],
)  # fmt: skip
def test_where_a_redirect_may_lead(asked: str, landed: str, mark: str) -> None:
    assert judged(asked, landed) == mark


def test_a_redirect_upwards_to_the_very_article_is_none() -> None:
    assert judged("/news/2026/ferry", "/news/", title="The ferry | Tales") == ""


def test_what_stands_behind_a_title_may_be_a_rubric() -> None:
    assert judged("/a", "/a", title="Bridge repair | Maintenance", known="") == ""
    assert judged("/a", "/a", title="Maintenance | The Gazette", known="") == "out of order"
    assert judged("/a", "/a", title="Bridge repair | Maintenance", known="Bridge repair") == ""


def test_marks_of_a_wall_count_only_where_there_is_no_text() -> None:
    form = "<form><input type=password></form><div class='g-recaptcha'></div>"
    assert judged("/a", "/a", text=f"{form} {'Some words. ' * 300}") == ""
    assert judged("/a", "/a", text=f"{form} {'Some words. ' * 50}") == "bot check"
    assert judged("/a", "/a", text=f"{form} {'Some words. ' * 50}", known="") == ""  # a short article, for all we know
    body = f"<title>Tales</title>{form}".encode()
    found = find_soft_error(Response(SITE, SITE, 200, {}, body), None, PageContext("The ferry"))
    assert found is not None
    assert found.accepted_as == "never"


def test_texts_are_compared_by_their_words() -> None:
    one, other = (Document("d", "", "t", text, rule="article") for text in ("A ferry,  late", "a FERRY late."))
    assert text_hash(one) == text_hash(other)
    assert text_hash(Document("d", "", "t", "A ferry", rule="feed")) is None
    assert text_hash(None) is None


WALLS = {
    "of cookies and consent": "We value your privacy. We and our 842 partners store and access information on devices. Accept to continue.",
    "of a subscription": "Subscribe to keep reading. Already a subscriber? Log in. Only 3 euros per month, the trial is free.",
    "of a check for robots": "Please verify that you are human. Unusual traffic came from your IP address.",
    "of an error": "Sorry, there was an error on the server. Please try again later.",
}
ARTICLE = Document("d", SITE, "The ferry", "The ferry crosses the estuary again after nine winters. " * 30, rule="article")


def under_its_title(text: str, before: Document | None = ARTICLE) -> str:
    body = f"<html><title>The ferry | Tales</title><p>{text}".encode()
    facts = PageContext("The ferry", before, was_fetched=before is not None)
    found = find_soft_error(Response(SITE, SITE, 200, {}, body), Document("d", SITE, "The ferry", text, rule="article"), facts)
    return f"{found.accepted_as}: {found.reason.code} {found.reason.detail}" if found else ""


@pytest.mark.parametrize("about", WALLS)
def test_a_wall_under_the_title_of_the_article_does_not_replace_it(about: str) -> None:
    said = under_its_title(WALLS[about] + " The ferry crosses the estuary again after nine winters." * 3)
    assert said.startswith("never: shrunk-wall ")
    assert said.endswith(f", {about}")


def test_an_article_that_was_shortened_does_replace_it() -> None:
    assert under_its_title("The ferry crosses the estuary again after nine winters. " * 9) == ""
    cookies = Document("d", SITE, "The ferry", f"{WALLS['of cookies and consent']} So say most sites. " * 20, rule="article")
    assert under_its_title(WALLS["of cookies and consent"] + " So say most sites." * 20, cookies) == ""


def test_a_text_that_grew_under_another_title_is_believed() -> None:
    text = ARTICLE.text + "Now it carries carts as well, and it leaves at nine."
    answer = Response(SITE, SITE, 200, {}, f"<html><title>Carts on board</title><p>{text}".encode())
    facts = PageContext("The ferry", ARTICLE, was_fetched=True)
    assert find_soft_error(answer, Document("d", SITE, "Carts on board", text, rule="article"), facts) is None
    shared = find_soft_error(
        answer, Document("d", SITE, "Carts on board", text, rule="article"), PageContext("The ferry", ARTICLE, True, same_text=1)
    )
    assert shared is not None
    assert shared.reason.code == "same-text-suddenly"


def test_a_wall_that_was_met_first_is_doubted() -> None:
    assert under_its_title(WALLS["of cookies and consent"], None) == "text: wall-text of cookies and consent"
    wall, story = WALLS["of cookies and consent"], " The ferry crosses the estuary again after nine winters."
    assert under_its_title(wall + story * 8, None) == "text: wall-text of cookies and consent"
    assert under_its_title(wall + story * 12, None) == ""  # too long a text for a wall of its own
    assert under_its_title("Cookies and their makers: a baker tells of his partners, and of how to store them.", None) == ""


def test_trigrams_are_counted_against_the_shorter_text() -> None:
    assert common_trigrams("one two three four", "zero one two three four five") == 1.0
    assert common_trigrams("one two three four", "one two three five") == 0.5
    assert common_trigrams("one two", "one two") == 0.0  # too short to have a trigram

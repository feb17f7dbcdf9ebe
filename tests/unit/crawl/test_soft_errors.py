"""Titles of error pages, logins and walls in many languages, and of articles that only sound so. (The rest: flow/test_changes.)"""

from __future__ import annotations

from typing import Any

import pytest

from indexer.crawl.soft_error_phrases import BOT_CHECK, CONSENT, LOGIN, NOT_FOUND, OUT_OF_ORDER
from indexer.crawl.soft_errors import PageContext, common_trigrams, find_soft_error, headed, leading, resembles, speaks, text_hash
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


@pytest.mark.parametrize(
    ("text", "topics", "suspicion"),
    [
        ("We and our partners use cookies.", 2, "text: shrunk 1680 -> 32"),
        ("We use cookies. Accept to continue.", 3, "never: shrunk-wall 1680 -> 35, of cookies and consent"),
    ],
)
def test_a_wall_mentions_three_of_its_topics(text: str, topics: int, suspicion: str) -> None:
    assert speaks(text)[1] == topics
    assert under_its_title(text) == suspicion


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


def story(letter: str, characters: int) -> str:
    """Return a text of so many characters, whose words begin with a letter."""
    return " ".join(f"{letter}{number:06}" for number in range(characters // 8 + 1))[:characters]


def another_text(before: str, text: str, rule: str = "article", title: str = "Else", **context: Any) -> str:
    """Return what a page with this text is suspected of; `before` is the stored text."""
    facts: dict[str, Any] = {"was_fetched": True, **context}
    document = Document("d", SITE, "The ferry", before, rule=rule)
    page = Document("d", SITE, title, text, rule="article" if text else "feed")
    response = Response(SITE, SITE, 200, {}, f"<title>{title}</title>".encode())
    found = find_soft_error(response, page, PageContext("The ferry", document, **facts))
    return f"{found.reason.code} {found.accepted_as} {found.min_visits} {found.min_span.days}" if found else ""


OTHER, SHRUNK, GONE = "other-text text 2 0", "shrunk text 5 14", "article-gone text 5 14"


@pytest.mark.parametrize(
    ("before", "text", "suspicion"),
    [
        (story("a", 400), story("a", 400), ""),
        (story("a", 400), story("b", 400), OTHER),
        (story("a", 200), story("b", 200), OTHER),
        (story("a", 199), story("b", 200), ""),
        (story("a", 200), story("b", 199), ""),
        (story("a", 400), story("a", 40), ""),
        (story("a", 400), story("a", 39), SHRUNK),
        (story("a", 200), story("a", 19), SHRUNK),
        (story("a", 199), story("a", 19), ""),
        (story("a", 200), "", GONE),
        (story("a", 199), "", ""),
        (story("a", 800), story("a", 60) + story("b", 740), ""),  # 6 of 98 trigrams
        (story("a", 1600), story("a", 32) + story("b", 1568), OTHER),  # 2 of 198
    ],
)
def test_a_text_is_compared_with_the_stored_one(before: str, text: str, suspicion: str) -> None:
    assert another_text(before, text) == suspicion


@pytest.mark.parametrize("before", [{"rule": "feed"}, {"entry_changed": True}, {"was_fetched": False}])
def test_only_a_page_of_its_own_that_should_not_have_changed_is_compared(before: dict[str, Any]) -> None:
    assert another_text(story("a", 400), story("b", 400), **before) == ""
    assert another_text(story("a", 400), story("a", 30), **before) == ""


def test_a_page_with_the_title_of_the_item_may_have_other_words_but_not_hardly_any() -> None:
    assert another_text(story("a", 400), story("b", 400), title="The ferry") == ""
    assert another_text(story("a", 400), story("b", 30), title="The ferry") == SHRUNK
    assert another_text(story("a", 400), "", title="The ferry") == GONE


@pytest.mark.parametrize(
    ("same", "doubted", "fetched", "title", "code"),
    [
        (1, 0, True, "Else", "same-text-suddenly"), (0, 1, True, "Else", "same-text-suddenly"), (1, 0, True, "The ferry", ""),
        (1, 0, False, "Else", ""), (2, 0, False, "Else", "same-text"), (0, 1, False, "Else", "same-text"), (2, 0, False, "The ferry", ""),
        (0, 0, False, "Else", ""),
    ],
)  # fmt: skip
def test_a_text_that_other_pages_have(same: int, doubted: int, fetched: bool, title: str, code: str) -> None:
    suspicion = another_text(
        story("a", 400), story("b", 150), title=title, same_text=same, same_text_doubted=doubted, was_fetched=fetched
    )
    assert suspicion == (f"{code} text 5 14" if code else "")


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("a b c d e", "a b c x y", True), ("a b c d e", "a b w x y", False), ("a b c", "a b c d e f g", True), ("a", "a b", True),
        ("", "a", False), ("a", "", False), ("The FERRY", "ferry, the", True), ("a", "b", False),
    ],
)  # fmt: skip
def test_titles_share_three_words_of_five(one: str, other: str, alike: bool) -> None:
    assert resembles(one, other) is alike


@pytest.mark.parametrize(
    ("title", "part"),
    [("Bridge | Gazette", "Bridge"), ("Bridge", "Bridge"), ("", ""), (" | Gazette", "Gazette"), ("One: two", "One")],
)
def test_the_first_part_of_a_title(title: str, part: str) -> None:
    assert leading(title) == part


@pytest.mark.parametrize(("blanks", "is_found"), [(150, True), (250, False)])
def test_the_beginning_of_a_long_title_is_compared(blanks: int, is_found: bool) -> None:
    title = " " * blanks + "Page not found"
    assert headed(["A story", title], NOT_FOUND) == (title if is_found else "")


@pytest.mark.parametrize(
    ("head", "code"),
    [
        ("<title>Page not found</title>", "error-page Page not found"),
        ("<TITLE class=a>Page not&nbsp;found</TITLE >", "error-page Page not found"),
        ("<h1>Page not found</h1>", "error-page Page not found"),
        ("<h2>Page not found</h2>", ""),
        ("<titles>Page not found</titles>", ""),
        ("<!--" + "x" * 100_000 + "--><title>Page not found</title>", ""),
        ("<!--" + "x" * 99_900 + "--><title>Page not found</title>", "error-page Page not found"),
        ("<title>Site maintenance</title><h1>Page not found</h1>", "out-of-order Site maintenance"),
    ],
)
def test_where_a_page_says_that_it_is_an_error(head: str, code: str) -> None:
    found = find_soft_error(Response(SITE, SITE, 200, {}, head.encode()), None, PageContext("The ferry"))
    assert (f"{found.reason.code} {found.reason.detail}" if found else "") == code


def test_a_title_is_in_the_encoding_of_its_page() -> None:
    body = "<title>Página no encontrada</title>".encode("latin-1")
    response = Response(SITE, SITE, 200, {"content-type": "text/html; charset=iso-8859-1"}, body)
    found = find_soft_error(response, None, PageContext("The ferry"))
    assert found is not None
    assert found.reason.detail == "Página no encontrada"


@pytest.mark.parametrize(
    ("headers", "code"), [({"cf-mitigated": " Challenge "}, "bot-check"), ({"cf-mitigated": "none"}, ""), ({}, "")]
)
def test_a_header_may_say_that_the_answer_is_a_challenge(headers: dict[str, str], code: str) -> None:
    body = f"<title>The ferry</title><p>{story('a', 3_000)}".encode()
    document = Document("d", SITE, "The ferry", story("a", 3_000), rule="article")
    found = find_soft_error(Response(SITE, SITE, 200, headers, body), document, PageContext("The ferry"))
    assert (found.reason.code if found else "") == code


@pytest.mark.parametrize(
    ("title", "known", "characters", "code"),
    [
        ("Log in", "The ferry", 1_499, "login"), ("Log in", "The ferry", 1_500, ""), ("Log in", "Log in", 10, ""),
        ("We value your privacy", "The ferry", 1_499, "consent"), ("We value your privacy", "The ferry", 1_500, ""),
        ("Just a moment...", "The ferry", 1_499, "bot-check"), ("Just a moment...", "The ferry", 1_500, ""),
        ("Log in", "", 1_499, "login"),
    ],
)  # fmt: skip
def test_a_long_text_is_no_wall(title: str, known: str, characters: int, code: str) -> None:
    document = Document("d", SITE, title, story("a", characters), rule="article")
    response = Response(SITE, SITE, 200, {}, f"<title>{title}</title>".encode())
    found = find_soft_error(response, document, PageContext(known))
    assert (found.reason.code if found else "") == code


@pytest.mark.parametrize(
    ("known", "characters", "code"),
    [("The ferry", 1_499, "login"), ("The ferry", 1_500, ""), ("", 299, "login"), ("", 300, "")],
)
def test_a_field_for_a_password_is_a_login_where_there_is_little_text(known: str, characters: int, code: str) -> None:
    document = Document("d", SITE, "Tales", story("a", characters), rule="article")
    response = Response(SITE, SITE, 200, {}, b"<title>Tales</title><input name=p type=password>")
    found = find_soft_error(response, document, PageContext(known))
    assert (found.reason.code if found else "") == code

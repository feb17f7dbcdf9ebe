"""Find out whether an answer with 200 is the page at all, so that nothing else replaces a good text. Pure: no request is made.

| answer | accepted |
|---|---|
| bot check, login, consent wall, or a short text that mentions them | never: the page is behind it; the stored text stays |
| error page ("Page not found"), redirect to the home page or to a list above | as "gone", after 5 visits in 14 days |
| nothing to read, a tenth of the text, the same text as other pages | as the page's text, after 5 visits in 14 days |
| entirely different words under another title | as the page's text, at the second visit |

None of this applies when the source reports that the item has changed, or when the page has the item's title (except to short
texts: a wall may have the article's title).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from functools import cache, lru_cache
from hashlib import sha256
from typing import Literal
from urllib.parse import urlsplit

from indexer import html
from indexer.analysis.folding import fold
from indexer.crawl.soft_error_phrases import (
    ANY_WALL_TOPIC,
    BOT_CHECK,
    CONSENT,
    FILLER,
    LOGIN,
    NOT_FOUND,
    OUT_OF_ORDER,
    WALL_TOPICS,
    Phrases,
)
from indexer.dedup.near_duplicate import MAX_WORDS, NO_LETTERS, encoded_words, split_ascii
from indexer.model import Document, Response
from indexer.reasons import Reason
from indexer.urls import same_site

MAX_WALL_CHARACTERS = 1_500  # a page with more text is not a wall, whatever else is on it
MAX_UNTITLED_WALL_CHARACTERS = 300  # the same if no title is known that distinguishes a short article from a wall
MIN_COMPARED_CHARACTERS = 200  # shorter texts are not compared with others
MIN_SHRINK_FACTOR = 10  # a text below a tenth of what it was
MIN_CUT_FACTOR = 2  # a text below half of what it was, which mentions walls
MIN_TOPICS, MIN_TOPICS_FIRST_VISIT = 3, 5  # of a wall in a text; the latter if the page was never fetched before
MAX_SHARED_TRIGRAMS = 0.02  # of the words of two texts that are entirely different
MIN_VISITS, MIN_SPAN = 5, timedelta(days=14)
_HEAD_BYTES = 100_000  # searched for title, heading and marks

Acceptance = Literal["never", "gone", "text"]


@dataclass(frozen=True, slots=True)
class SoftError:
    """Why an answer is not trusted.

    It is accepted in the end if `fingerprint` is the same at `min_visits` visits over `min_span`. `accepted_as`: what it then
    means, a removed page or the page's text.
    """

    reason: Reason
    accepted_as: Acceptance
    fingerprint: str
    min_visits: int = MIN_VISITS
    min_span: timedelta = MIN_SPAN


@dataclass(frozen=True, slots=True)
class PageContext:
    """What is known about a page before its answer is judged."""

    title: str  # the item's in its feed, otherwise the document's
    before: Document | None = None  # the stored document
    was_fetched: bool = False  # the page itself was fetched before; otherwise the document is the feed's own text
    entry_changed: bool = False
    same_text: int = 0  # other pages of the source with the same text
    same_text_doubted: int = 0  # other pages with the same answer, which was not trusted


def text_hash(document: Document | None) -> str | None:
    """Return a hash of the letters of a page's own text; None when it has none."""
    if document is None or document.rule.startswith("feed") or not document.text:
        return None
    return _hash_of_words(document.text)


@lru_cache(maxsize=4)  # a page's hash is needed three times while it is judged
def _hash_of_words(text: str) -> str:
    # `encoded_words` gives the same words of such a text. It splits others at underscores, or cuts them off.
    is_plain = text.isascii() and "_" not in text and len(text) <= MAX_WORDS
    words = b" ".join(encoded_words(text)) if is_plain else " ".join(_words(text)).encode("utf-8", "surrogatepass")
    return sha256(words).hexdigest()[:16]


def find_soft_error(
    response: Response, document: Document | None, context: PageContext, digest: str | None = None
) -> SoftError | None:
    """Return what is wrong with an answer; None when it is trusted.

    `document` is what was extracted from it, `digest` its `text_hash` if that is known already.
    """
    head = response.body[:_HEAD_BYTES]
    titles = [_element(head, name, response) for name in (b"title", b"h1")]
    has_title = any(resembles(title, context.title) for title in titles)
    if not context.title:  # "Bridge repair | Maintenance": the second part may be a section
        titles = [leading(title) for title in titles]
    own_text = document.text if document is not None and not document.rule.startswith("feed") else ""
    return (
        _wall(response, head, titles, len(own_text), context.title, has_title=has_title)
        or _error_page(titles, has_title=has_title)
        or _redirect(response, has_title=has_title)
        or _other_text(digest or text_hash(document) or "nothing", own_text, context, has_title=has_title)
    )


# -- walls -----------------------------------------------------------------------------------------------------------

_BOT_SIGNS = re.compile(
    rb"_cf_chl_opt|cf-chl-|/cdn-cgi/challenge-platform/h/[bg]/orchestrate|cf-error-details|captcha-delivery\.com|px-captcha"
    rb"|_Incapsula_Resource|Incapsula incident|ddos-guard|awsWafCookieDomainList|AwsWafIntegration|sucuri_cloudproxy|geo\.captcha"
    rb"|class=[\"']?(?:g-recaptcha|h-captcha|cf-turnstile)",
    re.I,
)
_LOGIN_PATHS = re.compile(
    r"/(?:(?:user/|users/|account/|accounts/|auth/|my/|members?/)?(?:login|log-in|signin|sign-in|sign_in)|wp-login|anmelden|anmeldung"
    r"|einloggen|connexion|inloggen|logowanie|sso|saml2?|oauth2?|openid-connect)(?:[./?]|$)",
    re.I,
)
_PASSWORD = re.compile(rb"<input\b[^<>]{0,500}\btype\s*=\s*[\"']?password", re.I)
_CONSENT_HOSTS = re.compile(r"^(?:consent|guce|privacy|privacygate|myprivacy|cmp|cookies?|gdpr)\.|\.(?:consent|privacy)\.", re.I)
_CONSENT_PATHS = re.compile(r"/(?:(?:cookie-?|gdpr-)?consent|privacy-?(?:gate|wall)|cookie-?wall)(?:[./?]|$)", re.I)


def _wall(response: Response, head: bytes, titles: list[str], length: int, title: str, *, has_title: bool) -> SoftError | None:
    """Find a bot check, a login or a consent wall. `length`: of the text on the page, in characters; `title`: the item's."""
    here, requested = urlsplit(response.url), urlsplit(response.requested_url)
    moved = (here.netloc, here.path) != (requested.netloc, requested.path)
    challenged = response.headers.get("cf-mitigated", "").strip().lower() == "challenge"
    thin = not has_title and length < MAX_WALL_CHARACTERS
    bare = not has_title and length < (MAX_WALL_CHARACTERS if title else MAX_UNTITLED_WALL_CHARACTERS)
    if challenged or (thin and headed(titles, BOT_CHECK)) or (bare and _BOT_SIGNS.search(head)):
        return SoftError(Reason("bot-check"), "never", "bot check")
    if moved and _LOGIN_PATHS.search(here.path) and not _LOGIN_PATHS.search(requested.path):
        return SoftError(Reason("login-redirect", url=response.url), "never", "login")
    if (thin and headed(titles, LOGIN)) or (bare and _PASSWORD.search(head)):
        return SoftError(Reason("login"), "never", "login")
    away = moved and (_CONSENT_HOSTS.search(here.netloc) or _CONSENT_PATHS.search(here.path))
    if away and not (_CONSENT_HOSTS.search(requested.netloc) or _CONSENT_PATHS.search(requested.path)):
        return SoftError(Reason("consent-redirect", url=response.url), "never", "consent")
    if thin and headed(titles, CONSENT):
        return SoftError(Reason("consent"), "never", "consent")
    return None


# -- error pages -----------------------------------------------------------------------------------------------------


def _error_page(titles: list[str], *, has_title: bool) -> SoftError | None:
    if has_title:
        return None
    if title := headed(titles, OUT_OF_ORDER):
        return SoftError(Reason("out-of-order", title[:80]), "never", "out of order")
    if title := headed(titles, NOT_FOUND):
        return SoftError(Reason("error-page", title[:80]), "gone", "error page")
    return None


# -- redirects -------------------------------------------------------------------------------------------------------

# Last parts of addresses that choose a view of a page, not the page.
_VIEW = re.compile(r"(?:index|default)\.\w{1,5}|amp|print|feed|page|p|\d{1,4}|[a-z]{2}", re.I)


def _redirect(response: Response, *, has_title: bool) -> SoftError | None:
    requested, here = urlsplit(response.requested_url), urlsplit(response.url)
    if has_title or not same_site(response.requested_url, response.url):
        return None
    before, now = ([part for part in each.path.split("/") if part] for each in (requested, here))
    if here.query or now == before or len(now) >= len(before) or before[: len(now)] != now:
        return None
    if all(_VIEW.fullmatch(part) for part in before[len(now) :]):
        return None
    reason = Reason("redirect-up" if now else "redirect-home", url=response.url)
    return SoftError(reason, "gone", "redirect")


# -- texts -----------------------------------------------------------------------------------------------------------


def _other_text(fingerprint: str, own_text: str, context: PageContext, *, has_title: bool) -> SoftError | None:
    others = context.same_text + context.same_text_doubted
    if len(own_text) < MAX_WALL_CHARACTERS and (error := _cut_short(own_text, context)):
        return error
    if not context.was_fetched:
        if own_text and not has_title and (context.same_text_doubted or context.same_text > 1):
            return SoftError(Reason("same-text", str(others)), "text", fingerprint)
        return None
    before = context.before
    if before is None or before.rule.startswith("feed") or context.entry_changed:
        return None
    if not own_text:
        return SoftError(Reason("article-gone"), "text", fingerprint) if len(before.text) >= MIN_COMPARED_CHARACTERS else None
    if own_text == before.text:
        return None
    if others and not has_title:
        return SoftError(Reason("same-text-suddenly", str(others)), "text", fingerprint)
    if len(before.text) >= MIN_COMPARED_CHARACTERS and len(own_text) * MIN_SHRINK_FACTOR < len(before.text):
        return SoftError(Reason("shrunk", f"{len(before.text)} -> {len(own_text)}"), "text", fingerprint)
    if (
        not has_title
        and min(len(before.text), len(own_text)) >= MIN_COMPARED_CHARACTERS
        and common_trigrams(before.text, own_text) < MAX_SHARED_TRIGRAMS
    ):
        return SoftError(Reason("other-text"), "text", fingerprint, min_visits=2, min_span=timedelta(0))
    return None


def _cut_short(own_text: str, context: PageContext) -> SoftError | None:
    """Find a wall under the article's own title."""
    before = context.before if context.was_fetched and context.before and not context.before.rule.startswith("feed") else None
    if before is None:
        about, topics = speaks(own_text) if len(own_text) < MAX_WALL_CHARACTERS / 2 else ("", 0)
        is_wall = topics >= MIN_TOPICS_FIRST_VISIT
        return SoftError(Reason("wall-text", about), "text", f"speaks {about}") if is_wall else None
    if len(own_text) * MIN_CUT_FACTOR > len(before.text) or len(before.text) < MIN_COMPARED_CHARACTERS:
        return None
    about, topics = speaks(own_text)
    if topics < MIN_TOPICS or speaks(before.text)[1] >= topics:
        return None
    return SoftError(Reason("shrunk-wall", f"{len(before.text)} -> {len(own_text)}, {about}"), "never", "wall")


def common_trigrams(one: str, other: str) -> float:
    """Return the share of the shorter text's word trigrams that the other text has, too."""
    first, second = ({*zip(w, w[1:], w[2:], strict=False)} for w in (_words(one), _words(other)))
    return len(first & second) / max(1, min(len(first), len(second)))


def resembles(title: str, other: str) -> bool:
    """Return whether two titles share most of the shorter one's words. Empty titles do not."""
    first, second = set(_words(title)), set(_words(other))
    return bool(first and second) and len(first & second) * 5 >= 3 * min(len(first), len(second))


_WORD = re.compile(r"\w+")
_BETWEEN_WORDS = {code: space for code, space in NO_LETTERS.items() if chr(code) != "_"}


def _words(text: str) -> list[str]:
    folded = unicodedata.normalize("NFKC", text).casefold()
    words = split_ascii(folded, _BETWEEN_WORDS)
    return _WORD.findall(folded) if words is None else words


def _element(head: bytes, name: bytes, response: Response) -> str:
    """Return the text of the first element of this name in a page's beginning."""
    element = re.search(rb"<" + name + rb"(?:\s[^<>]*)?>(.{0,1000}?)</" + name + rb"\s*>", head, re.I | re.S)
    if element is None:
        return ""
    try:
        text = element[1].decode("utf-8")
    except UnicodeDecodeError:
        text = html.decode(element[1], response.headers.get("content-type"))
    return " ".join(html.to_text(text).split())[:300]


# -- phrases ---------------------------------------------------------------------------------------------------------
# A title counts if it holds one of the phrases and otherwise filler words only: "Oops! The page you requested could not be
# found" is an error page, "Passengers not found after the storm" is an article. Case and accents do not matter. An article about
# cookies mentions some of a wall's topics among many others; a wall mentions little else.

_PHRASE_WORD = re.compile(r"[\w']+")
_PARTS = re.compile(r"\s+[|·•–—:»>/-]+\s+|\s*[|»]\s*|[:.!?…]+(?:\s+|$)")
_CODE = re.compile(r"[45]\d\d")
MAX_TITLE_CHARACTERS = 200
_FIRST_UNSPACED = 0x2E80  # the first letter of the scripts without spaces


def headed(titles: Iterable[str], phrases: Phrases) -> str:
    """Return the first title that is such a text, as a whole or in a part (the other may be the site's name); "" if none is."""
    for title in titles:
        parts = [part for part in _PARTS.split(title[:MAX_TITLE_CHARACTERS]) if part.strip()]
        if any(_is(part, phrases) for part in (title[:MAX_TITLE_CHARACTERS], *(parts if len(parts) > 1 else ()))):
            return title
    return ""


def leading(title: str) -> str:
    """Return the first part of a title, without the site's name after it."""
    return next((part for part in _PARTS.split(title[:MAX_TITLE_CHARACTERS]) if part.strip()), "")


def _is(text: str, phrases: Phrases) -> bool:
    words, line = _folded_line(text)
    filler = _folded_filler()
    by_word, unspaced = _folded(phrases)
    for word in by_word.keys() & words:
        for phrase in by_word[word]:
            if f" {phrase} " in line:
                rest = line.replace(f" {phrase} ", "  ").split()
                if all(word in filler or _CODE.fullmatch(word) for word in rest):
                    return True
    return not line.isascii() and any(phrase in line and len(line) <= len(phrase) + 14 for phrase in unspaced)


@lru_cache(maxsize=16)  # a title's parts are compared with the phrases of four kinds
def _folded_line(text: str) -> tuple[list[str], str]:
    """Return the folded words of a text, and the same as a line with spaces around each word."""
    words = _PHRASE_WORD.findall(fold(text))
    return words, f" {' '.join(words)} "


@cache
def _folded(phrases: Phrases) -> tuple[dict[str, list[str]], tuple[str, ...]]:
    """Return the phrases by their first word, and those of scripts without spaces."""
    by_word: dict[str, list[str]] = {}
    unspaced = []
    for words in (_PHRASE_WORD.findall(fold(phrase)) for phrase in phrases):
        phrase = " ".join(words)
        if all(ord(letter) < _FIRST_UNSPACED for letter in phrase):
            by_word.setdefault(words[0], []).append(phrase)
        else:
            unspaced.append(phrase)
    return by_word, tuple(unspaced)


@cache
def _folded_filler() -> frozenset[str]:
    return frozenset(fold(word) for word in FILLER)


def speaks(text: str) -> tuple[str, int]:
    """Return the kind of wall that a text resembles most, and how many of its topics the text mentions.

    >>> speaks("We and our partners use cookies. Accept to continue.")
    ('of cookies and consent', 4)
    """
    folded = fold(text)
    if not ANY_WALL_TOPIC.search(folded):
        return "", 0
    counts = {about: sum(1 for pattern in patterns if pattern.search(folded)) for about, patterns in WALL_TOPICS.items()}
    about = max(counts, key=lambda each: counts[each])
    return about, counts[about]

"""Whether an answer with 200 is the page at all: what must never replace a good text. Pure, and no address is probed.

| seen | believed |
|---|---|
| bot check, login, consent wall, or a text cut short that speaks of such | never: the page is behind it; what we had stays |
| error page ("Page not found"), redirect to the home page or to a list above | as "gone", after 5 looks in 14 days |
| nothing to read, a tenth of the text, the same text as other pages | as the page's text, after 5 looks in 14 days |
| wholly other words under another title | as the page's text, at the second look |

All that only when the source does not say that the item has changed, and never when the page's title is the item's (but for
texts cut short: a wall may stand under the article's title).
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Literal
from urllib.parse import urlsplit

from indexer import html
from indexer.crawl.soft_error_phrases import BOT_CHECK, CONSENT, LOGIN, NOT_FOUND, OUT_OF_ORDER, headed, leading, speaks
from indexer.model import Document, Response
from indexer.reasons import Reason
from indexer.urls import same_site

THIN = 1_500  # characters; a page with more text than this is no mere wall, whatever else is on it
BARE = 300  # the same where no title is known that could tell a short article from a wall
FEW = 200  # characters; texts below it are not compared with other texts
SHRUNK = 10  # a text that is less than the tenth of what it was
CUT = 2  # a text that is less than the half of what it was, and speaks of walls
SAID, SAID_FIRST = 3, 5  # of how many of a wall's things; the latter of a page that was never had
OTHER = 0.02  # share of three words in a row that two texts have in common, below which they are wholly different
LOOKS, SPAN = 5, timedelta(days=14)
_HEAD = 100_000  # bytes in which title, heading and marks are looked for

End = Literal["never", "gone", "text"]


@dataclass(frozen=True, slots=True)
class SoftError:
    """Why an answer is not believed. `mark`: what must be the same at each look for it to be believed at last."""

    reason: Reason
    end: End
    mark: str
    looks: int = LOOKS
    span: timedelta = SPAN


@dataclass(frozen=True, slots=True)
class PageContext:
    """What is known before the answer is judged."""

    title: str  # the item's in its feed, else the document's
    before: Document | None = None  # as it is now
    had: bool = False  # whether the page itself was ever had (else the document is the feed's own text)
    entry_changed: bool = False
    twins: int = 0  # other pages of the source that say the very same
    twins_doubted: int = 0  # others that were answered the very same, which was not believed


def text_hash(document: Document | None) -> str | None:
    """Of the letters of a page's own text; None when it has none."""
    if document is None or document.rule.startswith("feed") or not document.text:
        return None
    return sha256(" ".join(_words(document.text)).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def fault(response: Response, document: Document | None, facts: PageContext, mark: str | None = None) -> SoftError | None:
    """What is wrong with an answer; None when it is believed. `document`: what was understood of it;
    `mark`: its `text_hash`, if at hand."""
    head = response.body[:_HEAD]
    titles = [_element(head, name, response) for name in (b"title", b"h1")]
    ours = any(resembles(title, facts.title) for title in titles)
    if not facts.title:  # "Bridge repair | Maintenance": what stands behind may be a rubric
        titles = [leading(title) for title in titles]
    own_text = document.text if document is not None and not document.rule.startswith("feed") else ""
    return (
        _wall(response, head, titles, len(own_text), facts.title, ours=ours)
        or _error_page(titles, ours=ours)
        or _elsewhere(response, ours=ours)
        or _other_text(mark or text_hash(document) or "nothing", own_text, facts, ours=ours)
    )


# -- walls -----------------------------------------------------------------------------------------------------------

_BOT_MARKS = re.compile(
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


def _wall(response: Response, head: bytes, titles: list[str], length: int, wanted: str, *, ours: bool) -> SoftError | None:
    """`length`: of the text found on the page."""
    here, asked = urlsplit(response.url), urlsplit(response.requested_url)
    moved = (here.netloc, here.path) != (asked.netloc, asked.path)
    challenged = response.headers.get("cf-mitigated", "").strip().lower() == "challenge"
    thin, bare = length < THIN and not ours, length < (THIN if wanted else BARE) and not ours
    if challenged or (thin and headed(titles, BOT_CHECK)) or (bare and _BOT_MARKS.search(head)):
        return SoftError(Reason("bot-check"), "never", "bot check")
    if moved and _LOGIN_PATHS.search(here.path) and not _LOGIN_PATHS.search(asked.path):
        return SoftError(Reason("login-redirect", url=response.url), "never", "login")
    if (thin and headed(titles, LOGIN)) or (bare and _PASSWORD.search(head)):
        return SoftError(Reason("login"), "never", "login")
    away = moved and (_CONSENT_HOSTS.search(here.netloc) or _CONSENT_PATHS.search(here.path))
    if away and not (_CONSENT_HOSTS.search(asked.netloc) or _CONSENT_PATHS.search(asked.path)):
        return SoftError(Reason("consent-redirect", url=response.url), "never", "consent")
    if thin and headed(titles, CONSENT):
        return SoftError(Reason("consent"), "never", "consent")
    return None


# -- error pages -----------------------------------------------------------------------------------------------------


def _error_page(titles: list[str], *, ours: bool) -> SoftError | None:
    if ours:
        return None
    if said := headed(titles, OUT_OF_ORDER):
        return SoftError(Reason("out-of-order", said[:80]), "never", "out of order")
    if said := headed(titles, NOT_FOUND):
        return SoftError(Reason("error-page", said[:80]), "gone", "error page")
    return None


# -- redirects -------------------------------------------------------------------------------------------------------

# The last parts of addresses that say how a page is shown, not which page it is.
_VIEW = re.compile(r"(?:index|default)\.\w{1,5}|amp|print|feed|page|p|\d{1,4}|[a-z]{2}", re.I)


def _elsewhere(response: Response, *, ours: bool) -> SoftError | None:
    asked, here = urlsplit(response.requested_url), urlsplit(response.url)
    if ours or not same_site(response.requested_url, response.url):
        return None
    before, now = ([part for part in each.path.split("/") if part] for each in (asked, here))
    if here.query or now == before or len(now) >= len(before) or before[: len(now)] != now:
        return None
    if all(_VIEW.fullmatch(part) for part in before[len(now) :]):
        return None
    reason = Reason("redirect-up" if now else "redirect-home", url=response.url)
    return SoftError(reason, "gone", "redirect")


# -- texts -----------------------------------------------------------------------------------------------------------


def _other_text(mark: str, own_text: str, facts: PageContext, *, ours: bool) -> SoftError | None:
    twins = facts.twins + facts.twins_doubted
    if len(own_text) < THIN and (found := _cut_short(own_text, facts)):
        return found
    if not facts.had:
        if own_text and not ours and (facts.twins_doubted or facts.twins > 1):
            return SoftError(Reason("same-text", str(twins)), "text", mark)
        return None
    before = facts.before
    if before is None or before.rule.startswith("feed") or facts.entry_changed:
        return None
    if not own_text:
        return SoftError(Reason("article-gone"), "text", mark) if len(before.text) >= FEW else None
    if own_text == before.text:
        return None
    if twins and not ours:
        return SoftError(Reason("same-text-suddenly", str(twins)), "text", mark)
    if len(before.text) >= FEW and len(own_text) * SHRUNK < len(before.text):
        return SoftError(Reason("shrunk", f"{len(before.text)} -> {len(own_text)}"), "text", mark)
    if not ours and min(len(before.text), len(own_text)) >= FEW and _common(before.text, own_text) < OTHER:
        return SoftError(Reason("other-text"), "text", mark, looks=2, span=timedelta(0))
    return None


def _cut_short(own_text: str, facts: PageContext) -> SoftError | None:
    """A wall under the article's own title."""
    before = facts.before if facts.had and facts.before and not facts.before.rule.startswith("feed") else None
    if before is None:
        about, things = speaks(own_text) if len(own_text) < THIN / 2 else ("", 0)
        walled = things >= SAID_FIRST
        return SoftError(Reason("wall-text", about), "text", f"speaks {about}") if walled else None
    if len(own_text) * CUT > len(before.text) or len(before.text) < FEW:
        return None
    about, things = speaks(own_text)
    if things < SAID or speaks(before.text)[1] >= things:
        return None
    return SoftError(Reason("shrunk-wall", f"{len(before.text)} -> {len(own_text)}, {about}"), "never", "wall")


def _common(one: str, other: str) -> float:
    """The share of three words in a row that the shorter text has in common with the other."""
    first, second = ({*zip(w, w[1:], w[2:], strict=False)} for w in (_words(one), _words(other)))
    return len(first & second) / max(1, min(len(first), len(second)))


def resembles(title: str, wanted: str) -> bool:
    """Whether two titles share most of the shorter one's words; nothing resembles nothing."""
    first, second = set(_words(title)), set(_words(wanted))
    return bool(first and second) and len(first & second) * 5 >= 3 * min(len(first), len(second))


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", unicodedata.normalize("NFKC", text).casefold())


def _element(head: bytes, name: bytes, response: Response) -> str:
    """The text of the first element of this name in a page's beginning."""
    found = re.search(rb"<" + name + rb"(?:\s[^<>]*)?>(.{0,1000}?)</" + name + rb"\s*>", head, re.I | re.S)
    if found is None:
        return ""
    try:
        text = found[1].decode("utf-8")
    except UnicodeDecodeError:
        text = html.decode(found[1], response.headers.get("content-type"))
    return " ".join(html.to_text(text).split())[:300]

"""Write reasons and phrases of reports in the operator's language.

The program itself decides on codes (`indexer.reasons`). Its reports contain phrases (`indexer.phrases`).
"""

from __future__ import annotations

import re
from typing import Any, Final, cast

from indexer.phrases import ReportPhrase
from indexer.reasons import PREFIXED, Reason, ReasonCode
from webui.interface_language import Interface

TEXTS: Final[dict[ReasonCode, str]] = {
    "robots": "not allowed by robots.txt",
    "content-type": "not a web page but %(detail)s",
    "gone": "gone (HTTP %(detail)s)",
    "noindex": "asks not to be indexed %(detail)s",
    "unavailable-after": "asks not to be indexed after %(detail)s",
    "no-text": "no text found",
    "pdf-invalid": "not a valid PDF",
    "pdf-encrypted": "encrypted PDF",
    "pdf-encryption-unknown": "encrypted PDF",
    "pdf-too-complex": "PDF too complicated to read",
    "pdf-too-large": "PDF larger than %(detail)s MB",
    "pdf-scanned": "PDF without text (scanned pages?)",
    "pdf-damaged": "damaged PDF: %(detail)s",
    "office-invalid": "not a valid office file",
    "office-encrypted": "encrypted office file",
    "office-too-complex": "office file too complicated to read",
    "office-too-large": "office file larger than %(detail)s MB",
    "office-empty": "office file without text",
    "office-damaged": "damaged office file: %(detail)s",
    "extraction-error": "text extraction failed: %(detail)s",
    "extraction-timeout": "text extraction took more than %(detail)s s",
    "extraction-crash": "text extraction ended unexpectedly",
    "bot-check": "a bot check was served instead of the page",
    "login": "a login page was served instead of the page",
    "login-redirect": "redirects to a login page %(url)s",
    "consent": "a consent wall was served instead of the page",
    "consent-redirect": "redirects to a consent wall %(url)s",
    "out-of-order": "an error page with status 200: “%(detail)s”",
    "error-page": "an error page with status 200: “%(detail)s”",
    "redirect-home": "redirects to the home page %(url)s",
    "redirect-up": "redirects to the page above it %(url)s",
    "same-text": "same text as %(detail)s other pages of the source",
    "same-text-suddenly": "suddenly the same text as %(detail)s other pages of the source",
    "article-gone": "the article is no longer on the page",
    "shrunk": "most of the text is missing (%(detail)s characters)",
    "shrunk-wall": "most of the text is missing (%(detail)s)",
    "wall-text": "a short text like that of a login or consent page (%(detail)s)",
    "other-text": "suddenly has wholly different text",
    "empty": "empty answer",
    "asking": "%(detail)s documents would leave the index; all are kept until the operator decides",
    "not-a-feed": "neither a feed nor a sitemap: %(detail)s",
    "internal-error": "internal error: %(detail)s",
}

CODE_TEXTS: Final[dict[str, str]] = {
    "status": "HTTP errors",
    "dns": "host name not found",
    "connect": "no connection",
    "timeout": "too slow",
    "tls": "TLS certificate or protocol",
    "protocol": "not HTTP",
    "private-address": "private address",
    "scheme": "not a web address",
    "port": "port not allowed",
    "robots-unreachable": "robots.txt unreachable",
    "too-large": "too large",
    "budget": "limit of the crawl reached",
    "redirects": "too many redirects",
    "content-type": "not a web page",
    "unreadable": "text extraction failed",
    "not-the-article": "another page instead of the article",
    "deferred": "the host requested a pause",
    "noindex": "asks not to be indexed",
    "unavailable-after": "asks not to be indexed",
    "gone": "gone",
}


# The kinds of `quality_checks.ADVICE`.
QUALITY_TEXTS: Final[dict[str, str]] = {
    "selector": "The selector matched nothing",
    "title": "Without a title of their own",
    "same-text": "Same text as others",
    "feed-has-more": "Less text on the page than in the feed",
    "body": "The whole page was used",
    "short": "Far shorter than the others",
    "language": "In another language than the others",
}


_MARK: Final = "\0"  # where a fact stands
_FACT: Final = re.compile(_MARK)
_FACTS_AT_THE_END: Final = re.compile(rf"\s*(?:\([^()]*{_MARK}[^()]*\)|[:«„“‘‚]?[:\s«„“‘]*{_MARK}\W*)$")


def code_text(ui: Interface, code: str) -> str:
    """Return a reason code as a short text without its facts.

    >>> [code_text(Interface("en"), code) for code in ("status", "shrunk", "pdf-damaged", "pdf-too-large", "redirect-home")]
    ['HTTP errors', 'most of the text is missing', 'damaged PDF', 'PDF larger than … MB', 'redirects to the home page']
    """
    text = CODE_TEXTS.get(code) or TEXTS.get(cast("ReasonCode", code))
    if not text:
        return code.replace("-", " ")
    return _FACT.sub("…", _FACTS_AT_THE_END.sub("", ui.plain(text, detail=_MARK, url=_MARK)))


def reason_text(ui: Interface, reason: Reason) -> str:
    """Return a reason as a text.

    >>> reason_text(Interface("en"), Reason("gone", "404", "https://example.org/a"))
    'https://example.org/a: gone (HTTP 404)'
    """
    if text := TEXTS.get(reason.code):
        text = ui.plain(text, detail=reason.detail, url=reason.url).strip(" :")
    elif ui.language == "en" or reason.code not in CODE_TEXTS:
        text = reason.detail or reason.code
    else:  # the detail is a sentence in English
        text = f"{code_text(ui, reason.code)} ({reason.detail})" if reason.detail else code_text(ui, reason.code)
    if reason.since:
        text = ui.plain("%(what)s since %(day)s", what=text, day=reason.since)
    return f"{reason.url}: {text}" if reason.code in PREFIXED and reason.url else text


def with_texts(ui: Interface, value: Any) -> Any:
    """Return nested lists and mappings with texts in place of reasons and phrases."""
    if isinstance(value, Reason):
        return reason_text(ui, value)
    if isinstance(value, ReportPhrase):
        return ui.phrase(value)
    if isinstance(value, dict):
        return {key: with_texts(ui, member) for key, member in value.items()}
    if isinstance(value, list):
        return [with_texts(ui, member) for member in value]
    return value

"""Write reasons as short texts for the operator's page. The program itself decides on codes (`indexer.reasons`)."""

from __future__ import annotations

from typing import Any, Final, cast

from indexer.reasons import PREFIXED, Reason, ReasonCode

_TEXTS: Final[dict[ReasonCode, str]] = {
    "robots": "not allowed by robots.txt",
    "content-type": "not a web page but {detail}",
    "gone": "gone (HTTP {detail})",
    "noindex": "asks not to be indexed {detail}",
    "unavailable-after": "asks not to be indexed after {detail}",
    "no-text": "no text found",
    "pdf-invalid": "not a valid PDF",
    "pdf-encrypted": "encrypted PDF",
    "pdf-encryption-unknown": "encrypted PDF",
    "pdf-too-complex": "PDF too complicated to read",
    "pdf-too-large": "PDF larger than {detail} MB",
    "pdf-scanned": "PDF without text (scanned pages?)",
    "pdf-damaged": "damaged PDF: {detail}",
    "office-invalid": "not a valid office file",
    "office-encrypted": "encrypted office file",
    "office-too-complex": "office file too complicated to read",
    "office-too-large": "office file larger than {detail} MB",
    "office-empty": "office file without text",
    "office-damaged": "damaged office file: {detail}",
    "extraction-error": "text extraction failed: {detail}",
    "extraction-timeout": "text extraction took more than {detail} s",
    "extraction-crash": "text extraction ended unexpectedly",
    "bot-check": "a bot check was served instead of the page",
    "login": "a login page was served instead of the page",
    "login-redirect": "redirects to a login page {url}",
    "consent": "a consent wall was served instead of the page",
    "consent-redirect": "redirects to a consent wall {url}",
    "out-of-order": "an error page with status 200: “{detail}”",
    "error-page": "an error page with status 200: “{detail}”",
    "redirect-home": "redirects to the home page {url}",
    "redirect-up": "redirects to the page above it {url}",
    "same-text": "same text as {detail} other pages of the source",
    "same-text-suddenly": "suddenly the same text as {detail} other pages of the source",
    "article-gone": "the article is no longer on the page",
    "shrunk": "most of the text is missing ({detail} characters)",
    "shrunk-wall": "most of the text is missing ({detail})",
    "wall-text": "a short text that speaks {detail}",
    "other-text": "suddenly has wholly different text",
    "empty": "empty answer",
    "asking": "{detail} documents would leave the index; all are kept until the operator decides",
    "not-a-feed": "neither a feed nor a sitemap: {detail}",
    "internal-error": "internal error: {detail}",
}

_CODE_TEXTS: Final[dict[str, str]] = {
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
    "gone": "gone",
}


def code_text(code: str) -> str:
    """Return a reason code as a short text without its facts.

    >>> code_text("status"), code_text("no-text"), code_text("redirect-home")
    ('HTTP errors', 'no text found', 'redirect home')
    """
    text = _CODE_TEXTS.get(code) or _TEXTS.get(cast("ReasonCode", code), "{")
    return text if "{" not in text else code.replace("-", " ")


def reason_text(reason: Reason) -> str:
    """Return a reason as a text.

    >>> reason_text(Reason("gone", "404", "https://example.org/a"))
    'https://example.org/a: gone (HTTP 404)'
    """
    text = _TEXTS.get(reason.code, "{detail}").format(detail=reason.detail, url=reason.url).strip(" :") or reason.code
    if reason.since:
        text += f" since {reason.since}"
    return f"{reason.url}: {text}" if reason.code in PREFIXED and reason.url else text


def with_texts(value: Any) -> Any:
    """Return nested lists and mappings with texts in place of reasons."""
    if isinstance(value, Reason):
        return reason_text(value)
    if isinstance(value, dict):
        return {key: with_texts(member) for key, member in value.items()}
    if isinstance(value, list):
        return [with_texts(member) for member in value]
    return value

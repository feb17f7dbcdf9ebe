"""Write reasons as sentences for the terminal and for `--json`. The program itself decides on codes (`indexer.reasons`)."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from indexer.diagnostics.url_reason import UrlReason
from indexer.model import Failure, TextShown
from indexer.reasons import PREFIXED, SELECTOR_MISSED, Reason, ReasonCode

_TEXTS: Final[dict[ReasonCode, str]] = {
    "robots": "the site's robots.txt does not allow it",
    "content-type": "not a web page but {detail}",
    "gone": "the server answered {detail}, twice",
    "noindex": "the page asks not to be indexed",
    "unavailable-after": "the page asks not to be indexed after {detail} (unavailable_after)",
    "no-text": "no text was found",
    "pdf-invalid": "no text: the answer is not a PDF",
    "pdf-encrypted": "no text: the PDF is encrypted",
    "pdf-encryption-unknown": "no text: the PDF is encrypted in a way that cannot be read",
    "pdf-too-complex": "no text: the PDF is too complicated to be read",
    "pdf-too-large": "no text: the PDF is larger than {detail} MB",
    "pdf-scanned": "no text: the PDF holds no text (scanned pages?)",
    "pdf-damaged": "no text: the PDF is damaged: {detail}",
    "extraction-error": "the page could not be read ({detail})",
    "extraction-timeout": "reading the page took more than {detail} s and was given up",
    "extraction-crash": "reading the page ended the process that read it",
    "bot-check": "a bot check was answered instead of the page",
    "login": "a login was answered instead of the page",
    "login-redirect": "it leads to a login ({url})",
    "consent": "a consent wall was answered instead of the page",
    "consent-redirect": "it leads to a consent wall ({url})",
    "out-of-order": 'an error page was answered with 200 ("{detail}")',
    "error-page": 'an error page was answered with 200 ("{detail}")',
    "redirect-home": "it leads to the home page ({url})",
    "redirect-up": "it leads to the page above it ({url})",
    "same-text": "its text is that of {detail} other pages of the source",
    "same-text-suddenly": "its text is suddenly that of {detail} other pages of the source",
    "article-gone": "the article is no longer on the page",
    "shrunk": "most of the text is missing ({detail} characters)",
    "shrunk-wall": "most of the text is missing, and the rest speaks of a wall ({detail})",
    "wall-text": "its text is short and speaks {detail}",
    "other-text": "it suddenly has wholly different text",
    "empty": "the answer is empty",
    "replaced": "the same text is at {url}",
    "shared-link": "several items of the feed share {url}: each is a document of its own",
    "new": "new",
    "changed": "changed",
    "re-extracted": "extracted again",
    "renamed": "its other addresses changed",
    "moved": "moved to {url}",
    "duplicate": "the same text as {url}",
    "forgotten": "forgotten on request",
    "source-removed": "its source was removed",
    "source-stopped": "its source {url} is not crawled any more",
    "imported": "imported from {detail}",
    "canonical-ambiguous": "it names several canonical addresses ({detail}): none is trusted",
    "canonical-other-site": "its canonical address {url} is on another site: it is kept under its own",
    "canonical-home": "its canonical address {url} is the home page: it is kept under its own",
    "canonical-list": "its canonical address {url} is the list above it: it is kept under its own",
    "canonical-disputed": "{url} is named as canonical by pages of other texts: each is kept under its own address",
    "canonical-other-item": "{url} is an item of its own with another text",
    "redirect-disputed": "pages of different items redirect to {url}: each is kept under its own address",
    "feed-text-home": "{url} redirects to the home page, so its text is the feed's",
    "internal-error": "internal error: {detail} (please report it with the output of: indexer --debug crawl)",
}
_STANDS: Final[dict[TextShown, str]] = {
    "": "",
    "stored-text": "the text that we have stays",
    "feed-text": "the feed's own text is used",
}


def reason_text(reason: Reason) -> str:
    """Return a reason as a clause without a full stop.

    >>> reason_text(Reason("status", "the server answered 500", "https://example.org/guide-to-robots.txt"))
    'https://example.org/guide-to-robots.txt: the server answered 500'
    """
    text = _TEXTS.get(reason.code, "{detail}").format(detail=reason.detail, url=reason.url)
    match reason.code:
        case "noindex" if reason.detail:
            text += f" ({reason.detail})"
        case "pdf":
            text = "a PDF of 1 page" if reason.detail == "1" else f"a PDF of {reason.detail} pages"
        case "asking":
            text = _question(reason)
        case "not-a-feed":
            text = reason.detail or "this is neither a feed nor a sitemap"
            text = text if not reason.url or reason.url in text else f"{reason.url}: {text}"
        case "replaced" if reason.cause is not None:
            text = f"{reason_text(reason.cause)}; {text}"
    text = text or reason.code
    if reason.since:
        text += f" since {reason.since}"
    return f"{reason.url}: {text}" if reason.code in PREFIXED and reason.url else text


def _question(reason: Reason) -> str:
    leaving, _, total = reason.detail.partition("/")
    example = reason.url
    if reason.cause is not None:
        example += f": {reason_text(replace(reason.cause, url='') if reason.cause.url == reason.url else reason.cause)}"
    return (
        f"{leaving} of {total} documents would leave the index, which is more than a fifth; all are kept. The first: {example}."
    )


def question_text(reason: Reason, source_url: str) -> str:
    """Return the question to the operator, with the command that answers it."""
    return f"{reason_text(reason)} If that is right: indexer crawl --accept-removals {shlex.quote(source_url)}"


def failure_text(failure: Failure) -> str:
    """Return what happened at an address, and which text is searched instead."""
    if failure.cause is None:
        return failure.detail
    stands = _STANDS[failure.stands]
    return f"{failure.url}: {reason_text(failure.cause)}{f'; {stands}' if stands else ''}"


def rule_text(rule: str) -> str:
    """Return the name of the rule that found a text.

    >>> rule_text("article+selector-missed")
    'article (the selector matched nothing)'
    """
    return f"{rule.removesuffix(SELECTOR_MISSED)} (the selector matched nothing)" if rule.endswith(SELECTOR_MISSED) else rule


def url_text(why: UrlReason) -> str:
    """Return why a URL is, or is not, found."""
    cause = reason_text(why.reason) if why.reason is not None else ""
    match why.code:
        case "forgotten":
            return "it was forgotten on request and will not be fetched"
        case "moved":
            return f"it has moved to {why.other}"
        case "source":
            return "it is a source, not a page"
        case "never-listed" if why.source_url:
            return f"no source lists this URL; source for the same site: {why.source_url}"
        case "never-listed":
            return "no source lists this URL, and no source is of its site"
        case "asking":
            return f"it is found, but is to leave the index ({cause}) when that is accepted: indexer crawl --accept-removals"
        case "duplicate":
            given = f", which {why.other} gives as well" if why.other != why.document_url else ""
            return f"it is found as {why.document_url}{given}"
        case "not-indexed-yet":
            return "it is in the archive and not in the index yet: indexer crawl"
        case "found":
            doubt = f"; of the last attempt: {cause}" if cause else ""
            return f"it is found{f' as {why.other}' if why.other else ''}{doubt}"
        case "waiting":
            return f"it is listed and waits to be crawled{f'; its source fails: {cause}' if cause else ''}"
    return cause


def report_texts(report: Mapping[str, Any]) -> dict[str, Any]:
    """Return a report of `diagnostics.url_report` with sentences in place of reasons."""
    table = dict(report)
    why, index_error, shown = table["why"], table.pop("index_error"), table.pop("text_shown")
    sentence = url_text(why)
    stands = {"": "", "stored-text": "; its text is that of its last good answer", "feed-text": "; its text is the feed's own"}
    table["index"] = table["index"] if table["index"] == "in it" else f"{table['index']}: {sentence}"
    table["why"] = index_error or sentence + stands[shown]
    table["failure"] = reason_text(table["failure"]) if table["failure"] else None
    table["remark"] = reason_text(table["remark"]) if table["remark"] else ""
    table["history"] = [{**event, "what": reason_text(event["what"])} for event in table["history"]]
    if table["from"] and table["from"]["last_error"]:
        table["from"] = {**table["from"], "last_error": error_text(table["from"]["last_error"], table["from"]["url"])}
    if "rule" in table:
        table["rule"] = rule_text(table["rule"])
    return table


def error_text(error: Reason | str, source_url: str) -> str:
    """Return why a source fails; a question comes with its command."""
    if isinstance(error, str):
        return error
    return question_text(error, source_url) if error.code == "asking" else reason_text(error)


def with_texts(value: Any) -> Any:
    """Return nested lists and mappings with sentences in place of reasons, as `status` and `sources` print them."""
    if isinstance(value, Reason):
        return reason_text(value)
    if isinstance(value, dict):
        url = str(value.get("url") or "")
        return {key: error_text(each, url) if isinstance(each, Reason) else with_texts(each) for key, each in value.items()}
    if isinstance(value, list):
        return [with_texts(each) for each in value]
    return value

"""Write reasons as sentences for the terminal and for `--json`. The program itself decides on codes (`indexer.reasons`)."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from indexer.diagnostics.url_diagnosis import UrlReason
from indexer.model import Failure, TextShown
from indexer.reasons import PREFIXED, SELECTOR_MISSED, Reason, ReasonCode

_TEXTS: Final[dict[ReasonCode, str]] = {
    "robots": "disallowed by robots.txt",
    "content-type": "not a web page but {detail}",
    "gone": "the server answered {detail} twice",
    "noindex": "the page asks not to be indexed",
    "unavailable-after": "the page asks not to be indexed after {detail} (unavailable_after)",
    "no-text": "no text found",
    "pdf-invalid": "no text: the response is not a PDF",
    "pdf-encrypted": "no text: the PDF is encrypted",
    "pdf-encryption-unknown": "no text: the PDF uses an unsupported encryption",
    "pdf-too-complex": "no text: the PDF is too complex",
    "pdf-too-large": "no text: the PDF is larger than {detail} MB",
    "pdf-scanned": "no text: the PDF contains only images (scanned pages?)",
    "pdf-damaged": "no text: the PDF is damaged: {detail}",
    "office-invalid": "no text: the response is not the office file that its type says",
    "office-encrypted": "no text: the office file is encrypted, or in a format before 2007",
    "office-too-complex": "no text: the office file is too complex",
    "office-too-large": "no text: the office file is larger than {detail} MB",
    "office-empty": "no text: the office file contains no text",
    "office-damaged": "no text: the office file is damaged: {detail}",
    "office": "a {detail} file",
    "extraction-error": "extraction failed ({detail})",
    "extraction-timeout": "extraction took more than {detail} s and was stopped",
    "extraction-crash": "extraction crashed its process",
    "bot-check": "the server sent a bot check instead of the page",
    "login": "the server sent a login page instead of the page",
    "login-redirect": "redirects to a login page ({url})",
    "consent": "the server sent a consent wall instead of the page",
    "consent-redirect": "redirects to a consent wall ({url})",
    "out-of-order": 'the server sent an error page with status 200 ("{detail}")',
    "error-page": 'the server sent an error page with status 200 ("{detail}")',
    "redirect-home": "redirects to the home page ({url})",
    "redirect-up": "redirects to the parent page ({url})",
    "same-text": "has the same text as {detail} other pages of the source",
    "same-text-suddenly": "suddenly has the same text as {detail} other pages of the source",
    "article-gone": "the article is no longer on the page",
    "shrunk": "most of the text is missing ({detail} characters)",
    "shrunk-wall": "most of the text is missing; the rest looks like a login or consent page ({detail} characters)",
    "wall-text": "the text is short and speaks {detail}",
    "other-text": "suddenly has a completely different text",
    "empty": "the response is empty",
    "replaced": "the same text is at {url}",
    "shared-link": "several items of the feed link {url}; each is a document of its own",
    "new": "new",
    "changed": "changed",
    "re-extracted": "re-extracted",
    "renamed": "its alternate addresses changed",
    "moved": "moved to {url}",
    "duplicate": "the same text as {url}",
    "forgotten": "forgotten on request",
    "restored": "restored from the index",
    "damaged": "damaged in the archive, and nothing was left to rebuild it from",
    "source-removed": "its source was removed",
    "source-stopped": "its source {url} is no longer crawled",
    "imported": "imported from {detail}",
    "canonical-ambiguous": "declares several canonical URLs ({detail}); none is used",
    "canonical-other-site": "its canonical URL {url} is on another site and is not used",
    "canonical-home": "its canonical URL {url} is the home page and is not used",
    "canonical-list": "its canonical URL {url} is the parent list page and is not used",
    "canonical-disputed": "pages with different texts declare {url} as canonical; each keeps its own URL",
    "canonical-other-item": "its canonical URL {url} is another item with another text",
    "redirect-disputed": "pages of different items redirect to {url}; each keeps its own URL",
    "feed-text-home": "{url} redirects to the home page; the text of the feed is used",
    "internal-error": "internal error: {detail}. Please report it with the output of: indexer --debug crawl",
}
_STANDS: Final[dict[TextShown, str]] = {
    "": "",
    "stored-text": "the last good text stays",
    "feed-text": "the text of the feed is used",
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
    return f"the crawl would remove {leaving} of {total} documents, more than 20 %, so it removes none. The first: {example}."


def question_text(reason: Reason, source_url: str) -> str:
    """Return the question to the operator, with the command that answers it."""
    return f"{reason_text(reason)} To remove them: indexer crawl --accept-removals {shlex.quote(source_url)}"


def failure_text(failure: Failure) -> str:
    """Return what happened at an address, and which text is indexed instead."""
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
    """Return why a URL is in the index, or is not."""
    cause = reason_text(why.reason) if why.reason is not None else ""
    match why.code:
        case "forgotten":
            return "forgotten on request; it is never fetched again"
        case "moved":
            return f"moved to {why.other}"
        case "source":
            return "this is the address of a source, not of a page"
        case "never-listed" if why.source_url:
            return f"no source lists this URL; source for the same site: {why.source_url}"
        case "never-listed":
            return "no source lists this URL, and there is no source for its site"
        case "asking":
            return f"indexed, but waits for removal ({cause}) until you run: indexer crawl --accept-removals"
        case "duplicate":
            also = f", to which {why.other} leads as well" if why.other != why.document_url else ""
            return f"indexed as {why.document_url}{also}"
        case "not-indexed-yet":
            return "in the archive, but not in the index yet; run: indexer crawl"
        case "found":
            attempt = f"; the last attempt failed: {cause}" if cause else ""
            return f"in the index{f' as {why.other}' if why.other else ''}{attempt}"
        case "waiting":
            return f"listed, and waits for the next crawl{f'; its source fails: {cause}' if cause else ''}"
    return cause


def report_texts(report: Mapping[str, Any]) -> dict[str, Any]:
    """Return a report of `diagnostics.url_report` with sentences in place of reasons."""
    table = dict(report)
    why, index_error, shown = table["why"], table.pop("index_error"), table.pop("text_shown")
    sentence = url_text(why)
    stands = {"": "", "stored-text": "; the last good text is used", "feed-text": "; the text of the feed is used"}
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
    """Return why a source fails, or the question to the operator with its command."""
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

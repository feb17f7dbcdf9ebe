"""Classify the sentences that versions before 0030 stored as reasons. Only the migration to reason codes uses this.

The first rule that matches the whole sentence wins. A sentence that no rule recognises becomes the code "other" with the
sentence as its detail, so nothing is lost.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from indexer.archive.serialization import facts_json
from indexer.reasons import Reason, ReasonCode

_URL = r"(?P<url>\S+?)"
_CANONICAL = rf"its canonical address {_URL} is "
_RULES: tuple[tuple[ReasonCode, str], ...] = (
    ("new", r"new"),
    ("changed", r"changed"),
    ("re-extracted", r"extracted again"),
    ("renamed", r"named otherwise"),
    ("moved", rf"moved to {_URL}"),
    ("duplicate", rf"the same text as {_URL}"),
    ("forgotten", r"forgotten on request"),
    ("source-removed", r"its source was removed"),
    ("imported", r"imported from (?P<detail>.*)"),
    ("shared-link", rf"several items of the feed share {_URL}: each is a document of its own"),
    ("feed-text-home", rf"{_URL} redirects to the home page, so its text is the feed's"),
    ("pdf", r"a PDF of (?P<detail>\d+) pages?"),
    ("canonical-ambiguous", r"it names \d+ different canonical addresses \((?P<detail>.*)\): none is believed"),
    ("canonical-other-site", _CANONICAL + "on another site: it is kept under its own"),
    ("canonical-home", _CANONICAL + "the home page: it is kept under its own"),
    ("canonical-list", _CANONICAL + "the list above it: it is kept under its own"),
    ("canonical-disputed", rf"{_URL} is named as canonical by pages of other texts: each is kept under its own address"),
    ("canonical-other-item", rf"{_URL} is an item of its own with another text"),
    ("redirect-disputed", rf"pages of different items redirect to {_URL}: each is kept under its own address"),
    ("unavailable-after", r"the page asks not to be indexed after (?P<detail>\S+) \(unavailable_after\)"),
    ("noindex", r"the page asks not to be indexed(?: \((?P<detail>.*)\))?"),
    ("no-text", r"no text was found"),
    ("pdf-invalid", r"no text: the answer is no PDF"),
    ("pdf-encrypted", r"no text: the PDF is encrypted"),
    ("pdf-encryption-unknown", r"no text: the PDF is encrypted in a way that cannot be read"),
    ("pdf-too-complex", r"no text: the PDF is too complicated to be read"),
    ("pdf-too-large", r"no text: the PDF is larger than (?P<detail>\d+) MB"),
    ("pdf-scanned", r"no text: the PDF holds no text \(scanned pages\?\)"),
    ("pdf-damaged", r"no text: the PDF is damaged: (?P<detail>.*)"),
    ("extraction-error", r"the page could not be read \((?P<detail>.*)\)"),
    ("extraction-timeout", r"reading the page took more than (?P<detail>\S+) s and was given up"),
    ("extraction-crash", r"reading the page ended the process that read it"),
    ("bot-check", r"a bot check was answered instead of the page"),
    ("login-redirect", rf"it leads to a login \({_URL}\)"),
    ("login", r"a login was answered instead of the page"),
    ("consent-redirect", rf"it leads to a consent wall \({_URL}\)"),
    ("consent", r"a consent wall was answered instead of the page"),
    ("error-page", r'an error page was answered with 200 \("(?P<detail>.*)"\)'),
    ("redirect-up", rf"it leads to the page above it \({_URL}\)"),
    ("redirect-home", r"it leads to the home page of (?P<detail>\S+)"),
    ("same-text-suddenly", r"its text is that of (?P<detail>\d+) other pages of the source all of a sudden"),
    ("same-text", r"its text is that of (?P<detail>\d+) other pages of the source"),
    ("article-gone", r"there is no article on it any more"),
    ("shrunk", r"of (?P<before>\d+) characters of text (?P<after>\d+) are left"),
    ("shrunk-wall", r"of (?P<before>\d+) characters of text (?P<after>\d+) are left, which speak (?P<about>.*)"),
    ("wall-text", r"its text is short and speaks (?P<detail>.*)"),
    ("other-text", r"it says something wholly different all of a sudden"),
    ("empty", r"the answer is empty"),
    ("content-type", r"not a web page but (?P<detail>.*)"),
    ("robots", r".*robots\.txt does not allow it"),
    (
        "robots-unreachable",
        r"(?P<detail>(?:not fetched, as )?(?:its robots\.txt cannot be had .*|\S+/robots\.txt answered \d+: no .*))",
    ),
    ("gone", r"the server answered (?P<detail>\d+).*, twice"),
    ("status", r"(?P<detail>(?:it only sends on to another page; .*)?the server answered \d+.*)"),
    ("timeout", r"(?P<detail>.* within \S+ s \(timeout_seconds\))"),
    ("too-large", r"(?P<detail>larger than .*)"),
    ("tls", r"(?P<detail>the secure connection failed .*)"),
    ("protocol", r"(?P<detail>the answer is broken .*)"),
    ("redirects", r"(?P<detail>redirects (?:to itself|in a circle)|more than \d+ redirects .*)"),
    ("scheme", r"(?P<detail>redirects to .*, which cannot be fetched|not a web address that can be fetched)"),
    ("port", r"(?P<detail>port \d+ is not one of .*)"),
    ("dns", r"(?P<detail>the name \S* (?:cannot be resolved|stands for no address).*)"),
    ("private-address", r"(?P<detail>.* is (?:a private address|.*, which is never asked).*)"),
    ("budget", r"(?P<detail>left for later, as .*)"),
    ("deferred", r"(?P<detail>left for later, for .*)"),
    ("connect", r"(?P<detail>the connection .*|.*\((?:Connection|No route|Network|Host).*\))"),
)
_COMPILED = [(code, re.compile(pattern, re.S)) for code, pattern in _RULES]
_SINCE = re.compile(r"(?P<rest>.*) since (?P<since>\d{4}-\d\d-\d\d)", re.S)
_ADDRESS = re.compile(r"(?P<url>https?://\S+?): (?P<rest>.*)", re.S)
_INSTEAD = re.compile(r"; (?:the text that we have stays|the feed's own text is used)$")
_REPLACED = re.compile(r"(?P<rest>.*); the same text is at (?P<url>\S+)", re.S)
_QUESTION = re.compile(
    r"(?P<going>\d+) of (?P<total>\d+) documents would leave the index, which is more than a fifth; all are kept\."
    r" The first: (?P<first>.*)\. If that is right: .*",
    re.S,
)
_NOT_A_LISTING = re.compile(
    r"(?:(?P<url>https?://\S+): )?(?P<detail>this is neither a feed nor a sitemap.*|.*not well-formed.*)", re.S
)
_INTERNAL = re.compile(r"this should not have happened: (?P<detail>.*) \(please report it with .*", re.S)


def classify(sentence: str) -> Reason:
    """Return the reason that a stored sentence expresses."""
    if parts := _QUESTION.fullmatch(sentence):
        first = classify(parts["first"])
        return Reason("asking", f"{parts['going']}/{parts['total']}", first.url, cause=first)
    if parts := _REPLACED.fullmatch(sentence):
        return Reason("replaced", url=parts["url"], cause=classify(parts["rest"]))
    if parts := _INTERNAL.fullmatch(sentence):
        return Reason("internal-error", parts["detail"])
    rest = _INSTEAD.sub("", sentence)
    since = ""
    if parts := _SINCE.fullmatch(rest):
        rest, since = parts["rest"], parts["since"]
    url = ""
    for candidate, page in _addressed(rest):
        for code, pattern in _COMPILED:
            if match := pattern.fullmatch(candidate):
                return _reason(code, match, url or page, since)
    if parts := _NOT_A_LISTING.fullmatch(sentence):
        return Reason("not-a-feed", parts["detail"], parts["url"] or "")
    return Reason("other", sentence)


def _addressed(sentence: str) -> Iterator[tuple[str, str]]:
    """Yield the sentence without a leading address, then as it is."""
    if parts := _ADDRESS.fullmatch(sentence):
        yield parts["rest"], parts["url"]
    yield sentence, ""


def _reason(code: ReasonCode, match: re.Match[str], page: str, since: str) -> Reason:
    named = match.groupdict()
    detail = named.get("detail") or ""
    if "before" in named:
        about = f", {named['about']}" if named.get("about") else ""
        detail = f"{named['before']} -> {named['after']}{about}"
    return Reason(code, detail, named.get("url") or page, since)


def code_of(sentence: str | None) -> str | None:
    """Return the code for SQL; None for no reason."""
    return classify(sentence).code if sentence else None


def facts_of(sentence: str | None) -> str | None:
    """Return the facts for SQL; None when there are none."""
    return facts_json(classify(sentence)) if sentence else None

"""Decide whether two pages are versions of one page for readers of two languages. Pure.

Such versions often have the same text, because it is not translated yet. They are two documents nevertheless, so that readers of
both languages find theirs. Two pages are versions when:

- one names the other as its version in another language (`<link rel="alternate" hreflang="de">`, or the Link header), or
- both are of one site and declare different languages, and the address of at least one names the language that it declares
  (/de/…, de.example.org, ?lang=de), while the other's does not name the same one.

A declared language alone tells nothing: many templates say lang="en" whatever the text, and print versions or copies on other
sites would be documents of their own. Versions for two countries with one language (en-GB, en-US) are one document.
Source: https://developers.google.com/search/docs/specialty/international/localized-versions
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import unescape
from urllib.parse import parse_qsl, urlsplit

from indexer import html
from indexer.model import Response
from indexer.urls import document_id, host, resolve

MAX_ALTERNATES = 100
_MAX_HEAD_BYTES = 300_000  # bytes of a page in which its links are looked for
_TAG = re.compile(rb"<(html|link|meta)\b([^<>]{1,3000})>", re.I)
_ATTRIBUTE = re.compile(
    rb"""(?<![\w:-])(xml:lang|lang|rel|hreflang|href|http-equiv|content)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.I
)
_LINK = re.compile(r"<([^<>]{1,2000})>\s*((?:;\s*[\w*-]+\s*=\s*(?:\"[^\"]{0,200}\"|[^\s;,\"]{0,200})\s*){1,20})")
_PARAMETER = re.compile(r"([\w*-]+)\s*=\s*(?:\"([^\"]*)\"|([^\s;,\"]*))")
_LABEL = re.compile(r"([a-z]{2,3})(?:[-_][a-z0-9]{1,8})*", re.I)
_CODE = re.compile(r"[a-z]{2,3}(?:[-_][a-z]{4})?(?:[-_](?:[a-z]{2}|\d{3}))?", re.I)  # not "my-holiday"
_SAME = {"nb": "no", "nn": "no", "iw": "he", "in": "id", "ji": "yi", "mo": "ro", "cmn": "zh"}
_IN_QUERY = frozenset(("lang", "language", "locale", "hl", "l", "lng", "setlang", "sprache", "langue"))


@dataclass(frozen=True, slots=True)
class LanguageAlternates:
    """What a page says of languages: its own ("" when it does not say), and its versions by `urls.document_id`."""

    url: str = ""
    language: str = ""
    alternates: Mapping[str, str] | None = None

    def names(self, ids: Iterable[str]) -> str:
        """Return the language that the page states for the one with any of these ids; "" if it states none."""
        return next((language for id_ in ids if (language := (self.alternates or {}).get(id_))), "")


def primary(label: str) -> str:
    """Return the language of a label without country and script.

    >>> primary("de-AT"), primary("en_US"), primary("nb"), primary("x-default"), primary("english!")
    ('de', 'en', 'no', '', '')
    """
    match = _LABEL.fullmatch(label.strip())
    code = match[1].lower() if match else ""
    return _SAME.get(code, code)


def language_alternates(response: Response) -> LanguageAlternates:
    """Return what an answer says of languages in its headers and in the page's head."""
    head = response.body[:_MAX_HEAD_BYTES]
    if (end := head.lower().find(b"</head")) >= 0:
        head = head[:end]
    language, alternates = "", dict[str, str]()
    for match in _TAG.finditer(html.without_comments(head)):
        name, attributes = match[1].lower(), _attributes(match[2])
        if name == b"html":
            language = language or primary(attributes.get("lang") or attributes.get("xml:lang") or "")
        elif name == b"meta":
            if attributes.get("http-equiv", "").lower() == "content-language":
                language = language or primary(attributes.get("content", "").partition(",")[0])
        elif "alternate" in attributes.get("rel", "").lower().split():
            _add(alternates, attributes.get("href", ""), attributes.get("hreflang", ""), response.url)
    for target, parameters in _LINK.findall(response.headers.get("link", "")[:50_000]):
        fields = {key.lower(): quoted or bare for key, quoted, bare in _PARAMETER.findall(parameters)}
        if "alternate" in fields.get("rel", "").lower().split():
            _add(alternates, target, fields.get("hreflang", ""), response.url)
    language = language or primary(response.headers.get("content-language", ""))
    return LanguageAlternates(response.url, alternates.get(document_id(response.url)) or language, alternates)


def _add(alternates: dict[str, str], target: str, label: str, base: str) -> None:
    language = primary(label)
    if language and len(alternates) < MAX_ALTERNATES and (address := resolve(target, base)):
        alternates.setdefault(document_id(address), language)


def _attributes(markup: bytes) -> dict[str, str]:
    attributes: dict[str, str] = {}
    for name, *values in _ATTRIBUTE.findall(markup):
        value = next((each for each in values if each), b"")
        attributes.setdefault(name.lower().decode("ascii"), unescape(value.decode("utf-8", "replace")).strip())
    return attributes


def are_versions(a: LanguageAlternates, a_ids: Iterable[str], b: LanguageAlternates, b_ids: Iterable[str]) -> bool:
    """Return whether two pages are for readers of different languages. `a_ids`, `b_ids`: of the addresses that each has."""
    for one, other_ids in ((a, b_ids), (b, a_ids)):
        named = one.names(other_ids)
        if named and one.language and named != one.language:
            return True
    if not a.language or not b.language or a.language == b.language:
        return False
    if _site(a.url) != _site(b.url):
        return False
    first, second = _languages_in(a.url), _languages_in(b.url)
    return (a.language in first and (b.language in second or a.language not in second)) or (
        b.language in second and (a.language in first or b.language not in first)
    )


def has_version(page: LanguageAlternates, url: str) -> bool:
    """Return whether the page at an address, of which nothing else is known, is this one in another language.

    This page names it as such, or the two addresses contain different languages.
    """
    named = page.names([document_id(url)])
    if named:
        return bool(page.language) and named != page.language
    mine, theirs = _languages_in(page.url), _languages_in(url)
    return page.language in mine and bool(theirs) and page.language not in theirs and _site(page.url) == _site(url)


def _languages_in(url: str) -> frozenset[str]:
    """Return what may be languages in an address: the host's first label, the first two folders, a parameter."""
    parts = urlsplit(url)
    label, _, rest = host(url).removeprefix("www.").partition(".")
    labels = [label if "." in rest else "", *parts.path.split("/")[1:3]]
    labels += [value for name, value in parse_qsl(parts.query[:2_000]) if name.lower() in _IN_QUERY]
    return frozenset(primary(label) for label in labels if _CODE.fullmatch(label))


def _site(url: str) -> str:
    """Return the host without a leading "www." and without a leading language."""
    name = host(url).removeprefix("www.")
    label, _, rest = name.partition(".")
    return rest if _CODE.fullmatch(label) and "." in rest else name

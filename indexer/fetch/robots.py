"""Read robots.txt as RFC 9309 defines it, with the leniency of Google's parser towards typing errors (same 71 cases).

Protego, a good library otherwise, decides 6 of Google's 71 cases differently. All groups of an agent count as one. The longest
matching rule decides, and Allow among equals. What no rule matches is allowed. A file is parsed once for each host (`Robots`).
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from indexer.urls import resolve

MAX_ROBOTS_BYTES = 512_000  # the limit must be at least this (RFC 9309, 2.5)
MAX_LINE_CHARACTERS = 2_083 * 8
MAX_SITEMAPS = 100  # named in one robots.txt

_PRODUCT = re.compile(r"[A-Za-z_-]+")
_ESCAPE = re.compile(r"%[0-9a-fA-F]{2}")
_LINE_END = re.compile(r"\r\n|\r|\n")
_SITEMAP_LINE = re.compile(r"(?:^|\r)[ \t\ufeff]*site-?map[ \t]*:[ \t]*(\S+)", re.I | re.M)
_DELAY = re.compile(r"(\d{0,5})(?:[.,](\d{1,9}))?\s*(?:s|secs?|seconds?)?", re.I)
_PLAIN_ESCAPE = re.compile(r"%(?:2[DdEe]|3[0-9]|4[1-9A-Fa-f]|5[0-9AaFf]|6[1-9A-Fa-f]|7[0-9AaEe])")  # of letters, digits, -._~
_KEYS = {
    "user-agent": "agent",
    "useragent": "agent",
    "user agent": "agent",
    "allow": "allow",
    "disallow": "disallow",
    "dissallow": "disallow",
    "dissalow": "disallow",
    "disalow": "disallow",
    "diasllow": "disallow",
    "disallaw": "disallow",
    "crawl-delay": "delay",
    "crawldelay": "delay",
}


@dataclass(frozen=True, slots=True)
class _Pattern:
    """A rule's path, split at its stars: literal pieces in this order, the last one at the end if `anchored`.

    Literal stars and dollars are escaped, as in the paths that are matched (RFC 9309, 2.2.3).
    """

    length: int
    pieces: tuple[str, ...]
    anchored: bool

    @classmethod
    def of(cls, text: str) -> _Pattern:
        first, *others = text.removesuffix("$").replace("$", "%24").split("*")
        between = tuple(piece for piece in others[:-1] if piece)  # of "a***b" one star counts
        return cls(len(text), (first, *between, *others[-1:]), text.endswith("$"))

    def matches(self, path: str) -> bool:
        """Return whether a path matches, in time linear in the path: each piece is searched after the one before it."""
        pieces = self.pieces
        if not path.startswith(pieces[0]):
            return False
        if len(pieces) == 1:
            return not self.anchored or path == pieces[0]
        at = len(pieces[0])
        for piece in pieces[1:-1]:
            position = path.find(piece, at)
            if position < 0:
                return False
            at = position + len(piece)
        last = pieces[-1]
        return (path.endswith(last) and len(path) - len(last) >= at) if self.anchored else path.find(last, at) >= 0


_Rule = tuple[_Pattern, bool]  # and whether it allows


@dataclass(slots=True)
class _RobotsGroup:
    allow: list[str]
    disallow: list[str]
    delay: float | None = None
    is_named: bool = False


class Robots:
    """The rules of one host's robots.txt for one agent, and its sitemaps.

    >>> Robots.parse("User-agent: *\\nDisallow: /private\\nCrawl-delay: 2", "bot/1.0").allows("https://example.org/private/x")
    False
    """

    __slots__ = ("_plain_rules", "_rules", "_sitemaps", "delay")

    def __init__(
        self, rules: list[_Rule], delay: float | None, plain_rules: list[_Rule] | None = None, sitemaps: tuple[str, ...] = ()
    ) -> None:
        self._rules = rules  # longest first, Allow first among equals: the first that matches decides
        self._plain_rules = plain_rules  # without needless escapes, if there are some
        self._sitemaps = sitemaps  # as they are written
        self.delay = delay  # seconds between requests that the site asks for (not standard, but widely used)

    @classmethod
    def parse(cls, text: str, agent: str) -> Robots:
        """Return the rules for an agent. Only the name of "name/version (comment)" counts. Never raises."""
        group = _group(text, agent)
        plain = None
        if any(_PLAIN_ESCAPE.search(each) for each in (*group.allow, *group.disallow)):
            plain = _rules(map(_plain, group.allow), map(_plain, group.disallow))
        return cls(_rules(group.allow, group.disallow), group.delay, plain, _sitemaps(text))

    def allows(self, url: str) -> bool:
        """Return whether an address may be fetched; robots.txt itself always may."""
        path = _path(url)
        if path == "/robots.txt":
            return True
        if not _decide(self._rules, path):
            return False
        # Both spellings of a path are equal (RFC 9309, 2.2.2), although Google's parser compares escapes as they are.
        if self._plain_rules is None and not _PLAIN_ESCAPE.search(path):
            return True
        return _decide(self._plain_rules or self._rules, _plain(path))

    def sitemaps(self, url: str) -> tuple[str, ...]:
        """Return the sitemaps that it names, each once; `url` is any address of its site.

        >>> Robots.parse("Sitemap: /a.xml", "bot").sitemaps("https://example.org/rss")
        ('https://example.org/a.xml',)
        """
        return tuple(dict.fromkeys(each for name in self._sitemaps if (each := resolve(name, url))))


def _decide(rules: Iterable[_Rule], path: str) -> bool:
    return next((allowed for pattern, allowed in rules if pattern.matches(path)), True)


def _rules(allow: Iterable[str], disallow: Iterable[str]) -> list[_Rule]:
    rules = [(pattern, True) for text in allow for pattern in _patterns(text)]
    rules += [(pattern, False) for text in disallow for pattern in _patterns(text)]
    rules.sort(key=lambda rule: (-rule[0].length, not rule[1]))
    return rules


def read_robots(body: bytes) -> str:
    """Return the text of a robots.txt, up to the limit. An incomplete last line is dropped: "Disallow: /" may be the beginning of
    "Disallow: /search"."""
    if len(body) > MAX_ROBOTS_BYTES:
        body = body[:MAX_ROBOTS_BYTES]
        body = body[: max(body.rfind(b"\n"), body.rfind(b"\r")) + 1]
    for mark, name in ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")):
        if body.startswith(mark):  # UTF-8 is required, but this can be read, too
            return body[len(mark) :].decode(name, "replace")
    return body.decode("utf-8", "replace")


def is_allowed(robots_text: str, agent: str, url: str) -> bool:
    """Return whether an agent may fetch an address. Never raises.

    >>> is_allowed("User-agent: *\\nDisallow: /private", "bot", "https://example.org/private/x")
    False
    """
    return Robots.parse(robots_text, agent).allows(url)


def crawl_delay(robots_text: str, agent: str) -> float | None:
    """Return the seconds between requests that the site asks for."""
    return Robots.parse(robots_text, agent).delay


def _group(text: str, agent: str) -> _RobotsGroup:
    product = agent.partition("/")[0].strip().lower()
    own, default = _RobotsGroup([], []), _RobotsGroup([], [])
    current: list[_RobotsGroup] = []
    in_rules = True
    for key, value in _lines(text):
        if key == "agent":
            if in_rules:
                current, in_rules = [], False
            name = _PRODUCT.match(value)
            named = value.partition("/")[0].strip().lower()  # "bot2" is not a product name by the standard, but it is used
            if value == "*" or re.match(r"\*\s", value):
                current.append(default)
            elif (name and name[0].lower() == product) or (" " not in product and named == product):
                current.append(own)
                own.is_named = True
        else:
            in_rules = in_rules or key != "delay"
            for group in current:
                if key == "delay":
                    if (number := _DELAY.fullmatch(value)) and (number[1] or number[2]):
                        group.delay = float(f"{number[1] or 0}.{number[2] or 0}")
                elif value:
                    (group.allow if key == "allow" else group.disallow).append(_escaped(value))
    return own if own.is_named else default


def _sitemaps(text: str) -> tuple[str, ...]:
    addresses = dict.fromkeys(match[1] for match in _SITEMAP_LINE.finditer(text[:MAX_ROBOTS_BYTES]))
    return tuple(addresses)[:MAX_SITEMAPS]


def _lines(text: str) -> Iterator[tuple[str, str]]:
    for line in _LINE_END.split(text[:MAX_ROBOTS_BYTES].lstrip("\ufeff")):
        line = line[:MAX_LINE_CHARACTERS].partition("#")[0].strip()
        key, colon, value = line.partition(":")
        if not colon:
            key, _, value = line.partition(" ") if " " in line else line.partition("\t")
            if len(line.split()) != 2:
                continue
        kind = _KEYS.get(key.strip().lower())
        if kind:
            yield kind, value.strip()


def _path(url: str) -> str:
    parts = urlsplit(url)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    path = _ESCAPE.sub(lambda match: match[0].upper(), path) if "%" in path else path
    return path.replace("*", "%2A").replace("$", "%24")


def _escaped(text: str) -> str:
    """Return a path with other characters than ASCII as escaped UTF-8, and escapes in capitals."""
    text = "".join(c if c.isascii() else "".join(f"%{byte:02X}" for byte in c.encode("utf-8", "replace")) for c in text)
    return _ESCAPE.sub(lambda match: match[0].upper(), text)


def _plain(text: str) -> str:
    """Return a path without escapes of characters that need none."""
    return _PLAIN_ESCAPE.sub(lambda match: chr(int(match[0][1:], 16)), text)


def _patterns(text: str) -> Iterator[_Pattern]:
    """Yield the pattern; that of a directory's index also covers the directory."""
    yield _Pattern.of(text)
    if text.endswith(("/index.html", "/index.htm")):
        yield _Pattern.of(text.rpartition("/")[0] + "/$")

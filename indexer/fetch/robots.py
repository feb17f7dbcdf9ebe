"""robots.txt as RFC 9309 has it, with the leniency of Google's parser towards typing errors (same 71 cases).

Protego, otherwise a fine library, decides 6 of Google's 71 cases differently, hence our own. All groups of an agent count
as one; the longest matching rule decides, Allow among equals; what no rule matches is allowed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

LARGEST = 512_000  # bytes that must be read at least (RFC 9309, 2.5), and all that is
LONGEST_LINE = 2_083 * 8

_PRODUCT = re.compile(r"[A-Za-z_-]+")
_ESCAPE = re.compile(r"%[0-9a-fA-F]{2}")
_LINE_END = re.compile(r"\r\n|\r|\n")
_KEYS = {
    "user-agent": "agent", "useragent": "agent", "user agent": "agent",
    "allow": "allow",
    "disallow": "disallow", "dissallow": "disallow", "dissalow": "disallow", "disalow": "disallow", "diasllow": "disallow",
    "disallaw": "disallow",
    "crawl-delay": "delay", "crawldelay": "delay",
}  # fmt: skip


@dataclass(slots=True)
class _Rules:
    allow: list[str]
    disallow: list[str]
    delay: float | None = None
    met: bool = False


def is_allowed(robots_text: str, agent: str, url: str) -> bool:
    """Whether the agent ("name/version (comment)", the name counts) may fetch the address. Never raises.

    >>> is_allowed("User-agent: *\\nDisallow: /private", "bot", "https://example.org/private/x")
    False
    """
    rules = _rules(robots_text, agent)
    path = _path(url)
    if path == "/robots.txt":
        return True
    allowed = max((_length(pattern, path) for pattern in rules.allow), default=-1)
    return allowed >= max((_length(pattern, path) for pattern in rules.disallow), default=-1)


def crawl_delay(robots_text: str, agent: str) -> float | None:
    """Seconds between requests that the site asks for (no standard, but widely used)."""
    return _rules(robots_text, agent).delay


def _rules(text: str, agent: str) -> _Rules:
    product = agent.partition("/")[0].strip().lower()
    own, anybody = _Rules([], []), _Rules([], [])
    current: list[_Rules] = []
    in_rules = True
    for key, value in _lines(text):
        if key == "agent":
            if in_rules:
                current, in_rules = [], False
            name = _PRODUCT.match(value)
            if value == "*" or re.match(r"\*\s", value):
                current.append(anybody)
            elif name and name[0].lower() == product:
                current.append(own)
                own.met = True
        else:
            in_rules = in_rules or key != "delay"
            for rules in current:
                if key == "delay":
                    if re.fullmatch(r"\d{1,5}(?:\.\d+)?", value):
                        rules.delay = float(value)
                elif value:
                    (rules.allow if key == "allow" else rules.disallow).append(_escaped(value))
    return own if own.met else anybody


def _lines(text: str) -> Iterator[tuple[str, str]]:
    for line in _LINE_END.split(text[:LARGEST].lstrip("\ufeff")):
        line = line[:LONGEST_LINE].partition("#")[0].strip()
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
    return _ESCAPE.sub(lambda match: match[0].upper(), (parts.path or "/") + (f"?{parts.query}" if parts.query else ""))


def _escaped(text: str) -> str:
    """Other than ASCII as escaped UTF-8, escapes in capitals."""
    text = "".join(c if c.isascii() else "".join(f"%{byte:02X}" for byte in c.encode("utf-8", "replace")) for c in text)
    return _ESCAPE.sub(lambda match: match[0].upper(), text)


def _length(pattern: str, path: str) -> int:
    """The length of a pattern that matches the path, else -1. Linear in both but for the stars: positions reached so far."""
    if pattern.endswith(("/index.html", "/index.htm")):  # stands for its directory as well
        directory = pattern.rpartition("/")[0] + "/$"
        if _matches(directory, path):
            return len(directory)
    return len(pattern) if _matches(pattern, path) else -1


def _matches(pattern: str, path: str) -> bool:
    anchored = pattern.endswith("$")
    pieces = pattern.removesuffix("$").split("*")
    if not path.startswith(pieces[0]):
        return False
    if len(pieces) == 1:
        return not anchored or path == pieces[0]
    at = len(pieces[0])
    for piece in pieces[1:-1]:
        found = path.find(piece, at)
        if found < 0:
            return False
        at = found + len(piece)
    last = pieces[-1]
    return (path.endswith(last) and len(path) - len(last) >= at) if anchored else path.find(last, at) >= 0

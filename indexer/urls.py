"""Addresses: which ones can be fetched, and which of them name the same page.

`resolve` gives the address to fetch, as close to what the publisher wrote as is safe; `identity` gives the key under
which twins coincide (http and https, double slashes, escapes, order of the query), which is never fetched.
Sources: RFC 3986 (syntax, normalisation), the URL standard of the WHATWG (white space, backslashes), IDNA 2003.
"""

from __future__ import annotations

import hashlib
import re
from urllib.parse import quote, unquote_to_bytes, urljoin, urlsplit

LONGEST = 2_048  # characters; longer ones are data, and servers refuse them

# Parameters that count visits and never choose a page.
_TRACKING = re.compile(
    r"(?:utm_\w+|mtm_\w+|pk_(?:campaign|kwd|source|medium|content)|fbclid|gclid|dclid|gbraid|wbraid|msclkid|yclid|twclid"
    r"|igshid|mc_[ce]id|_hs(?:enc|mi)|vero_id|wt_(?:mc|zmc)|at_(?:medium|campaign)|xtor)",
    re.I,
)
_WHITE = re.compile(r"[\t\n\r]")
_ENDS = "".join(map(chr, range(0x21))) + "\x7f\xa0\u200b\ufeff\u2028\u2029"
_SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+.\-]*:")
_BAD_HOST = re.compile(r"[\x00-\x20<>\"'`{}|\\^%#/?@\x7f]|\.\.")
_UNSAFE = re.compile(r"[^!#$%&'()*+,\-./0-9:;=?@A-Z\[\]_a-z~]")
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")
_STRAY_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_PORTS = {"http": 80, "https": 443}


def resolve(url: str, base: str | None = None) -> str | None:
    """The absolute http(s) address that a link stands for; None if it stands for none that could be fetched.

    Fragment, credentials and tracking parameters are dropped, the host becomes ASCII, the path keeps its spelling.

    >>> resolve(" ../b c?utm_source=feed&x=1#top", "https://Example.org/a/d/")
    'https://example.org/a/b%20c?x=1'
    >>> resolve("javascript:alert(1)") is None
    True
    """
    url = _WHITE.sub("", url.strip(_ENDS)).replace("\\", "/")
    if not url or len(url) > LONGEST * 4:
        return None
    scheme = _SCHEME.match(url)
    try:
        if base is not None and (scheme is None or (url[:5].lower() in ("http:", "https") and "//" not in url)):
            url = urljoin(base, url)
        parts = urlsplit(url)
        name, port = parts.hostname, parts.port
    except ValueError:  # a broken IPv6 address, or a port that is no number
        return None
    if parts.scheme.lower() not in _PORTS or not name or port == 0:
        return None
    ascii_name = _ascii_host(name)
    if ascii_name is None:
        return None
    netloc = ascii_name if port in (None, _PORTS[parts.scheme.lower()]) else f"{ascii_name}:{port}"
    query = "&".join(pair for pair in parts.query.split("&") if not _TRACKING.fullmatch(pair.partition("=")[0]))
    path = _quote(_without_dots(parts.path) or "/")
    # Not urlunsplit: it would take a path that begins with two slashes for a host.
    address = f"{parts.scheme.lower()}://{netloc}{path}" + (f"?{_quote(query)}" if query else "")
    return address if len(address) <= LONGEST else None


def identity(url: str) -> str:
    """The key under which the addresses of one page coincide. Not meant for fetching.

    >>> identity("http://www.Example.org//a/%7Eb/?z=1&a=2") == identity("https://www.example.org/a/~b?a=2&z=1")
    True
    """
    address = resolve(url)
    if address is None:
        return url
    parts = urlsplit(address)
    path = re.sub(r"/{2,}", "/", _normal_escapes(parts.path)).rstrip("/") or "/"
    query = "&".join(sorted(_normal_escapes(pair) for pair in parts.query.split("&") if pair))
    netloc = parts.netloc.removesuffix(":80").removesuffix(":443")
    return f"https://{netloc}{path}" + (f"?{query}" if query else "")


def document_id(url: str) -> str:
    """16 hexadecimal digits that name the page at an address (or any other string) for ever."""
    return hashlib.sha256(identity(url).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def same_site(a: str, b: str) -> bool:
    """Whether two addresses are on the same host, but for a leading www.

    >>> same_site("https://www.example.org/x", "http://example.org")
    True
    """
    first, second = host(a).removeprefix("www."), host(b).removeprefix("www.")
    return bool(first) and first == second


def host(url: str) -> str:
    """The host's name, in lower case and ASCII; "" when there is none.

    >>> host("https://Zürich.example:8080/x")
    'xn--zrich-kva.example'
    """
    address = resolve(url)
    return "" if address is None else (urlsplit(address).hostname or "")


def _ascii_host(name: str) -> str | None:
    name = name.rstrip(".").lower()
    if ":" in name:  # IPv6; urlsplit has seen to the brackets
        return f"[{name}]" if re.fullmatch(r"[0-9a-f:.]+", name) else None
    if not name.isascii():
        try:
            name = name.encode("idna").decode("ascii").lower()
        except UnicodeError:
            return None
    if not name or len(name) > 253 or _BAD_HOST.search(name) or any(len(label) > 63 for label in name.split(".")):
        return None
    return name


def _without_dots(path: str) -> str:
    """RFC 3986, 5.2.4, but empty segments stay: some servers need their double slashes."""
    if "/." not in path:
        return path
    kept: list[str] = []
    segments = path.split("/")[1:]
    for number, segment in enumerate(segments):
        last = number == len(segments) - 1
        plain = segment.replace("%2e", ".").replace("%2E", ".")
        if plain == "..":
            if kept:
                kept.pop()
        elif plain != ".":
            kept.append(segment)
            continue
        if last:
            kept.append("")
    return "/" + "/".join(kept)


def _quote(text: str) -> str:
    text = _STRAY_PERCENT.sub("%25", text)
    return _UNSAFE.sub(lambda match: quote(match[0], safe="", errors="replace"), text)


def _normal_escapes(text: str) -> str:
    """Escapes of characters that need none are undone, the others are written in capitals."""

    def one(match: re.Match[str]) -> str:
        byte = unquote_to_bytes(match[0])[0]
        return chr(byte) if byte in _UNRESERVED else match[0].upper()

    return _ESCAPE.sub(one, text)

"""Addresses: which ones can be fetched, and which of them name the same page.

`resolve` gives the address to fetch, as close to what the publisher wrote as is safe; `identity` gives the key under
which all its forms coincide (http and https, double slashes, escapes, order of the query), which is never fetched.
Sources: RFC 3986 (syntax, normalisation), the URL standard of the WHATWG (white space, backslashes), IDNA 2008 (RFC 5891) with
the mapping of UTS 46.
"""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache
from urllib.parse import quote, unquote_to_bytes, urljoin, urlsplit

from indexer.lazy_regex import later

MAX_URL_CHARACTERS = 2_048  # characters; longer ones are data, and servers refuse them
MAX_CACHED_URLS = 1_024  # addresses whose keys are cached: a crawl needs each about twelve times

# Parameters that count visits and never choose a page, as the services that append them document them: Google (Analytics,
# Ads, Merchant), Matomo, Meta, Microsoft, Yandex, X, TikTok, LinkedIn, Pinterest, Mailchimp, HubSpot, Marketo, Adobe, Olytics,
# Vero, Klaviyo, Drip, Branch, beehiiv, AT Internet, Webtrekk, Webtrends; the same ones stand in the lists of Firefox (query
# stripping) and Brave (query filter). Names that sites use for pages as well (ref, source, campaign_id, cid) are not among them.
_TRACKING = later(
    r"(?:utm_\w+|__utm[a-z]|mtm_\w+|matomo_\w+|pk_(?:campaign|kwd|keyword|source|medium|content|cid|cpn|vid)|piwik_(?:campaign|kwd|keyword)"
    r"|itm_(?:campaign|content|medium|source|term)|ga_(?:campaign|content|medium|place|source|term)|_ga|_gl|gad_(?:source|campaignid)"
    r"|gclid|gclsrc|dclid|gbraid|wbraid|srsltid|gcl_au|fbclid|fb_(?:action_ids|action_types|ref|source|comment_id)|mibextid"
    r"|msclkid|yclid|ysclid|_openstat|twclid|ttclid|li_fat_id|epik|igsh|igshid|rdt_cid|scclid|sc_cid|s_cid|s_kwcid|ef_id"
    r"|mc_(?:cid|eid|tc)|hsa_\w+|_hs(?:enc|mi)|__hs(?:sc|tc|fp)|hsctatracking|mkt_tok|wickedid|rb_clickid|oly_(?:anon|enc)_id"
    r"|vero_(?:id|conv)|_ke|_kx|__s|_bhlid|_branch_(?:match_id|referrer)|wt_(?:mc|zmc)|wt\.mc_\w+|at_(?:medium|campaign|custom\d)"
    r"|xtor|ns_(?:campaign|mchannel|source|linkname|fee)|nr_email_referer|ml_subscriber(?:_hash)?|trk_(?:contact|msg|module|sid)"
    r"|guccounter|guce_referrer(?:_sig)?|ref_src|ref_url|__twitter_impression|wtrid|cmpid|campaign_(?:medium|source|term))",
    re.I,
)
# Sessions: PHP, Java, ASP, ColdFusion, osCommerce, vBulletin, TYPO3. Short names count only with a value like a session's.
_SESSION = later(
    r"(?:(?:phpsessid|jsessionid|aspsessionid\w*|cfid|cftoken|oscsid|xtcsid|zenid|fe_typo_user|ftu)=.*"
    r"|(?:s|sid|sess|session|sessionid|session_id)=(?=[^&]*\d)[0-9a-z]{24,})",
    re.I | re.S,
)
_PATH_SESSION = later(r";(?:jsessionid|phpsessid|sid|cfid|cftoken)=[^/;?]*|/\((?:[A-Z]\([0-9a-z]{20,}\))+\)(?=/)", re.I)
# The same page for other screens: hosts, segments and parameters that say so.
_TWIN_SEGMENT = re.compile(
    r"/(?:amp|print|printable|druckversion|druckansicht|imprimir|imprimer)(?=/|$)|\.amp(?=$|\.html?$)", re.I
)
_TWIN_QUERY = re.compile(
    r"(?:amp|print|printable|print_view|printview|outputtype|output|format|view|tmpl|m|mobile)"
    r"(?:=(?:1|amp|print|printable|true|yes|component|mobile|amphtml)?)?|type=98",
    re.I,
)  # TYPO3 prints with type=98, Joomla with tmpl=component
_DEFAULT_DOCUMENT = re.compile(r"/(?:index|default|home|welcome)\.(?:html?|xhtml|shtml|php\d?|aspx?|jsp|cfm|do)$", re.I)
_WHITE = re.compile(r"[\t\n\r]")
_ENDS = "".join(map(chr, range(0x21))) + "\x7f\xa0\u200b\ufeff\u2028\u2029"
_SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+.\-]*:")
_BAD_HOST = re.compile(r"[\x00-\x20<>\"'`{}|\\^%#/?@\x7f]|\.\.")
_UNSAFE = re.compile(r"[^!#$%&'()*+,\-./0-9:;=?@A-Z\[\]_a-z~]")
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")
_STRAY_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_PORTS = {"http": 80, "https": 443}
# An address that is in its final form already, as most are: nothing to drop, to escape or to join. No port that is a default one.
_PLAIN_HOST = r"(?:[a-z0-9-]{1,60}\.){1,3}[a-z0-9-]{1,60}(?::(?:[1-9][0-9]{3}|[1-5][0-9]{4}))?"
_PLAIN_SEGMENTS = r"(?:/[A-Za-z0-9_~-][A-Za-z0-9_~.-]*)*/?"
_PLAIN = re.compile(rf"https?://(?P<host>{_PLAIN_HOST})(?P<path>{_PLAIN_SEGMENTS})")
_PLAIN_PATH = re.compile(rf"(?!//)(?!\Z){_PLAIN_SEGMENTS}")
_PLAIN_ORIGIN = re.compile(rf"https?://{_PLAIN_HOST}(?=[/?#]|\Z)")


def resolve(url: str, base: str | None = None) -> str | None:
    """Return the absolute http(s) address of a link; None if it has none that can be fetched.

    Fragment, credentials, tracking parameters and sessions are dropped, the host becomes ASCII, the path keeps its spelling.

    >>> resolve(" ../b c?utm_source=feed&x=1#top", "https://Example.org/a/d/")
    'https://example.org/a/b%20c?x=1'
    >>> resolve("javascript:alert(1)") is None
    True
    """
    return (_resolved if len(url) <= MAX_URL_CHARACTERS else _resolved.__wrapped__)(url, base)


@lru_cache(maxsize=MAX_CACHED_URLS)
def _resolved(url: str, base: str | None) -> str | None:
    if (plain := _plain(url)) is not None:
        return url if plain["path"] else f"{url}/"
    if base is not None and (joined := _join_plain(url, base)):
        return joined
    url = _WHITE.sub("", url.strip(_ENDS)).replace("\\", "/")
    if not url or len(url) > MAX_URL_CHARACTERS * 4:
        return None
    scheme = _SCHEME.match(url)
    try:
        if base is not None and (scheme is None or (url[:5].lower() in ("http:", "https") and "//" not in url)):
            url = urljoin(base, url)
        parts = urlsplit(url)
        name, port = parts.hostname, parts.port
    except ValueError:  # a broken IPv6 address, or a port that is not a number
        return None
    if parts.scheme.lower() not in _PORTS or not name or port == 0:
        return None
    ascii_name = _ascii_host(name)
    if ascii_name is None:
        return None
    netloc = ascii_name if port in (None, _PORTS[parts.scheme.lower()]) else f"{ascii_name}:{port}"
    query = "&".join(pair for pair in parts.query.split("&") if not _counts_visits(pair))
    path = _PATH_SESSION.sub("", parts.path) if "=" in parts.path or "(" in parts.path else parts.path
    path = _quote(_without_dots(path) or "/")
    # Not urlunsplit: it would take a path that begins with two slashes for a host.
    address = f"{parts.scheme.lower()}://{netloc}{path}" + (f"?{_quote(query)}" if query else "")
    return address if len(address) <= MAX_URL_CHARACTERS else None


def _plain(url: str) -> re.Match[str] | None:
    return _PLAIN.fullmatch(url) if len(url) < MAX_URL_CHARACTERS else None


def _join_plain(url: str, base: str) -> str:
    """Return the address of a path or fragment that needs no change, joined to its base; "" if either may need one."""
    if url.startswith("#"):
        return (resolve(base) or "") if _plain(base) else ""
    start = _PLAIN_ORIGIN.match(base) if _PLAIN_PATH.fullmatch(url) else None
    return f"{start[0]}{url}" if start and len(start[0]) + len(url) <= MAX_URL_CHARACTERS else ""


def identity(url: str) -> str:
    """Return a key that all spellings of one page's address share. It is not meant for fetching.

    >>> identity("http://www.Example.org//a/%7Eb/?z=1&a=2") == identity("https://www.example.org/a/~b?a=2&z=1")
    True
    """
    return (_identity if len(url) <= MAX_URL_CHARACTERS else _identity.__wrapped__)(url)


@lru_cache(maxsize=MAX_CACHED_URLS)
def _identity(url: str) -> str:
    if (plain := _plain(url)) is not None:
        return f"https://{plain['host']}{plain['path'].rstrip('/') or '/'}"
    address = resolve(url)
    if address is None:
        return url
    parts = urlsplit(address)
    path = re.sub(r"/{2,}", "/", _normal_escapes(parts.path)).rstrip("/") or "/"
    query = "&".join(sorted(_normal_escapes(pair).replace("%20", "+") for pair in parts.query.split("&") if pair))
    netloc = parts.netloc.removesuffix(":80").removesuffix(":443")
    return f"https://{netloc}{path}" + (f"?{query}" if query else "")


def url_form_key(url: str) -> str:
    """Return a key that all forms of a page's address share: www, mobile and other subdomains, AMP and print versions, default
    documents. Pages that share it are one page only if their content says so.

    >>> url_form_key("http://m.example.org/a/amp/?print=1") == url_form_key("https://www.example.org/a/index.html")
    True
    """
    parts = urlsplit(identity(url))
    labels = (parts.hostname or "").split(".")
    path = _TWIN_SEGMENT.sub("", _DEFAULT_DOCUMENT.sub("", parts.path)).rstrip("/")
    path = re.sub(r"\.html?$", "", path, flags=re.I)
    query = "&".join(pair for pair in parts.query.split("&") if pair and not _TWIN_QUERY.fullmatch(pair))
    return f"{'.'.join(labels[-2:])}{path}?{query}"


def plainness(url: str) -> int:
    """Return a rank of one page's addresses; the lowest is the plainest and is shown.

    An AMP, print or mobile version counts most, then http instead of https, then the name of a default document.
    """
    parts = urlsplit(url)
    variant = bool(_TWIN_SEGMENT.search(parts.path)) or any(map(_TWIN_QUERY.fullmatch, filter(None, parts.query.split("&"))))
    other = parts.netloc.startswith(("m.", "mobile.", "amp.", "touch.", "print."))
    return 4 * (variant or other) + 2 * (parts.scheme != "https") + bool(_DEFAULT_DOCUMENT.search(parts.path))


def document_id(url: str) -> str:
    """Return 16 hexadecimal digits that name the page at an address (or any other string) for ever."""
    return hashlib.sha256(identity(url).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def same_site(a: str, b: str) -> bool:
    """Return whether two addresses are on the same host, apart from a leading "www.".

    >>> same_site("https://www.example.org/x", "http://example.org")
    True
    """
    first, second = host(a).removeprefix("www."), host(b).removeprefix("www.")
    return bool(first) and first == second


@lru_cache(maxsize=MAX_CACHED_URLS)
def host(url: str) -> str:
    """Return the name of an address's host, in lower case and ASCII; "" if there is none.

    >>> host("https://Zürich.example:8080/x")
    'xn--zrich-kva.example'
    """
    address = resolve(url)
    return "" if address is None else (urlsplit(address).hostname or "")


def origin(url: str) -> str:
    """Return the scheme, host and port of an address.

    >>> origin("https://example.org:8443/a?b")
    'https://example.org:8443'
    """
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def is_home(url: str) -> bool:
    """Return whether an address is that of a site's home page.

    >>> is_home("https://example.org"), is_home("https://example.org/index.php"), is_home("https://example.org/?p=4")
    (True, True, False)
    """
    parts = urlsplit(resolve(url) or url)
    return not parts.query and _DEFAULT_DOCUMENT.sub("", parts.path).strip("/") == ""


def _counts_visits(pair: str) -> bool:
    return bool(_TRACKING.fullmatch(pair.partition("=")[0]) or _SESSION.fullmatch(pair))


def _ascii_host(name: str) -> str | None:
    name = name.rstrip(".").lower()
    if ":" in name:  # IPv6; urlsplit has seen to the brackets
        return f"[{name}]" if re.fullmatch(r"[0-9a-f:.]+", name) else None
    if not name.isascii():
        name = _idna(name)
    if not name or len(name) > 253 or _BAD_HOST.search(name) or any(len(label) > 63 for label in name.split(".")):
        return None
    return name


def _idna(name: str) -> str:
    """Return a name in ASCII by IDNA 2008 (RFC 5891, mapped by UTS 46), in which faß.de and fass.de are different hosts; ""
    for what cannot be a name. Names that only IDNA 2003 allows, as those with an emoji, are encoded by it.

    >>> _idna("faß.de"), _idna("bücher.example"), _idna("☃.net")
    ('xn--fa-hia.de', 'xn--bcher-kva.example', 'xn--n3h.net')
    """
    import idna  # 8 ms, and few addresses need it

    try:
        return idna.encode(name, uts46=True, transitional=False).decode("ascii").lower()
    except (idna.IDNAError, UnicodeError):
        pass
    try:
        return name.encode("idna").decode("ascii").lower()
    except UnicodeError:
        return ""


def _without_dots(path: str) -> str:
    """Remove dot segments (RFC 3986, 5.2.4). Empty segments stay, since some servers need their double slashes."""
    if "/." not in path:
        return path
    output: list[str] = []
    segments = path.split("/")[1:]
    for number, segment in enumerate(segments):
        last = number == len(segments) - 1
        plain = segment.replace("%2e", ".").replace("%2E", ".")
        if plain == "..":
            if output:
                output.pop()
        elif plain != ".":
            output.append(segment)
            continue
        if last:
            output.append("")
    return "/" + "/".join(output)


def _quote(text: str) -> str:
    text = _STRAY_PERCENT.sub("%25", text)
    return _UNSAFE.sub(lambda match: quote(match[0], safe="", errors="replace"), text)


def _normal_escapes(text: str) -> str:
    """Undo escapes of characters that need none, and write the others in capitals."""

    def one(match: re.Match[str]) -> str:
        byte = unquote_to_bytes(match[0])[0]
        return chr(byte) if byte in _UNRESERVED else match[0].upper()

    return _ESCAPE.sub(one, text)

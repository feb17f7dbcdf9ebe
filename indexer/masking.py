"""Mask secrets in addresses before they are shown, logged or exported."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import TypeVar, cast
from urllib.parse import unquote

MASK = "***"
# The last word of a secret parameter's name: accessToken, x-amz-signature, auth[token], rsskey
_SECRET = re.compile(
    r"(?:access|api|auth|client|feed|login|private|refresh|rss|secret|session|user)?"
    r"(?:token|key|secret|password|passwd|pwd|pass|passphrase|auth|authorization|signature|sig"
    r"|credential|credentials|session|sessionid|jwt|bearer)",
    re.IGNORECASE,
)
_WORD = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z0-9]+")
_USERINFO = re.compile(r"(?<=://)[^\s/?#]+(?=@)")  # up to the last "@": a password may contain one
_PARAMETER = re.compile(r"(?<=[?&;#])([^=?&;#\s\"'<>]+)=([^&;#\s\"'<>]+)")

T = TypeVar("T")


def mask_secrets(text: str) -> str:
    """Replace user names, passwords and secret parameters in all addresses of a text.

    >>> mask_secrets("https://me:pw@example.org/rss?token=a1&page=2: the server answered 403")
    'https://***@example.org/rss?token=***&page=2: the server answered 403'
    >>> mask_secrets("there is no source example.org/rss?key=a1")
    'there is no source example.org/rss?key=***'
    """
    if "://" not in text and "?" not in text:
        return text
    return _PARAMETER.sub(_without_value, _USERINFO.sub(MASK, text))


def masked(value: T) -> T:
    """Return a value of dictionaries, lists and texts with the secrets in its texts masked.

    >>> masked({"url": "https://example.org/?api_key=1", "n": [1, "a"]})
    {'url': 'https://example.org/?api_key=***', 'n': [1, 'a']}
    """
    result: object = value
    if isinstance(value, str):
        result = mask_secrets(value)
    elif isinstance(value, dict):
        result = {name: masked(member) for name, member in value.items()}
    elif isinstance(value, list | tuple):
        result = type(value)(masked(member) for member in value)
    return cast("T", result)


def secret_values(urls: Iterable[str]) -> frozenset[str]:
    """Return the values of the secret parameters in some addresses.

    >>> secret_values(["https://example.org/rss?token=a1&page=2"])
    frozenset({'a1'})
    """
    return frozenset(match[2] for url in urls for match in _PARAMETER.finditer(url) if _is_secret(match[1]))


def mask_values(text: str, values: Collection[str]) -> str:
    """Mask parameters of addresses that have one of these values: the address of a page may repeat its source's secret.

    >>> mask_values("https://example.org/article?key=a1&token=7", {"a1"})
    'https://example.org/article?key=***&token=7'
    """
    if not values:
        return text
    return _PARAMETER.sub(lambda match: f"{match[1]}={MASK}" if match[2] in values else match[0], text)


def _is_secret(name: str) -> bool:
    words = _WORD.findall(unquote(name))
    return bool(words and _SECRET.fullmatch(words[-1]))


def _without_value(parameter: re.Match[str]) -> str:
    return f"{parameter[1]}={MASK}" if _is_secret(parameter[1]) else parameter[0]

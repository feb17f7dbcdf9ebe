"""Mask secrets in addresses before they are shown, logged or exported."""

from __future__ import annotations

import re
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
_PARAMETER = re.compile(r"(?<=[?&;#])([^=?&;#\s\"'<>]+)=[^&;#\s\"'<>]+")

T = TypeVar("T")


def mask_secrets(text: str) -> str:
    """Replace user names, passwords and secret parameters in all addresses of a text.

    >>> mask_secrets("https://me:pw@example.org/rss?token=a1&page=2: the server answered 403")
    'https://***@example.org/rss?token=***&page=2: the server answered 403'
    """
    if "://" not in text:
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


def _without_value(parameter: re.Match[str]) -> str:
    words = _WORD.findall(unquote(parameter[1]))
    return f"{parameter[1]}={MASK}" if words and _SECRET.fullmatch(words[-1]) else parameter[0]

"""Mask secrets in addresses before they are shown, logged or exported."""

from __future__ import annotations

import re
from typing import TypeVar, cast

MASK = "***"
_NAMES = (
    r"(?:[a-z0-9]+[_-])*(?:token|key|apikey|secret|password|passwd|pwd|pass|passphrase|auth|authorization|signature|sig"
    r"|credential|credentials|session|sessionid|jwt|bearer)"
)
_USERINFO = re.compile(r"(?<=://)[^\s/?#@]+(?=@)")
_PARAMETER = re.compile(rf"(?<=[?&;])({_NAMES}=)[^&;#\s\"'<>]+", re.IGNORECASE)

T = TypeVar("T")


def mask_secrets(text: str) -> str:
    """Replace user names, passwords and secret parameters in all addresses of a text.

    >>> mask_secrets("https://me:pw@example.org/rss?token=a1&page=2: the server answered 403")
    'https://***@example.org/rss?token=***&page=2: the server answered 403'
    """
    if "://" not in text:
        return text
    return _PARAMETER.sub(rf"\g<1>{MASK}", _USERINFO.sub(MASK, text))


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

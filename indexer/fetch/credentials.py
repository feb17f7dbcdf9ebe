"""Send headers and passwords to the sites that they are for, and to no others."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from indexer.model import Credential


def headers_for(url: str, credentials: Sequence[Credential]) -> dict[str, str]:
    """Return the headers for an address: those of the longest address that it lies under.

    A request to another scheme, host or port gets none, so a redirect cannot carry them away.

    >>> secret = Credential("https://example.org/members/", (("authorization", "Basic eA=="),))
    >>> headers_for("https://example.org/members/rss", [secret]), headers_for("http://example.org/members/rss", [secret])
    ({'authorization': 'Basic eA=='}, {})
    """
    matching = [each for each in credentials if _lies_under(url, each.address)] if credentials else []
    return dict(max(matching, key=lambda each: len(each.address)).headers) if matching else {}


def _lies_under(url: str, address: str) -> bool:
    here, there = urlsplit(url), urlsplit(address)
    folder = there.path if there.path.endswith("/") else f"{there.path}/"
    is_inside = here.path.startswith(folder) or here.path == there.path or folder == "/"
    return (here.scheme, here.netloc) == (there.scheme, there.netloc) and is_inside and ".." not in here.path

"""Fetch a small image for the search page, under the same guard as the crawler."""

from __future__ import annotations

import asyncio
import dataclasses
import re
from typing import Final
from urllib.parse import urlsplit

from indexer.fetch.fetcher import Fetcher
from indexer.model import Failure, FetchPolicy

MAX_IMAGE_BYTES: Final = 500_000
MAX_IMAGE_REDIRECTS: Final = 3
IMAGE_SECONDS: Final = 5.0
ACCEPT_IMAGE: Final = "image/avif, image/webp, image/png, image/jpeg, image/gif"
# How files begin. SVG is missing, as it may contain scripts.
_SIGNATURES: Final = (
    (re.compile(rb"\xff\xd8\xff"), "image/jpeg"),
    (re.compile(rb"\x89PNG\r\n\x1a\n"), "image/png"),
    (re.compile(rb"GIF8[79]a"), "image/gif"),
    (re.compile(rb"RIFF.{4}WEBP", re.S), "image/webp"),
    (re.compile(rb".{4}ftypavi[fs]", re.S), "image/avif"),
)


def fetch_image(policy: FetchPolicy, address: str, page: str) -> tuple[str, bytes] | None:
    """Return the media type and the bytes of an image, or None if it cannot be fetched or is something else.

    `policy`: of the crawler; its credentials are not sent. `page`: the address of the page with the image. A host of a private
    network is admitted only if the policy admits it and the page is on the same host: a page of the public web must not
    show what only this machine can reach.
    """
    host = _host(address)
    if host is None:
        return None
    admits_private = policy.allow_private_hosts and host == _host(page)
    limited = dataclasses.replace(
        policy,
        credentials=(),
        delay_seconds=0.0,
        timeout_seconds=min(policy.timeout_seconds, IMAGE_SECONDS),
        max_page_bytes=MAX_IMAGE_BYTES,
        max_redirects=0 if admits_private else MAX_IMAGE_REDIRECTS,  # so that no redirect leads to another private host
        allow_private_hosts=admits_private,
    )
    content = asyncio.run(_fetch(limited, address))
    kind = next((kind for signature, kind in _SIGNATURES if content and signature.match(content)), None)
    return (kind, content) if kind and content else None


def _host(address: str) -> str | None:
    try:
        return urlsplit(address).hostname
    except ValueError:
        return None


async def _fetch(policy: FetchPolicy, address: str) -> bytes | None:
    async with Fetcher(policy) as fetcher:
        answer = await fetcher.get(address, accept=ACCEPT_IMAGE, robots=False)
    return None if isinstance(answer, Failure) else answer.body

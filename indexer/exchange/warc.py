"""The stored responses as WARC 1.1 (ISO 28500:2017, "WARC file format", version 1.1)."""

from __future__ import annotations

import gzip
import http
from base64 import b32encode
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

from indexer.archive.store import Archive
from indexer.errors import write_error
from indexer.masking import mask_values, secret_values
from indexer.model import Response

# What the server's answer was wrapped in, when the body we hold is not.
HOP_HEADERS = {"content-encoding", "transfer-encoding", "content-length", "connection", "keep-alive"}


def write_warc(archive: Archive, path: Path, *, with_secrets: bool = False) -> int:
    """Write the stored responses, one gzip member a record as the standard recommends; returns how many.

    Where their addresses repeat a secret of a source's address, it is masked unless `with_secrets`.
    """
    count = 0
    urls = [] if with_secrets else [state.source.url for state in archive.sources.all(removed=True)]
    secrets = secret_values(urls)
    try:
        with path.open("wb") as file:
            info = b"software: feed-search\r\nformat: WARC File Format 1.1\r\n"
            now = datetime.now(UTC)
            file.write(gzip.compress(_record("warcinfo", None, now, "application/warc-fields", info)))
            for response in archive.responses.all():
                at = response.fetched_at or now
                kind = "application/http;msgtype=response"
                file.write(
                    gzip.compress(_record("response", mask_values(response.url, secrets), at, kind, _http(response, secrets)))
                )
                count += 1
    except OSError as error:
        raise write_error(f"cannot write {path}", error) from error
    return count


def _http(response: Response, secrets: frozenset[str]) -> bytes:
    try:
        phrase = http.HTTPStatus(response.status).phrase
    except ValueError:
        phrase = ""
    headers = {name: value for name, value in response.headers.items() if name not in HOP_HEADERS}
    headers["content-length"] = str(len(response.body))
    values = {name: mask_values(value, secrets) for name, value in headers.items()}  # such as Location
    each = (f"{name}: {line}" for name, value in values.items() for line in value.splitlines() or [""])
    lines = [f"HTTP/1.1 {response.status} {phrase}", *each]
    return "\r\n".join(lines).encode("utf-8", "replace") + b"\r\n\r\n" + response.body


def _record(kind: str, url: str | None, at: datetime, content_type: str, block: bytes) -> bytes:
    moment = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    payload = block.partition(b"\r\n\r\n")[2] if kind == "response" else None
    lines = [
        "WARC/1.1",
        f"WARC-Type: {kind}",
        f"WARC-Record-ID: <urn:uuid:{uuid5(NAMESPACE_URL, f'{kind} {url} {moment}')}>",
        f"WARC-Date: {moment}",
        *([f"WARC-Target-URI: {url}"] if url else []),
        f"WARC-Block-Digest: {_sha256(block)}",
        *([f"WARC-Payload-Digest: {_sha256(payload)}"] if payload is not None else []),
        f"Content-Type: {content_type}",
        f"Content-Length: {len(block)}",
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + block + b"\r\n\r\n"


def _sha256(data: bytes) -> str:
    """Return a digest as WARC labels it, in base 32."""
    return f"sha256:{b32encode(sha256(data).digest()).decode()}"

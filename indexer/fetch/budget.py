"""Limit what one crawl fetches of one source: a trap of endless pages ends by itself, and no source fills the disk."""

from __future__ import annotations

from dataclasses import dataclass

from indexer.model import FetchPolicy


@dataclass(slots=True)
class Budget:
    """Count the requests and bytes of a source, handed to each `Fetcher.get` of that source. Bytes are counted after decoding."""

    max_bytes: int
    max_pages: int
    bytes: int = 0
    pages: int = 0

    @classmethod
    def of(cls, policy: FetchPolicy) -> Budget:
        return cls(policy.max_source_bytes, policy.max_source_pages)

    @property
    def bytes_left(self) -> int:
        return max(0, self.max_bytes - self.bytes)

    @property
    def spent(self) -> str | None:
        """Return which limit is reached, in words; None while there is some left."""
        if self.pages >= self.max_pages:
            return f"the source reached its {self.max_pages} requests for this crawl (max_source_pages)"
        if self.bytes >= self.max_bytes:
            return f"the source reached its {self.max_bytes} bytes for this crawl (max_source_bytes)"
        return None

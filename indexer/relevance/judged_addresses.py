"""Name judged documents by every address under which a source lists them.

People judge by the address that they know, such as that of the feed. The document has the address to which it redirects.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from indexer.archive.store import Archive


def addresses_of_documents(archive: Archive) -> Callable[[str], Sequence[str]]:
    """Return a function from a document's id to the addresses of its pages in the archive."""
    cached: dict[str, tuple[str, ...]] = {}

    def addresses(document_id: str) -> Sequence[str]:
        if document_id not in cached:
            pages = map(archive.pages.get, archive.pages.of_document(document_id))
            cached[document_id] = tuple(page.url for page in pages if page is not None and page.url)
        return cached[document_id]

    return addresses

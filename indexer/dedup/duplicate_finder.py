"""Which document of the archive is the one that a page reads as?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from indexer.archive.store import Archive, PageRecord
from indexer.dedup.language_variants import LanguageAlternates, are_versions, language_alternates
from indexer.dedup.near_duplicate import MIN_WORDS, DuplicateEvidence, ShingledDocument, resemblance, same
from indexer.model import Document
from indexer.urls import document_id

COMMON = 64  # documents that share a run of words: then it is the site's, not the article's
MAX_CANDIDATES = 6
ENOUGH = 0.5  # of a sketch's hashes must be shared


@dataclass(frozen=True, slots=True)
class Duplicate:
    """A document that is the same, and the strongest evidence for it."""

    document: Document
    because: DuplicateEvidence


class DuplicateFinder:
    """Finds the document of another page that is the same as a page's own."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive

    def find(self, page: PageRecord, reading: ShingledDocument, aliases: Iterable[str]) -> Duplicate | None:
        """Return the document of another page that is the same as this one, `reading`.

        Of several, it is the one with the strongest evidence, then the most similar one, so that their order does not matter.
        """
        reasons: dict[str, DuplicateEvidence] = {}
        for id_, because in self._candidates(page, reading, aliases):
            if id_ != reading.document.id and because >= reasons.get(id_, DuplicateEvidence.TEXT):
                reasons[id_] = because
        best: tuple[DuplicateEvidence, float, str] | None = None
        chosen = None
        for id_, because in reasons.items():
            document = self._archive.documents.get(id_)
            if document is None or self._archive.pages.of_document(id_) in ([], [page.id]):
                continue
            other = ShingledDocument(document)
            if same(reading, other, because) and not self._is_version(page, id_, because):
                rank = (because, resemblance(reading.runs, other.runs), id_)
                if best is None or rank > best:
                    best, chosen = rank, Duplicate(document, because)
        return chosen

    def _is_version(self, page: PageRecord, id_: str, because: DuplicateEvidence) -> bool:
        """Return whether a document is the page in another language.

        A page that names the other one as itself, as in its canonical address, is not. Otherwise the stored answers of both are
        read, which is rare.
        """
        if because is DuplicateEvidence.NAMED:
            return False
        others = (self._archive.pages.get(each) for each in self._archive.pages.of_document(id_) if each != page.id)
        other = next(filter(None, others), None)
        return other is not None and are_versions(self._tongue(page), _known_by(page), self._tongue(other), _known_by(other))

    def _tongue(self, page: PageRecord) -> LanguageAlternates:
        held = self._archive.responses.get(page.response_id) if page.response_id is not None else None
        return language_alternates(held) if held is not None else LanguageAlternates(page.url)

    def _candidates(
        self, page: PageRecord, reading: ShingledDocument, aliases: Iterable[str]
    ) -> Iterator[tuple[str, DuplicateEvidence]]:
        document = reading.document
        if page.document_id:  # where it was until now
            yield page.document_id, DuplicateEvidence.TEXT
        for key in {page.id, document.id}:
            for other in self._archive.pages.by_alias(key):
                if other.id != page.id and other.document_id:
                    yield other.document_id, DuplicateEvidence.NAMED
        for key in {document.id, *map(document_id, aliases)} - {page.id}:
            known = self._archive.pages.get(key)
            if known is not None and known.document_id:
                yield known.document_id, DuplicateEvidence.NAMED
        if page.entry.guid:
            others = self._archive.pages.with_guid(page.source_id, page.entry.guid)
            held = {each.document_id for each in others if each.id != page.id and each.document_id and each.own_document_id}
            if len(held) == 1:  # a guid that several documents have says nothing
                yield held.pop(), DuplicateEvidence.GUID
        if document.url and page.url:
            for id_ in self._archive.documents.with_twin(document.url):
                yield id_, DuplicateEvidence.TWIN
        yield from ((id_, DuplicateEvidence.TEXT) for id_ in self._alike(reading))

    def _alike(self, reading: ShingledDocument) -> list[str]:
        """Documents that share at least half of the sketch, but for what many share."""
        if len(reading.words) < MIN_WORDS:
            return []
        held = self._archive.documents.with_sketch(reading.sketch, COMMON)
        rare = [ids for ids in held.values() if len(ids) < COMMON]
        found = Counter(id_ for ids in rare for id_ in ids)
        likely = sorted((-count, id_) for id_, count in found.items() if count >= ENOUGH * len(rare))
        return [id_ for _, id_ in likely[:MAX_CANDIDATES]]


def _known_by(page: PageRecord) -> tuple[str, ...]:
    """Return the keys of a page's addresses."""
    return tuple(filter(None, (page.id, page.own_document_id, document_id(page.address) if page.address else None)))

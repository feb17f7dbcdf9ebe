"""Assign documents to pages: the one place that writes which page gives which document.

    page, extraction -> `trust` (which address?) -> `DuplicateFinder` (who has the same text?)
                     -> `resolve_ownership` (who owns it?)
                     -> the document, its tombstones, and the pages whose place depends on them, assigned again

A crawl calls it for each response, a re-extraction for each stored page.
"""

from __future__ import annotations

import dataclasses
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from indexer.archive.store import Archive, PageRecord
from indexer.dedup.document_owner import (
    ClaimFacts,
    DocumentRemoval,
    OwnershipFacts,
    Trust,
    needs_no_trust,
    resolve_ownership,
    trust,
)
from indexer.dedup.language_variants import LanguageAlternates, are_versions, language_alternates
from indexer.dedup.near_duplicate import MIN_WORDS, Duplicate, DuplicateEvidence, ShingledDocument, are_one_document, jaccard
from indexer.extract import EXTRACTOR_VERSION
from indexer.extract.extractor import ExtractionResult, extract_document, extraction_stamp
from indexer.model import Entry, Response, Source
from indexer.reasons import Reason
from indexer.urls import document_id, identity, plainness

MAX_REASSIGNED_PAGES = 40  # after one page's change. The others are marked, and the next crawl of their source assigns them
MAX_OTHER_ADDRESSES = 10  # that a document names


@dataclass(slots=True)
class ChangeCounts:
    """How many documents are new, changed and removed."""

    new: int = 0
    changed: int = 0
    removed: int = 0

    def add(self, kind: str) -> None:
        """Count one document. `kind`: the name of a count, or "" for none."""
        if kind:
            setattr(self, kind, getattr(self, kind) + 1)


Extract = Callable[[Entry, str, Source, Response | None], ExtractionResult]


class DocumentAssigner:
    """Decides and writes within the archive's transaction. What is stored is consistent after each page."""

    def __init__(self, archive: Archive, extract: Extract = extract_document) -> None:
        """`extract`: how to extract a stored page again; a crawl limits the time that a large one may take."""
        self._archive, self._extract = archive, extract
        self._finder = DuplicateFinder(archive)
        self._sources: dict[int, Source] = {}

    def assign(self, page: PageRecord, result: ExtractionResult, source: Source, why: Reason | None = None) -> ChangeCounts:
        """Store a page and what it gives now. `result.document` is None when it gives nothing (any more)."""
        counts, seen = ChangeCounts(), {page.id}
        with self._archive.transaction():
            pending = deque(self._assign_page(page, result, source, why, counts))
            while pending and len(seen) <= MAX_REASSIGNED_PAGES:
                page_id = pending.popleft()
                record = self._archive.pages.get(page_id) if page_id not in seen else None
                seen.add(page_id)
                if record is not None:
                    its_source = self._source(record)
                    again = self.extract_stored(record, its_source)
                    pending.extend(self._assign_page(record, again, its_source, why, counts))
            self._archive.pages.mark_for_reassignment(set(pending) - seen)
        return counts

    def is_assigned(self, page: PageRecord, result: ExtractionResult) -> bool:
        """Return whether `assign` would change nothing: the page has been assigned the document that it gives now.

        Only a document of its own at its own address counts. Whether another one has the same text was decided before: when the
        later one of both was stored.
        """
        document, archive = result.document, self._archive
        if document is None or page.extraction_stamp is None or not page.url:
            return False
        if not document.id == page.id == page.own_document_id == page.document_id:
            return False
        if (page.address, page.canonical_note) != (document.url or None, result.canonical_note):
            return False
        stored = archive.documents.get(document.id) if archive.documents.extractor_of(document.id) == EXTRACTOR_VERSION else None
        return stored is not None and stored == dataclasses.replace(document, also=stored.also)

    def withdraw(self, page: PageRecord, why: Reason | None, source: Source) -> ChangeCounts:
        """Store a page that gives nothing any more."""
        return self.assign(page, ExtractionResult(None, why), source)

    def extract_stored(self, page: PageRecord, source: Source) -> ExtractionResult:
        """Extract a page from its stored response, or from the feed's own text if there is none."""
        response = self._archive.responses.get(page.response_id) if page.response_id is not None else None
        return self._extract(page.entry, page.url, source, response)

    def _source(self, page: PageRecord) -> Source:
        if page.source_id not in self._sources:
            self._sources = {state.id: state.source for state in self._archive.sources.all(removed=True)}
        return self._sources[page.source_id]

    # -- one page ----------------------------------------------------------------------------------------------------

    def _assign_page(
        self, page: PageRecord, result: ExtractionResult, source: Source, why: Reason | None, counts: ChangeCounts
    ) -> list[str]:
        """Store one page; return the pages that must be assigned again."""
        if page.url and self._archive.pages.share_link(page.source_id, page.url):
            return self._drop_shared_page(page, counts)
        trusted = self._trust(page, result, source)
        document = trusted.document
        if document is not None and self._archive.documents.is_forgotten(document.id):
            return list(trusted.reassign)
        own_id, address = (document.id, document.url or None) if document else (None, None)
        stamp = extraction_stamp(source)
        page = dataclasses.replace(
            page, extraction_stamp=stamp, canonical_note=trusted.canonical_note, own_document_id=own_id, address=address
        )
        pending = list(trusted.reassign)
        shingled = ShingledDocument(document) if document is not None else None
        changes = resolve_ownership(self._facts(page, shingled, result))
        if changes.takeover is not None:
            self._end(changes.takeover, counts)
        page = changes.page
        self._archive.pages.put(page)
        if shingled is not None:
            aliases = {document_id(url) for url in result.aliases} - {page.id, page.own_document_id, page.document_id or ""}
            self._archive.pages.put_aliases(page.id, aliases)
            pending += self._store(page, shingled, why, counts)
        if changes.departure is not None:
            self._end(changes.departure, counts)
        if changes.renamed_id is not None:
            self._refresh_addresses(changes.renamed_id)
        pending += changes.reassign
        if shingled is not None and (link := page.entry.shared_url):
            whole = self._archive.pages.get(document_id(link))
            if whole is not None and whole.source_id == page.source_id:  # each item is a document of its own
                pending += self._drop_shared_page(whole, counts)
        return pending

    def _trust(self, page: PageRecord, result: ExtractionResult, source: Source) -> Trust:
        document, pages, documents = result.document, self._archive.pages, self._archive.documents
        if document is None or needs_no_trust(page, result):
            return trust(ClaimFacts(page, result, source))
        claimants = [each for each in pages.claiming(document.id) if each.id != page.id]
        own_claimants = [each for each in pages.claiming(page.id) if each.id != page.id]
        item = pages.get(document.id)
        is_item = item is not None and item.response_id is not None and item.document_id not in (None, document.id)
        item_document = documents.get(item.document_id or "") if item is not None and is_item else None
        own_document = documents.get(page.id) if own_claimants and page.response_id is not None else None
        trusted = trust(
            ClaimFacts(
                page,
                result,
                source,
                dispute=pages.disputed(document.id),
                claimants=claimants,
                claimed_document=documents.get(document.id) if claimants else None,
                item=item if is_item else None,
                item_document=item_document,
                own_claimants=own_claimants,
                own_document=own_document,
            )
        )
        for key, url, why in trusted.disputes:
            pages.dispute(key, url, why)
        return trusted

    def _facts(self, page: PageRecord, shingled: ShingledDocument | None, result: ExtractionResult) -> OwnershipFacts:
        """Gather what `resolve_ownership` decides on."""
        pages, before = self._archive.pages, page.document_id
        ids = pages.of_document(before) if before else []
        left_behind = [record for each in ids if each != page.id and (record := pages.get(each))]
        if shingled is None:
            why_none = page.failure or result.why_not or Reason("no-text")
            return OwnershipFacts(page, None, why_none, left_behind=left_behind)
        duplicate = self._finder.find(page, shingled, result.aliases)
        owner_ids = pages.of_document(duplicate.document.id) if duplicate else []
        return OwnershipFacts(
            page,
            shingled.document,
            duplicate=duplicate,
            duplicate_owner=pages.get(owner_ids[0]) if owner_ids else None,
            is_stored=duplicate is None or pages.get(page.id) is not None,  # what stands alone needs no rank
            left_behind=left_behind,
        )

    def _end(self, removal: DocumentRemoval, counts: ChangeCounts) -> None:
        """End a document: detach its pages, hand on its history, leave a tombstone."""
        for page in removal.detached:
            self._archive.pages.put(page)
        if removal.successor is not None:
            if removal.moves_pages:
                self._archive.pages.move(removal.document_id, removal.successor)
            self._archive.documents.inherit_history(removal.successor, removal.document_id)
        if self._archive.documents.remove(removal.document_id, removal.why):
            counts.add(removal.counts_as)

    # -- the document ------------------------------------------------------------------------------------------------

    def _store(self, page: PageRecord, shingled: ShingledDocument, why: Reason | None, counts: ChangeCounts) -> list[str]:
        """Store the document if the page owns it, otherwise let it name the page. Return the pages to assign again."""
        assert page.document_id is not None  # as `resolve_ownership` has set it
        ids = self._archive.pages.of_document(page.document_id)
        is_owner = ids[:1] == [page.id]
        before = self._archive.documents.get(page.document_id)
        document = shingled.document if is_owner else before
        if document is None:  # the owner has been lost with its document
            return ids[:1]
        if (also := self._other_addresses(document.id, ids)) != document.also:
            document = dataclasses.replace(document, also=also)
        minhash = shingled.minhash if is_owner else None
        owner = page if is_owner else self._archive.pages.get(ids[0]) or page
        if self._archive.documents.put(document, owner.source_id, EXTRACTOR_VERSION, why or page.canonical_note, minhash):
            counts.add("new" if before is None else "changed")
        text_changed = is_owner and before is not None and before.text != document.text
        return [each for each in ids if each != page.id] if text_changed else []  # they may be no duplicates any more

    def _other_addresses(self, id_: str, page_ids: Sequence[str]) -> tuple[str, ...]:
        """Return the other addresses of a document, plainest first."""
        if len(page_ids) == 1:
            return ()
        pages = [self._archive.pages.get(each) for each in page_ids[:MAX_REASSIGNED_PAGES]]
        urls = {identity(each.address): each.address for each in pages if each and each.address and each.own_document_id != id_}
        return tuple(sorted(urls.values(), key=lambda url: (plainness(url), len(url), url)))[:MAX_OTHER_ADDRESSES]

    def _refresh_addresses(self, id_: str) -> None:
        """Update the addresses that a document names. Its owner may have been assigned before another page left the document."""
        document, ids = self._archive.documents.get(id_), self._archive.pages.of_document(id_)
        owner = self._archive.pages.get(ids[0]) if ids else None
        if document is not None and owner is not None:
            document = dataclasses.replace(document, also=self._other_addresses(id_, ids))
            self._archive.documents.put(document, owner.source_id, EXTRACTOR_VERSION, Reason("renamed"))

    def _drop_shared_page(self, page: PageRecord, counts: ChangeCounts) -> list[str]:
        """Drop the page of an address that several items share: each of them is a document of its own."""
        page = dataclasses.replace(page, own_document_id=None, failure=None)
        self._archive.pages.put(page)
        facts = self._facts(page, None, ExtractionResult(None, Reason("shared-link", url=page.url)))
        changes = resolve_ownership(facts)
        if changes.departure is not None:
            self._end(changes.departure, counts)
        if changes.renamed_id is not None:
            self._refresh_addresses(changes.renamed_id)
        self._archive.pages.drop(page.id)
        return list(changes.reassign)


def drop_documents_of(archive: Archive, source_id: int, extract: Extract = extract_document) -> int:
    """Remove a source's documents and pages; return how many documents.

    Documents that pages of other sources give too become theirs. Adding the source again fetches its pages again.
    """
    with archive.transaction():
        heirs = archive.pages.sharing_documents_of(source_id)
        dropped = archive.drop_documents_of(source_id)
        assigner = DocumentAssigner(archive, extract)
        sources = {state.id: state.source for state in archive.sources.all(removed=True)}
        for page in heirs:
            source = sources[page.source_id]
            assigner.assign(page, assigner.extract_stored(page, source), source)
    return dropped


# -- duplicates --------------------------------------------------------------------------------------------------------
MAX_DOCUMENTS_OF_A_HASH = 64  # documents that share a run of words; if more do, the run is the site's and not the article's
MAX_CANDIDATES = 6
MIN_SHARED_HASHES = 0.5  # of a sketch's hashes must be shared


class DuplicateFinder:
    """Finds the document of another page that is the same as a page's own."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive

    def find(self, page: PageRecord, shingled: ShingledDocument, aliases: Iterable[str]) -> Duplicate | None:
        """Return the document of another page that is the same as `page`, whose own document is `shingled`.

        Of several, it is the one with the strongest evidence, then the most similar one, so that their order does not matter.
        """
        reasons: dict[str, DuplicateEvidence] = {}
        for id_, because in self._candidates(page, shingled, aliases):
            if id_ != shingled.document.id and because >= reasons.get(id_, DuplicateEvidence.TEXT):
                reasons[id_] = because
        best: tuple[DuplicateEvidence, float, str] | None = None
        chosen = None
        for id_, because in reasons.items():
            document = self._archive.documents.get(id_)
            if document is None or self._archive.pages.of_document(id_) in ([], [page.id]):
                continue
            other = ShingledDocument(document)
            if are_one_document(shingled, other, because) and not self._is_version(page, id_, because):
                rank = (because, jaccard(shingled.shingles, other.shingles), id_)
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
        return other is not None and are_versions(
            self._alternates(page), _address_keys(page), self._alternates(other), _address_keys(other)
        )

    def _alternates(self, page: PageRecord) -> LanguageAlternates:
        response = self._archive.responses.get(page.response_id) if page.response_id is not None else None
        return language_alternates(response) if response is not None else LanguageAlternates(page.url)

    def _candidates(
        self, page: PageRecord, shingled: ShingledDocument, aliases: Iterable[str]
    ) -> Iterator[tuple[str, DuplicateEvidence]]:
        document = shingled.document
        if page.document_id:  # its present document
            yield page.document_id, DuplicateEvidence.TEXT
        for key in {page.id, document.id}:
            for other in self._archive.pages.by_alias(key):
                if other.id != page.id and other.document_id:
                    yield other.document_id, DuplicateEvidence.NAMED
        for key in {document.id, *map(document_id, aliases)} - {page.id}:
            record = self._archive.pages.get(key)
            if record is not None and record.document_id:
                yield record.document_id, DuplicateEvidence.NAMED
        if page.entry.guid:
            others = self._archive.pages.with_guid(page.source_id, page.entry.guid)
            ids = {each.document_id for each in others if each.id != page.id and each.document_id and each.own_document_id}
            if len(ids) == 1:  # a guid that several documents have proves nothing
                yield ids.pop(), DuplicateEvidence.GUID
        if document.url and page.url:
            for id_ in self._archive.documents.at_other_forms_of(document.url):
                yield id_, DuplicateEvidence.URL_FORM
        yield from ((id_, DuplicateEvidence.TEXT) for id_ in self._find_similar(shingled))

    def _find_similar(self, shingled: ShingledDocument) -> list[str]:
        """Return documents that share at least half of the MinHash sketch, except for what many share."""
        if shingled.length < MIN_WORDS:
            return []
        return self._archive.documents.sharing_hashes(
            shingled.minhash, max_documents=MAX_DOCUMENTS_OF_A_HASH, min_share=MIN_SHARED_HASHES, most=MAX_CANDIDATES
        )


def _address_keys(page: PageRecord) -> tuple[str, ...]:
    """Return the keys of a page's addresses."""
    return tuple(filter(None, (page.id, page.own_document_id, document_id(page.address) if page.address else None)))

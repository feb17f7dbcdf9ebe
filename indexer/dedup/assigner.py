"""Which page gives which document: the one place that decides. A crawl asks it for each answer, a re-extraction for each page.

page, reading -> is the address that it claims believed? -> who has the same text? -> which of them is the first?
              -> the document, its tombstones, and the pages whose place depends on them, read again from the archive
"""

from __future__ import annotations

import dataclasses
from collections import deque
from dataclasses import dataclass
from difflib import SequenceMatcher

from indexer.archive.store import Archive, PageRecord
from indexer.dedup.duplicate_finder import Finder
from indexer.dedup.near_duplicate import DuplicateEvidence, ShingledDocument, same
from indexer.extract import EXTRACTOR_VERSION
from indexer.extract.extractor import ExtractionResult, extract_document, extraction_stamp
from indexer.model import Document, Source
from indexer.reasons import Reason
from indexer.urls import document_id, identity, plainness

MAX_AGAIN = 40  # pages that one page's change may set in motion
MAX_ALSO = 10  # other addresses that a document names
A_TITLE_CORRECTED = 0.8  # of its letters are the same


@dataclass(slots=True)
class ChangeCounts:
    """What became of documents."""

    new: int = 0
    changed: int = 0
    removed: int = 0


class DocumentAssigner:
    """Decides within the archive's batch; what is stored is consistent after each page."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._find = Finder(archive)
        self._again: deque[str] = deque()
        self._sources: dict[int, Source] = {}

    def assign(self, page: PageRecord, understood: ExtractionResult, source: Source, why: Reason | None = None) -> ChangeCounts:
        """Store the page and what it gives now; `understood.document` is None when it gives nothing (any more)."""
        tally, seen = ChangeCounts(), {page.id}
        with self._archive.transaction():
            self._one(page, understood, source, why, tally)
            while self._again and len(seen) <= MAX_AGAIN:
                page_id = self._again.popleft()
                known = self._archive.pages.get(page_id) if page_id not in seen else None
                seen.add(page_id)
                if known is not None:
                    source = self._source(known)
                    self._one(known, self.read_again(known, source), source, why, tally)
            self._again.clear()
        return tally

    def withdraw(self, page: PageRecord, why: Reason | None, source: Source) -> ChangeCounts:
        """The page gives nothing any more."""
        return self.assign(page, ExtractionResult(None, why), source)

    def read_again(self, page: PageRecord, source: Source) -> ExtractionResult:
        """A page from its stored answer, else from the feed's own text."""
        held = self._archive.responses.get(page.response_id) if page.response_id is not None else None
        return extract_document(page.entry, page.url, source, held)

    def _source(self, page: PageRecord) -> Source:
        if page.source_id not in self._sources:
            self._sources = {state.id: state.source for state in self._archive.sources.all(removed=True)}
        return self._sources[page.source_id]

    def _one(
        self, page: PageRecord, understood: ExtractionResult, source: Source, why: Reason | None, tally: ChangeCounts
    ) -> None:
        before = page.document_id
        if page.url and self._archive.pages.share_link(page.source_id, page.url):
            self._retire(page, tally)
            return
        document, remark = self._believed(page, understood, source)
        if document is not None and self._archive.is_forgotten(document.id):
            return
        read_as, address = (document.id, document.url or None) if document else (None, None)
        page = dataclasses.replace(page, made_by=extraction_stamp(source), remark=remark, reading=read_as, address=address)
        if document is None:
            self._archive.pages.put(page)
            self._left(before, page, page.failure or understood.why_not or Reason("no-text"), tally)
            return
        reading = ShingledDocument(document)
        twin = self._find.twin(page, reading, understood.aliases)
        if twin is None:
            page = dataclasses.replace(page, document_id=document.id)
        elif self._is_first(page, twin.document.id, twin.because):
            page = self._take_over(page, document, twin.document, tally)
        else:
            page = dataclasses.replace(page, document_id=twin.document.id)
        self._archive.pages.put(page)
        self._archive.pages.put_aliases(
            page.id, {document_id(url) for url in understood.aliases} - {page.id, page.reading, page.document_id or ""}
        )
        self._put(page, reading, why, tally)
        if before and before != page.document_id:
            moved = document.url or document.id
            self._left(before, page, Reason("duplicate", url=twin.document.url) if twin else Reason("moved", url=moved), tally)
        self._retire_shared(page, tally)

    # -- the address -------------------------------------------------------------------------------------------------

    def _believed(self, page: PageRecord, understood: ExtractionResult, source: Source) -> tuple[Document | None, Reason | None]:
        """The reading at the address that is believed to be its own, and why it is not the one that it claims."""
        document, remark = understood.document, understood.remark
        if document is None or document.id == page.id or not page.url:
            return (dataclasses.replace(document, id=page.id) if document and not page.url else document), remark
        if (why := self._archive.pages.disputed(document.id)) is not None:
            return self._at_its_own(page, document, understood, source), why
        others = [each for each in self._archive.pages.claiming(document.id) if each.id != page.id]
        if document_id(understood.own_url) == document.id:  # a redirect
            if not any(_different_items(page, each) for each in others if each.id != document.id):
                return document, remark
            why = Reason("redirect-disputed", url=document.url)
        else:
            self._refute(page, document)
            if why := self._is_another(document):
                return self._at_its_own(page, document, understood, source), why
            held = self._archive.documents.get(document.id) if others else None
            if held is None or same(ShingledDocument(document), ShingledDocument(held), DuplicateEvidence.NAMED):
                return document, remark
            why = Reason("canonical-disputed", url=document.url)
            if any(each.id == document.id for each in others):  # that page is what it is
                return self._at_its_own(page, document, understood, source), why
        self._archive.pages.dispute(document.id, document.url, why)
        self._again.extend(each.id for each in others if each.id != document.id)
        return self._at_its_own(page, document, understood, source), why

    def _refute(self, page: PageRecord, document: Document) -> None:
        """Pages of other texts that name this one's address as theirs are not believed any more, now that its own is known."""
        others = [each.id for each in self._archive.pages.claiming(page.id) if each.id != page.id]
        held = self._archive.documents.get(page.id) if others and page.response_id is not None else None
        if held is not None and not same(ShingledDocument(document), ShingledDocument(held), DuplicateEvidence.NAMED):
            self._archive.pages.dispute(page.id, held.url, Reason("canonical-other-item", url=held.url))
            self._again.extend(others)

    def _is_another(self, document: Document) -> Reason | None:
        """Why the address that a page names as its own is that of another item: its page was had, and says something else. None
        when nothing is known of such an item."""
        other = self._archive.pages.get(document.id)
        if other is None or other.response_id is None or other.document_id in (None, document.id):
            return None
        held = self._archive.documents.get(other.document_id or "")
        if held is None or same(ShingledDocument(document), ShingledDocument(held), DuplicateEvidence.NAMED):
            return None
        why = Reason("canonical-other-item", url=document.url)
        self._archive.pages.dispute(document.id, document.url, why)
        return why

    def _at_its_own(self, page: PageRecord, document: Document, understood: ExtractionResult, source: Source) -> Document | None:
        if document_id(understood.own_url) in (page.id, document.id):
            if document_id(understood.own_url) == document.id:  # a redirect: what answered is not the item's page
                return extract_document(page.entry, page.url, source, None).document
            return dataclasses.replace(document, id=page.id, url=understood.own_url)
        return dataclasses.replace(document, id=document_id(understood.own_url), url=understood.own_url)

    # -- twins -------------------------------------------------------------------------------------------------------

    def _is_first(self, page: PageRecord, other_id: str, because: DuplicateEvidence) -> bool:
        """Whether a page comes before those that give a document now."""
        first = self._archive.pages.get(next(iter(self._archive.pages.of_document(other_id)), ""))
        if first is None:
            return False
        mine, theirs = self._rank(page), self._rank(first)
        if mine != theirs:
            return mine < theirs
        return (
            because is DuplicateEvidence.GUID and self._archive.pages.get(page.id) is None
        )  # where the feed says that the item is now

    @staticmethod
    def _rank(page: PageRecord) -> tuple[int, int]:
        return plainness(page.address or ""), page.source_id

    def _take_over(self, page: PageRecord, document: Document, twin: Document, tally: ChangeCounts) -> PageRecord:
        """The page's document takes the place of its twin."""
        self._archive.pages.move(twin.id, document.id)
        self._archive.documents.inherit_history(document.id, twin.id)
        self._archive.documents.remove(twin.id, Reason("moved", url=document.url))
        tally.changed += 1
        return dataclasses.replace(page, document_id=document.id)

    def _put(self, page: PageRecord, reading: ShingledDocument, why: Reason | None, tally: ChangeCounts) -> None:
        """Store the document if it is this page's, else let it name the page."""
        assert page.document_id is not None  # as `_one` has set it
        givers = self._archive.pages.of_document(page.document_id)
        first = givers[:1] == [page.id]
        before = self._archive.documents.get(page.document_id)
        document = reading.document if first else before
        if document is None:  # the first one has been lost with its document
            heir = self._archive.pages.get(givers[0])
            if heir is not None:
                self._again.append(heir.id)
            return
        if (also := self._also(document.id, givers)) != document.also:
            document = dataclasses.replace(document, also=also)
        sketch = reading.sketch if first else None
        stored = self._archive.documents.put(document, self._owner(page, givers), EXTRACTOR_VERSION, why or page.remark, sketch)
        tally.changed += stored and before is not None
        tally.new += stored and before is None
        if first and before is not None and before.text != document.text:  # whoever leans on it must be asked again
            self._again.extend(each for each in givers if each != page.id)

    def _owner(self, page: PageRecord, givers: list[str]) -> int:
        if givers[0] == page.id:
            return page.source_id
        first = self._archive.pages.get(givers[0])
        return first.source_id if first else page.source_id

    def _also(self, id_: str, givers: list[str]) -> tuple[str, ...]:
        if len(givers) == 1:
            return ()
        pages = [self._archive.pages.get(each) for each in givers[:MAX_AGAIN]]
        named = {identity(p.address): p.address for p in pages if p is not None and p.address and p.reading != id_}
        return tuple(sorted(named.values(), key=lambda url: (plainness(url), len(url), url)))[:MAX_ALSO]

    def _rename(self, id_: str) -> None:
        """Let a document name those that give it now: its first page may have been read already, before another one left."""
        document, givers = self._archive.documents.get(id_), self._archive.pages.of_document(id_)
        first = self._archive.pages.get(givers[0]) if givers else None
        if document is not None and first is not None:
            document = dataclasses.replace(document, also=self._also(id_, givers))
            self._archive.documents.put(document, first.source_id, EXTRACTOR_VERSION, Reason("renamed"))

    # -- leaving -----------------------------------------------------------------------------------------------------

    def _left(self, before: str | None, page: PageRecord, why: Reason, tally: ChangeCounts) -> None:
        """A page does not give the document `before` any more: its next page does, or it goes."""
        if not before:
            return
        gone = page.reading is None  # it gives nothing: the page keeps naming what it gave last, for `show`
        heirs = [each for each in self._archive.pages.of_document(before) if each != page.id]
        pages = [found for each in heirs if (found := self._archive.pages.get(each))]
        if any(each.reading == before for each in pages):
            self._rename(before)
            self._again.extend(each.id for each in pages)
            return
        for heir in sorted(pages, key=self._rank):  # each finds its place again, the plainest first
            self._archive.pages.put(dataclasses.replace(heir, document_id=None))
            self._again.append(heir.id)
        if not gone and page.document_id:
            self._archive.documents.inherit_history(page.document_id, before)
        elif pages:
            first = min(pages, key=self._rank)
            why = Reason("replaced", url=first.address or "", cause=why)
            if first.reading:
                self._archive.documents.inherit_history(first.reading, before)
                self._archive.pages.move(before, first.reading)
        if self._archive.documents.remove(before, why):
            tally.removed += gone and not pages
            tally.changed += not gone

    def _retire_shared(self, page: PageRecord, tally: ChangeCounts) -> None:
        """Of an address that several items share no page is kept: each of them is a document of its own."""
        link = page.entry.shared_url
        whole = self._archive.pages.get(document_id(link)) if link else None
        if whole is None or whole.source_id != page.source_id:
            return
        self._retire(whole, tally)

    def _retire(self, page: PageRecord, tally: ChangeCounts) -> None:
        known = dataclasses.replace(page, reading=None)
        self._archive.pages.put(known)
        self._left(page.document_id, known, Reason("shared-link", url=page.url), tally)
        self._archive.pages.drop(page.id)


def _different_items(a: PageRecord, b: PageRecord) -> bool:
    """Whether two pages that lead to one address were listed as different items: then it is a page for lost pages."""
    one, other = a.entry, b.entry
    if not one.title or not other.title or (one.guid and one.guid == other.guid):
        return False
    return SequenceMatcher(None, one.title, other.title).ratio() < A_TITLE_CORRECTED


def drop_documents_of(archive: Archive, source_id: int) -> int:
    """Remove a source's documents and pages; returns how many documents. What pages of other sources have as well is theirs then.
    Adding the source again fetches its pages again."""
    with archive.transaction():
        heirs = archive.pages.sharing_documents_of(source_id)
        dropped = archive.drop_documents_of(source_id)
        assigner = DocumentAssigner(archive)
        sources = {state.id: state.source for state in archive.sources.all(removed=True)}
        for page in heirs:
            assigner.assign(page, assigner.read_again(page, sources[page.source_id]), sources[page.source_id])
    return dropped

"""Which address a document gets: a table of cases for the pure decision."""

from __future__ import annotations

from dataclasses import replace

import pytest

from indexer.archive.pages import PageRecord
from indexer.dedup.document_owner import ClaimFacts, are_different_items, trust
from indexer.extract.extractor import ExtractionResult
from indexer.model import Document, Entry, Source
from indexer.reasons import Reason
from indexer.urls import document_id

URL, NAMED = "https://n.example/a", "https://n.example/canonical"
ID, NAMED_ID = document_id(URL), document_id(NAMED)
TEXT = "The ferry crosses the estuary again after nine winters in the yard of the old shipwright. " * 8
OTHER_TEXT = "Seven carpenters have rebuilt the mill wheel, and on Sunday the water turned it once more. " * 8


def page(url: str, title: str = "Ferry", **fields: object) -> PageRecord:
    return PageRecord(document_id(url), url, 1, Entry(url, title=title), "", **fields)  # type: ignore[arg-type]  # any fields


def named(own_url: str = URL, remark: Reason | None = None) -> ExtractionResult:
    return ExtractionResult(Document(NAMED_ID, NAMED, "Ferry", TEXT), None, own_url, canonical_note=remark)


SOURCE = Source("https://n.example/rss")
FACTS = ClaimFacts(page(URL, response_id=1), named(), SOURCE)
SAME, OTHER = Document(NAMED_ID, NAMED, "Ferry", TEXT), Document(NAMED_ID, NAMED, "Mill", OTHER_TEXT)
ITEM = Reason("canonical-other-item", url=NAMED)
DISPUTED = Reason("canonical-disputed", url=NAMED)
REDIRECT = Reason("redirect-disputed", url=NAMED)
THIRD = page("https://n.example/third", "Mill")

CASES = [
    ("a canonical address is trusted", FACTS, NAMED_ID, None, (), ()),
    ("also when another page of the same text names it", replace(FACTS, claimants=[THIRD], claimed_document=SAME), NAMED_ID, None, (), ()),
    ("not when it is disputed", replace(FACTS, dispute=DISPUTED), ID, DISPUTED, (), ()),
    ("not when a page of another text names it: then it is disputed",
     replace(FACTS, claimants=[THIRD], claimed_document=OTHER), ID, DISPUTED, ((NAMED_ID, NAMED, DISPUTED),), (THIRD.id,)),
    ("not when it is another item's page: that one stays",
     replace(FACTS, claimants=[page(NAMED)], claimed_document=OTHER), ID, DISPUTED, (), ()),
    ("not when another item with another text is there",
     replace(FACTS, item=page(NAMED), item_document=OTHER), ID, ITEM, ((NAMED_ID, NAMED, ITEM),), ()),
    ("a page of another text that names this page's address loses its trust",
     replace(FACTS, own_claimants=[THIRD], own_document=replace(OTHER, id=ID, url=URL)), NAMED_ID, None,
     ((ID, URL, Reason("canonical-other-item", url=URL)),), (THIRD.id,)),
    ("where a redirect led is trusted", replace(FACTS, result=named(NAMED)), NAMED_ID, None, (), ()),
    ("also by several pages of one item", replace(FACTS, result=named(NAMED), claimants=[page(URL + "2")]), NAMED_ID, None, (), ()),
    ("not when different items redirect there",
     replace(FACTS, result=named(NAMED), claimants=[THIRD]), ID, REDIRECT, ((NAMED_ID, NAMED, REDIRECT),), (THIRD.id,)),
]  # fmt: skip


@pytest.mark.parametrize(
    ("facts", "id_", "remark", "disputes", "reassign"), [case[1:] for case in CASES], ids=[c[0] for c in CASES]
)
def test_trust(
    facts: ClaimFacts,
    id_: str,
    remark: Reason | None,
    disputes: tuple[tuple[str, str, Reason], ...],
    reassign: tuple[str, ...],
) -> None:
    trusted = trust(facts)
    assert trusted.document is not None
    assert (trusted.document.id, trusted.canonical_note) == (id_, remark)
    assert (trusted.disputes, trusted.reassign) == (disputes, reassign)


def test_items_are_different_by_their_titles_unless_they_share_a_guid() -> None:
    assert are_different_items(page(URL, "The ferry"), page(URL, "A mill"))
    assert not are_different_items(page(URL, "The ferry"), page(URL, "The ferri"))
    assert not are_different_items(page(URL, ""), page(URL, "A mill"))
    one, other = page(URL, "The ferry"), page(URL, "A mill")
    entries = (replace(each.entry, guid="g") for each in (one, other))
    one, other = (replace(each, entry=entry) for each, entry in zip((one, other), entries, strict=True))
    assert not are_different_items(one, other)


OWN = ExtractionResult(Document(ID, URL, "Ferry", TEXT), canonical_note=ITEM)
WITHOUT_ADDRESS = replace(page(URL), id="item", url="")


@pytest.mark.parametrize(
    ("facts", "id_"),
    [
        (replace(FACTS, result=OWN, dispute=DISPUTED), ID),  # it names no other address than its own
        (replace(FACTS, page=WITHOUT_ADDRESS, dispute=DISPUTED), "item"),  # an item without an address keeps its own id
        (replace(FACTS, result=ExtractionResult(None, canonical_note=ITEM), dispute=DISPUTED), None),
        (replace(FACTS, page=WITHOUT_ADDRESS, result=ExtractionResult(None)), None),
    ],
)
def test_what_names_no_other_address_needs_no_trust(facts: ClaimFacts, id_: str | None) -> None:
    trusted = trust(facts)
    assert (trusted.document.id if trusted.document else None) == id_
    assert (trusted.canonical_note, trusted.disputes, trusted.reassign) == (facts.result.canonical_note, (), ())

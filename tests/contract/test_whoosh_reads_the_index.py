"""Any program that uses Whoosh can open the embedded index; stock Whoosh's BM25F on it is the reference for our ranking."""

from __future__ import annotations

import whoosh.index
from whoosh.qparser import MultifieldParser
from whoosh.query import Term

from indexer.engines.whoosh.engine import WhooshEngine
from indexer.engines.whoosh.storage import generations
from support.contract_corpus import NEWS, doc, fill, word


def opened(engine: WhooshEngine) -> whoosh.index.FileIndex:
    pointer = generations.read_pointer(engine.directory)
    assert pointer
    return whoosh.index.open_dir(str(engine.directory / pointer.generation), indexname="MAIN")


def test_whoosh_opens_and_searches_it(whoosh: WhooshEngine) -> None:
    fill(whoosh, NEWS)
    fill(whoosh, ["b", doc("g", "Bridges", "a bridge of bridges")])
    index = opened(whoosh)
    assert index.doc_count() == 6
    with index.searcher() as searcher:
        found = searcher.search(MultifieldParser(["title", "body"], index.schema).parse("lantern"))
        assert sorted(hit["id"] for hit in found) == ["a", "c", "d"]
        assert sorted(hit["id"] for hit in searcher.search(Term("title", word("en/bridge").terms[0]))) == ["a", "g"]
        reader = searcher.reader()
        assert reader.doc_frequency("body", b"en/lantern") >= 3
        assert ("body", b"en/bridg") in set(reader.all_terms())
        assert reader.field_length("title") > 0

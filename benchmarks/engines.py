"""Ours and its peers behind one face: index the corpus, answer a query, with or without ten snippets and facets."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from corpus import Text

Ask = Callable[[str, bool], int]  # query, with snippets and facets? -> how many were found


def ours(folder: Path, texts: Iterable[Text]) -> Callable[[], Ask]:
    from indexer.engines.whoosh_index import WhooshEngine
    from indexer.model import Change, Document, RankingWeights, SearchRequest
    from indexer.query.parse import parse
    from indexer.resolve import Resolver
    from indexer.search import Searcher

    def change(text: Text) -> Change:
        document = Document(
            id=f"{text.number:016x}", url=f"https://example.org/{text.number}", title=text.title, text=text.body,
            language="en", date=text.date, categories=(text.category,), source="Example",
        )  # fmt: skip
        return Change(text.number + 1, document.id, document)

    weights = RankingWeights()
    engine = WhooshEngine(folder, weights)
    listed = [change(text) for text in texts]
    with engine.rebuild() as rebuild:
        for at in range(0, len(listed), 20_000):
            batch = listed[at : at + 20_000]
            rebuild.apply(batch, batch[-1].number)
        rebuild.publish()

    def opened() -> Ask:
        searcher = Searcher(WhooshEngine(folder, weights), weights)
        reader = searcher.reader()

        def ask(query: str, rich: bool) -> int:
            if rich:
                return searcher.search(SearchRequest(query, facets=True)).total
            tree = Resolver(reader, ("en",), weights).resolve(parse(query).node)
            return reader.search(tree, limit=10).total if tree else 0

        return ask

    return opened


def fts5(folder: Path, texts: Iterable[Text]) -> Callable[[], Ask]:
    path = folder / "fts5.db"
    base = sqlite3.connect(path)
    columns = "title, body, category unindexed, date unindexed, tokenize='porter unicode61'"
    base.execute(f"create virtual table pages using fts5({columns})")
    with base:
        rows = ((t.title, t.body, t.category, t.date.isoformat()) for t in texts)
        base.executemany("insert into pages values (?, ?, ?, ?)", rows)
    base.execute("insert into pages(pages) values ('optimize')")
    base.commit()
    base.close()

    def opened() -> Ask:
        reading = sqlite3.connect(path)

        def ask(query: str, rich: bool) -> int:
            snippet = ", snippet(pages, 1, '<mark>', '</mark>', '…', 40)" if rich else ""
            sql = f"select rowid, title{snippet} from pages where pages match ? order by bm25(pages, 3.0, 1.0) limit 10"
            reading.execute(sql, (query,)).fetchall()
            if rich:
                by = "select category, count(*) from pages where pages match ? group by category"
                return sum(count for _, count in reading.execute(by, (query,)))
            return int(reading.execute("select count(*) from pages where pages match ?", (query,)).fetchone()[0])

        return ask

    return opened


def tantivy(folder: Path, texts: Iterable[Text]) -> Callable[[], Ask]:
    import tantivy as library

    builder = library.SchemaBuilder()
    for name in ("title", "body"):
        builder.add_text_field(name, stored=True, tokenizer_name="en_stem")
    builder.add_text_field("category", stored=True, tokenizer_name="raw")
    schema = builder.build()
    index = library.Index(schema, str(folder))
    writer = index.writer(128_000_000, 1)
    for text in texts:
        writer.add_document(library.Document(title=text.title, body=text.body, category=text.category))
    writer.commit()
    writer.wait_merging_threads()

    def opened() -> Ask:
        reading = library.Index.open(str(folder))
        searcher = reading.searcher()

        def ask(query: str, rich: bool) -> int:
            text = query.replace(" OR ", " ") if " OR " in query else query
            options: dict[str, Any] = {} if " OR " in query else {"conjunction_by_default": True}
            try:
                parsed = reading.parse_query(text, ["title", "body"], **options)
            except TypeError:  # older releases cannot AND by default
                parsed = reading.parse_query(text if " OR " in query else " AND ".join(text.split()), ["title", "body"])
            found = searcher.search(parsed, 10, count=True)
            if rich:
                snippets = library.SnippetGenerator.create(searcher, parsed, schema, "body")
                for _, address in found.hits:
                    snippets.snippet_from_doc(searcher.doc(address)).to_html()
            return int(found.count or 0)

        return ask

    return opened


def stock_whoosh(folder: Path, texts: Iterable[Text]) -> Callable[[], Ask]:
    from whoosh import index as whoosh_index
    from whoosh.analysis import StemmingAnalyzer
    from whoosh.fields import DATETIME, KEYWORD, TEXT, Schema
    from whoosh.qparser import MultifieldParser

    schema = Schema(
        title=TEXT(stored=True, analyzer=StemmingAnalyzer()),
        body=TEXT(stored=True, analyzer=StemmingAnalyzer()),
        category=KEYWORD(stored=True, sortable=True),
        date=DATETIME(stored=True),
    )
    writer = whoosh_index.create_in(str(folder), schema).writer(limitmb=128)
    for text in texts:
        writer.add_document(title=text.title, body=text.body, category=text.category, date=text.date.replace(tzinfo=None))
    writer.commit()

    def opened() -> Ask:
        reading = whoosh_index.open_dir(str(folder))
        searcher = reading.searcher()
        parser = MultifieldParser(["title", "body"], schema)

        def ask(query: str, rich: bool) -> int:
            results = searcher.search(parser.parse(query), limit=10, groupedby="category" if rich else None)
            if rich:
                for hit in results:
                    hit.highlights("body")
            return len(results)

        return ask

    return opened


ENGINES = {"ours": ours, "fts5": fts5, "tantivy": tantivy, "stock whoosh": stock_whoosh}

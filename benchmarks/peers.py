"""Ask the peers. Nothing here may make a peer slower than it has to be.

All of them have the same few methods, which return the total. `page` makes a whole result page: parse, retrieve, exact total,
ten titles, ten snippets. `retrieve` only ranks and counts (bm25s does not count). `narrowed` makes a page under a category and
a range of dates, with five facets.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from corpus import Text
from queries import Narrowing, Query
from words import FUNCTION_WORDS


class Peer(Protocol):
    """Describe an engine to compare with. `build` writes an index into the folder and `open` reads it, in its own process."""

    def __init__(self, folder: Path) -> None: ...
    def build(self, texts: Iterable[Text]) -> None: ...
    def open(self) -> None: ...
    def page(self, query: Query) -> int: ...
    def retrieve(self, query: Query) -> int: ...


class Fts5:
    """Use SQLite FTS5 with the Porter stemmer. `order by rank` sorts inside FTS5, so it makes snippets of ten rows only."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "fts5.db"

    def build(self, texts: Iterable[Text]) -> None:
        base = sqlite3.connect(self.path)
        base.executescript("pragma journal_mode = off; pragma synchronous = off; pragma cache_size = -200000;")
        base.execute("create virtual table pages using fts5(title, body, tokenize = 'porter unicode61')")
        base.execute("create table facts (id integer primary key, source, category, author, language, year, date)")
        with base:
            for text in texts:
                category, author = text.categories[:1], text.authors[:1]
                base.execute("insert into pages (rowid, title, body) values (?, ?, ?)", (text.number, text.title, text.body))
                facts = (*(category or ("",)), *(author or ("",)), text.language, text.date[:4], text.date[:10])
                base.execute("insert into facts values (?, ?, ?, ?, ?, ?, ?)", (text.number, text.source, *facts))
            base.execute("insert into pages (pages, rank) values ('rank', 'bm25(3.0, 1.0)')")
            base.execute("insert into pages (pages) values ('optimize')")
        base.execute("analyze")
        base.close()

    def open(self) -> None:
        base = sqlite3.connect(f"file:{self.path}?mode=ro&immutable=1", uri=True)
        base.executescript("pragma mmap_size = 4000000000; pragma cache_size = -100000;")
        self._ask = base.execute

    def page(self, query: Query) -> int:
        asked = (self._written(query),)
        self._ask(
            "select rowid, title, snippet(pages, 1, '<mark>', '</mark>', '…', 40) from pages where pages match ?"
            " order by rank limit 10", asked,
        ).fetchall()  # fmt: skip
        return int(self._ask("select count(*) from pages where pages match ?", asked).fetchone()[0])

    def retrieve(self, query: Query) -> int:
        asked = (self._written(query),)
        self._ask("select rowid from pages where pages match ? order by rank limit 10", asked).fetchall()
        return int(self._ask("select count(*) from pages where pages match ?", asked).fetchone()[0])

    def narrowed(self, query: Query, to: Narrowing) -> int:
        asked = (self._written(query), to.category, to.date_from, to.date_to)
        self._ask(
            "select pages.rowid, title, snippet(pages, 1, '<mark>', '</mark>', '…', 40) from pages join facts on id = pages.rowid"
            " where pages match ? and category = ? and date between ? and ? order by rank limit 10", asked,
        ).fetchall()  # fmt: skip
        counts = self._ask(
            "with found as materialized (select facts.* from pages join facts on id = pages.rowid where pages match ?"
            " and category = ? and date between ? and ?) select 'all', '', count(*) from found"
            + "".join(f" union all select '{name}', {name}, count(*) from found group by {name}" for name in self._FACETS),
            asked,
        ).fetchall()
        return int(counts[0][2])

    _FACETS = ("source", "category", "author", "language", "year")

    @staticmethod
    def _written(query: Query) -> str:
        if query.kind == "phrase":
            return f'"{" ".join(query.words)}"'
        if query.kind == "prefix":
            return query.words[0] + "*"
        return (" OR " if query.kind == "or" else " ").join(f'"{word}"' for word in query.words)


class Tantivy:
    """Use tantivy-py with its English stemmer, in one segment if the memory of one writer is enough. No boosts: faster."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def build(self, texts: Iterable[Text]) -> None:
        import tantivy

        builder = tantivy.SchemaBuilder()
        for name in ("title", "body"):
            builder.add_text_field(name, stored=True, tokenizer_name="en_stem")
        writer = tantivy.Index(builder.build(), str(self.folder)).writer(1_000_000_000, 1)
        for text in texts:
            writer.add_document(tantivy.Document(title=text.title, body=text.body))
        writer.commit()
        writer.wait_merging_threads()

    def open(self) -> None:
        import tantivy

        self._index = tantivy.Index.open(str(self.folder))
        self._searcher: Any = self._index.searcher()  # its type hints do not know `count`
        self._schema = self._index.schema
        self._snippets = tantivy.SnippetGenerator.create

    def page(self, query: Query) -> int:
        parsed, searcher = self._parsed(query), self._searcher
        found = searcher.search(parsed, 10, count=True)
        snippets = self._snippets(searcher, parsed, self._schema, "body")
        for _, address in found.hits:
            document = searcher.doc(address)
            document.get_first("title")
            snippets.snippet_from_doc(document).to_html()
        return int(found.count)

    def filled_page(self, query: Query) -> int:
        """Ask for a page that also lists the best documents with some of the words, as ours does. Return the total of `page`."""
        parsed, searcher = self._parsed(query), self._searcher
        full = searcher.search(parsed, 10, count=True)
        addresses = [address for _, address in full.hits]
        if query.kind == "words" and len(query.words) > 1 and len(addresses) < 10:
            parsed = self._parsed(Query("or", query.words))
            places = {(address.segment_ord, address.doc) for address in addresses}
            partial = [address for _, address in searcher.search(parsed, 10, count=False).hits]
            addresses += [address for address in partial if (address.segment_ord, address.doc) not in places]
        snippets = self._snippets(searcher, parsed, self._schema, "body")
        for address in addresses[:10]:
            document = searcher.doc(address)
            document.get_first("title")
            snippets.snippet_from_doc(document).to_html()
        return int(full.count)

    def retrieve(self, query: Query) -> int:
        return int(self._searcher.search(self._parsed(query), 10, count=True).count)

    def _parsed(self, query: Query) -> Any:
        text = " ".join(query.words)
        if query.kind == "phrase":
            text = f'"{text}"'
        return self._index.parse_query(text, ["title", "body"], conjunction_by_default=query.kind != "or")


class Bm25s:
    """Use the numpy path of bm25s on stemmed words. It knows OR only, and has no phrases, totals or stored texts.

    Its own `retrieve` selects the best ten with `argpartition(scores, -10)`. Most scores are equal (0), and then this is up to 30
    times slower than the same on negated scores. So this class takes its scores and selects the ten in the fast way.
    `Bm25sAsDelivered` calls its `retrieve`.
    """

    shares = "bm25s"  # the index of both

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def build(self, texts: Iterable[Text]) -> None:
        import bm25s
        import Stemmer

        tokens = bm25s.tokenize(
            [f"{text.title} {text.body}" for text in texts], stopwords=list(FUNCTION_WORDS), stemmer=Stemmer.Stemmer("english"),
            show_progress=False,
        )  # fmt: skip
        retriever = bm25s.BM25(backend="numpy")
        retriever.index(tokens, show_progress=False)
        retriever.save(self.folder, show_progress=False)

    def open(self) -> None:
        import bm25s
        import Stemmer

        self._retriever = bm25s.BM25.load(self.folder)
        self._stem: Callable[[tuple[str, ...]], list[str]] = Stemmer.Stemmer("english").stemWords

    def page(self, query: Query) -> int:
        raise NotImplementedError("bm25s has no pages")

    def retrieve(self, query: Query) -> int:
        if stems := self._stems(query):
            scores = self._retriever.get_scores(stems)
            np.negative(scores, out=scores)
            best = np.argpartition(scores, 10)[:10]
            best[np.argsort(scores[best])]
        return 0

    def _stems(self, query: Query) -> list[str]:
        known = self._retriever.vocab_dict
        return [stem for stem in self._stem(query.words) if stem in known]


class Bm25sAsDelivered(Bm25s):
    def retrieve(self, query: Query) -> int:
        if stems := self._stems(query):
            self._retriever.retrieve([stems], k=10, show_progress=False, backend_selection="numpy")
        return 0


class StockWhoosh:
    """Use Whoosh as its manual shows: stemming analyzer, BM25F, multi-field parser, its highlighter."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def build(self, texts: Iterable[Text]) -> None:
        from whoosh import index
        from whoosh.analysis import StemmingAnalyzer
        from whoosh.fields import TEXT, Schema

        schema = Schema(
            title=TEXT(stored=True, analyzer=StemmingAnalyzer(), field_boost=3.0),
            body=TEXT(stored=True, analyzer=StemmingAnalyzer()),
        )
        writer = index.create_in(str(self.folder), schema).writer(limitmb=256)
        for text in texts:
            writer.add_document(title=text.title, body=text.body)
        writer.commit()

    def open(self) -> None:
        from whoosh import index
        from whoosh.qparser import MultifieldParser

        opened = index.open_dir(str(self.folder))
        self._searcher = opened.searcher()
        self._parser = MultifieldParser(["title", "body"], opened.schema)

    def page(self, query: Query) -> int:
        results = self._searcher.search(self._parser.parse(self._written(query)), limit=10)
        for hit in results:
            hit["title"], hit.highlights("body")
        return len(results)

    def retrieve(self, query: Query) -> int:
        return len(self._searcher.search(self._parser.parse(self._written(query)), limit=10))

    @staticmethod
    def _written(query: Query) -> str:
        if query.kind == "phrase":
            return f'"{" ".join(query.words)}"'
        return (" OR " if query.kind == "or" else " ").join(query.words)


PEERS: dict[str, type[Peer]] = {
    "tantivy": Tantivy, "fts5": Fts5, "bm25s": Bm25s, "bm25s.retrieve": Bm25sAsDelivered, "whoosh": StockWhoosh,
}  # fmt: skip

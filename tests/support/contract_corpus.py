"""Documents and shorthand for query trees, for all contract tests."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from indexer.analysis.analyzer import analyze
from indexer.engines.base import Engine, Reader
from indexer.engines.fields import FIELDS
from indexer.model import Change, Document
from indexer.query.nodes import Node, TermPhrase, Terms


def doc(id_: str, title: str = "", text: str = "", **values: Any) -> Document:
    values.setdefault("language", "en")
    values.setdefault("url", f"https://example.org/{id_}")
    values.setdefault("source", "Example")
    if isinstance(values.get("date"), str):
        values["date"] = datetime.fromisoformat(values["date"]).replace(tzinfo=UTC)
    return Document(id=id_, title=title, text=text, **values)


def changes(documents: Iterable[Document | str], start: int = 1) -> list[Change]:
    """A string stands for a removal."""
    return [
        Change(number, item, None) if isinstance(item, str) else Change(number, item.id, item)
        for number, item in enumerate(documents, start)
    ]


def fill(engine: Engine, documents: Iterable[Document | str]) -> Reader:
    writer = engine.writer()
    given = changes(documents, writer.position + 1)
    writer.apply(given, writer.position + len(given))
    writer.close()
    return engine.reader()


def term(tagged: str) -> str:
    """`en/bridge` as the analyzer has it: the tests are about engines, not about stems."""
    language, word = tagged.split("/")
    return next((token.term for token in analyze(word, language)), tagged)


def word(*terms: str, fields: Any = FIELDS, boost: float = 1.0) -> Terms:
    return Terms(tuple(map(term, terms)), fields, boost)


def phrase(*places: str | tuple[str, ...], gaps: Iterable[int] = (), slop: int = 0, fields: Any = FIELDS) -> TermPhrase:
    alternatives = tuple(tuple(map(term, (place,) if isinstance(place, str) else place)) for place in places)
    return TermPhrase(alternatives, tuple(gaps) or tuple(range(len(places))), fields, slop)


def ids(reader: Reader, tree: Node, **options: Any) -> list[str]:
    options.setdefault("limit", 1000)
    return [match.document.id for match in reader.search(tree, **options).matches]


NEWS = (
    doc("a", "Harbour bridge", "lantern bridge over river", date="2020-05-27T09:06:39", categories=("City", "Öl"),
        authors=("Ann Smith", "Bob Jones"), source="Herald"),
    doc("b", "River lantern", "lantern lantern lantern", date="2021-01-02", categories=("city",), source="Herald"),
    doc("c", "Weather", "lantern in rain and the river", date="2019-12-31T23:59:59", authors=("Ann Smith",), rule="pdf"),
    doc("d", "Undated", "bridge lantern", summary="river crossing", url=""),
    doc("e", "Brücke", "lantern", language="de", date="2030-01-01", source="Tagblatt"),
    doc("f", "Nothing here", "completely different", date="2022-03-04", url="https://Example.org/Städte/f"),
)  # fmt: skip

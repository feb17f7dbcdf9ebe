"""Documents carried in and out as JSON lines."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from indexer import html
from indexer.analysis.languages import majority
from indexer.archive.store import Archive
from indexer.engines.memory import MemoryEngine
from indexer.errors import SettingsError
from indexer.exchange.jsonl import MAX_ID_BYTES, export_lines, import_lines, tidied
from indexer.exchange.warc import write_warc
from indexer.model import Document, RankingWeights, Response, Source
from indexer.reasons import Reason
from indexer.reindex import reindex


@given(st.text(alphabet="ab \n\t\r~\x7f\x1f\xe9\u0301\u200d\xad", max_size=12))
@example("")
@example("a\n")
@example("\n")
@example("a\n\n\nb")
def test_plain_texts_are_tidied_as_all_others(text: str) -> None:
    assert tidied(text) == html.clean_text(text)


def test_what_is_exported_can_be_imported(tmp_path: Path) -> None:
    archive, other = Archive(tmp_path / "a" / "archive.db"), Archive(tmp_path / "b" / "archive.db")
    line = {
        "url": "https://example.org/1",
        "title": " Ferry  returns",
        "text": "Tide\n\n\n\nand\u00ad ebb ",
        "date": "2020-05-27T09:06:39Z",
    }
    assert import_lines(archive, [json.dumps(line)], "x.jsonl") == (1, [])
    exported = list(export_lines(archive, lambda id_, url: None))
    assert json.loads(exported[0])["text"] == "Tide\n\nand ebb"
    assert import_lines(other, exported, "y.jsonl") == (1, [])
    assert list(export_lines(other, lambda id_, url: None)) == exported
    assert import_lines(other, exported, "y.jsonl") == (0, [])
    archive.close()
    other.close()


@pytest.mark.parametrize("content", ["<opml>\n<body>\n</body>\n</opml>", "hello", "a\n" * 50_000])
def test_a_file_of_another_kind_is_one_error(tmp_path: Path, content: str) -> None:
    archive = Archive(tmp_path / "archive.db")
    with pytest.raises(SettingsError, match=r"x.opml does not consist of JSON lines: it begins with"):
        import_lines(archive, content.splitlines(), "x.opml")
    archive.close()


def test_single_broken_lines_are_named_and_the_others_imported(tmp_path: Path) -> None:
    archive = Archive(tmp_path / "archive.db")
    line = json.dumps({"url": "https://example.org/1", "title": "Ferry", "text": "Tide"})
    changed, problems = import_lines(archive, ["broken", line, *["broken"] * 9], "x.jsonl")
    assert (changed, len(problems)) == (1, 10)
    archive.close()


def test_an_id_that_postgresql_cannot_hold_is_named(tmp_path: Path) -> None:
    ids = ["i" * MAX_ID_BYTES, "i" * (MAX_ID_BYTES + 1), "ü" * (MAX_ID_BYTES // 2 + 1), "a\x00b"]
    lines = [json.dumps({"id": each, "title": "Ferry"}) for each in ids]
    lines += [
        json.dumps({"type": "forgotten", "forgotten": {"id": each, "url": "", "at": "2024-05-01T10:00:00Z"}}) for each in ids[1:]
    ]
    archive = Archive(tmp_path / "archive.db")
    changed, problems = import_lines(archive, lines, "x")
    too_long, contains_nul = '"id" must not have more than 2,000 bytes', '"id" must not contain the character NUL'
    expected = [too_long, too_long, contains_nul] * 2
    assert (changed, problems) == (1, [f"x, line {number}: {problem}" for number, problem in enumerate(expected, 2)])
    assert archive.documents.forgotten() == []
    archive.close()


TITLES = (
    "Computer algorithms for elementary calculus", "A note on recursive procedures", "Solution of linear equations", "Sorting on tape",
    "Digital data processor", "Numerical inversion of matrices", "Simulation of traffic", "On programming of arithmetic", "Algol sub-commands",
    "Decision tables in practice", "Permanent magnet rods", "An interpretive routine", "Bessel functions", "Divided differences",
)  # fmt: skip


def test_short_titles_are_in_the_language_of_their_collection(tmp_path: Path) -> None:
    archive = Archive(tmp_path / "archive.db")
    rows = [{"id": str(number), "title": title} for number, title in enumerate(TITLES * 4)]
    rows.append({"id": "ru", "title": "Заметка о рекурсивных процедурах"})
    rows.append({"id": "de", "title": "x", "text": "Die Rechenzentren der Universität haben im vergangenen Jahr mehr Strom verbraucht als die "
                 "ganze Stadt, und deshalb wird nun ein neues Gebäude mit einer besseren Kühlung gebaut."})  # fmt: skip
    rows.append({"id": "said", "title": "Sorting", "language": "fr"})
    changed, problems = import_lines(archive, [json.dumps(row) for row in rows], "titles.jsonl")
    assert (changed, problems) == (len(rows), [])
    languages = {document.id: document.language for document in archive.documents.all()}
    archive.close()
    assert {languages[str(number)] for number in range(len(TITLES) * 4)} == {"en"}
    assert (languages["ru"], languages["de"], languages["said"]) == ("ru", "de", "fr")


def test_a_collection_of_several_languages_lends_none() -> None:
    english, german = "The boats of the harbour left at nine. " * 12, "Die Boote im Hafen fuhren um neun ab. " * 12
    assert majority([english] * 9 + [german]) == "en"
    assert majority([english, german] * 5) is None
    assert majority([]) is None


def test_an_export_carries_history_sources_other_addresses_and_what_was_forgotten(tmp_path: Path) -> None:
    archive, other = Archive(tmp_path / "a" / "archive.db"), Archive(tmp_path / "b" / "archive.db")
    news = Source("https://example.org/rss", "News", "feed", "en", "Ports", "article", ".ad", "figure", True, every_seconds=3_600)
    for source in (news, Source("https://example.org/empty", "Empty"), Source("https://example.org/x?token=s3cret", "Secret")):
        archive.sources.add(source)
    document = Document(
        "a", "https://example.org/a", "Ferry", "Text", source="News", also=("https://example.org/b", "https://example.org/c")
    )
    archive.documents.put(document, 1, 1)
    archive.documents.put(replace(document, title="Ferry again"), 1, 1, Reason("re-extracted"))
    archive.documents.put(Document("s", "https://example.org/s", "Secret", "Text", source="Secret"), 3, 1)
    archive.forget(["f"], "https://example.org/f")
    lines = list(export_lines(archive, lambda id_, url: None))
    assert "s3cret" not in "".join(lines)
    assert import_lines(other, lines, "x.jsonl") == (2, [])
    assert list(other.documents.all()) == list(archive.documents.all())
    assert other.documents.history("a") == archive.documents.history("a")
    assert [why.code for _, why in other.documents.history("a")] == ["new", "re-extracted"]
    assert [state.source for state in other.sources.all()] == [news, Source("https://example.org/empty", "Empty")]
    assert other.documents.count_of_source(1) == 1
    assert other.documents.forgotten() == archive.documents.forgotten()
    assert import_lines(other, ['{"url": "https://example.org/f", "id": "f", "title": "T"}'], "x") == (
        0,
        ["x, line 1: https://example.org/f was forgotten on request"],
    )
    assert next(export_lines(other, lambda id_, url: None)) == lines[0]
    assert "s3cret" in "".join(export_lines(archive, lambda id_, url: None, with_secrets=True))
    archive.close()
    other.close()


def test_addresses_of_pages_that_repeat_the_secret_of_a_source_are_masked(tmp_path: Path) -> None:
    archive = Archive(tmp_path / "archive.db")
    archive.sources.add(Source("https://example.org/rss?token=s3cret", "Secret"))
    url, other = "https://example.org/a?key=s3cret&page=2", "https://example.org/article?key=7"
    archive.documents.put(Document("a", url, "Ferry", "Text", source="Secret", also=(f"{url}&print=1",)), 1, 1)
    archive.documents.put(Document("b", other, "Bridge", "Text"), 1, 1)
    archive.forget(["f"], "https://example.org/f?token=s3cret")
    archive.responses.put(Response(url, url, 301, {"location": f"{url}&x=1"}, b"<p>Ferry"))
    tables = [json.loads(line) for line in export_lines(archive, lambda id_, url: None)]
    assert "s3cret" not in str(tables)
    assert [table["url"] for table in tables if "url" in table] == ["https://example.org/a?key=***&page=2", other]
    assert str(list(export_lines(archive, lambda id_, url: None, with_secrets=True))).count("s3cret") == 5
    for with_secrets in (False, True):
        write_warc(archive, tmp_path / "x.warc.gz", with_secrets=with_secrets)
        assert (b"s3cret" in gzip.decompress((tmp_path / "x.warc.gz").read_bytes())) is with_secrets
    archive.close()


def test_a_warc_names_the_digest_of_each_payload(tmp_path: Path) -> None:
    archive = Archive(tmp_path / "archive.db")
    body = b"<p>Ferry"
    archive.responses.put(Response("https://example.org/a", "https://example.org/a", 200, {"etag": "x"}, body))
    assert write_warc(archive, tmp_path / "x.warc.gz") == 1
    text = gzip.decompress((tmp_path / "x.warc.gz").read_bytes())
    digest = base64.b32encode(hashlib.sha256(body).digest())
    assert b"WARC-Payload-Digest: sha256:" + digest in text
    assert text.count(b"WARC-Block-Digest: sha256:") == 2
    archive.close()


STRANGE_VALUES = (
    None,
    True,
    0,
    1.5,
    "",
    "x",
    "\ud800",
    "9999-12-31T23:59:59-14:00",
    "0001-01-01T00:00:00+14:00",
    [],
    [None],
    [1],
    {},
    {"a": 1},
)
IMPORTED_FIELDS = ("id", "url", "title", "text", "summary", "language", "date", "modified", "authors", "categories", "source", "image",
                   "rule", "also", "history", "from", "type", "forgotten")  # fmt: skip


def test_no_value_of_an_imported_field_keeps_the_others_out_or_breaks_the_index(tmp_path: Path) -> None:
    archive, engine = Archive(tmp_path / "archive.db"), MemoryEngine(RankingWeights())
    good = {"url": "https://example.org/good", "title": "Ferry", "text": "The ferry returns."}
    lines = [
        json.dumps({**good, "url": f"https://example.org/{field}/{number}", field: value})
        for field in IMPORTED_FIELDS
        for number, value in enumerate(STRANGE_VALUES)
    ]
    settings = [
        {"url": "https://example.org/rss", **one} for one in ({"language": 5}, {"include": [1]}, {"kind": "x"}, {"pdf": 1})
    ]
    lines += [json.dumps({**good, "from": origin}) for origin in settings] + [json.dumps(good)]
    changed, problems = import_lines(archive, lines, "x.jsonl")
    assert changed > len(lines) / 4
    assert all(": " in problem for problem in problems)
    assert archive.documents.find("https://example.org/good")
    assert archive.documents.damaged() == []
    reindex(archive, engine)
    assert engine.reader().document_count == archive.documents.count()
    assert list(export_lines(archive, lambda id_, url: None))
    archive.close()


def test_a_stored_field_of_the_wrong_type_is_damage_and_not_the_end_of_a_rebuild(tmp_path: Path) -> None:
    """Earlier versions imported such fields."""
    archive, engine = Archive(tmp_path / "archive.db"), MemoryEngine(RankingWeights())
    for number in range(3):
        archive.documents.put(Document(f"d{number}", f"https://example.org/{number}", "Ferry", "Text"), None, 1)
    archive.documents.put(replace(Document("bad", "https://example.org/bad", "Ferry", "Text"), image=True), None, 1)  # type: ignore[arg-type]  # what must not be
    damaged: list[str] = []
    reindex(archive, engine, on_damage=lambda id_, url, is_indexed: damaged.append(id_))
    assert damaged == ["bad"]
    assert engine.reader().document_count == 3
    archive.close()

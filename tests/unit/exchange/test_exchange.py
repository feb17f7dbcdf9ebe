"""Documents carried in and out as JSON lines."""

from __future__ import annotations

import json
from pathlib import Path

from hypothesis import example, given
from hypothesis import strategies as st

from indexer import html
from indexer.archive.store import Archive
from indexer.exchange.jsonl import export_lines, import_lines, tidied


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
    exported = list(export_lines(archive))
    assert json.loads(exported[0])["text"] == "Tide\n\nand ebb"
    assert import_lines(other, exported, "y.jsonl") == (1, [])
    assert list(export_lines(other)) == exported
    assert import_lines(other, exported, "y.jsonl") == (0, [])
    archive.close()
    other.close()

"""What the web answered is packed with what a source's pages have in common, and read again whatever packed it."""

from __future__ import annotations

import zlib
from contextlib import closing
from hashlib import sha256

import pytest

from indexer.archive import responses as packing
from indexer.archive.backends import open_database
from indexer.archive.database import Location
from indexer.archive.store import Archive
from indexer.errors import ArchiveDamaged
from indexer.model import Response

MENU = b"".join(
    b"<li><a href=/%b/>%b</a></li>" % (m[:9], m[9:30]) for m in (sha256(b"%d" % n).hexdigest().encode() for n in range(200))
)


def body(number: int) -> bytes:
    text = b" ".join(b"word%d" % (number * n % 97) for n in range(80))
    return b"<html><body><nav>%b</nav><p>%b</p></body></html>" % (MENU, text)


def response(number: int) -> Response:
    url = f"https://example.org/{number}"
    return Response(url, url, 200, {"content-type": "text/html"}, body(number))


@pytest.mark.parametrize("content", [b"", b"x", body(1), bytes(range(256)) * 1000])
def test_what_is_packed_is_unpacked(content: bytes) -> None:
    learned = packing.train_dictionary([body(n) for n in range(40)])
    assert packing.unpack(packing.pack(content), lambda number: b"") == content
    assert packing.unpack(packing.pack(content, learned), lambda number: learned) == content
    assert packing.unpack(zlib.compress(content), lambda number: b"") == content


def test_a_sites_pages_take_a_third_with_their_dictionary() -> None:
    learned = packing.train_dictionary([body(n) for n in range(40)])
    assert len(packing.pack(body(90), learned)) * 3 < len(packing.pack(body(90)))


def test_nothing_is_learnt_of_few_pages_or_of_nothing() -> None:
    assert packing.train_dictionary([body(n) for n in range(5)]) == b""
    assert packing.train_dictionary([b"" for _ in range(50)]) == b""


def test_answers_are_read_again_before_and_after_their_source_has_a_dictionary(location: Location) -> None:
    archive = Archive(location)
    before = [archive.responses.put(response(n), source_id=1) for n in range(40)]
    archive.responses.put_dictionary(1, packing.train_dictionary(body(n) for n in range(40)))
    assert archive.responses.dictionary(1)
    after = [archive.responses.put(response(n), source_id=1) for n in range(40, 50)]
    other = archive.responses.put(response(50), source_id=2)
    archive.close()
    again = Archive(location)
    assert [found.body for found in again.responses.all()] == [body(n) for n in range(51)]
    sizes = dict(tuple(row) for row in again.database.rows("SELECT id, length(body) FROM responses"))
    assert max(sizes[n] for n in after) * 3 < min(sizes[n] for n in [*before, other])
    known = again.responses.dictionary(1)
    again.responses.put_dictionary(1, packing.train_dictionary(body(n) for n in range(100, 140)))
    assert again.responses.dictionary(1) is known
    again.close()


def test_a_damaged_answer_or_a_lost_dictionary_is_said(location: Location) -> None:
    archive = Archive(location)
    archive.responses.put_dictionary(1, packing.train_dictionary(body(n) for n in range(40)))
    number = archive.responses.put(response(1), source_id=1)
    plain = archive.responses.put(response(2))
    archive.close()
    with closing(open_database(location)) as raw:
        raw.execute("DELETE FROM dictionaries")
        raw.execute("UPDATE responses SET body = substr(body, 1, 40) WHERE id = ?", plain)
    again = Archive(location)
    with pytest.raises(ArchiveDamaged, match="dictionary"):
        again.responses.get(number)
    with pytest.raises(ArchiveDamaged, match="unpacked"):
        again.responses.get(plain)
    (problem,) = again.integrity_problems()
    assert problem.startswith("2 stored answers, the first of them that of https://example.org/1, cannot be read (")
    again.close()


def test_an_answer_that_was_exchanged_is_no_sound_one(location: Location) -> None:
    archive = Archive(location)
    number = archive.responses.put(response(1))
    assert archive.integrity_problems() == []
    archive.database.execute("UPDATE responses SET body = ? WHERE id = ?", packing.pack(b"another"), number)
    assert "it differs from the one that was stored" in archive.integrity_problems()[0]
    archive.close()


def test_few_dictionaries_are_kept_in_memory(location: Location, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packing, "MAX_CACHED_DICTIONARIES", 3)
    archive = Archive(location)
    learned = packing.train_dictionary(body(n) for n in range(40))
    archive.responses.put_dictionary(1, learned)
    for source_id in range(2, 12):
        archive.responses.dictionary(source_id)
        assert len(archive.responses._dictionaries) <= 3
    assert archive.responses.dictionary(1) == learned, "a forgotten one is read again"
    archive.close()

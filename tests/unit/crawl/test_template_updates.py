"""From how many pages a site's template is learned, and from which."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import cast

import pytest

from indexer.archive.store import Archive
from indexer.crawl import template_updates
from indexer.crawl.template_updates import MAX_PAGES, MIN_PAGES, _pages_to_learn_from, is_worth_learning, template_of
from indexer.model import Entry, Response
from support.builders import article


@pytest.mark.parametrize(
    ("learned", "stored", "is_worth"),
    [
        (0, 4, False), (0, 5, True), (1, 4, False), (1, 5, True), (5, 6, False), (5, 7, True), (6, 8, False), (6, 9, True),
        (20, 29, False), (20, 30, True), (30, 39, False), (30, 40, True), (39, 39, False), (39, 40, True), (40, 99, False), (41, 99, False),
    ],
)  # fmt: skip
def test_a_template_is_learned_again_from_half_as_many_more_pages(learned: int, stored: int, is_worth: bool) -> None:
    assert (MIN_PAGES, MAX_PAGES) == (5, 40)
    assert is_worth_learning(learned, stored) is is_worth


class Stored:
    """Pages of a source with bodies of these sizes, and how many of them were read."""

    archive = cast("Archive", None)

    def __init__(self, monkeypatch: pytest.MonkeyPatch, bodies: Sequence[bytes], urls: Sequence[str] = ()) -> None:
        self.bodies, self.urls, self.read = bodies, urls or [f"https://n.example/{number}" for number in range(len(bodies))], 0
        monkeypatch.setattr(template_updates, "stored_pages", self.pages)

    def pages(self, archive: Archive, source_id: int, site: str = "") -> Iterator[tuple[Entry, Response]]:
        for url, body in zip(self.urls, self.bodies, strict=True):
            self.read += 1
            yield Entry(url), Response(url, url, 200, {}, body)


@pytest.mark.parametrize(
    ("sizes", "count"),
    [
        ([10] * 8, 6),  # MAX_PAGES of them
        ([40] * 6, 2),  # 80 bytes: a third would exceed the total
        ([50, 50, 1], 2),
        ([200, 200, 200], 2),  # MIN_PAGES, however large
        ([10], 1),
        ([], 0),
    ],
)
def test_the_first_pages_are_learned_from_until_they_are_many_or_large(
    monkeypatch: pytest.MonkeyPatch, sizes: list[int], count: int
) -> None:
    for name, value in (("MAX_PAGES", 6), ("MIN_PAGES", 2), ("MAX_TOTAL_BYTES", 100)):
        monkeypatch.setattr(template_updates, name, value)
    stored = Stored(monkeypatch, [b"x" * size for size in sizes])
    assert len(_pages_to_learn_from(Stored.archive, 1)) == count
    assert stored.read == min(count + 1, len(sizes)), "the others are not read"


def test_two_addresses_of_one_page_count_once(monkeypatch: pytest.MonkeyPatch) -> None:
    Stored(monkeypatch, [b"one", b"two", b"three"], ["https://n.example/a", "https://n.example/a", "https://n.example/b"])
    assert [answer.body for _, answer in _pages_to_learn_from(Stored.archive, 1)] == [b"one", b"three"]


@pytest.mark.parametrize(("max_pages", "pages", "read"), [(2, 2, 3), (9, 4, 4), (0, 0, 1)])
def test_a_template_is_made_of_a_number_of_pages(monkeypatch: pytest.MonkeyPatch, max_pages: int, pages: int, read: int) -> None:
    stored = Stored(monkeypatch, [article(name).encode() for name in ("ant", "bee", "cow", "dog")])
    assert template_of(Stored.archive, 1, "https://n.example/", max_pages).pages == pages
    assert stored.read == read

"""From how many pages a site's template is learned."""

from __future__ import annotations

import pytest

from indexer.crawl.template_learning import MAX_PAGES, MIN_PAGES, is_worth_learning


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

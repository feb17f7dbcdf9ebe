"""A search that runs out of time returns fewer hits, and never one that the query excludes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from indexer.engines.base import TOO_SLOW, Deadline
from indexer.engines.fields import FIELDS
from indexer.engines.whoosh.engine import WhooshEngine
from indexer.engines.whoosh.search.query_execution import MAX_LATE_STEPS, Evaluation
from indexer.engines.whoosh.snapshot import facet_columns
from indexer.model import RankingWeights
from indexer.query.nodes import And, Filter, Not, Or, TermPhrase
from support.contract_corpus import NEWS, doc, fill, word


def test_exclusions_and_filters_are_evaluated_completely(whoosh: WhooshEngine) -> None:
    reader = fill(whoosh, NEWS)
    late = Evaluation(reader.snapshot, Deadline(-1))
    tree = And((word("en/lantern"), Not(Or((word("en/rain"), word("en/bridge"))))))
    assert [reader.snapshot.document(n).id for n in late.scored(tree).documents.tolist()] == ["b"]
    filters = Or((Filter("language", "de"), Filter("language", "en")))
    assert len(Evaluation(reader.snapshot, Deadline(-1)).scored(filters).documents) == 6


class StepDeadline(Deadline):
    """Passes after a number of checks, so that tests do not depend on the speed of the machine."""

    def __init__(self, steps: int) -> None:
        super().__init__(3600)
        self.steps, self.checks = steps, 0

    @property
    def has_passed(self) -> bool:
        self.checks += 1
        return self.checks > self.steps


def test_too_many_exclusions_are_given_up_and_nothing_is_shown(whoosh: WhooshEngine) -> None:
    reader = fill(whoosh, NEWS)
    deadline = StepDeadline(5)
    tree = And((word("en/lantern"), *(Not(word(f"en/none{n}")) for n in range(100))))
    matches = reader.search(tree, deadline=deadline)
    assert (matches.total, matches.warnings) == (0, (TOO_SLOW,))
    assert deadline.checks < 5 + MAX_LATE_STEPS
    assert reader.search(tree).total == reader.search(word("en/lantern")).total


def test_an_excluded_phrase_of_patterns_is_given_up(whoosh: WhooshEngine) -> None:
    reader = fill(whoosh, [doc("a", "Words", "lantern " + " ".join(f"w{n} x{n}" for n in range(300)))])
    places = tuple(tuple(f"en/{letter}{n}" for n in range(300)) for letter in "wx")
    deadline = StepDeadline(5)
    matches = reader.search(And((word("en/lantern"), Not(TermPhrase(places, (0, 1), FIELDS)))), deadline=deadline)
    assert (matches.total, matches.warnings) == (0, (TOO_SLOW,))
    assert deadline.checks < 5 + 2 * MAX_LATE_STEPS


def test_a_cancelled_search_evaluates_no_further_exclusion(whoosh: WhooshEngine) -> None:
    reader = fill(whoosh, NEWS)
    tree = And((word("en/lantern"), *(Not(word(f"en/none{n}")) for n in range(100))))
    checks: list[bool] = []
    deadline = Deadline(3600, lambda: bool(checks.append(True)) or len(checks) > 3)
    assert reader.search(tree, deadline=deadline).total == 0
    assert len(checks) < 12


def test_after_the_deadline_scores_are_not_explained_and_facets_not_counted(whoosh: WhooshEngine) -> None:
    reader = fill(whoosh, NEWS)
    matches = reader.search(word("en/lantern"), facets=True, explain=True, deadline=Deadline(-1))
    assert matches.total == reader.search(word("en/lantern")).total
    assert [match.parts for match in matches.matches] == [{}] * len(matches.matches)
    assert set(matches.facets.values()) == {()}
    assert matches.warnings == (TOO_SLOW,)


@pytest.mark.parametrize("compiled", [True, False])
def test_the_facets_before_the_deadline_are_counted(tmp_path: Path, compiled: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(facet_columns, "_MAX_COUNTED_AT_ONCE", 0)  # as if they were many
    reader = fill(WhooshEngine(tmp_path, RankingWeights(), compiled=compiled), NEWS)
    whole = reader.search(word("en/lantern"), facets=True).facets
    names = ("language", "source", "author")

    def cut(steps: int) -> tuple[list[bool], tuple[str, ...]]:
        matches = reader.search(word("en/lantern"), facets=names, deadline=StepDeadline(steps))
        return [matches.facets[name] == whole[name] for name in names], matches.warnings

    outcomes = [cut(steps) for steps in range(40)]
    assert ([True, True, True], ()) in outcomes
    assert ([True, False, False], (TOO_SLOW,)) in outcomes
    assert all(bool(warnings) is (False in counted) for counted, warnings in outcomes)


def test_a_pattern_is_compared_with_a_bounded_number_of_forms_between_two_checks(whoosh: WhooshEngine) -> None:
    words = [f"{a}{b}{n}" for a in "bcdfg" for b in "aeiou" for n in range(1000)]
    reader = fill(whoosh, [doc("a", "Words", " ".join(words))])
    pattern = re.compile(".*a.*1.*")
    _, all_forms = reader.surfaces_matching("", pattern, 10)
    _, few_forms = reader.surfaces_matching("", pattern, 10, StepDeadline(1))
    assert 0 < few_forms < all_forms
    assert reader.surfaces_matching("", pattern, 10, Deadline(-1)) == ([], 0)
    assert reader.surfaces_near("ba17", 1, 10, Deadline(-1)) == ([], 0)


def test_a_phrase_of_patterns_stops_collecting_positions(whoosh: WhooshEngine) -> None:
    reader = fill(whoosh, [doc("a", "Words", " ".join(f"w{n} x{n}" for n in range(300)))])
    places = tuple(tuple(f"en/{letter}{n}" for n in range(300)) for letter in "wx")
    deadline = StepDeadline(10)
    matches = reader.search(TermPhrase(places, (0, 1), FIELDS), deadline=deadline)
    assert matches.warnings == (TOO_SLOW,)
    assert deadline.checks < 30
    assert reader.search(TermPhrase(places, (0, 1), FIELDS)).total == 1

"""The reader of the embedded engine: a snapshot of arrays behind the protocol that all engines keep."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Protocol

import numpy as np

from indexer.engines.base import FACET_NAMES, TOO_SLOW, Matches
from indexer.engines.scoring import FIELDS
from indexer.engines.whoosh.error_translation import reads
from indexer.engines.whoosh.search.evaluate import Evaluation
from indexer.engines.whoosh.search.explain import parts
from indexer.engines.whoosh.search.maxscore import best_of_any, words_of
from indexer.engines.whoosh.search.postings import TermLookup
from indexer.engines.whoosh.search.term_expansion import forms_from, forms_matching, forms_near
from indexer.engines.whoosh.search.topk import best, refine
from indexer.engines.whoosh.snapshot.facets import YearColumn
from indexer.engines.whoosh.snapshot.snapshot import DocIds, Snapshot
from indexer.engines.whoosh.storage import generations
from indexer.engines.whoosh.storage.array_file import Array
from indexer.engines.whoosh.storage.saturated_tf import Floats, NormScale
from indexer.engines.whoosh.storage.segment import Segment
from indexer.model import Document, Facets, Match, RankingWeights, Sort
from indexer.query.nodes import Node


@dataclass(frozen=True, slots=True)
class Opened:
    """An opened commit: where it lies, its number, how far it has read."""

    folder: Path
    number: int
    position: int
    snapshot: Snapshot


def open_snapshot(
    folder: Path, number: int, listed: Sequence[tuple[Path, frozenset[int]]], weights: RankingWeights, known: Opened | None
) -> Opened:
    """Segments that `known` has open are not opened again: segments never change."""
    state = generations.read_state(folder, number)
    held = {segment.file.path: segment for segment in known.snapshot.segments} if known else {}
    segments = [held.get(path) or Segment(path) for path, _ in listed]
    scale = NormScale.of(state.averages or (0.0,) * len(FIELDS), weights)
    snapshot = Snapshot(segments, [gone for _, gone in listed], state.written, scale, weights)
    return Opened(folder, number, state.position, snapshot)


class NewestCommit(Protocol):
    """What the reader asks of its engine."""

    def newest(self, opened: Opened) -> Opened: ...


class ArrayReader:
    """Safe to share between threads: nothing that it reads changes."""

    def __init__(self, engine: NewestCommit, opened: Opened) -> None:
        self._engine, self._opened, self._snapshot = engine, opened, opened.snapshot
        self.position = opened.position
        self.generation = f"{opened.folder.name}.{opened.number}"

    @property
    def folder(self) -> Path:
        return self._opened.folder

    @property
    def document_count(self) -> int:
        return self._snapshot.document_count

    @reads
    def languages(self) -> tuple[str, ...]:
        return self._languages

    @cached_property
    def _languages(self) -> tuple[str, ...]:
        """The facet leaves out what there is too much of, and documents without a language count as none."""
        column = self._snapshot.facet("language")
        living = column.ordinals[self._snapshot.living] if self._snapshot.any_dead else column.ordinals
        counts = dict(zip(column.combined, np.bincount(living, minlength=len(column.combined)).tolist(), strict=True))
        return tuple(sorted((each for each in counts if counts[each]), key=lambda language: (-counts[language], language)))

    @reads
    def document(self, document_id: str) -> Document | None:
        number = self._snapshot.number_of(document_id)
        return self._snapshot.document(number) if number >= 0 else None

    # -- words ---------------------------------------------------------------------------------------------------------

    @reads
    def surfaces(self, prefix: str, limit: int) -> Sequence[tuple[str, int]]:
        return forms_from(self._snapshot, prefix, limit)

    @reads
    def surfaces_matching(
        self, prefix: str, pattern: re.Pattern[str] | None, limit: int
    ) -> tuple[Sequence[tuple[str, int]], int]:
        return forms_matching(self._snapshot, prefix, pattern, limit)

    @reads
    def surfaces_near(self, form: str, distance: int, limit: int) -> tuple[Sequence[tuple[str, int]], int]:
        return forms_near(self._snapshot, form, distance, limit)

    @reads
    def surface_frequency(self, form: str) -> int:
        return len(TermLookup(self._snapshot).surface(form))

    @reads
    def forms(self, term: str) -> Sequence[str]:
        key = term.encode("utf-8", "replace")
        found: dict[str, None] = {}
        for segment in self._snapshot.segments:
            row = segment.terms.find(key)
            if row >= 0:
                if not found:
                    found = dict.fromkeys(segment.forms(row))
                else:
                    found.update(dict.fromkeys(segment.forms(row)))
        return tuple(found)

    # -- search --------------------------------------------------------------------------------------------------------

    @reads
    def count(self, tree: Node) -> int:
        return len(Evaluation(self._snapshot).scored(tree, defer=True).documents)

    @reads
    def search(
        self,
        tree: Node,
        *,
        offset: int = 0,
        limit: int = 10,
        sort: Sort = "relevance",
        facets: bool = False,
        explain: bool = False,
    ) -> Matches:
        snapshot, count = self._snapshot, offset + limit
        evaluation = Evaluation(snapshot)
        if sort == "relevance" and count and (words := words_of(evaluation, tree)):
            held, documents, scores = best_of_any(evaluation, words, count)
            total, everything = int(np.count_nonzero(held)), held.nonzero()[0] if facets else documents
            documents, scores = documents[offset:], scores[offset:]
        else:
            everything, page, scores = self._best(evaluation, tree, sort, count)
            total, documents, scores = len(everything), everything[page[offset:]], scores[page[offset:]]
        numbers, shown = documents.tolist(), scores.tolist()
        read = snapshot.documents(numbers)
        if explain:
            why = [parts(evaluation, tree, number, score) for number, score in zip(numbers, shown, strict=True)]
            matches = tuple(map(Match, read, shown, why))
        else:
            matches = tuple(map(Match, read, shown))
        warnings = (TOO_SLOW,) if evaluation.cut_short else ()
        return Matches(total, matches, self._facets(everything) if facets else {}, warnings)

    def _best(self, evaluation: Evaluation, tree: Node, sort: Sort, count: int) -> tuple[DocIds, Array, Floats]:
        """All documents that match, the indices of the first `count`, and scores, which are final for these."""
        scored = evaluation.scored(tree, defer=True)
        documents = scored.documents
        if sort == "relevance":
            scores = refine(evaluation, scored, count)
            return documents, best(self._snapshot, documents, scores, count), scores
        page = best(self._snapshot, documents, None, count)
        scores = scored.scores.copy()
        if page.size:
            asked = np.sort(page)
            scores[asked] = evaluation.final(scored, asked)
        return documents, page, scores

    def _facets(self, documents: DocIds) -> Facets:
        wanted = None if len(documents) == self._snapshot.size else documents
        return {name: (self._years if name == "year" else self._snapshot.facet(name)).count(wanted) for name in FACET_NAMES}

    @cached_property
    def _years(self) -> YearColumn:
        return YearColumn(self._snapshot.dates)

    def refresh(self) -> ArrayReader:
        newest = self._engine.newest(self._opened)
        return self if newest is self._opened else ArrayReader(self._engine, newest)

    def close(self) -> None:
        """The files are closed when nobody reads them any more."""

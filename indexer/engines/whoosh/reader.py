"""Search one commit: a snapshot behind the protocol that all engines implement, with damage reported as `IndexDamaged`."""

from __future__ import annotations

import contextlib
import re
from array import array
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, wraps
from itertools import compress
from pathlib import Path
from typing import Any, ParamSpec, Protocol, TypeVar

import numpy as np

from indexer.engines.base import FACET_NAMES, TOO_SLOW, Deadline, Matches, Sideways, WordMatches, are_plain
from indexer.engines.fields import FIELDS
from indexer.engines.scoring import Floats, NormScale
from indexer.engines.whoosh.search.drill_sideways import failing_one
from indexer.engines.whoosh.search.explain import explain_score
from indexer.engines.whoosh.search.first_page import first_page
from indexer.engines.whoosh.search.kernel_conjunctions import frequency_of_word, occurrences_of_words
from indexer.engines.whoosh.search.kernel_queries import best_of_plan, first_page_of_words
from indexer.engines.whoosh.search.postings import is_member
from indexer.engines.whoosh.search.query_execution import Evaluation
from indexer.engines.whoosh.search.term_expansion import forms_matching, forms_near, forms_with_prefix
from indexer.engines.whoosh.search.topk import merge_segments, newest_k, oldest_k, rescore, top_k
from indexer.engines.whoosh.search.tree_parts import without_constants
from indexer.engines.whoosh.search.unions import any_of, top_k_of_union, union_words
from indexer.engines.whoosh.snapshot.snapshot import Snapshot, matches_of
from indexer.engines.whoosh.storage import generations
from indexer.engines.whoosh.storage.array_file import Array
from indexer.engines.whoosh.storage.posting_lists import DocIds
from indexer.engines.whoosh.storage.segment import Segment
from indexer.errors import EngineError, IndexDamaged, IndexerError, IndexFull, index_read_error, is_disk_full
from indexer.model import NO_FACETS, Document, Facets, Match, RankingWeights, Sort
from indexer.query.nodes import Node, Terms

_new = tuple.__new__  # half of the time of calling the class of the named tuple
_P = ParamSpec("_P")
_R = TypeVar("_R")


@contextmanager
def translate_damage(folder: Path) -> Iterator[None]:
    """Raise IndexDamaged instead of any exception that is not ours.

    Reading damaged files raises nearly every kind: struct.error, UnpicklingError, IndexError.
    """
    try:
        yield
    except IndexerError:
        raise
    except Exception as error:
        raise _damage_error(folder, error) from error


def translates_damage(method: Callable[_P, _R]) -> Callable[_P, _R]:
    """Do the same for a method of an object with a `folder`. A decorator costs nothing where all is well."""

    @wraps(method)
    def guarded(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        try:
            return method(*args, **kwargs)
        except IndexerError:
            raise
        except Exception as error:
            reader: Any = args[0]
            raise _damage_error(reader.folder, error) from error

    return guarded


def _distinct(lines: str | None) -> tuple[str, ...]:
    if lines is None:
        return ()
    return tuple(dict.fromkeys(lines.split("\n"))) if "\n" in lines else (lines,)


def _filters_of(sideways: Sequence[Sideways]) -> list[Node]:
    return without_constants([each.filter for each in sideways])


def _documents_by_facet(sideways: Sequence[Sideways], failing: Sequence[DocIds]) -> dict[str, DocIds]:
    """Return which documents each facet counts as well: those that fail only the filter without which it is counted."""
    return {name: documents for each, documents in zip(sideways, failing, strict=True) for name in each.facets}


def _damage_error(folder: Path, error: Exception) -> EngineError:
    if is_disk_full(error):
        return IndexFull(f"the index in {folder} cannot be written: disk full")
    if isinstance(error, OSError):
        return index_read_error(f"the index in {folder}", error)
    return IndexDamaged(f"the index in {folder} cannot be read: {type(error).__name__}: {error}")


@dataclass(frozen=True, slots=True)
class OpenCommit:
    """An opened commit: its folder, its number, the last change in it and of which archive, and its snapshot."""

    folder: Path
    number: int
    position: int
    archive_id: str
    snapshot: Snapshot


def open_commit(
    folder: Path,
    number: int,
    segment_files: Sequence[tuple[Path, frozenset[int]]],
    weights: RankingWeights,
    previous: OpenCommit | None,
    *,
    compiled: bool,
) -> OpenCommit:
    """Open a commit. Segments that are open in `previous` are reused: segments never change.

    `compiled`: use the compiled kernel where it is available.
    """
    state = generations.read_state(folder, number)
    open_segments = {segment.file.path: segment for segment in previous.snapshot.segments} if previous else {}
    segments = [open_segments.get(path) or Segment(path) for path, _ in segment_files]
    scale = NormScale.of(state.averages or (0.0,) * len(FIELDS), weights)
    snapshot = Snapshot(segments, [deleted for _, deleted in segment_files], state.written, scale, weights, compiled=compiled)
    return OpenCommit(folder, number, state.position, state.archive_id, snapshot)


class NewestCommit(Protocol):
    """What the reader needs of its engine."""

    def newest(self, opened: OpenCommit) -> OpenCommit: ...


class ArrayReader:
    """Searches one commit. It is immutable and safe to share between threads."""

    def __init__(self, engine: NewestCommit, opened: OpenCommit) -> None:
        self._engine, self._opened, self._snapshot = engine, opened, opened.snapshot
        self.memo: dict[Hashable, Any] = {}
        self.has_word_search = True
        self.position, self.archive_id = opened.position, opened.archive_id
        self.generation = f"{opened.folder.name}.{opened.number}"

    @property
    def snapshot(self) -> Snapshot:
        """Return the state of the index that this reader searches."""
        return self._snapshot

    @property
    def folder(self) -> Path:
        return self._opened.folder

    @property
    def document_count(self) -> int:
        return self._snapshot.document_count

    def languages(self) -> tuple[str, ...]:
        return self._languages

    @cached_property
    @translates_damage
    def _languages(self) -> tuple[str, ...]:
        """Return the languages of the documents. Unlike the facet, this includes rare ones."""
        column = self._snapshot.facet("language")
        living = column.ordinals[self._snapshot.living] if self._snapshot.any_deleted else column.ordinals
        counts = dict(zip(column.combinations, np.bincount(living, minlength=len(column.combinations)).tolist(), strict=True))
        return tuple(sorted((each for each in counts if counts[each]), key=lambda language: (-counts[language], language)))

    @translates_damage
    def document(self, document_id: str) -> Document | None:
        number = self._snapshot.number_with_id(document_id)
        return self._snapshot.document(number) if number >= 0 else None

    def documents(self) -> Iterator[Document]:
        for number in range(self._snapshot.size):
            with contextlib.suppress(IndexDamaged):  # `verify` names it
                if (document := self._living(number)) is not None:
                    yield document

    @translates_damage
    def _living(self, number: int) -> Document | None:
        return self._snapshot.document(number) if self._snapshot.living[number] else None

    # -- words ---------------------------------------------------------------------------------------------------------

    @translates_damage
    def surfaces(self, prefix: str, limit: int) -> Sequence[tuple[str, int]]:
        return forms_with_prefix(self._snapshot, prefix, limit)

    @translates_damage
    def surfaces_matching(
        self, prefix: str, pattern: re.Pattern[str] | None, limit: int, deadline: Deadline | None = None
    ) -> tuple[Sequence[tuple[str, int]], int]:
        return forms_matching(self._snapshot, prefix, pattern, limit, deadline)

    @translates_damage
    def surfaces_near(
        self, form: str, distance: int, limit: int, deadline: Deadline | None = None, *, least: int = 0
    ) -> tuple[Sequence[tuple[str, int]], int]:
        return forms_near(self._snapshot, form, distance, limit, deadline, least)

    @translates_damage
    def surface_frequency(self, form: str) -> int:
        return self._snapshot.surface_frequency(form)

    @translates_damage
    def look_up(self, form: str, terms: tuple[str, ...]) -> tuple[int, bool]:
        kernel = self._snapshot.kernel
        if kernel is not None:
            try:
                return kernel.look_up(form, terms)
            except UnicodeEncodeError:  # half of a character outside of the Basic Multilingual Plane
                pass
        return self.surface_frequency(form), are_plain(form, map(self.forms, terms))

    @translates_damage
    def has_any_surface(self, forms: list[str]) -> bool:
        kernel = self._snapshot.kernel
        if kernel is not None:
            try:
                return kernel.has_any_surface(forms)
            except UnicodeEncodeError:  # as in `look_up`
                pass
        return any(map(self.surface_frequency, forms))

    def prepare(self, words: Iterable[str], languages: Sequence[str], deadline: Deadline | None = None) -> None:
        """Do nothing: looking a word up costs as little as preparing for it."""

    def forms(self, term: str) -> Sequence[str]:
        kernel = self._snapshot.kernel
        if kernel is None or (place := kernel.terms.get(term)) is None:
            return self._spellings(term)
        return _distinct(place[4])  # of a term that a search has looked up, as most, in half of the time

    @translates_damage
    def _spellings(self, term: str) -> Sequence[str]:
        if (kernel := self._snapshot.kernel) is not None:
            return _distinct(kernel.find_term(term)[4])
        key, spellings = term.encode("utf-8", "replace"), dict[str, None]()
        for segment in self._snapshot.segments:
            row = segment.terms.find(key)
            if row >= 0:
                if not spellings:
                    spellings = dict.fromkeys(segment.forms(row))
                else:
                    spellings.update(dict.fromkeys(segment.forms(row)))
        return tuple(spellings)

    # -- search --------------------------------------------------------------------------------------------------------

    @translates_damage
    def select(
        self, trees: Sequence[Node], document_ids: Sequence[str], deadline: Deadline | None = None
    ) -> list[frozenset[str]]:
        snapshot, selected, evaluation = self._snapshot, [], None
        numbers = dict(zip(map(snapshot.number_with_id, document_ids), document_ids, strict=True))
        numbers.pop(-1, None)  # of documents that are not there
        among = array("q", sorted(numbers))
        ids = [numbers[number] for number in among]
        for tree, flags in zip(trees, occurrences_of_words(snapshot, trees, among), strict=True):
            if flags is None:
                evaluation = evaluation or Evaluation(snapshot, deadline)
                documents = evaluation.documents(tree)
                flags = is_member(np.frombuffer(among, "i8"), documents, snapshot.size).tobytes()
            selected.append(frozenset(compress(ids, flags)))
        return selected

    @translates_damage
    def count(self, tree: Node, deadline: Deadline | None = None) -> int:
        if isinstance(tree, Terms) and (frequency := frequency_of_word(self._snapshot, tree.terms, tree.fields)) is not None:
            return frequency
        if (best := best_of_plan(self._snapshot, tree, 0, wants_all=False)) is not None:
            return best[0]
        return len(Evaluation(self._snapshot, deadline).documents(tree))

    @translates_damage
    def search(
        self,
        tree: Node,
        *,
        offset: int = 0,
        limit: int = 10,
        sort: Sort = "relevance",
        facets: bool | Collection[str] = False,
        explain: bool = False,
        counted: bool = True,
        sideways: Sequence[Sideways] = (),
        deadline: Deadline | None = None,
    ) -> Matches:
        extent = "documents" if facets else "total" if counted else "page"
        total, all_documents, numbers, scores, failing, evaluation = self._best(
            tree, offset, limit, sort, extent, _filters_of(sideways), deadline
        )
        if explain:
            evaluation = evaluation or Evaluation(self._snapshot, deadline)
            parts = [explain_score(evaluation, tree, *each) for each in zip(numbers, scores, strict=True)]
            matches = tuple(map(Match, self._snapshot.documents(numbers), scores, parts))
        else:
            matches = matches_of(self._snapshot.documents(numbers), scores)
        counts: Facets = {}
        is_cut = False
        names = FACET_NAMES if facets is True else facets or ()
        if names and all_documents is not None:
            is_late = evaluation.expired if evaluation else lambda: deadline is not None and deadline.has_passed
            if sideways and failing is None:
                evaluation = evaluation or Evaluation(self._snapshot, deadline)
                failing = failing_one(evaluation, tree, [each.filter for each in sideways])
            also = _documents_by_facet(sideways, failing or ())
            counts, is_cut = self._snapshot.facets.count(all_documents, names, also, is_late)
        is_cut = is_cut or (evaluation is not None and evaluation.cut_short)
        return Matches(total, matches, counts, (TOO_SLOW,) if is_cut else ())

    @translates_damage
    def search_words(
        self,
        words: Sequence[Node],
        filters: Sequence[Node],
        slop: int,
        bonus: float,
        limit: int,
        *,
        facets: bool = False,
        sideways: Sequence[Sideways] = (),
        deadline: Deadline | None = None,
    ) -> WordMatches | None:
        inner = _filters_of(sideways) if sideways else ()
        if self._snapshot.kernel is not None:
            page = first_page_of_words(self._snapshot, words, filters, slop, bonus, limit, wants_documents=facets, sideways=inner)
        else:
            page = first_page(Evaluation(self._snapshot, deadline), words, filters, slop, bonus, limit, sideways=inner)
        if page is None:
            return None
        total, count, numbers, scores, lacks, is_relaxed, documents, failing = page
        matches = self._snapshot.matches(numbers, scores)
        counts, is_cut = NO_FACETS, False
        if facets:
            also = _documents_by_facet(sideways, failing)
            counts, is_cut = self._snapshot.facets.count(
                documents, FACET_NAMES, also, lambda: deadline is not None and deadline.has_passed
            )
        warnings = (TOO_SLOW,) if is_cut else ()
        return _new(WordMatches, (total, matches[:count], matches[count:], lacks, is_relaxed > 0, counts, warnings))

    def _best(
        self, tree: Node, offset: int, limit: int, sort: Sort, extent: str, sideways: Sequence[Node], deadline: Deadline | None
    ) -> tuple[int, DocIds | None, list[int], list[float], list[DocIds] | None, Evaluation | None]:
        """Return the total, all documents, those of the page and their scores.

        Return also the documents that fail exactly one of the filters in `sideways`, if they are known. The last item is the
        evaluation, if the kernel needed one. `extent` is "documents"; "total", without all documents; or "page": then the total
        may be too low.
        """
        snapshot, count, wants_all, wants_total = self._snapshot, offset + limit, extent == "documents", extent != "page"
        best = None
        if sort == "relevance":
            best = best_of_plan(snapshot, tree, count, wants_all=wants_all, wants_total=wants_total, sideways=sideways)
        if best is not None:
            total, documents, numbers, scores, failing = best
            if len(snapshot.segments) > 1:
                numbers, scores = merge_segments(snapshot, numbers, scores, count)
            return total, documents, numbers[offset:count], scores[offset:count], failing, None
        evaluation = Evaluation(snapshot, deadline, sideways)
        if sort == "relevance" and count and (union := union_words(evaluation, tree)):
            matching = any_of(union[0], snapshot.size, union[1]) if wants_total else None
            best_documents, best_scores = top_k_of_union(evaluation, *union, count, matching)
            documents = matching.nonzero()[0] if wants_all and matching is not None else None
            total = len(best_documents) if matching is None else int(np.count_nonzero(matching))
            return total, documents, best_documents[offset:].tolist(), best_scores[offset:].tolist(), None, evaluation
        all_documents, page, all_scores = self._rank(evaluation, tree, sort, count)
        page = page[offset:]
        numbers, scores = all_documents[page].tolist(), all_scores[page].tolist()
        return len(all_documents), all_documents, numbers, scores, evaluation.failing, evaluation

    def _rank(self, evaluation: Evaluation, tree: Node, sort: Sort, count: int) -> tuple[DocIds, Array, Floats]:
        """Return all matching documents, the indices of the first `count`, and scores, which are final for these."""
        scored = evaluation.scored(tree, defer=True)
        documents = scored.documents
        if sort == "relevance":
            scores = rescore(evaluation, scored, count)
            return documents, top_k(self._snapshot, documents, scores, count), scores
        first = oldest_k if sort == "oldest" else newest_k
        page = first(self._snapshot, documents, count)
        scores = scored.scores.copy()
        if page.size:
            shown = np.sort(page)
            scores[shown] = evaluation.final_scores(scored, shown)
        return documents, page, scores

    def refresh(self) -> ArrayReader:
        newest = self._engine.newest(self._opened)
        return self if newest is self._opened else ArrayReader(self._engine, newest)

    def close(self) -> None:
        """Do nothing: the files are closed when the last reader of them is gone."""

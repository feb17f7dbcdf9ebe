"""Answer plain queries by the compiled kernel: all of some words, or any of them, with filters.

Phrases and proximity are computed as well. Everything else (patterns, variants of words, single fields) returns None and goes
to numpy.
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter
from typing import Final, NamedTuple

import numpy as np

from indexer.engines.fields import FIELDS, filter_key
from indexer.engines.scoring import idf, max_contribution
from indexer.engines.whoosh.search.impacts import merged_postings
from indexer.engines.whoosh.search.tree_parts import choice_of, flatten, is_filter, without_constants
from indexer.engines.whoosh.snapshot.kernel import (
    MAX_BEST,
    MAX_CONDITIONS,
    MAX_FORMS,
    MAX_WORDS,
    Condition,
    FirstPage,
    Kernel,
    PhrasePlace,
    Place,
    Rows,
)
from indexer.engines.whoosh.snapshot.snapshot import Snapshot
from indexer.engines.whoosh.storage.array_file import Array
from indexer.engines.whoosh.storage.layout import UNDATED, parse_bound
from indexer.engines.whoosh.storage.posting_lists import DocIds
from indexer.query.nodes import (
    And,
    DateRange,
    Filter,
    Node,
    Or,
    Prefer,
    Surface,
    TermPhrase,
    Terms,
)

MAX_MOMENT: Final = np.iinfo("i8").max
ROUNDING_MARGIN: Final = 1.0001  # upper bounds are multiplied by this, so that rounding never lowers one
MAX_TERMS = 8  # of a word: with more, as of a pattern, several of them occur
MAX_FIRST_PAGE = 1_000  # documents
MAX_PLANNED: Final = 5_000  # cached plans of nodes
MIN_SKIPPED: Final = 1_024  # documents with a word of a phrase; for fewer, skips would not pay
_POSTING_BYTES = 6  # of a merged list, for each document
_PLAN_BYTES = 200  # of a cached plan
_new = tuple.__new__  # half of the time of calling the class of a named tuple


class PlannedWord(NamedTuple):
    """A word as the kernel takes it, the number of living documents that contain it, its inverse document frequency (`rarity`),
    and an upper bound for its impact.

    `is_merged`: documents contain several of its terms. Then it has no rows and thus no positions.
    """

    word: Terms
    frequency: int
    rarity: float
    unit: float
    bound: float
    rows: Rows
    arguments: tuple[object, ...]
    is_merged: bool
    node: Node | None  # what was planned; None in a plan that several nodes share


WordsAndPlaces = tuple[list[PlannedWord], tuple[PhrasePlace, ...]]


def best_of_plan(
    snapshot: Snapshot, tree: Node, count: int, *, wants_all: bool, wants_total: bool = True, sideways: Sequence[Node] = ()
) -> tuple[int, DocIds | None, list[int], list[float], list[DocIds]] | None:
    """Return the total, all documents (if `wants_all`), the best `count` of each segment, and their scores.

    The total may be too low unless `wants_total`. The last item has for each of the filters in `sideways` the documents that
    fail this filter alone.

    The tree may require all of some words or any of them, or a phrase, under filters. Words that are near one another may be
    preferred. Returns None for any other tree.
    """
    kernel = snapshot.kernel
    if kernel is None or count > MAX_BEST:
        return None
    parts = _parts_of(tree, kernel)
    if parts is None:
        return None
    nodes, filters, better = parts
    is_any = len(nodes) == 1 and not better and not isinstance(nodes[0], TermPhrase)
    if is_any and isinstance(nodes[0], Or):
        nodes = nodes[0].nodes
    phrase = nodes[0] if len(nodes) == 1 and not is_any else better[0] if better and count else None
    is_required = phrase is not None and phrase is nodes[0]
    arguments: tuple[object, ...] | None = ()
    if is_required:
        required = _required_phrase(snapshot, kernel, nodes[0])
        words, arguments = required or (None, ())
    else:
        words = plan_words(snapshot, kernel, nodes)
    conditions = _conditions(snapshot, filters, sideways) if filters or sideways else ()
    if conditions is None or not words:
        return None
    if is_any:
        words = [word for word in words if word.frequency]
        if not words:
            return 0, np.zeros(0, "i8"), [], [], [np.zeros(0, "i8")] * len(sideways)
        words.sort(key=attrgetter("bound"))  # the order of unions.top_k_of_union
        words.reverse()
        is_any = len(words) > 1 or not wants_all  # the documents of one word are read from its list
    else:
        words.sort(key=attrgetter("frequency"))  # the order in which query_execution.py adds up
        if phrase is not None and not is_required:
            arguments = _preferred_phrase(snapshot, kernel, phrase, words)
    if arguments is None:
        return None
    total, numbers, scores, documents, failing = kernel.best(
        tuple([word.arguments for word in words]),
        is_any=is_any,
        conditions=conditions,
        phrase=arguments,
        count=count,
        wants_all=wants_all,
        wants_total=wants_total,
    )
    return total, documents, numbers, scores, failing


def first_page_of_words(
    snapshot: Snapshot,
    nodes: Sequence[Node],
    filters: Sequence[Node],
    slop: int,
    bonus: float,
    count: int,
    *,
    wants_documents: bool = False,
    sideways: Sequence[Node] = (),
) -> FirstPage | None:
    """Return what `best_of_plan` finds for all words under the filters, then for any of them, as `Kernel.first_page` does.

    Documents with the words at most `slop` words apart get the bonus. There may be one phrase instead of the words. Returns None
    if the kernel cannot search one of them or evaluate one of the filters. `sideways`: as for `best_of_plan`.
    """
    kernel = snapshot.kernel
    if kernel is None or not 0 < count <= MAX_FIRST_PAGE:
        return None
    first = nodes[0] if len(nodes) == 1 else None
    phrase = first if isinstance(first, TermPhrase) else None
    if phrase is None:
        plan = _words_near_one_another(snapshot, kernel, nodes, wants_places=bool(bonus))
    else:
        plan = words_of_phrase(snapshot, kernel, phrase)
        slop, bonus = phrase.slop, phrase.boost
    if plan is None:
        return None
    words, places = plan
    conditions = _conditions_of(snapshot, filters, sideways) if filters else ()
    if conditions is None:
        return None
    bonus *= snapshot.weights.k1 + 1
    is_phrase = phrase is not None
    return kernel.first_page(
        tuple(words), conditions, places, slop, bonus, count, is_phrase=is_phrase, wants_documents=wants_documents
    )


def _parts_of(tree: Node, kernel: Kernel) -> tuple[Sequence[Node], Sequence[Node], Sequence[Node]] | None:
    """Return what a tree requires, its filters, and the phrase that it prefers, if any; None if the kernel cannot search it."""
    if not isinstance(tree, And) and (not isinstance(tree, Prefer) or isinstance(tree.node, Terms)):
        return (tree,), (), ()
    if isinstance(tree, Prefer) and isinstance(tree.node, And) and len(tree.better) == 1 and kernel.have_plans(tree.node.nodes):
        return (tree.node.nodes, (), tree.better) if tree.node.nodes else None
    required: list[Node] = []
    excluded: list[Node] = []
    better: list[Node] = []  # calling list[Node]() takes ten times as long
    flatten(tree, required, excluded, better)
    nodes = [node for node in required if not is_filter(node)]
    filters = list(filter(is_filter, required)) if len(nodes) < len(required) else []
    return (nodes, filters, better) if nodes and not excluded and len(better) <= 1 else None


def _conditions_of(snapshot: Snapshot, filters: Sequence[Node], sideways: Sequence[Node]) -> tuple[Condition, ...] | None:
    """Return the filters of a request as the kernel takes them, those in `sideways` first; None if it cannot evaluate one."""
    inner = without_constants(filters)
    return _conditions(snapshot, inner, sideways) if all(map(is_filter, inner)) else None


def _conditions(snapshot: Snapshot, filters: Sequence[Node], sideways: Sequence[Node]) -> tuple[Condition, ...] | None:
    """Return the filters as the kernel takes them, those in `sideways` first.

    Return None if there are too many, or if `sideways` has a node that is not one of the filters.
    """
    others = [node for node in filters if not any([node is each for each in sideways])] if sideways else filters  # noqa: C419
    if len(others) + len(sideways) != len(filters) or len(filters) > MAX_CONDITIONS:
        return None
    conditions: list[Condition] = []
    for node in (*sideways, *others):
        is_sideways = len(conditions) < len(sideways)
        match node:
            case Filter(field="url", value=value):
                conditions.append((snapshot.url_mask(filter_key(value)).view("u1"), 1, 2, None, is_sideways))
            case Filter(field=name, value=value):
                column = snapshot.facet(name)
                flags = column.combinations_with(filter_key(value))
                conditions.append((column.ordinals, 0, 0, flags.view("u1"), is_sideways))
            case Or() if choice := choice_of(node):
                column = snapshot.facet(choice[0].field)
                flags = np.logical_or.reduce([column.combinations_with(filter_key(each.value)) for each in choice])
                conditions.append((column.ordinals, 0, 0, flags.view("u1"), is_sideways))
            case DateRange(start=start, end=end):
                low = max(parse_bound(start), UNDATED + 1) if start else UNDATED + 1
                conditions.append((snapshot.dates, low, parse_bound(end) if end else MAX_MOMENT, None, is_sideways))
    return tuple(conditions)


def _required_phrase(snapshot: Snapshot, kernel: Kernel, node: Node) -> tuple[list[PlannedWord], tuple[object, ...]] | None:
    """Return each word of a phrase once, and the phrase in the form of the kernel; None if the kernel cannot search it."""
    if not isinstance(node, TermPhrase) or (plan := words_of_phrase(snapshot, kernel, node)) is None:
        return None
    words, places = plan
    rarity = 0.0
    for word in words:  # as the kernel adds them up: `sum` may round otherwise
        rarity += word.rarity
    unit = node.boost * (snapshot.weights.k1 + 1) * rarity
    return list({word.rows: word for word in words}.values()), (places, node.slop, unit, 0.0, -1)


def _words_near_one_another(
    snapshot: Snapshot, kernel: Kernel, nodes: Sequence[Node], *, wants_places: bool
) -> WordsAndPlaces | None:
    """Return the plan of each word, and if wanted their places next to one another; None if one has no positions or no score."""
    words = plan_words(snapshot, kernel, nodes)
    if words is None:
        return None
    for word in words:
        if word.is_merged or not word.unit:
            return None
    if len(words) == 1 or not wants_places:
        return words, ()
    return words, tuple([_place_in_phrase(kernel, word, gap) for gap, word in enumerate(words)])


def _place_in_phrase(kernel: Kernel, word: PlannedWord, gap: int) -> PhrasePlace:
    return gap, word.rows, kernel.skips(word.rows) if word.frequency >= MIN_SKIPPED else kernel.no_skips


def words_of_phrase(snapshot: Snapshot, kernel: Kernel, phrase: TermPhrase) -> WordsAndPlaces | None:
    """Return the word at each place of a phrase, and its places as the kernel takes them; None if it cannot search the phrase."""
    if not _is_phrase_of_words(phrase):
        return None
    words: list[PlannedWord] = []
    places: list[PhrasePlace] = []
    for terms, gap in zip(phrase.places, phrase.gaps, strict=True):
        word: PlannedWord = kernel.planned.get((terms, 1.0)) or _planned(snapshot, kernel, Terms(terms, phrase.fields), ())
        if word.is_merged:
            return None
        words.append(word)
        places.append(_place_in_phrase(kernel, word, gap))
    return words, tuple(places)


def _preferred_phrase(snapshot: Snapshot, kernel: Kernel, node: Node, words: Sequence[PlannedWord]) -> tuple[object, ...] | None:
    """Return a phrase that is preferred to some words, in the form of the kernel; None if the kernel cannot search it.

    It adds no more than its first word does, in proportion to what each of them adds at most.
    """
    required = _required_phrase(snapshot, kernel, node)
    if required is None or not isinstance(node, TermPhrase):
        return None
    places, slop, unit, *_ = required[1]
    assert isinstance(unit, float)
    for number, word in enumerate(words):
        if word.word.terms == node.places[0] and word.unit:
            return places, slop, unit, ROUNDING_MARGIN * unit / word.unit, number
    return None


def _is_phrase_of_words(node: TermPhrase) -> bool:
    """Return whether the kernel can search a phrase."""
    places = node.places
    return len(node.fields) == len(FIELDS) and 0 < len(places) <= MAX_WORDS and max(map(len, places)) <= MAX_TERMS


def _word_of(node: Node) -> tuple[Terms, tuple[Surface, ...]] | None:
    """Return a word in any field with the exact forms that are preferred; None for any other node."""
    word, exact = (node.node, node.better) if isinstance(node, Prefer) else (node, ())
    if not isinstance(word, Terms) or len(word.terms) > MAX_TERMS or len(word.fields) != len(FIELDS) or word.boost <= 0:
        return None
    if not exact:
        return word, ()
    if len(exact) == 1 and isinstance(form := exact[0], Surface):  # most words
        return (word, (form,)) if form.boost > 0 else None
    forms = tuple([form for form in exact if isinstance(form, Surface) and form.boost > 0])
    return (word, forms) if len(forms) == len(exact) and len(forms) <= MAX_FORMS else None


def plan_words(snapshot: Snapshot, kernel: Kernel, nodes: Sequence[Node]) -> list[PlannedWord] | None:
    """Return the plan of each word; None if there are too many, or if a node is something else."""
    if not 0 < len(nodes) <= MAX_WORDS:
        return None
    words, plans = [], kernel.plans
    for node in nodes:
        planned = plans.get(id(node))
        if planned is None or planned[-1] is not node:
            planned = _plan_node(snapshot, kernel, node)
            if planned is None:
                return None
        words.append(planned)
    return words


def planned_node(snapshot: Snapshot, kernel: Kernel, node: Node) -> PlannedWord | None:
    """Return the plan of a word, which is cached by the identity of its node; None where the node is something else."""
    planned: PlannedWord | None = kernel.plans.get(id(node))
    return planned if planned is not None and planned[-1] is node else _plan_node(snapshot, kernel, node)


def _plan_node(snapshot: Snapshot, kernel: Kernel, node: Node) -> PlannedWord | None:
    word = _word_of(node)
    if word is None:
        return None
    terms, forms = word
    if forms and len(terms.terms) == 1:  # most words: query understanding remembers their nodes
        planned = _plan_word(snapshot, kernel, terms, forms, node)
    else:
        planned = _planned(snapshot, kernel, terms, forms)
        if planned.is_merged:
            return planned
        planned = _new(PlannedWord, (*planned[:-1], node))
    plans = kernel.plans
    if len(plans) >= MAX_PLANNED:
        plans.clear()
    plans[id(node)] = planned
    return planned


def _planned(snapshot: Snapshot, kernel: Kernel, word: Terms, forms: tuple[Surface, ...]) -> PlannedWord:
    """Return the plan of a word with these exact forms, which is cached by its terms."""
    key: tuple[object, ...] = (word.terms, word.boost)
    for form in forms:
        key += (form.form, form.boost)
    planned: PlannedWord | None = kernel.planned.get(key)
    if planned is None and len(word.terms) > 1:  # only such a word may be merged
        planned = snapshot.postings_cache.get(key)
    if planned is None:
        planned = _plan_word(snapshot, kernel, word, forms)
        if planned.is_merged:
            snapshot.postings_cache.put(key, planned, _PLAN_BYTES + _POSTING_BYTES * planned.frequency)
        else:
            if len(kernel.planned) >= MAX_PLANNED:
                kernel.planned.clear()
            kernel.planned[key] = planned
    return planned


def _plan_word(
    snapshot: Snapshot, kernel: Kernel, word: Terms, forms: tuple[Surface, ...], node: Node | None = None
) -> PlannedWord:
    documents, merged = snapshot.document_count, None
    if len(word.terms) == 1:
        rows, frequency, rarity, starts, _ = kernel.terms.get(word.terms[0]) or kernel.find_term(word.terms[0])
    else:
        (rows, frequency, rarity, starts, _), merged = _place_of_terms(snapshot, kernel, word)
    unit = word.boost * (snapshot.weights.k1 + 1) * rarity
    boosts, planned_forms = 0.0, []
    for form in forms:
        form_rows, _, form_rarity, _, _ = kernel.surfaces.get(form.form) or kernel.find_surface(form.form)
        boosts += form.boost
        planned_forms.append((form.boost * form_rarity, form_rows))
    bound = max_contribution(unit, boosts, documents, snapshot.weights)
    arguments = (unit, rows, starts, tuple(planned_forms), merged)
    return _new(PlannedWord, (word, frequency, rarity, unit, bound, rows, arguments, merged is not None, node))


def _place_of_terms(snapshot: Snapshot, kernel: Kernel, word: Terms) -> tuple[Place, tuple[Array, Array, Array] | None]:
    """Return the place of a word with several terms (in a query, one for each language), and their merged postings.

    If documents contain only one of the terms, it is the place of this term, and nothing is merged.
    """
    nowhere, documents = kernel.rows_of_nothing, snapshot.document_count
    place: Place = (nowhere, 0, idf(documents, 0), nowhere, None)
    for term in dict.fromkeys(word.terms):
        own_place = kernel.find_term(term)
        if own_place[1] and place[1]:
            merged, frequency = merged_postings(snapshot, word)
            return ((0,) * len(nowhere), frequency, idf(documents, frequency), nowhere, None), merged
        if own_place[1]:
            place = own_place
    return place, None

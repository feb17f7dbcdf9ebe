"""The compiled kernel and numpy give the same totals, documents, order and bits of scores, and both meet damage alike."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC
from pathlib import Path

import numpy as np
import pytest
import zstandard
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from indexer.analysis.edit_distance import within_distance
from indexer.analysis.folding import fold
from indexer.engines.base import Reader, Sideways, WordMatches
from indexer.engines.drill_sideways import count_by_searches
from indexer.engines.fields import FIELDS
from indexer.engines.whoosh.engine import WhooshEngine
from indexer.engines.whoosh.reader import ArrayReader
from indexer.engines.whoosh.search import topk
from indexer.engines.whoosh.snapshot import kernel
from indexer.engines.whoosh.snapshot.kernel import document_reader, most_frequent_values
from indexer.engines.whoosh.storage import layout, posting_lists
from indexer.engines.whoosh.storage.layout import FIELD_NAMES, pack_document, unpack_document
from indexer.errors import EngineError
from indexer.model import Document, Match
from indexer.query.nodes import And, Constant, DateRange, Filter, Node, Not, Or, Prefer, Surface, TermPhrase, Terms
from support.contract_corpus import changes, doc, fill, term, word
from support.engines import NOW, WEIGHTS, require_kernel

WORDS = ("amber", "birch", "cedar", "delta")
texts = st.lists(st.sampled_from(WORDS), max_size=25).map(" ".join)
documents = st.builds(
    doc,
    st.sampled_from("abcdefghijklmnopqrst"),
    texts,
    texts,
    date=st.sampled_from((None, "2020-05-27", "2021-01-01", "2024-05-30", "2031-01-01")),
    categories=st.lists(st.sampled_from(["Amber", "birch"]), max_size=2).map(tuple),
)
corpora = st.lists(st.lists(documents | st.sampled_from("abcd"), min_size=1, max_size=12), min_size=1, max_size=5)

LANGUAGES = ("en", "de", "fr")  # all documents are in the first
plain = st.builds(
    lambda w, count: Terms(tuple(term(f"{language}/{w}") for language in LANGUAGES[:count]), FIELDS),
    st.sampled_from(WORDS),
    st.integers(1, 3),
) | st.builds(lambda w, v: Terms((term(f"en/{w}"), term(f"en/{v}")), FIELDS), st.sampled_from(WORDS), st.sampled_from(WORDS))
words = plain | st.builds(lambda node, w: Prefer(node, (Surface(w, 0.2),)), plain, st.sampled_from(WORDS))


@st.composite
def phrases(draw: st.DrawFn) -> TermPhrase:
    places = draw(st.lists(st.sampled_from(WORDS), min_size=1, max_size=3))
    gaps = [0]
    for _ in places[1:]:
        gaps.append(gaps[-1] + draw(st.integers(1, 2)))
    languages = LANGUAGES[: draw(st.integers(1, 3))]
    return TermPhrase(
        tuple(tuple(term(f"{each}/{w}") for each in languages) for w in places), tuple(gaps), FIELDS, draw(st.integers(0, 9)), 0.5
    )


filters = st.sampled_from(
    (
        Filter("category", "amber"),
        Filter("url", "/a"),
        DateRange("2021", None),
        DateRange(None, "2024-05-30"),
        Not(word("en/delta")),
        Constant(Filter("category", "birch")),
        Constant(Or((Filter("category", "birch"), Filter("category", "amber")))),
    )
)
conjunctions = st.builds(lambda a, b: And((*a, *b)), st.lists(words, min_size=1, max_size=4), st.lists(filters, max_size=2))
unions = st.builds(
    lambda a, b: And((Or(tuple(a)), *b)), st.lists(words, min_size=1, max_size=4), st.lists(filters, min_size=1, max_size=2)
)
trees = (
    words
    | unions
    | st.builds(lambda node, some: And((node, *some)), phrases(), st.lists(filters, min_size=1, max_size=2))
    | st.lists(words, min_size=2, max_size=5).map(lambda nodes: Or(tuple(nodes)))
    | conjunctions
    | phrases()
    | st.builds(lambda node, better: Prefer(node, tuple(better)), conjunctions, st.lists(phrases(), min_size=1, max_size=2))
)


@pytest.mark.slow
@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(corpora, st.lists(trees, min_size=1, max_size=8), st.integers(1, 3))
def test_both_paths_agree_bit_by_bit(batches: list[list[Document | str]], asked: list[Node], small: int) -> None:
    require_kernel()
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patched:
        if small < 3:  # as if a handful of documents were thousands
            patched.setattr(layout, "BLOCK_BITS", small)
            patched.setattr(posting_lists, "MIN_STORED_DOCUMENTS", small)
            patched.setattr(topk, "_MIN_RESCORED", 1)
            patched.setattr(topk, "_RESCORE_ALL_RATIO", 1)
        writer = WhooshEngine(Path(folder), WEIGHTS, now=lambda: NOW).writer()
        for batch in batches:
            writer.apply(changes(batch, writer.position + 1), writer.position + len(batch) + 1)
        compare(Path(folder), asked)


def compare(folder: Path, asked: list[Node]) -> None:
    compiled = WhooshEngine(folder, WEIGHTS, now=lambda: NOW).reader()
    reference = WhooshEngine(folder, WEIGHTS, now=lambda: NOW, compiled=False).reader()
    assert compiled.snapshot.kernel is not None
    assert reference.snapshot.kernel is None
    for tree in asked:
        assert compiled.count(tree) == reference.count(tree)
        for limit, offset, facets in ((3, 0, False), (2, 1, True), (100, 0, False), (0, 0, True)):
            ours = compiled.search(tree, limit=limit, offset=offset, facets=facets)
            theirs = reference.search(tree, limit=limit, offset=offset, facets=facets)
            assert ours == theirs, tree
            for reader in (compiled, reference):
                check_sideways(reader, tree, limit)
                assert reader.search(tree, limit=limit, offset=offset, counted=False).matches == ours.matches, tree
        assert compiled.search(tree, sort="date") == reference.search(tree, sort="date")
        nodes = [node for node in tree.nodes if isinstance(node, Terms | Prefer)] if isinstance(tree, And) else [tree]
        for limit, under in ((1, ()), (3, ()), (100, ()), (2, (category,)), (100, (category, since))):
            page = check_search_of_words(compiled, nodes, limit, under)
            assert (own := check_search_of_words(reference, nodes, limit, under)) == page or None in (own, page), tree


category = Constant(Or((Filter("category", "birch"), Filter("category", "amber"))))
since = Constant(DateRange("2021", None))


def check_search_of_words(
    reader: ArrayReader, nodes: Sequence[Node], limit: int, under: tuple[Node, ...] = ()
) -> WordMatches | None:
    """Search for words at once, and for all of them and any of them one after the other."""
    page = reader.search_words(nodes, under, 2, 0.5, limit)
    if page is None:
        return None
    words = [node.node if isinstance(node, Prefer) else node for node in nodes]
    places = tuple(word.terms for word in words if isinstance(word, Terms))
    near = Prefer(And(tuple(nodes)), (TermPhrase(places, tuple(range(len(places))), FIELDS, 2, 0.5),))
    all_of_them, any_of_them = And((near if len(nodes) > 1 else nodes[0], *under)), And((Or(tuple(nodes)), *under))
    sideways = [Sideways(node, each) for node, each in zip(under, (("category",), ("year", "month")), strict=False)]
    counted = reader.search_words(nodes, under, 2, 0.5, limit, facets=True, sideways=sideways)
    tree = any_of_them if page.is_relaxed else all_of_them
    assert counted == page._replace(facets=reader.search(tree, limit=0, facets=True, sideways=sideways).facets)
    full = reader.search(all_of_them, limit=limit)
    if full.total >= limit or len(nodes) == 1:
        assert page == WordMatches(full.total, full.matches)
        return page
    loose, ids = reader.search(any_of_them, limit=limit), {match.document.id for match in full.matches}
    partial = [match for match in loose.matches if match.document.id not in ids][: limit - len(ids)]
    documents = [match.document.id for match in partial]
    having = reader.select(nodes, documents)
    lacks = tuple(tuple(n for n, own in enumerate(having) if id_ not in own) for id_ in documents)
    assert page == WordMatches(full.total or loose.total, full.matches, tuple(partial), lacks, not full.total and loose.total > 0)
    return page


@pytest.mark.parametrize("is_compiled", [True, False])
def test_words_are_searched_for_at_once(tmp_path: Path, is_compiled: bool) -> None:
    if is_compiled:
        require_kernel()
    engine = WhooshEngine(tmp_path, WEIGHTS, now=lambda: NOW, compiled=is_compiled)
    writer = engine.writer()
    texts = ("amber birch", "amber then birch", "amber cedar", "birch", "amber delta amber", "delta", *["ebony"] * 30)
    writer.apply(changes([doc(f"{n}", "", text) for n, text in enumerate(texts)], 1), len(texts))
    reader = engine.reader()
    amber, birch, cedar, delta, absent = (word(f"en/{each}") for each in (*WORDS, "absent"))
    assert reader.search_words((amber, birch), (Not(cedar),), 2, 0.5, 10) is None, "not a filter"
    assert reader.search_words((amber, cedar, TermPhrase((), (), FIELDS)), (), 2, 0.5, 10) is None, "not a word"
    for nodes, total, partial in (
        ((amber, birch), 2, 3),
        ((birch, amber, amber), 2, 3),
        ((birch, cedar), 4, 4),
        ((amber, absent), 4, 4),
        ((delta,), 2, 0),
        ((absent, absent), 0, 0),
    ):
        page = check_search_of_words(reader, nodes, 10)
        assert page is not None
        assert (page.total, len(page.partial)) == (total, partial), nodes
    writer.apply(changes([doc("x", "", "amber birch")], len(texts) + 1), len(texts) + 1)
    several = engine.reader()
    assert len(several.snapshot.segments) == 2
    page = check_search_of_words(several, (amber, birch), 10)
    assert (page is None) == is_compiled, "dates and ids decide between equal scores of two segments"


def test_a_phrase_is_searched_for_at_once(tmp_path: Path) -> None:
    require_kernel()
    engine = WhooshEngine(tmp_path, WEIGHTS, now=lambda: NOW)
    texts = ["amber birch", "amber then birch cedar", "birch amber", "amber birch amber", "cedar", *["ebony"] * 9]
    reader = fill(engine, [doc(f"{n}", "", text, categories=(WORDS[n % 2],)) for n, text in enumerate(texts)])

    def phrase(words: str, slop: int = 0) -> TermPhrase:
        places = tuple((f"en/{each}",) for each in words.split())
        return TermPhrase(places, tuple(range(len(places))), FIELDS, slop)

    for node, under, total in (
        (phrase("amber birch"), (), 2),
        (phrase("amber birch"), (Constant(Filter("category", "amber")),), 1),
        (phrase("amber birch", 1), (), 3),
        (phrase("birch cedar amber"), (), 0),
        (phrase("amber birch amber"), (), 1),
        (phrase("birch birch"), (), 0),
        (phrase("birch absent"), (), 0),
    ):
        page = check_search_of_words(reader, (node,), 10, under)
        assert page is not None
        assert (page.total, page.partial) == (total, ()), node


def test_a_term_that_stands_twice_at_a_position_counts_twice(tmp_path: Path) -> None:
    """Analysis gives a letter of a script without spaces twice, where a word ends and the next one begins with it."""
    require_kernel()
    engine = WhooshEngine(tmp_path, WEIGHTS, now=lambda: NOW)
    texts = ["에서 서울서울", "서울 에서", "에서 서울", "서울서울 에서", *["에서 서울서울 에서 서울서울"] * 3]
    fill(engine, [doc(f"{n}", "", text, language="zh") for n, text in enumerate(texts)])
    nodes = []
    for letters in ("서울서울", "서울", "에서서", "울서"):
        places = tuple((f"zh/~{letter}",) for letter in letters)
        nodes.append(TermPhrase(places, tuple(range(len(places))), FIELDS))
    compare(tmp_path, nodes)


def test_words_of_equal_rarity_are_added_up_in_the_same_order(tmp_path: Path) -> None:
    require_kernel()
    chance, texts = random.Random(1), [["ebony"] * (n % 30) for n in range(40)]
    for each in WORDS:
        for n in chance.sample(range(40), 10):
            texts[n] += [each] * chance.randint(1, 4)
    engine = WhooshEngine(tmp_path, WEIGHTS, now=lambda: NOW)
    reader = fill(engine, [doc(f"{n}", "", " ".join(words)) for n, words in enumerate(texts)])
    for _ in range(20):
        page = check_search_of_words(reader, [word(f"en/{each}") for each in chance.sample(WORDS, 4)], 20)
        assert page is not None
        assert page.partial


def check_sideways(reader: Reader, tree: Node, limit: int) -> None:
    """Count facets without a filter at once, and by one search for each filter."""
    nodes = tree.nodes if isinstance(tree, And) else ()
    filters = {id(node): node for node in nodes if isinstance(node, Constant | Filter | DateRange)}
    names = (("category",), ("year", "month"))
    sideways = [Sideways(node, each) for node, each in zip(filters.values(), names, strict=False)]
    facets = reader.search(tree, limit=limit, facets=True, sideways=sideways).facets
    by_searches = count_by_searches(reader, tree, sideways, None)
    assert facets == {**reader.search(tree, limit=0, facets=True).facets, **by_searches}, tree


moments = st.none() | st.datetimes().map(lambda moment: moment.replace(tzinfo=UTC))
several = st.lists(st.text("aé😀 ", min_size=1, max_size=5), max_size=3).map(tuple)
stored = st.builds(
    Document,
    id=st.text(max_size=5),
    url=st.text(max_size=5),
    title=st.text(max_size=20),
    text=st.text(max_size=20) | st.just("long " * 500),
    date=moments,
    modified=moments,
    authors=several,
    image=st.none() | st.text(min_size=1, max_size=5),
    also=several,
)


def read_by_kernel(packed: list[bytes]) -> list[Document]:
    """Let the kernel read packed documents from a file."""
    ends = np.cumsum([len(each) for each in packed], dtype="u4")
    with tempfile.TemporaryFile() as file:
        file.write(b"".join([b"before", *packed]))
        file.flush()
        read = document_reader(((file.fileno(), len(b"before"), sum(map(len, packed)), ends),))
        assert read is not None
        numbers = list(range(len(packed)))
        documents, scores = read.documents(numbers), [n / 2 for n in numbers]
        assert read.matches(numbers, scores) == tuple(map(Match, documents, scores))
        return documents


@given(st.lists(stored, max_size=4), st.binary(max_size=40))
@example([], b"\x1f" * (len(FIELD_NAMES) - 1))
def test_both_paths_read_the_same_documents(documents: list[Document], junk: bytes) -> None:
    require_kernel()
    packed = [pack_document(each) for each in documents]
    assert read_by_kernel(packed) == [unpack_document(each) for each in packed]
    for damaged in (b"p" + junk, b"p" + b"\x1f" * 20, b"", junk):
        try:
            expected = [unpack_document(damaged)]
        except (ValueError, zstandard.ZstdError) as error:
            with pytest.raises(ValueError if isinstance(error, ValueError) else type(error)):
                read_by_kernel([*packed, damaged])
        else:
            assert read_by_kernel([damaged]) == expected


def test_several_threads_read_many_long_documents() -> None:
    require_kernel()
    documents = [Document(f"d{n}", "", "Long", f"{n} is long " * (20 * (n % 9))) for n in range(60)]
    packed = [pack_document(each) for each in documents]
    assert sum(map(len, packed)) > 16_384
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(read_by_kernel, [packed] * 8)) == [documents] * 8


def test_what_decompresses_documents_serves_one_call_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    require_kernel()
    packed = [pack_document(Document("d", "", "Long", "long " * 500))]
    in_use: list[int] = []

    def new_decompress() -> Callable[[bytes], bytes]:
        own = zstandard.ZstdDecompressor()

        def decompress(compressed: bytes) -> bytes:
            assert id(own) not in in_use
            in_use.append(id(own))
            if len(in_use) < 3:
                assert read_again([0]) == expected
            in_use.remove(id(own))
            return own.decompress(compressed)

        return decompress

    monkeypatch.setattr(kernel, "new_decompress", new_decompress)
    expected = list(map(unpack_document, packed))
    with tempfile.TemporaryFile() as file:
        file.write(packed[0])
        file.flush()
        read = document_reader(((file.fileno(), 0, len(packed[0]), np.array([len(packed[0])], "u4")),))
        assert read is not None
        read_again = read.documents
        assert read_again([0]) == read_again([0]) == expected


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.sets(
        st.text("ab", max_size=8).map("babbabba".__add__) | st.text("ab\u0101", min_size=1, max_size=9),
        min_size=150,
        max_size=400,
    ),
    st.randoms(use_true_random=False),
)
def test_both_paths_find_words_that_begin_alike(forms: set[str], chance: random.Random) -> None:
    require_kernel()
    with tempfile.TemporaryDirectory() as folder:
        parts = chance.sample(sorted(forms), len(forms) // 2), sorted(forms)
        engine = WhooshEngine(Path(folder), WEIGHTS, now=lambda: NOW)
        fill(engine, [doc(str(number), "Forms", " ".join(part)) for number, part in enumerate(parts)])
        compiled, reference = (
            WhooshEngine(Path(folder), WEIGHTS, now=lambda: NOW, compiled=flag).reader() for flag in (True, False)
        )
        for form in [form for each in forms for form in (fold(each), each[:-1], each + "a", each + "\0")]:
            assert compiled.surface_frequency(form) == reference.surface_frequency(form)
            assert compiled.forms(f"en/{form}") == reference.forms(f"en/{form}")


spelt = st.text("abcdeé😀", min_size=1, max_size=9)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(spelt, min_size=1, max_size=40), st.lists(spelt, min_size=1, max_size=10), st.integers(0, 3))
def test_both_paths_find_the_same_similar_words(forms: list[str], typed: list[str], distance: int) -> None:
    require_kernel()
    with tempfile.TemporaryDirectory() as folder:
        half = forms[: len(forms) // 2]  # in two documents
        fill(
            WhooshEngine(Path(folder), WEIGHTS, now=lambda: NOW),
            [doc("a", "Forms", " ".join(forms)), doc("b", "Forms", " ".join(half))],
        )
        compiled, reference = (
            WhooshEngine(Path(folder), WEIGHTS, now=lambda: NOW, compiled=flag).reader() for flag in (True, False)
        )
        for form in (*typed, *forms, "", "~", "\ud83d"):
            for terms in ((f"en/{form}",), (f"en/{form}", f"en/{form[1:]}", "de/a"), (f"en/{forms[0]}",)):
                assert compiled.look_up(form, terms) == reference.look_up(form, terms)
            assert compiled.surface_frequency(form) == reference.surface_frequency(form)
            assert compiled.forms(f"en/{form}") == reference.forms(f"en/{form}")
            near = compiled.surfaces_near(form, distance, 50)
            assert near == reference.surfaces_near(form, distance, 50)
            for reader in (compiled, reference):
                frequent = reader.surfaces_near(form, distance, 50, least=2)[0]
                assert [each for each in frequent if each[1] >= 2] == [each for each in near[0] if each[1] >= 2]


similar = st.lists(st.text("abé", min_size=3, max_size=7), min_size=1, max_size=12)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(st.lists(similar, min_size=1, max_size=4), min_size=1, max_size=3),
    st.booleans(),
    st.integers(0, 2),
    st.integers(0, 5),
)
def test_similar_words_are_all_those_within_the_distance(
    segments: list[list[list[str]]], deletes: bool, distance: int, least: int
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        engine = WhooshEngine(Path(folder), WEIGHTS, now=lambda: NOW)
        for n, forms_of_documents in enumerate(segments):
            fill(engine, [doc(f"{n}-{i}", "", " ".join(forms)) for i, forms in enumerate(forms_of_documents)])
        if deletes:
            fill(engine, ["0-0"])
        for is_compiled in (True, False):
            reader = WhooshEngine(Path(folder), WEIGHTS, now=lambda: NOW, compiled=is_compiled).reader()
            counts = dict(reader.surfaces("", 1_000))
            for form in {"abba", "ababa", *segments[0][0]}:
                near, _ = reader.surfaces_near(form, distance, 1_000, least=least)
                expected = {each: n for each, n in counts.items() if n >= least and within_distance(each, form, distance)}
                assert {each: n for each, n in near if n >= least} == expected
                assert near == sorted(near, key=lambda pair: (-pair[1], pair[0].encode()))


def test_thousands_of_documents_agree_bit_by_bit(tmp_path: Path) -> None:
    require_kernel()
    engine = WhooshEngine(tmp_path, WEIGHTS, now=lambda: NOW)
    texts = [
        " ".join(w for i, w in enumerate(WORDS) if (n * 7919 >> i) % (i + 2) < 2) + " amber" * (n % 40) for n in range(9_000)
    ]
    with engine.rebuild() as rebuild:
        rebuild.apply(
            changes([doc(f"d{n}", text[:20], text, date=f"20{10 + n % 14}-05-27") for n, text in enumerate(texts)]), 9_000
        )
        rebuild.publish()
    fill(engine, [doc("new", "amber birch", "cedar"), *(f"d{n}" for n in range(0, 200, 3))])
    pair = [word("en/amber"), Prefer(word("en/birch"), (Surface("birch", 0.2),))]
    near = TermPhrase(((term("en/amber"),), (term("en/birch"),)), (0, 1), FIELDS, 8, 0.5)
    compare(
        tmp_path,
        [
            *pair,
            Or(tuple(pair)),
            Or((*pair, word("en/cedar"), word("en/delta"))),
            And(tuple(pair)),
            Prefer(And(tuple(pair)), (near,)),
            near,
            And((*pair, Filter("category", "none"))),
            And((Or(tuple(pair)), DateRange("2015", "2019"))),
            And((near, DateRange("2015", "2019"))),
            And((*pair, DateRange("2015", "2019"))),
        ],
    )


@pytest.mark.parametrize("ordinal", [-1, 1, 2, 1 << 40])
def test_an_ordinal_without_values_is_damage(ordinal: int) -> None:
    """-1 is the highest number without a sign: adding 1 to it gives 0, which is an ordinal."""
    require_kernel()
    column = ["a"], np.array([0, ordinal]), np.arange(2), np.zeros(1, "i8")
    with pytest.raises(ValueError, match="damaged"):
        most_frequent_values(((column, None),), None, 5)


@pytest.mark.parametrize(("gap", "slop"), [(0, -(2**63)), (0, 2**40), (-1, 0), (2**62, 0)])
def test_an_impossible_phrase_is_an_error(tmp_path: Path, gap: int, slop: int) -> None:
    require_kernel()
    reader = fill(WhooshEngine(tmp_path, WEIGHTS, now=lambda: NOW), [doc("1", "", "amber birch")])
    phrase = TermPhrase((("en/amber",), ("en/birch",)), (0, gap), FIELDS, slop)
    with pytest.raises(EngineError):
        reader.search(phrase)


def test_lists_that_are_only_searched_for_candidates_agree_bit_by_bit(tmp_path: Path) -> None:
    """Documents with rare words are among the best, so that the lists of frequent words are not read in several windows."""
    require_kernel()
    engine = WhooshEngine(tmp_path, WEIGHTS, now=lambda: NOW)
    size, chance = 36_000, random.Random(3)  # three windows of a union
    shares = {"amber": 2, "birch": 6, "cedar": 90, "delta": 700, "ebony": 1_500}
    texts = [
        " ".join(w for w, share in shares.items() for _ in range(chance.choice((1, 1, 2))) if n * 7919 % share == n % 2)
        for n in range(size)
    ]
    with engine.rebuild() as rebuild:
        documents = [doc(f"{n}", text[: n % 7], text, date=f"20{10 + n % 14}-05-27") for n, text in enumerate(texts)]
        rebuild.apply(changes(documents), size)
        rebuild.publish()
    fill(engine, [doc("new", "ebony", "amber birch"), *(f"{n}" for n in range(0, size, 11))])
    words = [Prefer(word(f"en/{each}"), (Surface(each, 0.2),)) for each in shares]
    unions = [Or(tuple(words[i] for i in range(len(words)) if subset >> i & 1)) for subset in range(1, 1 << len(words))]
    unions = [tree for tree in unions if len(tree.nodes) > 1]
    compare(tmp_path, [*unions, *(And((tree, DateRange("2015", "2019"))) for tree in unions[::5])])


def test_lists_of_all_lengths_agree_bit_by_bit(tmp_path: Path) -> None:
    """Lists in which documents stand evenly, in clusters and at the ends, with one position in most documents and many in some."""
    require_kernel()
    engine = WhooshEngine(tmp_path, WEIGHTS, now=lambda: NOW)
    size = 3_000
    having = {
        "amber": lambda n: n % 2 == 0,
        "birch": lambda n: n % 3 < 2,
        "cedar": lambda n: n % 31 == 0,
        "delta": lambda n: n < 200 or n > size - 40,
        "ebony": lambda n: 1_000 < n < 1_090 or n % 500 == 0,
        "fern": lambda n: n in (0, 1_499, size - 1),
    }
    texts = []
    for n in range(size):
        words = [w for w, has in having.items() if has(n)]
        again = words * (n % 11 if n % 5 == 0 else 1)
        texts.append(" ".join(random.Random(n).sample(again, len(again))))
    with engine.rebuild() as rebuild:
        documents = [
            doc(f"{n}", text[: n % 30], text if n % 97 else "", authors=("cedar",) * (n % 90 == 0))
            for n, text in enumerate(texts)
        ]
        rebuild.apply(changes(documents), size)
        rebuild.publish()
    everywhere = doc(
        "all", "cedar fern", "amber cedar fern", summary="cedar fern", categories=("cedar", "fern"), authors=("cedar",)
    )
    titles = [doc(f"title {n}", "cedar fern delta", "amber " * n) for n in range(3)]
    fill(engine, [doc("new", "fern", "amber birch fern"), everywhere, *titles, *(f"{n}" for n in range(0, 100, 3))])
    terms = {each: (term(f"en/{each}"),) for each in having}
    pairs = [(a, b) for a in having for b in having]
    phrases = [TermPhrase((terms[a], terms[b]), (0, 1), FIELDS, slop, 0.5) for a, b in pairs for slop in (0, 3)]
    exact = {each: Prefer(word(f"en/{each}"), (Surface(each, 0.2),)) for each in having}
    every = tuple(exact.values())
    synonyms = Terms((*terms["cedar"], *terms["delta"]), FIELDS)  # some documents contain both
    compare(
        tmp_path,
        [
            *phrases,
            TermPhrase((terms["amber"], terms["birch"], terms["amber"]), (0, 1, 3), FIELDS, 0, 0.5),
            *(And((exact[a], exact[b])) for a, b in pairs if a < b),
            *(
                Prefer(And((exact[a], exact[b])), (TermPhrase((terms[a], terms[b]), (0, 1), FIELDS, 8, 0.5),))
                for a, b in pairs
                if a < b
            ),
            *(Or((exact[a], exact[b])) for a, b in pairs if a < b),
            Or(every),
            Or((synonyms, exact["ebony"], exact["birch"])),
            Or((Prefer(synonyms, (Surface("cedar", 0.2), Surface("delta", 0.1))), exact["amber"])),
            And(every[:3]),
        ],
    )


def test_many_different_counts_agree_bit_by_bit(tmp_path: Path) -> None:
    """The counts of a word in the fields of a document have more combinations than a byte has values."""
    require_kernel()
    engine = WhooshEngine(tmp_path, WEIGHTS, now=lambda: NOW)
    counts = [(n % 23, n % 29, n % 3) for n in range(3_000)]
    with engine.rebuild() as rebuild:
        documents = [
            doc(f"{n}", "amber " * title + "birch", "amber " * text + "birch cedar " * also)
            for n, (title, text, also) in enumerate(counts)
        ]
        rebuild.apply(changes(documents), len(documents))
        rebuild.publish()
    segment = engine.reader().snapshot.segments[0]
    assert segment.arrays["posting.code"].itemsize > 1
    words = [Prefer(word(f"en/{each}"), (Surface(each, 0.2),)) for each in ("amber", "birch", "cedar")]
    compare(tmp_path, [*words, Or(tuple(words)), Or(tuple(words[1:])), And(tuple(words))])


def test_words_of_hardly_any_weight_agree_bit_by_bit(tmp_path: Path) -> None:
    """A boost may be the product of many, and the steps in a score of 1 would be infinite."""
    require_kernel()
    engine = WhooshEngine(tmp_path, WEIGHTS, now=lambda: NOW)
    counts = [(n * 7 % 5, n * 11 % 3) for n in range(200)]
    fill(engine, [doc(f"{n}", "", "amber " * amber + "birch " * birch + "cedar") for n, (amber, birch) in enumerate(counts)])
    for boost in (1e-30, 1e-36, 1e-38):
        words = [Prefer(word(f"en/{each}", boost=boost), (Surface(each, boost / 5),)) for each in ("amber", "birch", "cedar")]
        compare(tmp_path, [Or(tuple(words)), Or(tuple(words[:2]))])


@pytest.mark.parametrize("is_compiled", [True, False])
def test_documents_without_a_score_are_listed_like_others(tmp_path: Path, is_compiled: bool) -> None:
    """All fields that match may have a weight of 0."""
    if is_compiled:
        require_kernel()
    chance = random.Random(1)
    others = [f"other{n}" for n in range(60)]
    texts = [*WORDS, *others, *(" ".join(chance.sample(others, 20)) for _ in range(300))]
    engine = WhooshEngine(tmp_path, replace(WEIGHTS, title=0.0, body=0.0), now=lambda: NOW, compiled=is_compiled)
    reader = fill(engine, [doc(f"{n}", "", text) for n, text in enumerate(texts)])
    for _ in range(20):
        frequent = [word(f"en/{each}", boost=100 * chance.random()) for each in others]
        rare = [word(f"en/{each}", boost=chance.choice((0.01, 0.1))) for each in WORDS]
        found = reader.search(Or((*rare, *frequent)), limit=1_000)
        assert len(found.matches) == found.total == len(texts)

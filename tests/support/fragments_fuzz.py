"""Compare the kernel of snippets with Python on random texts: `python -m support.fragments_fuzz MODULE TRIALS SEED`.

The sanitizers are preloaded, and end the process at any access outside of an array.
"""

from __future__ import annotations

import importlib.util
import json
import random
import sys
from importlib.machinery import ExtensionFileLoader
from typing import Any

from indexer.model import Document, Match
from indexer.search.result_json import hit_mapping

NAME = "indexer.snippets._kernel"
WORDS = (
    "harbour harbours Harbour HARBOUR ferry ferries Don don't Don’t O'Brien l'Europe l’Europe Europe's europe été ÉTÉ État Zürich "
    "Zuerich zurich straße STRASSE STRAẞE Ångström \u212bngström İstanbul istanbul the The of WHO who it IT ΟΔΟΣ οδός Москва "
    "москвы мы港口 港口重新开放 海 abc日本 한국어 שלום مرحبا نص नमस्ते Mi\u00adgra\u00adtion migration Sta\u0308dte a b aʼb ʼn foo_bar x"
).split()
SEPARATORS = (
    *" " * 20, ". ", ", ", "\n", "\n\n", "  ", "! “", "” ", "’ ", "' ", "'", "’", "-", "_", "…", "? ", "。", "\xa0", "\u200b",
    "\t", ".) ", "😀", "\U0001f900", "\u2028", "\x85", "\r\n", "\x1f", ".\n", " \n ",
    "\x0b", "\x1c ", "\0", ".\x1e", " \x07 ",
)  # fmt: skip
WANTED = "harbour ferry don don't o'brien europe été zurich strasse ångström istanbul who it οδός москва 港口 海 migration städte a x".split()
LANGUAGES = ("en", "fr", "de", "tr", "el", "ru", "zh", "vi", "und")


def load(path: str) -> Any:
    """Let the snippets use this build of the kernel."""
    from indexer.snippets import kernel

    loader = ExtensionFileLoader(NAME, path)
    spec = importlib.util.spec_from_loader(NAME, loader)
    assert spec
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    kernel.mark_page, kernel.mark_hits, kernel.similar_pairs = module.page, module.hits, module.similar_pairs
    kernel.hits_json, kernel.exact_needle, kernel.missing_words = module.json, module.exact_needle, module.missing_words
    return kernel


def text(chance: random.Random, words: list[str], separators: tuple[str, ...]) -> str:
    """Return a text, now and then with characters of any kind in it."""
    pieces = [chance.choice(words) + chance.choice(separators) for _ in range(chance.choice((0, 1, 5, 40, 200, 900)))]
    if chance.random() < 0.1:
        pieces.insert(0, "".join(chr(chance.choice((chance.randrange(0x300), chance.randrange(0xD800)))) for _ in range(30)))
    return "".join(pieces)


def match(title: str, text: str, language: str) -> Match:
    return Match(Document("id", "", title, text, language=language), 1.0)


def main() -> None:
    """Print how many pages were compared, and how many of them the kernel did itself."""
    kernel, trials, chance = load(sys.argv[1]), int(sys.argv[2]), random.Random(int(sys.argv[3]))
    from indexer.analysis.analyzer import query_terms
    from indexer.snippets.highlighter import HighlightTerms, Marker, SurfaceFormCache
    from support.marks_by_analysis import forms_in

    done, mark_page = 0, kernel.mark_page

    def counted(*arguments: Any) -> Any:
        nonlocal done
        shown = mark_page(*arguments)
        done += shown is not None
        return shown

    kernel.mark_page = counted
    for _ in range(trials):
        language = chance.choice(LANGUAGES)
        words = chance.sample(WORDS, chance.choice((3, 10, len(WORDS))))
        separators = tuple(chance.sample(SEPARATORS, chance.choice((2, 5, 12))))
        page = [(text(chance, words, separators)[:200], text(chance, words, separators)) for _ in range(chance.randrange(1, 4))]

        def terms(count: int, language: str = language) -> list[frozenset[str]]:
            return [
                frozenset(t for token in query_terms(chance.choice(WANTED), [language]) for t in token.terms)
                for _ in range(count)
            ]

        wanted = HighlightTerms(
            frozenset().union(*terms(chance.randrange(4))),
            tuple(tuple(terms(chance.randrange(1, 4))) for _ in range(chance.randrange(3))),
        )
        forms = forms_in(*[part for pair in page for part in pair], language=language)
        ours, theirs = (Marker(wanted, SurfaceFormCache(forms), compiled=by_kernel) for by_kernel in (True, False))
        for _ in range(2):  # the second time with what the first has taught
            shown = theirs.page(page, language)
            assert ours.page(page, language) == shown, (page, language, wanted)
            lacking = None if chance.random() < 0.5 else tuple([tuple(chance.sample(WANTED, chance.randrange(3))) for _ in page])
            hits = ours.hits(tuple([match(title, body, language) for title, body in page]), language, lacking)
            assert hits is None or [(hit.title, hit.snippet) for hit in hits] == shown, (page, language, wanted)
            assert hits is None or tuple([hit.missing for hit in hits]) == (lacking or ((),) * len(page)), lacking
            encoded = None if hits is None else kernel.hits_json(hits)
            assert encoded is None or json.loads(encoded) == list(map(hit_mapping, hits)), (page, language, wanted)
        numbers = [tuple(sorted(chance.sample(range(9), chance.randrange(4)))) for _ in range(chance.randrange(40))]
        kernel.missing_words(tuple(chance.choices(WORDS, k=9)), tuple(numbers))
        kernel.similar_pairs(tuple([match("", part, language) for pair in page * 2 for part in pair]), 30, 600, 0.8, 30)
    print(trials, done // 2)


if __name__ == "__main__":
    main()

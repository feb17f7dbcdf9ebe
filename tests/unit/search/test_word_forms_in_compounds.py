"""Compounds are split by the vocabulary of the index, and rank after the word itself."""

from __future__ import annotations

import pytest

from indexer.engines.memory import MemoryEngine
from indexer.model import Change, Document, RankingWeights, SearchRequest
from indexer.search.compounds import compounds
from indexer.search.searcher import Searcher

# Word forms of German pages. The compounds of each word below are the right ones; everything else would be a wrong split.
VOCABULARY = """grenze grenzen schutz grenzschutz grenzschutzbehörde behörde behörden arbeit arbeiten arbeiter arbeitsmarkt markt
    märkte marktplatz platz plätze bundestag bund tagung haus häuser hausarzt rathaus kranken krankenhaus krankheit kind kinder
    kindergarten garten gärten mutter mutterschaft post posten postamt poster amt ämter wochenende woche ende laufende lauf
    regen regenschirm schirm regieren regierung regierungschef chef test testament autonomie auto autobahn bahn bahnhof hofbräu
    europa euro europäisch land landwirt wirtschaft landschaft deutschland deutsch landung gesund gesundheit politik politiker
    politikwissenschaft wissenschaft wissenschaftler recht rechte rechnung rechtsanwalt anwalt staat staatsanwalt stadt stadtrat
    hauptstadt haupt verein vereinte vereinbarung universität universum organ organisation spiel spiele spielplatz beispiel bei
    meister bürgermeister bürger meisterschaft wasser wasserwerk werk werkstatt abwasser schule schulen hochschule hoch schüler
    schülerin lehrer lehrerin dampfschiff dampf schiff schifffahrt fahrt fahrplan plan planung sonne sonntag montag minister
    ministerium ministerin außenminister außen innenminister innen fördern forderung fordern""".split()


@pytest.fixture(scope="module")
def searcher() -> Searcher:
    engine = MemoryEngine(RankingWeights())
    documents = [Document(str(n), f"https://example.org/{n}", "-", word, language="de") for n, word in enumerate(VOCABULARY)]
    engine.writer().apply([Change(n, each.id, each) for n, each in enumerate(documents, 1)], len(documents))
    return Searcher(engine)


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("grenzschutz", {"grenzschutzbehorde"}),
        ("schutz", {"grenzschutz"}),
        ("behorde", {"grenzschutzbehorde"}),
        ("arbeit", {"arbeitsmarkt"}),
        ("markt", {"marktplatz", "arbeitsmarkt"}),
        ("haus", {"hausarzt", "krankenhaus", "rathaus"}),
        ("kind", {"kindergarten"}),
        ("mutter", set()),
        ("post", set()),
        ("lauf", set()),
        ("regen", {"regenschirm"}),
        ("regierung", {"regierungschef"}),
        ("test", set()),
        ("auto", {"autobahn"}),
        ("land", set()),
        ("euro", set()),
        ("politik", {"politikwissenschaft"}),
        ("wissenschaft", {"politikwissenschaft"}),
        ("recht", {"rechtsanwalt"}),
        ("anwalt", {"rechtsanwalt", "staatsanwalt"}),
        ("stadt", {"hauptstadt"}),
        ("verein", set()),
        ("organ", set()),
        ("platz", {"marktplatz", "spielplatz"}),
        ("meister", {"burgermeister"}),
        ("wasser", {"wasserwerk"}),
        ("schule", {"hochschule"}),
        ("schiff", {"dampfschiff", "schifffahrt"}),
        ("minister", {"aussenminister"}),
        ("fordern", set()),
    ],
)
def test_right_splits_only(searcher: Searcher, word: str, expected: set[str]) -> None:
    assert set(compounds(word, "de", searcher.reader())) == expected


def test_the_word_itself_comes_first(searcher: Searcher) -> None:
    texts = [hit.document.text for hit in searcher.search(SearchRequest("Grenzschutz")).hits]
    assert texts == ["grenzschutz", "grenzschutzbehörde"]
    marked = searcher.search(SearchRequest("Behörde")).hits[-1].snippet
    assert [fragment.text for fragment in marked if fragment.marked] == ["grenzschutzbehörde"]


def test_other_languages_have_no_compounds() -> None:
    engine = MemoryEngine(RankingWeights())
    documents = [Document(word, f"https://example.org/{word}", "-", word, language="en") for word in ("rain", "bow", "rainbow")]
    engine.writer().apply([Change(n, each.id, each) for n, each in enumerate(documents, 1)], len(documents))
    assert Searcher(engine).search(SearchRequest("rain")).total == 1

"""Floors under spelling and completions, on the sample newsroom in three languages: what was typed, and what was meant."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from indexer.config import load_settings, open_engine
from indexer.model import SearchRequest
from indexer.search.searcher import Searcher

SAMPLE = Path(__file__).resolve().parents[2] / "index_data" / "sample"
MISSPELT = """
Nachfähre|Nachtfähre Hafenmaur|Hafenmauer Krabenn|Krabben Gezeitenmüle|Gezeitenmühle Leuchtrum|Leuchtturm
Samenachriv|Samenarchiv Biologinn|Biologin Austren|Austern Delegtion|Delegation Trockendok|Trockendock Schulklase|Schulklasse
Büherboot|Bücherboot Bucherbot|Bücherboot Anlegger|Anleger Kukucksuhr|Kuckucksuhr Dunkelhiet|Dunkelheit Seegrass|Seegras
écolers|écoliers bruillard|brouillard moulain|moulin estuare|estuaire marrée|marée biblioteque|bibliothèque electriqe|électrique
cygnse|cygnes aprentices|apprentices libary|library lighthosue|lighthouse umbrelas|umbrellas carousle|carousel
Marginala|Marginalia Ostrader|Ostrander Orrinn|Orrin fishmongrs|fishmongers thermometre|thermometer backwrds|backwards
diveted|diverted estuery|estuary
"""
ABSENT = """
internet smartphone Regenschirm Flugzeug Schwimmbad Bundeskanzler avion ordinateur président banque kangaroo helicopter
democracy Kartoffel Fahrrad voiture église castle railway elephant budget parliament vaccine Wahl Polizei musée théâtre trumpet
pepper Zwiebel Tor Haus mouette goéland seagull whale puffin dolphin Möwe
"""
COMPLETED = """
night f|night ferry; harbour w|harbour wall; hrabour w|harbour wall; libary bo|library boat; Gezeitenm|Gezeitenmühle
gezeitenmu|Gezeitenmühle; gezietenm|Gezeitenmühle; nachtfa|Nachtfähre; leucht|Leuchtturm; bac de n|bac de nuit
moulin a mar|moulin à marée; ecoliers qui|écoliers qui prévoient; storm b|storm bell; tide mi|tide mill; tide-m|tide mill
hanne v|Hanne Vik; mirre al|Mirre Aldous; little sk|Little Skarn; dry d|dry dock; fish m|fish market; hafenb|Hafenbecken
kettle l|Kettle Lane; zuri|Zürich; lower t|lower town; cale se|cale sèche; ostr|Ostrander; librar|library; huitr|huîtres
trocken|Trockendock; le bac|le bac
"""
# When these were set, 36 of 38 were corrected, 2 of 39 got an offer, and 27 and 30 of 30 completions were first and among three.
MIN_CORRECTED, MAX_OFFERED, MIN_FIRST, MIN_AMONG_THREE = 35, 3, 26, 29


@pytest.fixture(scope="module")
def searcher(tmp_path_factory: pytest.TempPathFactory) -> Searcher:
    data = tmp_path_factory.mktemp("sample")
    env = {
        **{name: value for name, value in os.environ.items() if not name.startswith("INDEXER_")},
        "INDEXER_DATA": str(data),
        "INDEXER_CRAWL_ALLOW_PRIVATE_HOSTS": "true",
        "INDEXER_CRAWL_DELAY_SECONDS": "0",
    }
    site = subprocess.Popen([sys.executable, str(SAMPLE / "serve.py"), "--port", "0"], stdout=subprocess.PIPE, text=True)
    assert site.stdout
    try:
        address = site.stdout.readline().strip()
        for arguments in (["add", f"{address}rss.xml", f"{address}atom.xml"], ["crawl"]):
            subprocess.run([sys.executable, "-m", "indexer", *arguments], env=env, capture_output=True, timeout=120, check=False)
    finally:
        site.terminate()
        site.wait(120)
    settings = load_settings(data)
    return Searcher(open_engine(settings), settings.weights)


def offer(searcher: Searcher, query: str) -> str | None:
    meant = searcher.search(SearchRequest(query)).did_you_mean
    return meant.query if meant else None


def test_misspelt_words_are_corrected_as_the_pages_write_them(searcher: Searcher) -> None:
    pairs = [pair.split("|") for pair in MISSPELT.split()]
    wrong = [(typed, right, offered) for typed, right in pairs if (offered := offer(searcher, typed)) != right]
    assert len(pairs) - len(wrong) >= MIN_CORRECTED, wrong


def test_words_that_no_page_has_are_left_alone(searcher: Searcher) -> None:
    offered = {word: meant for word in ABSENT.split() if (meant := offer(searcher, word))}
    assert len(offered) <= MAX_OFFERED, offered
    assert "internet" not in offered


def test_the_wanted_completion_comes_first(searcher: Searcher) -> None:
    pairs = [pair.strip().split("|") for pair in COMPLETED.replace("\n", ";").split(";") if pair.strip()]
    lists = {typed: ([each.text for each in searcher.suggest(typed)], wanted) for typed, wanted in pairs}
    first = [typed for typed, (offered, wanted) in lists.items() if offered[:1] == [wanted]]
    among = [typed for typed, (offered, wanted) in lists.items() if wanted in offered[:3]]
    assert len(first) >= MIN_FIRST, {typed: lists[typed] for typed in lists if typed not in first}
    assert len(among) >= MIN_AMONG_THREE, {typed: lists[typed] for typed in lists if typed not in among}
    for offered, _ in lists.values():
        assert all(searcher.search(SearchRequest(f'"{text}"')).total for text in offered), offered

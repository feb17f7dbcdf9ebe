"""A text that is too short to tell its language has that of nearly all texts of its source."""

from __future__ import annotations

import dataclasses

import pytest

from indexer.extract.extractor import extract_document
from indexer.extract.repeated_blocks import SiteTemplate
from indexer.extract.template_learning import learn_site
from indexer.model import Entry, Response, Source

SOURCE = Source("https://example.org/feed")
DANISH = (
    "Havnefogeden talte ni terner på stenrevet før middag, som han gør hvert forår, og han skrev det i sin bog.",
    "Færgen sejler igen fra mandag, men kun om morgenen, siger rederiet i en meddelelse til sine kunder.",
    "Kommunen vil lukke den gamle skole til sommer, fordi der ikke længere er børn nok i byen.",
)


def answer(number: int, text: str, attributes: str = "") -> Response:
    url = f"https://example.org/{number}"
    page = f"<html {attributes}><head><meta charset=utf-8></head><body><article><h1>Nr. {number}</h1><p>{text}</p></article></body></html>"
    return Response(url, url, 200, {}, page.encode())


def learned(texts: list[str]) -> Source:
    pages = [answer(number, text) for number, text in enumerate(texts)]
    template, _ = learn_site(SOURCE, [(Entry(page.url), page) for page in pages])
    return dataclasses.replace(SOURCE, template=template.to_json())


def language_of(source: Source, text: str, attributes: str = "", declared: str | None = None) -> str:
    page = answer(99, text, attributes)
    document = extract_document(Entry(page.url, title="Nr. 99", language=declared), page.url, source, page).document
    assert document is not None
    return document.language


@pytest.mark.parametrize(
    ("attributes", "declared", "language"), [("", None, "da"), ("lang=sv", None, "sv"), ("", "no", "no"), ("lang=da", "no", "da")]
)
def test_a_short_text_has_the_language_of_its_source_unless_one_is_declared(
    attributes: str, declared: str | None, language: str
) -> None:
    source = learned([f"{DANISH[number % 3]} Det var nummer {number} i år." for number in range(12)])
    assert SiteTemplate.from_json(source.template).language == "da"
    assert language_of(source, "Ni terner.", attributes, declared) == language


def test_a_text_that_is_long_enough_tells_its_own_language() -> None:
    source = learned([f"{DANISH[number % 3]} Det var nummer {number} i år." for number in range(12)])
    assert (
        language_of(source, "The harbour master counted nine terns on the bank before noon, as he does every spring. " * 3)
        == "en"
    )


def test_a_source_of_several_languages_has_no_usual_one() -> None:
    english = "The harbour master counted nine terns on the shingle bank before noon, and he wrote it down in his book."
    source = learned([f"{english * 6 if number % 2 else DANISH[0] * 6} {number}" for number in range(12)])
    assert SiteTemplate.from_json(source.template).language == ""

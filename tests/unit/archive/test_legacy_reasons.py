"""The sentences that earlier versions stored become codes, once, and none is lost."""

from __future__ import annotations

import pytest

from indexer.archive.legacy_reasons import classify
from indexer.reasons import Reason

A = "https://news.example/a"

SENTENCES = [
    ("new", Reason("new")),
    ("extracted again", Reason("re-extracted")),
    (f"moved to {A}", Reason("moved", url=A)),
    (f"the same text as {A}", Reason("duplicate", url=A)),
    ("imported from old.jsonl", Reason("imported", "old.jsonl")),
    ("a PDF of 12 pages", Reason("pdf", "12")),
    (f"its canonical address {A} is on another site: it is kept under its own", Reason("canonical-other-site", url=A)),
    (f"{A}: the server answered 404", Reason("status", "the server answered 404", A)),
    (f"{A}: the server answered 404, twice since 2026-01-02", Reason("gone", "404", A, "2026-01-02")),
    (f"{A}: the server answered 404, twice since 2026-01-02; the same text is at {A}/b",
     Reason("replaced", url=f"{A}/b", cause=Reason("gone", "404", A, "2026-01-02"))),
    (f"{A}: the site's robots.txt does not allow it since 2026-01-02", Reason("robots", url=A, since="2026-01-02")),
    (f"{A}: a consent wall was answered instead of the page; the feed's own text is used", Reason("consent", url=A)),
    (f"{A}: not a web page but image/gif; the text that we have stays", Reason("content-type", "image/gif", A)),
    (f'{A}: an error page was answered with 200 ("Not found: /x; sorry"); the text that we have stays',
     Reason("error-page", "Not found: /x; sorry", A)),
    (f"{A}: it leads to a login (https://news.example/login); the text that we have stays",
     Reason("login-redirect", url="https://news.example/login")),
    (f"{A}: of 1200 characters of text 30 are left, which speak of cookies; the text that we have stays",
     Reason("shrunk-wall", "1200 -> 30, of cookies", A)),
    ("it leads to the home page of news.example since 2026-02-03", Reason("redirect-home", "news.example", "", "2026-02-03")),
    ('the page asks not to be indexed (meta robots: "noindex, follow")', Reason("noindex", 'meta robots: "noindex, follow"')),
    ("the page asks not to be indexed after 2025-12-01 (unavailable_after)", Reason("unavailable-after", "2025-12-01")),
    (f"{A}: no whole answer within 30 s (timeout_seconds)", Reason("timeout", "no whole answer within 30 s (timeout_seconds)", A)),
    (f"{A}: the secure connection failed (the certificate has expired)",
     Reason("tls", "the secure connection failed (the certificate has expired)", A)),
    (f"{A}: the name x cannot be resolved (Name or service not known)",
     Reason("dns", "the name x cannot be resolved (Name or service not known)", A)),
    (f"12 of 16 documents would leave the index, which is more than a fifth; all are kept. The first: {A}: the server answered"
     f" 404, twice since 2026-01-02. If that is right: indexer crawl --accept-removals {A}",
     Reason("asking", "12/16", A, cause=Reason("gone", "404", A, "2026-01-02"))),
    ("this should not have happened: KeyError: 'x' (please report it with what indexer --debug crawl shows)",
     Reason("internal-error", "KeyError: 'x'")),
    ("a sentence that no version wrote", Reason("other", "a sentence that no version wrote")),
]  # fmt: skip


@pytest.mark.parametrize(("sentence", "reason"), SENTENCES)
def test_a_stored_sentence_becomes_its_code(sentence: str, reason: Reason) -> None:
    assert classify(sentence) == reason


def test_an_address_with_robots_txt_in_it_is_not_a_robots_rule() -> None:
    url = "https://news.example/guide-to-robots.txt"
    assert classify(f"{url}: the server answered 500") == Reason("status", "the server answered 500", url)

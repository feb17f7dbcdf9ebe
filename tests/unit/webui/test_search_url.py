"""Links of the search page, compared with a plain urlencode."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode

from hypothesis import given
from hypothesis import strategies as st
from werkzeug.test import create_environ
from werkzeug.wrappers import Request

from indexer.model import SearchRequest
from webui.search_url import FILTERS, Links, parameters

TEXTS = st.text(alphabet="aä &=?#+/%<\"'ß中", max_size=6)
VALUES = st.lists(TEXTS.filter(bool), max_size=3, unique=True).map(tuple)
REQUESTS = st.builds(
    SearchRequest,
    query=TEXTS,
    page=st.integers(1, 4),
    size=st.sampled_from((10, 20)),
    sort=st.sampled_from(("relevance", "date")),
    sources=VALUES,
    categories=VALUES,
    authors=VALUES,
    languages=VALUES,
    date_from=st.sampled_from((None, "2020", "2021-05")),
    date_to=st.sampled_from((None, "2021")),
)


def plain(wanted: SearchRequest) -> str:
    pairs = [("q", wanted.query)]
    pairs += [(name, value) for name, given in FILTERS.items() for value in getattr(wanted, given)]
    pairs += [("from", wanted.date_from or ""), ("to", wanted.date_to or "")]
    pairs += [
        ("sort", wanted.sort if wanted.sort != "relevance" else ""),
        ("size", str(wanted.size) if wanted.size != 10 else ""),
    ]
    pairs += [("page", str(wanted.page) if wanted.page > 1 else "")]
    return "/?" + urlencode([pair for pair in pairs if pair[1]])


@given(REQUESTS, TEXTS.filter(bool))
def test_a_link_is_the_search_with_one_thing_changed(wanted: SearchRequest, value: str) -> None:
    links, first = Links(wanted), wanted._replace(page=1)
    assert links.page(wanted.page) == plain(wanted)
    assert links.page(1) == plain(first)
    assert links.query(value) == plain(first._replace(query=value))
    assert links.sort("date") == plain(first._replace(sort="date"))
    assert links.sort("relevance") == plain(first._replace(sort="relevance"))
    assert links.dates("2019", None) == plain(first._replace(date_from="2019", date_to=None))
    assert links.only("category", value) == plain(first._replace(categories=(value,)))
    for name, attribute in FILTERS.items():
        values = getattr(wanted, attribute)
        for each in (value, *values):
            toggled = tuple(v for v in values if v != each) if each in values else (*values, each)
            assert links.toggled(name, each) == plain(first._replace(**{attribute: toggled}))
    feed = dict(parse_qsl(links.rss().partition("?")[2]))
    assert not {"page", "sort", "size"} & set(feed)
    assert feed.get("q", "") == wanted.query


@given(st.text(st.sampled_from("q=&+%;a C3Å\xa4é?#"), max_size=14).map(lambda text: "q=" + text) | st.text(max_size=20))
def test_parameters_are_those_that_flask_reads(text: str) -> None:
    query_string = text.encode("utf-8", "replace").decode("latin-1")
    environ = create_environ()
    environ["QUERY_STRING"] = query_string
    assert list(parameters(query_string).items(multi=True)) == list(Request(environ).args.items(multi=True))

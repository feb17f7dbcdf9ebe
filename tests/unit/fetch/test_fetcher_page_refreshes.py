"""Pages that only send on to another one are followed as redirects are; what has something to read is a page."""

from __future__ import annotations

import asyncio

import pytest

from indexer.fetch.fetcher import MAX_REFRESH_PAGE_BYTES, Fetcher, get_page, refresh_of
from indexer.fetch.transport import Request
from indexer.model import Failure, FetchPolicy, Response

URL = "https://a.example/old"
ARTICLE = "<html><title>Quay</title><p>" + "The ferry crosses the estuary again after nine winters. " * 20


def stub(body: str, headers: dict[str, str] | None = None) -> tuple[str, int] | None:
    return refresh_of(Response(URL, URL, 200, headers or {}, body.encode()))


@pytest.mark.parametrize(
    "body",
    [
        '<meta http-equiv="refresh" content="0; url=/new?a=1&amp;b=2">',
        "<META content='0;URL=\"/new?a=1&b=2\"' HTTP-EQUIV=Refresh><p>You are being redirected, <a href=/new>click here</a>.",
        "<meta http-equiv=refresh content=0;/new?a=1&b=2>",
        "<noscript><meta http-equiv=refresh content='0.5, /new?a=1&b=2'></noscript><script>location.replace('/new?a=1&b=2')</script>",
        '<script>window.location.href = "/new?a=1&b=2";</script>',
        "<body onload=\"location='/new?a=1&b=2'\">",
        '<script type="text/javascript">\ntop.location.assign("https://a.example/new?a=1&b=2")\n</script>',
    ],
)
def test_where_it_sends_on_to(body: str) -> None:
    assert stub(body) == ("https://a.example/new?a=1&b=2", 0)


def test_a_header_says_so_as_well() -> None:
    assert stub("", {"refresh": "3; url=new"}) == ("https://a.example/new", 3)


@pytest.mark.parametrize(
    "body",
    [
        "<meta http-equiv=refresh content=30>",  # itself, again and again
        "<meta http-equiv=refresh content='300; url=/new'>",
        "<meta http-equiv=refresh content='0; url=javascript:alert(1)'>",
        "<!-- <meta http-equiv=refresh content='0; url=/ie6'> -->",
        "<meta http-equiv=refresh content='0; url=/nojs'>" + ARTICLE,
        "<script>location.href = '/new'</script>" + ARTICLE,
        "<script>if (screen.width < 500) location.href = '/mobile';</script>",
        "<script>location.href = '/new?from=' + document.referrer;</script>",
        "<script>my.location = '/new'; var location_x = '/y'</script>",
        "<meta http-equiv=refresh content='0; url=/new'>" + " " * MAX_REFRESH_PAGE_BYTES,
        "%PDF-1.7 <meta http-equiv=refresh content='0; url=/new'>",
    ],
)
def test_what_is_a_page_of_its_own(body: str) -> None:
    assert stub(body) is None


class Pages:
    """Bodies, redirects and failures by path."""

    def __init__(self, **pages: str) -> None:
        self.pages = pages

    async def send(self, request: Request) -> Response | Failure:
        name = request.url.rpartition("/")[2]
        body = self.pages.get(name)
        if body is None:
            return Response(request.url, request.url, 404)
        if body.startswith("302 "):
            return Response(request.url, request.url, 302, {"location": body[4:]})
        return Response(request.url, request.url, 200, {"etag": '"1"', "content-type": "text/html"}, body.encode())

    async def close(self) -> None: ...


def asked(first: str = "old", **pages: str) -> Response | Failure:
    async def ask() -> Response | Failure:
        async with Fetcher(FetchPolicy(delay_seconds=0), Pages(**pages)) as fetcher:
            return await get_page(fetcher, f"https://a.example/{first}")

    return asyncio.run(ask())


def to(name: str, seconds: int = 0) -> str:
    return f"<meta http-equiv=refresh content='{seconds}; url=/{name}'>"


def test_at_once_is_for_good_and_later_is_not() -> None:
    answer = asked(old=to("new"), new=ARTICLE)
    assert isinstance(answer, Response)
    assert (answer.url, answer.permanent_url, answer.requested_url) == ("https://a.example/new", "https://a.example/new", URL)
    assert "etag" not in answer.headers, "the page that sends on may stay as it is when the other one changes"
    answer = asked(old=to("new", 5), new=ARTICLE)
    assert isinstance(answer, Response)
    assert (answer.url, answer.permanent_url) == ("https://a.example/new", None)
    answer = asked(old="302 /other", other=to("new"), new=ARTICLE)
    assert isinstance(answer, Response)
    assert (answer.url, answer.permanent_url) == ("https://a.example/new", None)


def test_circles_and_long_ways_end() -> None:
    answer = asked(old=to("new"), new=to("old"))
    assert isinstance(answer, Response)
    assert answer.url == "https://a.example/new"
    answer = asked("a", a=to("b"), b=to("c"), c=to("d"), d=to("e"), e=ARTICLE)
    assert isinstance(answer, Response)
    assert answer.url == "https://a.example/d"


def test_a_page_that_sends_on_to_nothing_is_lost_with_it() -> None:
    answer = asked(old=to("gone"))
    assert isinstance(answer, Failure)
    assert (answer.url, answer.status) == (URL, 404)
    assert "sends on" in answer.detail
    assert "/gone" in answer.detail

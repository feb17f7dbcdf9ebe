"""Pages that only send on to another one: `<meta http-equiv=refresh>`, its header, a script of one line.

A redirect is what a browser's user sees as one. Only pages with hardly a word are taken for it: what has something to read
may well refresh itself, or send away those without a script.
"""

from __future__ import annotations

import dataclasses
import re
from html import unescape

from indexer import html
from indexer.fetch.fetcher import ANY_TYPE, Fetcher
from indexer.fetch.politeness import Budget
from indexer.model import Failure, Response
from indexer.urls import identity, resolve

MAX_HOPS = 3
MAX_PAGE = 20_000  # bytes of a page that only sends on
MAX_SCRIPTED = 3_000  # the same where a script does
MAX_WORDS = 300  # characters that a reader sees on it ("You are being redirected. If nothing happens, click here")
MAX_DELAY = 10  # seconds
AT_ONCE = 1  # seconds of delay up to which the page has moved for good

_META = re.compile(r"<meta\b[^<>]{0,500}?\bhttp-equiv\s*=\s*[\"']?\s*refresh\b[^<>]{0,2500}>", re.I)
_CONTENT = re.compile(r"\bcontent\s*=\s*(?:\"([^\"]{0,2200})\"|'([^']{0,2200})'|([^\s>]{1,2200}))", re.I)
_REFRESH = re.compile(r"\s*(\d{1,4})(?:\.\d*)?\s*[;,\s]\s*(?:url\s*=\s*)?[\"']?\s*([^\"']{1,2100}?)\s*[\"']?\s*", re.I)
_SCRIPT = re.compile(
    r"(?<![\w.$])(?:(?:window|document|self|top|parent)\s*\.\s*)?location(?:\s*\.\s*href)?\s*(?:=|\.\s*(?:replace|assign)\s*\()\s*"
    r"([\"'])((?:(?!\1)[^\\\r\n]){1,2000})\1\s*(?:[;})\r\n<]|\"?\s*>|$)"
)
_CONDITION = re.compile(r"\b(?:if|function|switch|setTimeout)\b\s*\(|\?[^\"']*:|=>")


async def get_page(
    fetcher: Fetcher,
    url: str,
    *,
    etag: str | None = None,
    last_modified: str | None = None,
    accept: str = ANY_TYPE,
    budget: Budget | None = None,
) -> Response | Failure:
    """As `Fetcher.get`, but a page that only sends on is followed as a redirect is."""
    answer = await fetcher.get(url, etag=etag, last_modified=last_modified, accept=accept, budget=budget)
    seen = {identity(url)}
    for _ in range(MAX_HOPS):
        refresh = refresh_of(answer) if isinstance(answer, Response) else None
        if refresh is None or not isinstance(answer, Response):
            break
        target, seconds = refresh
        seen.add(identity(answer.url))
        if identity(target) in seen:
            break
        seen.add(identity(target))
        following = await fetcher.get(target, accept=accept, budget=budget)
        if isinstance(following, Failure):
            return dataclasses.replace(following, url=url, detail=f"{url}: it only sends on to another page; {following.detail}")
        permanent = answer.permanent_url
        if seconds <= AT_ONCE and identity(answer.url) == identity(permanent or url):
            permanent = following.permanent_url or target
        # Of the page that sends on they would say nothing: it may stay as it is while the other one changes.
        headers = {name: value for name, value in following.headers.items() if name not in ("etag", "last-modified")}
        answer = dataclasses.replace(following, requested_url=url, permanent_url=permanent, headers=headers)
    return answer


def refresh_of(answer: Response) -> tuple[str, int] | None:
    """Where a page sends on to, and after how many seconds; None when it is a page of its own."""
    if answer.status != 200 or len(answer.body) > MAX_PAGE or not html.is_page(answer.body, answer.media_type):
        return None
    header = answer.headers.get("refresh", "")
    if not header and b"refresh" not in answer.body.lower() and b"location" not in answer.body:
        return None
    text = re.sub(r"<!--.*?(?:-->|\Z)", "", html.decode(answer.body, answer.headers.get("content-type")), flags=re.S)
    contents = [header, *(_content(meta[0]) for meta in _META.finditer(text))]
    refresh = next((match for each in contents if (match := _REFRESH.fullmatch(each))), None)
    if refresh is None and (len(text) > MAX_SCRIPTED or _CONDITION.search(text)):
        return None
    scripted = None if refresh else _SCRIPT.search(text)
    target = resolve(unescape(refresh[2]) if refresh else scripted[2] if scripted else "", answer.url)
    seconds = int(refresh[1]) if refresh else 0
    if target is None or seconds > MAX_DELAY or len(html.to_text(text)) > MAX_WORDS:
        return None
    return target, seconds


def _content(meta: str) -> str:
    content = _CONTENT.search(meta)
    return next((value for value in content.groups() if value is not None), "") if content else ""

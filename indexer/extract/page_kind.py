"""Recognise the kind of a page where it decides which words are its content. Pure.

discussion   a thread of a forum, or a question with its answers: the replies are the content, not remarks below an article
article      a page that its markup calls an article
product      an article of a shop: its title, description and data are the content
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final
from urllib.parse import urlsplit

from indexer import html

MAX_TYPED_ELEMENTS: Final = 200
_DISCUSSION_TYPE = re.compile(r"(?:^|/)(?:DiscussionForumPosting|QAPage)$")  # of schema.org
# Programs for forums and for questions, in the meta element `generator` or as an id or class of html and body.
_DISCUSSION_PROGRAM = re.compile(
    r"(?:^|[\s_-])(?:discourse|phpbb3?|vbulletin|xenforo|mybb|ipsapp|invision|nodebb|flarum|fluxbb|punbb|smf|vanilla forums"
    r"|question2answer|askbot)(?:$|[\s_/-])",
    re.I,
)
_DISCUSSION_PATH = re.compile(
    r"/(?:viewtopic|showthread|showtopic)\b|/(?:threads?|topics?|discussions?)/[^/]*\d|/t/[^/]+/\d+|/questions/\d+"
    r"|/(?:forums?|boards?|bbs)/(?:[^/]+/)*[^/]*\d"
    r"|[?&](?:topic|showtopic|thread|tid)=\d"
)
_PRODUCT_TYPE = re.compile(r"(?:^|/)Product(?:Group)?$")
_ARTICLE_TYPE = re.compile(r"(?:Article|BlogPosting)$")


def page_kind(tree: html.Element, url: str, types: Iterable[str]) -> str:
    """Return "discussion", "product" or "article"; "" if a page states none of them.

    `types`: the types of the page's JSON-LD objects.
    """
    types = [*types, *(name for value in html.item_types(tree)[:MAX_TYPED_ELEMENTS] for name in value.split())]
    if any(map(_DISCUSSION_TYPE.search, types)):
        return "discussion"
    if any(map(_ARTICLE_TYPE.search, types)):
        return "article"
    if _is_thread(tree, url):
        return "discussion"
    stated = _og_type(tree)
    if sum(map(bool, map(_PRODUCT_TYPE.search, types))) == 1:
        stated = "product"
    return stated if stated in ("article", "product") else ""


def _is_thread(tree: html.Element, url: str) -> bool:
    """Report whether the address or the program of a page is that of a thread."""
    parts = urlsplit(url)
    if _DISCUSSION_PATH.search(f"{parts.path}?{parts.query}".lower()):
        return True
    body = next(tree.iter("body"), None)
    names = [each.get(name) or "" for each in (tree, body) if each is not None for name in ("id", "class")]
    names += [meta.get("content") or "" for meta in tree.iter("meta") if (meta.get("name") or "").lower() == "generator"]
    return any(_DISCUSSION_PROGRAM.search(name[:400]) for name in names)


def _og_type(tree: html.Element) -> str:
    metas = (meta for meta in tree.iter("meta") if (meta.get("property") or "").lower() == "og:type")
    return next(((meta.get("content") or "").strip().lower() for meta in metas), "")

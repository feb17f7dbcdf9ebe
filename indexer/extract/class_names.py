"""Classify elements by their classes and ids. The names are data, common to many systems. None belongs to a single site."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from indexer.html import Element, line_of

_NO_LETTERS = re.compile(r"[\W_]+")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
# Names in words, each common to many systems. A block in such an element is not the article's own text.
_NAMES = re.compile(
    r"(?:^|[\s_-])(?:cookies?|consent|gdpr|bread-?crumbs?|side-?bar\w*|(?:news-?letter|sign-?up|subscribe|subscription)s?"
    r"|shares?|sharing"
    r"|share-?(?:bar|buttons?|tools?|links?|this)|shared-?addy|soci(?:al|able)\w*|follow-?us|related\w*|recommend\w*|read-?(?:more"
    r"|next|also)|more-?(?:on|from|stories|news)"
    r"|(?:most|also)-?(?:read|popular|viewed|like)|you-?may(?:-?also)?(?:-?like)?|trending|popular|up-?next|next-?(?:article"
    r"|post|up)"
    r"|(?:prev(?:ious)?|post|article)-?nav(?:igation)?|comments?|comment-?(?:list|form|area|section|respond|link|thread|wrapper|box|block)s?|respond"
    r"|disqus\w*|discussion"
    r"|(?:main-?|top-?|meta-?|sub-?|site-?)?(?:menus?|nav|navigation)|nav-?bar\w*|pagination|pager|skip-?link|back-?(?:link"
    r"|to-?top)"
    r"|adverts?|advert\w+|ads?|ad-?(?:slot|unit|container|wrapper|box|label)|sponsor\w*|promo\w*|outbrain|taboola|teasers?"
    r"|teaser-?list|latest|banner\w*"
    r"|(?:entry|post|article)-?(?:meta(?:data)?|footer)|meta-?data|by-?line\w*|author-?(?:bio|box|info|card|name|block|meta|profile|details)"
    r"|about-?(?:the-?)?author|authors?|bio|writer"
    r"|dateline|date-?(?:time|line|published|posted)?|time-?stamp|pub-?date|publish\w*|posted-?on|tag-?(?:list|cloud|links"
    r"|s)|tags|tagged|post-?tags|keywords|topics?|categor(?:y|ies)"
    r"|links inline|read-?time|print-?(?:link|button)|tool-?(?:bar|box|s)|widget-?(?:area|title)|copy-?right|legal"
    r"|disclaimer"
    r"|log-?in|sign-?in|modal|overlay|pop-?up|tooltip"
    r"|no-?print|rating|vote|polls?|quiz|donate"
    r"|donation|correction-?form|error-?report|report-?error|opt-?in|no-?comments|contact-?(?:box|teaser|card)|app-?stores?|rss"
    r"|app-?promo"
    r"|cta|call-to-action|upsell|(?:next|prev)-(?:prev|next)|prev-?next|previous|next|controls?|control-(?:bar|panel))(?:$|[\s_-])"
    r"|^(?:site-|page-|global-|main-)?(?:header|footer)$|(?:^|\s)hidden(?:$|\s)",
    re.I,
)
_SAFE_NAMES = re.compile(
    r"(?:^|[\s_-])(?:article|story|post|entry|main)-?(?:body|content|text)(?:$|[\s_-])|(?:^|\s)(?:post|hentry|code-toolbar)(?:$|\s)|type-(?:post|page|article)|post-\d+"
    r"|(?:no|has|with|without)-(?:\w+-)?side-?bar",
    re.I,
)
_PICTURE_NAMES = re.compile(
    r"(?:^|[\s_-])(?:images?|photos?|pictures?|figure|gallery|slide-?show|thumb(?:nail)?s?|img"
    r"|video-?(?:player|embed|container)|media)(?:$|[\s_-])",
    re.I,
)
# Names of boxes that describe an article in a word or two. A longer box has the name for another reason.
LABELS = re.compile(
    r"^name (?:date|time-?stamp|pub-?date|publish|posted|categor|topic|tag|keywords|read-?time|print|no-?print|share"
    r"|sharing|control)",
    re.I,
)
# Names of readers' comments and of lists of pages. They are often longer than the article, and the names are still right.
COMMENTS = re.compile(r"^name (?:comment|disqus|respond|discussion)", re.I)
# Names of posts and replies in forums, and of reviews in shops.
_REPLIES = re.compile(r"^name (?:comment|discussion|topic|respond|disqus)", re.I)
LISTS = re.compile(
    r"^name (?:related|recommend|teaser|promo|latest|popular|trending|most|also|you-?may|more|read|up-?next|next|prev|outbrain"
    r"|taboola|side-?bar|bread|menu|nav|main|top(?!ic)|cookie|consent|gdpr|modal|overlay|pop-?up)",
    re.I,
)
_CAPTION_NAMES = re.compile(
    r"(?:^|[\s_-])(?:(?:wp-|image-|photo-|media-|img-|video-|pic-|gallery-)?"
    r"(?:caption|credits?)(?:-?text)?|copyright-?holder)(?:$|[\s_-])",
    re.I,
)


def label(attributes: Mapping[str, str]) -> str:
    """Return the class and id of an element, without an id that is the slug of a heading."""
    return _label(attributes.get("class") or "", attributes.get("id") or "")


def _label(names: str, identity: str) -> str:
    return f"{names} {identity if identity.count('-') < 3 else ''}".strip()[:400]


@lru_cache(maxsize=16_384)
def exclusion_of(classes: str | None, identity: str | None) -> str:
    """Return what `exclusion_by_name` says about the names of an element with this class and id."""
    names = _label(classes or "", identity or "")
    return exclusion_by_name(names) if names else ""


@lru_cache(maxsize=8_192)
def exclusion_by_name(names: str) -> str:
    """Return why the names of an element exclude it from the article, such as "name share"; "" if they do not."""
    words = _CAMEL.sub("-", names)
    if _SAFE_NAMES.search(words):
        return ""
    if _CAPTION_NAMES.search(words):
        return "caption"
    if match := _NAMES.search(words):
        return f"name {match[0].strip(' _-').lower()}"
    return "picture" if _PICTURE_NAMES.search(words) else ""


def is_content_name(reason: str, attributes: Mapping[str, str], kind: str) -> bool:
    """Return whether an excluding name is that of content on a page of this kind (`page_kind`)."""
    if attributes.get("itemprop", "").lower() == "articlebody":
        return True
    # The description of a product is next to its pictures.
    return (kind in ("discussion", "product") and bool(_REPLIES.match(reason))) or (kind == "product" and reason == "picture")


def is_slug(element: Element, attributes: Mapping[str, str]) -> bool:
    """Return whether only an id excludes an element, and repeats its heading: "more-on-lists" for "5.1 More on lists"."""
    if exclusion_of(attributes.get("class"), None):
        return False
    heading = next(element.iter("h1", "h2", "h3", "h4", "h5", "h6"), None)
    return heading is not None and _key(line_of(heading, 200)).endswith(_key(attributes.get("id") or ""))


def _key(text: str) -> str:
    return _NO_LETTERS.sub("", text.casefold())

"""A page's tree cut into blocks: what a reader sees, in its order, each piece with the boxes it stands in.

    block   a run of text between two ends of block elements: a paragraph, a heading, an item of a list, a cell, a caption
    box     a block element; boxes stand in one another, `Box.parent` is the number of the one around

Nothing is thrown away here but what no reader sees. `Block.noise` says what an element around it is by its own account.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from indexer.html import BLOCKS, UNSEEN, Element, hides

_UNNAMED: Final = frozenset(("html", "body", "main", "h1", "h2", "h3", "h4", "h5", "h6"))  # their names are slugs and themes
_NONE: Final[Mapping[str, str]] = {}
CELLS: Final = frozenset(("td", "th"))
MAX_BLOCKS: Final = 50_000
_OUTSIDE: Final = {"nav": "nav", "aside": "aside", "dialog": "dialog", "menu": "menu", "footer": "footer", "header": "header"}
_CONTROLS: Final = frozenset(("button", "input", "textarea", "label", "fieldset", "legend"))
_ROLES = re.compile(
    r"^(?:navigation|banner|contentinfo|complementary|search|dialog|alertdialog|menu|menubar|toolbar|tablist)$", re.I
)
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
# Names of classes and ids, in words; each is common to many systems, and a block within is never the article's own text.
_NAMES = re.compile(
    r"(?:^|[\s_-])(?:cookies?|consent|gdpr|bread-?crumbs?|side-?bar\w*|(?:news-?letter|sign-?up|subscribe|subscription)s?"
    r"|shares?|sharing"
    r"|share-?(?:bar|buttons?|tools?|links?|this)|shared-?addy|social\w*|follow-?us|related\w*|recommend\w*|read-?(?:more"
    r"|next|also)|more-?(?:on|from|stories|news)"
    r"|(?:most|also)-?(?:read|popular|viewed|like)|you-?may(?:-?also)?(?:-?like)?|trending|popular|up-?next|next-?(?:article"
    r"|post|up)"
    r"|(?:prev(?:ious)?|post|article)-?nav(?:igation)?|comments?|comment-?(?:list|form|area|section|respond)s?|respond"
    r"|disqus\w*|discussion"
    r"|(?:main-?|top-?|meta-?|sub-?|site-?)?(?:menus?|nav|navigation)|nav-?bar\w*|pagination|pager|skip-?link|back-?(?:link"
    r"|to-?top)"
    r"|adverts?|advert\w+|ads?|ad-?(?:slot|unit|container|wrapper|box|label)|sponsor\w*|promo\w*|outbrain|taboola|teasers?"
    r"|teaser-?list|latest|banner\w*"
    r"|(?:entry|post|article)-?meta|meta-?data|by-?line\w*|author-?(?:bio|box|info|card|name|block|meta|profile|details)"
    r"|about-?(?:the-?)?author|authors?|bio|writer"
    r"|dateline|date-?(?:time|line|published|posted)?|time-?stamp|pub-?date|publish\w*|posted-?on|tag-?(?:list|cloud|links"
    r"|s)|tags|tagged|post-?tags|keywords|topics?|categor(?:y|ies)"
    r"|links inline|read-?time|print-?(?:link|button)|tool-?(?:bar|box|s)|widget-?(?:area|title)|copy-?right|legal"
    r"|disclaimer|pay-?wall"
    r"|log-?in|sign-?in|modal|overlay|pop-?up|tooltip"
    r"|sr-only|screen-?reader(?:-text)?|visually-?hidden|visuallyhidden|no-?print|rating|vote|polls?|quiz|donate"
    r"|donation|correction-?form|rss|app-?promo"
    r"|cta|call-to-action|upsell|(?:next|prev)-(?:prev|next)|prev-?next|previous|next|controls?|control-(?:bar|panel))(?:$|[\s_-])"
    r"|^(?:site-|page-|global-|main-)?(?:header|footer)$|(?:^|\s)hidden(?:$|\s)",
    re.I,
)
_SAFE_NAMES = re.compile(
    r"(?:^|[\s_-])(?:article|story|post|entry|main)-?(?:body|content|text)(?:$|[\s_-])|(?:^|\s)(?:post|hentry)(?:$|\s)|type-(?:post|page|article)|post-\d+"
    r"|(?:no|has|with|without)-(?:\w+-)?side-?bar",
    re.I,
)
_PICTURE_NAMES = re.compile(
    r"(?:^|[\s_-])(?:images?|photos?|pictures?|figure|gallery|slide-?show|thumb(?:nail)?s?|img"
    r"|video-?(?:player|embed|container)|media)(?:$|[\s_-])",
    re.I,
)
LONGEST_CAPTION: Final = 400  # letters in a box that is named after a picture
_CAPTION_NAMES = re.compile(
    r"(?:^|[\s_-])(?:(?:wp-|image-|photo-|media-|img-|video-|pic-|gallery-)?"
    r"(?:caption|credits?)(?:-?text)?|copyright-?holder)(?:$|[\s_-])",
    re.I,
)


@dataclass(slots=True)
class Box:
    """A block element. `letters` counts the text in it that is no link; `noise` is why a reader of the article skips it."""

    element: Element
    tag: str
    parent: int
    depth: int
    noise: str = ""
    certain: bool = False  # the element's own name says so, not somebody's class
    letters: int = 0
    links: int = 0


@dataclass(slots=True)
class Block:
    """A run of text. `links` and `odd`: how many of its letters stand in links, and in inline elements with a noisy name."""

    text: str
    box: int
    links: int = 0
    odd: int = 0
    marked: bool = False  # between TYPO3's marks
    noise: str = ""


@dataclass(slots=True)
class Page:
    boxes: list[Box] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)
    marked: bool = False  # there are marks with text between them


def read_blocks(root: Element, wanted: Collection[Element] = ()) -> Page:
    """The blocks of a tree in document order, each with the reason, if any, why it is not the article's.

    `wanted` elements have a box of their own even when they are inline.
    """
    page = _Walk(wanted).walk(root)
    _weigh(page)
    return page


def read_within(element: Element, share: float) -> Page:
    """The blocks of one element alone, in its box and those around it. `share`: of its page's letters that it holds, about."""
    page = _Walk(()).within(element)
    _weigh(page, share)
    return page


class _Walk:
    def __init__(self, wanted: Collection[Element]) -> None:
        self.wanted = wanted
        self.page = Page()
        self.pieces: list[str] = []
        self.box = -1
        self.link = self.odd = 0  # how many links and noisy inline elements are open
        self.in_link = self.in_odd = 0  # letters of the current block in them
        self.preformatted = 0
        self.marked = False
        self.inside = 0  # article and main elements open

    def walk(self, root: Element) -> Page:
        return self._all([root])

    def within(self, element: Element) -> Page:
        for box in (*reversed(list(element.iterancestors())), element):
            self._open(box, str(box.tag), box.attrib)
        return self._all([*reversed(element), element.text or ""])

    def _all(self, stack: list[Element | str | tuple[str, int]]) -> Page:
        while stack:
            item = stack.pop()
            if isinstance(item, str):
                self._text(item)
            elif isinstance(item, tuple):
                self._leave(*item)
            else:
                self._enter(item, stack)
        self._flush()
        return self.page

    def _text(self, text: str) -> None:
        if self.preformatted and "\n" in text:
            text = text.replace("\n", "\x01")
        self.pieces.append(text)
        if self.link:
            self.in_link += letters(text)
        if self.odd:
            self.in_odd += letters(text)

    def _enter(self, element: Element, stack: list[Element | str | tuple[str, int]]) -> None:
        tag = element.tag
        if (tail := element.tail) and self.page.boxes:
            stack.append(tail)
        if not isinstance(tag, str):
            self._comment(element)
            return
        if tag in UNSEEN:
            return
        if tag == "br":
            if self.pieces and self.pieces[-1] == "\x01":
                self._flush()
            self.pieces.append("\x01")
            return
        attributes: Mapping[str, str] = element.attrib if element.keys() else _NONE
        if attributes and tag not in ("html", "body") and hides(attributes):
            return
        if tag in BLOCKS or tag == "hr" or (self.wanted and element in self.wanted):
            self._flush()
            stack.append((tag, self.box))
            self._open(element, tag, attributes)
        elif tag == "a":
            self.link += 1
            stack.append((tag, 0))
        elif attributes and (names := label(attributes)) and name_noise(names):
            self.odd += 1
            stack.append(("odd", 0))
        if tag == "pre":
            self.preformatted += 1
        stack.extend(reversed(element))
        if element.text:
            self._text(element.text)

    def _open(self, element: Element, tag: str, attributes: Mapping[str, str]) -> None:
        noise, certain = "", False
        if tag in ("article", "main"):
            self.inside += 1
        elif tag in _OUTSIDE:
            # A header within the article holds its title and lead
            noise, certain = ("", False) if tag == "header" and self.inside else (_OUTSIDE[tag], True)
        elif tag in ("figcaption", "figure"):
            noise = "caption"
        if attributes and not noise and tag not in _UNNAMED:
            role = attributes.get("role")
            if role and _ROLES.match(role):
                noise, certain = f"role {role}", True
            elif (names := label(attributes)) and (tag != "article" or self.inside > 1):
                noise = "" if attributes.get("itemprop", "").lower() == "articlebody" else name_noise(names)
        boxes = self.page.boxes
        boxes.append(Box(element, tag, self.box, boxes[self.box].depth + 1 if self.box >= 0 else 0, noise, certain))
        self.box = len(boxes) - 1

    def _leave(self, tag: str, box: int) -> None:
        if tag == "a":
            self.link -= 1
        elif tag == "odd":
            self.odd -= 1
        else:
            self._flush()
            self.box = box
            if tag == "pre":
                self.preformatted -= 1
            elif tag in ("article", "main"):
                self.inside -= 1

    def _comment(self, element: Element) -> None:
        text = element.text
        if text and "TYPO3SEARCH_" in text:
            self._flush()
            self.marked = "TYPO3SEARCH_begin" in text

    def _flush(self) -> None:
        if self.pieces:
            text = "".join(self.pieces)
            self.pieces.clear()
            text = (
                "\n".join(" ".join(line.split()) for line in text.split("\x01")).strip()
                if "\x01" in text
                else " ".join(text.split())
            )
            if text and len(self.page.blocks) < MAX_BLOCKS:
                self.page.blocks.append(Block(text, max(self.box, 0), self.in_link, self.in_odd, self.marked))
                self.page.marked |= self.marked
        self.in_link = self.in_odd = 0


def _weigh(page: Page, share: float = 1.0) -> None:
    """Letters of each box; then each block's noise. A name that takes half of the page's text is believed by nobody. `share`: of
    the page's letters that are in these blocks."""
    boxes = page.boxes
    for block in page.blocks:
        size = letters(block.text)
        boxes[block.box].letters += max(size - block.links, 0)
        boxes[block.box].links += min(block.links, size)
    for box in reversed(boxes):
        if box.parent >= 0:
            boxes[box.parent].letters += box.letters
            boxes[box.parent].links += box.links
    total = boxes[0].letters / share if boxes else 0
    for box in boxes:
        if (
            box.noise
            and not box.certain
            and (box.letters > 0.4 * total or (box.noise == "picture" and box.letters > LONGEST_CAPTION))
        ):
            box.noise = ""
        if box.parent >= 0 and boxes[box.parent].noise:
            box.noise = boxes[box.parent].noise
    for block in page.blocks:
        block.noise = boxes[block.box].noise or ("name" if block.odd > 0.8 * letters(block.text) else "")


def letters(text: str) -> int:
    return len(text) - text.count(" ") - text.count("\n")


def label(attributes: Mapping[str, str]) -> str:
    """Class and id of an element; not an id that is the slug of a heading, which says what a section is about."""
    names, identity = attributes.get("class") or "", attributes.get("id") or ""
    return f"{names} {identity if identity.count('-') < 3 else ''}".strip()[:400]


@lru_cache(maxsize=8_192)
def name_noise(names: str) -> str:
    """What the names of an element say it is, when that is not the article: "name share"; "" for all else."""
    words = _CAMEL.sub("-", names)
    if _SAFE_NAMES.search(words):
        return ""
    if _CAPTION_NAMES.search(words):
        return "caption"
    if found := _NAMES.search(words):
        return f"name {found[0].strip(' _-').lower()}"
    return "picture" if _PICTURE_NAMES.search(words) else ""


_SIMPLE = re.compile(r"-?[A-Za-z_](?!.*\d{3})[\w-]*$")  # a number is that of one page, not of the template


def place(page: Page, number: int, most: int) -> str:
    """Where a box stands, as a CSS selector: its own and the nearest boxes around it, up to one with an id.

    >>> from indexer.html import read
    >>> page = read_blocks(read("<div id=a><ul class='b c'><li>word</li></ul></div>"))
    >>> place(page, page.blocks[0].box, 4)
    'div#a > ul.b.c > li'
    """
    steps: list[str] = []
    while number >= 0 and len(steps) < most:
        box = page.boxes[number]
        attributes = box.element.attrib
        step, is_unique = (box.tag, False)
        if attributes:
            step, is_unique = _step(box.tag, attributes.get("class") or "", attributes.get("id") or "")
        steps.append(step)
        if is_unique:
            break
        number = box.parent
    return " > ".join(reversed(steps))


@lru_cache(maxsize=8_192)
def _step(tag: str, names: str, identity: str) -> tuple[str, bool]:
    if _SIMPLE.match(identity):
        return f"{tag}#{identity}", True
    return tag + "".join(f".{name}" for name in names[:400].split()[:3] if _SIMPLE.match(name)), False

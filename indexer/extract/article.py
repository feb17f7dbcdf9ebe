"""The cascade that finds a page's main text; the first rule that gives enough wins, and the document names it.

    selector      what the operator's CSS selector chooses (source.include), less what source.exclude chooses
    marker        between <!--TYPO3SEARCH_begin--> and _end-->: the site itself says what is to be searched
    trafilatura   the best general extractor measured (F1 .97 on 90 news pages)
    article, main, body      the largest such element without menus, heads, feet and side columns

Hidden text, scripts, menus and forms are taken out of the tree before any rule is asked.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from indexer import html
from indexer.extract.metadata import Metadata, read_metadata
from indexer.model import Article, Entry, Source

ENOUGH = 140  # characters that a general rule must give to be believed without looking further
LONGEST_TEXT = 2_000_000

_MARKED = re.compile(r"<!--\s*TYPO3SEARCH_begin\s*-->(.*?)(?:<!--\s*TYPO3SEARCH_end\s*-->|\Z)", re.DOTALL)
_UNREADABLE = re.compile(r"[!-~]{400,}|(\w)\1{150,}")  # data, or a word that no reader could read
_OUTSIDE = ["nav", "header", "footer", "aside", "form", "dialog", "menu"]
_OUTSIDE_ROLES = re.compile(r"^(?:navigation|banner|contentinfo|complementary|search|dialog|alertdialog|menu|menubar)$", re.I)
_OUTSIDE_NAMES = re.compile(
    r"(?:^|[\s_-])(?:cookies?|consent|gdpr|breadcrumbs?|sidebar|newsletter|share|sharing|social|related|comments?|menu|navbar"
    r"|pagination|skip-?link|advert\w*|promo|teaser-?list|latest|banner)(?:$|[\s_-])",
    re.I,
)


def extract_article(
    page: str, url: str, *, source: Source | None = None, entry: Entry | None = None, x_robots_tag: str = ""
) -> Article | None:
    """The main text of a page and its metadata; None when the page has no text at all. Never raises.

    `entry` is what the feed says of the page: its title is not repeated at the beginning of the text.
    """
    tree = html.parse(page)
    about = read_metadata(tree, url, x_robots_tag)
    text, rule = _main_text(page, tree, url, source)
    if not text and not about.title:
        return None
    titles = {_key(title) for title in (about.title, about.heading, entry.title if entry else "") if title}
    return _article(_without_title(text, titles), rule, about)


def _main_text(page: str, tree: html.Tree, url: str, source: Source | None) -> tuple[str, str]:
    missed = ""
    if source is not None and source.exclude:
        for tag in _select(tree, source.exclude):
            tag.extract()
    if source is not None and source.include:
        chosen = _select(tree, source.include)
        text = _joined(html.text_of(tag) for tag in chosen if not any(parent in chosen for parent in tag.parents))
        if text:
            return text, "selector"
        missed = " (the selector matched nothing)"
    marked = "\n".join(match[1] for match in _MARKED.finditer(page[:5_000_000]))
    if marked.strip():
        part = html.parse(marked)
        if source is not None and source.exclude:
            for tag in _select(part, source.exclude):
                tag.extract()
        _strip(part, by_name=False)
        text = _joined([html.text_of(part)])
        if len(text) >= ENOUGH:
            return text, "marker" + missed
    _strip(tree, by_name=False)
    text = _trafilatura(str(tree), url)
    if len(text) >= ENOUGH:
        return text, "trafilatura" + missed
    other, rule = _largest(tree)
    if len(text) * 2 >= len(other) and text:
        return text, "trafilatura" + missed
    return other, rule + missed


def _select(tree: html.Tree, selector: str) -> list[html.Tag]:
    try:
        return list(tree.select(selector, limit=1_000))
    except Exception:  # a selector that cannot be read: `config` refuses it, `preview --selector` says so
        return []


def _strip(tree: html.Tree, *, by_name: bool) -> None:
    """Take out what no reader of the article reads."""
    doomed = []
    for tag in tree.find_all(True):
        outside = tag.name in _OUTSIDE or bool(_OUTSIDE_ROLES.match(str(tag.get("role") or "")))
        # A header within the article holds its title and lead
        if tag.name in ("header", "form") and (tag.name == "form" or tag.find_parent(["article", "main"])):
            outside = tag.name == "form" and len(tag.get_text()) < 2_000
        if by_name and not outside and tag.name not in ("html", "body", "main", "article"):
            names: object = tag.get("class") or []
            label = f"{' '.join(names) if isinstance(names, list) else names} {tag.get('id') or ''}".strip()
            outside = bool(label and _OUTSIDE_NAMES.search(label))
        if outside or (html.is_hidden(tag) and tag.name not in ("html", "body")):
            doomed.append(tag)
    for tag in doomed:  # not decompose(): some stand in one another
        tag.extract()


def _trafilatura(page: str, url: str) -> str:
    import trafilatura  # slow to import, and searches never need it

    try:
        text = trafilatura.extract(page, url=url, include_comments=False, include_tables=True, output_format="txt")
    except Exception:  # third-party code on hostile pages: the next rule is asked
        return ""
    return _joined((text or "").split("\n"))


def _largest(tree: html.Tree) -> tuple[str, str]:
    _strip(tree, by_name=True)
    for name in ("article", "main", "body"):
        texts = [_joined([html.text_of(tag)]) for tag in tree.find_all(name, limit=50)]
        best = max(texts, key=len, default="")
        if len(best) >= ENOUGH or (best and name == "body"):
            return best, name
    return _joined([html.text_of(tree)]), "body"


def _joined(parts: Iterable[str]) -> str:
    blocks = [block for part in parts if (block := part.strip())]
    text = _UNREADABLE.sub(" ", "\n\n".join(blocks)[:LONGEST_TEXT])
    return html.clean_text(text)


def _key(text: str) -> str:
    return "".join(letter for letter in text.casefold() if letter.isalnum())


def _without_title(text: str, titles: set[str]) -> str:
    """The text without the blocks at its beginning that only repeat a title."""
    blocks = text.split("\n\n")
    return "\n\n".join([block for block in blocks[:4] if _key(block) not in titles] + blocks[4:])


def _article(text: str, rule: str, about: Metadata) -> Article:
    return Article(
        text=text,
        rule=rule,
        title=about.title,
        summary=about.summary,
        language=about.language,
        published=about.published,
        modified=about.modified,
        authors=about.authors,
        categories=about.categories,
        image=about.image,
        canonical=about.canonical,
        noindex=about.noindex,
    )

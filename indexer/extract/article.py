"""The cascade that finds a page's main text; the first rule that gives enough wins, and the document names it.

    selector      what the operator's CSS selector chooses (source.include), less what source.exclude chooses
    marker        between <!--TYPO3SEARCH_begin--> and _end-->: the site itself says what is to be searched
    trafilatura   the best general extractor measured (F1 .97 on 90 news pages)
    article, main, body      the largest such element without menus, heads, feet and side columns

Of a page with little text trafilatura takes everything, menus too: there the more frugal of the last two rules wins.

Hidden text, scripts, menus and forms are taken out of the tree before any rule is asked.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from indexer import html
from indexer.dates import parse_date
from indexer.extract.metadata import Metadata, read_metadata
from indexer.model import Article, Entry, Source

ENOUGH = 140  # characters that a general rule must give to be believed at all
CERTAIN = 500  # characters from which trafilatura is believed alone; it gives up at 250 and then takes the whole page
LONGEST_TEXT = 2_000_000

_MARKED = re.compile(r"<!--\s*TYPO3SEARCH_begin\s*-->(.*?)(?:<!--\s*TYPO3SEARCH_end\s*-->|\Z)", re.DOTALL)
_DAY = re.compile(r"\d{1,2}([./-])\s?\d{1,2}\1\s?\d{2,4}")
_UNREADABLE = re.compile(r"[!-~]{400,}|(\w)\1{150,}")  # data, or a word that no reader could read
_OUTSIDE = ["nav", "header", "footer", "aside", "form", "dialog", "menu"]
_OUTSIDE_ROLES = re.compile(r"^(?:navigation|banner|contentinfo|complementary|search|dialog|alertdialog|menu|menubar)$", re.I)
_OUTSIDE_NAMES = re.compile(
    r"(?:^|[\s_-])(?:cookies?|consent|gdpr|breadcrumbs?|sidebar|newsletter|share|sharing|sharedaddy|social|related(?:-?posts)?"
    r"|comments?|(?:main-?|top-?|meta-?)?(?:menu|nav|navigation)|navbar|pagination|skip-?link|back-?link|advert\w*|promo"
    r"|teaser-?list|latest|banner|(?:entry|post)-meta|links inline)(?:$|[\s_-])|^(?:site-|page-)?(?:header|footer)$",
    re.I,
)


def extract_article(
    page: str, url: str, *, source: Source | None = None, entry: Entry | None = None, x_robots_tag: str = ""
) -> Article | None:
    """The main text of a page and its metadata; None when the page has no text at all. Never raises.

    `entry` is what the feed says of the page: its title is not repeated at the beginning of the text.
    """
    tree = html.parse(page)
    about = read_metadata(tree, url, x_robots_tag, source.name if source else "")
    titles = {_key(title) for title in (about.title, about.heading, entry.title if entry else "") if title}
    text, rule = _main_text(page, tree, url, source, titles)
    if not text and not about.title:
        return None
    return _article(_without_title(text, titles), rule, about)


def _main_text(page: str, tree: html.Tree, url: str, source: Source | None, titles: set[str]) -> tuple[str, str]:
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
        whole = _joined([html.text_of(part)])
        _strip(part, by_name=True)
        sparing = _joined([html.text_of(part)])
        text = sparing if len(sparing) * 2 >= len(whole) else whole  # else a name has taken the article itself
        if _says_more(text, titles):
            return text, "marker" + missed
    _strip(tree, by_name=False)
    text = _trafilatura(str(tree), url)
    if len(text) >= CERTAIN:
        return text, "trafilatura" + missed
    other, rule = _largest(tree, titles)
    words, other_words = (_key(_without_title(each, titles)) for each in (text, other))
    frugal = len(words) <= len(other_words) if len(text) >= ENOUGH else len(text) * 2 >= len(other) >= len(text)
    if words and (frugal or not other_words):
        rule = "trafilatura"
    return (text if rule == "trafilatura" else other), rule + missed


def _says_more(text: str, titles: set[str]) -> bool:
    """Whether there is anything but the title."""
    return bool(_key(_without_title(text, titles)))


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


def _largest(tree: html.Tree, titles: set[str]) -> tuple[str, str]:
    _strip(tree, by_name=True)
    best: dict[str, str] = {}
    for name in ("article", "main", "body"):
        tags = list(tree.find_all(name, limit=50))
        if name == "article" and len(tags) > 1:  # teasers of other pages are articles, too
            tags = [tag for tag in tags if tag.find("h1")] or tags
        best[name] = max((_joined([html.text_of(tag)]) for tag in tags), key=len, default="")
        if len(best[name]) >= ENOUGH:
            return best[name], name
    for name in ("main", "article", "body"):
        if _says_more(best[name], titles):
            return best[name], name
    return best["body"] or _joined([html.text_of(tree)]), "body"


def _joined(parts: Iterable[str]) -> str:
    blocks = [block for part in parts if (block := part.strip())]
    text = _UNREADABLE.sub(" ", "\n\n".join(blocks)[:LONGEST_TEXT])
    return html.clean_text(text)


def _key(text: str) -> str:
    return "".join(letter for letter in text.casefold() if letter.isalnum())


def _without_title(text: str, titles: set[str]) -> str:
    """The text without the blocks at its beginning that only repeat a title, or are no more than a date."""
    blocks = text.split("\n\n")
    kept = [block for block in blocks[:4] if _key(block) not in titles and not (len(block) < 40 and _is_date(block))]
    return "\n\n".join(kept + blocks[4:])


def _is_date(text: str) -> bool:
    return bool(_DAY.fullmatch(text) or parse_date(text))


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
        twins=about.twins,
        remark=about.remark,
    )

"""Learn from a source's items which of a site's addresses belong to the source. Pure.

    items -> their folders (dates and numbers count as one) -> the folders' distinctive beginnings -> is this address below one?

If the items have no folder of their own ("/slug"), or many ("/politics/slug", "/sports/slug"), the address must also look like an
item: not like a standing page (about, imprint, shop), and its name must be as long as those of the items. Pages that only list
others (tags, categories, authors, years, numbered pages) and files are never items.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

from indexer.urls import host, resolve

Folder = tuple[str, ...]

MAX_LEARNED_URLS = 500  # from which the scope is learned
MIN_ITEMS = 2  # in a folder of items (or a fifth of all items, or a distinctive name)
MIN_SIBLING_FOLDERS = 3  # of items, before their other siblings count as well
MIN_SECTIONS = 4  # the same at the site's root, which has more than articles

_FILE = re.compile(
    r"\.(?:pdf|jpe?g|png|gif|webp|svg|avif|ico|bmp|tiff?|mp[34]|m4[av]|ogg|wav|webm|mov|avi|zip|gz|tgz|rar|7z|docx?|xlsx?|pptx?|od[tsp]"
    r"|epub|csv|css|js|json|xml|rss|atom|rdf|ics|txt|woff2?|exe|dmg|apk)$",
    re.I,
)
_DATED = re.compile(r"(?:19|20)\d\d(?:[-_.]?\d\d){0,2}|\d+")
_LANGUAGE = re.compile(r"[a-z]{2}(?:[-_][a-z]{2,4})?", re.I)
_LISTS = frozenset(
    "tag tags category categories kategorie kategorien categorie categoria categorias schlagwort schlagworte topic topics thema"
    " themen author authors autor autoren auteur user users archive archives archiv search suche page seite pagina feed rss"
    " comments trackback amp print embed wp-content wp-json wp-admin wp-includes cart checkout login".split()
)  # as a folder or a name
_NUMBERED = re.compile(r"(?:page|seite|pagina)[-_]?\d+|p\d+", re.I)
_STANDING = frozenset(
    "about about-us ueber-uns uber-uns a-propos quienes-somos chi-siamo over-ons team staff people jobs careers karriere contact"
    " contact-us contacts kontakt contacto contatti imprint impressum legal legal-notice mentions-legales aviso-legal privacy"
    " privacy-policy datenschutz datenschutzerklaerung politique-de-confidentialite cookies cookie-policy terms"
    " terms-of-use terms-of-service terms-and-conditions agb nutzungsbedingungen disclaimer accessibility barrierefreiheit"
    " sitemap site-map newsletter subscribe abo search suche shop store cart checkout account my-account login logout register"
    " donate spenden help faq home index index.html index.php start startseite welcome default.aspx advertise"
    " events calendar".split()
)
_NEWS = re.compile(
    r"news|press|blog|article|artikel|story|stories|post|aktuell|meldung|mitteilung|nachricht|actualit|noticia", re.I
)  # distinctive names of folders
NUMBERED, DATED = "page-2", "2020"
_LIST_KEYS = frozenset("page paged start offset limitstart sort order filter s q search replytocom".split())


@dataclass(frozen=True, slots=True)
class UrlScope:
    """The addresses of a source's items. Folders are in lower case; "#" stands for a date or a number."""

    host: str  # without www.
    below: frozenset[Folder]  # everything below these, at any depth
    beside: frozenset[Folder]  # what is directly in these and looks like an item
    section_depth: int = 0  # sections before an item's name; 0: sections do not matter
    prefix: Folder = ()  # the language before sections
    queries: frozenset[tuple[str, frozenset[str]]] = frozenset()  # (path, parameter names) of items that differ in those
    allowed: frozenset[str] = frozenset()  # signs of a list that items have here: "archive", NUMBERED, DATED
    words: bool = False  # all items' names are of several words or hold a number

    def includes(self, url: str) -> bool:
        """Return whether an address is likely one of the source's items."""
        parts = urlsplit(url)
        if bare_host(url) != self.host or _FILE.search(parts.path):
            return False
        keys = _keys(parts.query)
        if self.queries:
            return (parts.path.rstrip("/"), keys) in self.queries or (not keys and self._includes_path(parts.path))
        return not keys and self._includes_path(parts.path)

    def _includes_path(self, path: str) -> bool:
        *steps, name = _steps(path) or [""]
        if not name or is_list(path, self.allowed):
            return False
        folder = tuple(map(_alike, steps))
        whole = (*folder, _alike(name))
        if any(folder[: len(each)] == each and whole != each for each in self.below):
            return True
        if not self._looks_like_an_item(name):
            return False
        if folder in self.beside or (folder and set(folder) == {"#"} and () in self.beside):
            return True
        below = folder[len(self.prefix) :]
        return self.section_depth > 0 and folder[: len(self.prefix)] == self.prefix and len(below) >= self.section_depth

    def _looks_like_an_item(self, name: str) -> bool:
        name = name.lower()
        return name.partition(".")[0] not in _STANDING and name not in _STANDING and (not self.words or _of_words(name))

    @property
    def folder(self) -> str | None:
        """Return the path of the items' only folder; None when they have several or none of their own."""
        only = next(iter(self.below)) if len(self.below) == 1 else ()
        return f"/{'/'.join(only)}/" if only and "#" not in only else None


def learn_scope(urls: Iterable[str]) -> UrlScope | None:
    """Return the scope of these items; None when there are none, or no host has more than half of them.

    >>> where = learn_scope(["https://example.org/news/2020/a/", "https://example.org/news/2021/b/"])
    >>> [where.includes(f"https://example.org/{path}") for path in ("news/1999/c/", "news/tag/x/", "about/")]
    [True, False, False]
    """
    usable = [url for url in list(urls)[:MAX_LEARNED_URLS] if resolve(url)]
    site, share = (Counter(map(bare_host, usable)).most_common(1) or [("", 0)])[0]
    if not share or share * 2 <= len(usable):
        return None
    usable = [url for url in usable if bare_host(url) == site]
    paths = [urlsplit(url).path for url in usable if not urlsplit(url).query]
    queries = Counter((urlsplit(url).path.rstrip("/"), _keys(urlsplit(url).query)) for url in usable if urlsplit(url).query)
    enough = {each for each, count in queries.items() if count >= min(MIN_ITEMS, len(usable))}
    allowed = frozenset(sign for path in paths for sign in _signs(path))
    names = [steps[-1] for path in paths if (steps := _steps(path))]
    folders = [tuple(map(_alike, _steps(path)[:-1])) for path in paths if _steps(path)]
    below, beside, depth, prefix = _folders(folders)
    return UrlScope(site, below, beside, depth, prefix, frozenset(enough), allowed, bool(names) and all(map(_of_words, names)))


def _folders(folders: list[Folder]) -> tuple[frozenset[Folder], frozenset[Folder], int, Folder]:
    """Return the folders below which items are, those in which they are, the depth of sections, and the language before them."""
    counts = Counter(map(_distinctive, folders))
    total = sum(counts.values())
    chosen = {
        folder
        for folder, count in counts.items()
        if count >= min(MIN_ITEMS, total) or count * 5 >= total or any(_NEWS.search(step) for step in folder)
    }
    languages = {folder[:1] for folder in counts if folder and _LANGUAGE.fullmatch(folder[0])}
    prefix = next(iter(languages)) if len(languages) == 1 and all(f[:1] in languages for f in counts) else ()
    first = Counter(folder[: len(prefix) + 1] for folder in folders if len(folder) > len(prefix))
    scattered = len(first) >= MIN_SECTIONS and max(first.values()) * 2 < total
    if scattered and not any("#" in folder for folder in first):
        depth = min(len(folder) for folder in folders if len(folder) > len(prefix)) - len(prefix)
        flat = {folder for folder in chosen if not _own(folder)}
        return frozenset(), frozenset(flat), max(1, depth), prefix
    chosen = _merged(chosen)
    return frozenset(filter(_own, chosen)), frozenset(each for each in chosen if not _own(each)), 0, ()


def _distinctive(folder: Folder) -> Folder:
    """Return a folder without the dates and numbers at its end; of dates only, one remains."""
    end = len(folder)
    while end and folder[end - 1] == "#":
        end -= 1
    shortened = folder[:end]
    return shortened if _own(shortened) or end == len(folder) else folder[: end + 1]


def _own(folder: Folder) -> bool:
    """Return whether a folder distinguishes items from other pages: a language, or no folder, does not."""
    return bool(folder) and not (len(folder) == 1 and _LANGUAGE.fullmatch(folder[0]))


def _merged(folders: set[Folder]) -> set[Folder]:
    """Replace many sibling folders by their parent: its other folders hold items, too."""
    parents = Counter(folder[:-1] for folder in folders)
    wide = {parent for parent, count in parents.items() if count >= MIN_SIBLING_FOLDERS and _own(parent)}
    joined = {next((parent for parent in wide if folder[: len(parent)] == parent), folder) for folder in folders}
    return {each for each in joined if not any(each != other and _own(other) and each[: len(other)] == other for other in joined)}


def is_list(path: str, allowed: frozenset[str] = frozenset()) -> bool:
    """Return whether a path names a page that lists others: a tag, a year, the second page of something.

    >>> [is_list(path) for path in ("/tag/x/", "/news/page/2/", "/2020/05/", "/2020/05/slug/")]
    [True, True, True, False]
    """
    return not _signs(path) <= allowed


def _signs(path: str) -> set[str]:
    """Return the signs by which a path looks like a list."""
    steps = [step.lower() for step in _steps(path)]
    signs = {step for step in steps if step in _LISTS}
    if steps and _NUMBERED.fullmatch(steps[-1]):
        signs.add(NUMBERED)
    if steps and _DATED.fullmatch(steps[-1]):
        signs.add(DATED)
    return signs


def is_list_query(query: str) -> bool:
    """Return whether a query turns pages or sorts them, rather than naming one."""
    return any(key.lower() in _LIST_KEYS for key, _ in parse_qsl(query, keep_blank_values=True))


def is_file(url: str) -> bool:
    """Return whether an address names an image, a PDF or another file rather than a page."""
    return bool(_FILE.search(urlsplit(url).path))


def is_wanted(url: str, *, file_kinds: Collection[str]) -> bool:
    """Return whether a sitemap's address is a page, or a file of one of these kinds."""
    return not is_file(url) or urlsplit(url).path.lower().rpartition(".")[2] in file_kinds


def bare_host(url: str) -> str:
    """Return the host without www."""
    return host(url).removeprefix("www.")


def _keys(query: str) -> frozenset[str]:
    return frozenset(key.lower() for key, _ in parse_qsl(query, keep_blank_values=True))


def _steps(path: str) -> list[str]:
    return [step for step in path.split("/") if step]


def _alike(step: str) -> str:
    return "#" if _DATED.fullmatch(step) else step.lower()


def _of_words(name: str) -> bool:
    return bool(re.search(r"[-_+%]|\d", name))

"""Complete a query that is still being typed: with phrases and words of the pages, their titles, categories and authors.

There is no index of phrases. The documents that contain the typed words next to each other are searched, and their texts show
how the phrase continues, and how it is written.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from indexer.analysis.analyzer import fold, is_paired_letter, query_terms, surface_of, terms_of_surface
from indexer.analysis.edit_distance import ADDITION_COST, edit_cost, within_distance
from indexer.analysis.folding import PAIRED
from indexer.engines.base import Reader
from indexer.lazy_regex import later
from indexer.model import Completion, Document, Facets, Match, QueryToken
from indexer.query.nodes import TEXT_FIELDS, And, Node, Prefer, Surface, TermPhrase, Terms, TextField
from indexer.search.truecasing import usual_spelling

MAX_PREFIX_CHARACTERS = 200
MIN_LETTERS = 2  # of a script that is written in words
MAX_LANGUAGES = 6  # the most frequent ones of the index
MAX_FORMS = 60  # word forms that continue a half-typed word
MAX_FUZZY_FORMS = 2_000
MAX_DOCUMENTS = 40  # whose texts are searched for phrases
MAX_TEXT_CHARACTERS = 30_000
SPELLING_DOCUMENTS = 3
FORM_BONUS = 100.0  # preference for documents that contain the form itself, to look up its spelling
MAX_PAGES, MAX_VALUES = 2, 2  # completions that are titles, and that are categories or authors
MIN_FUZZY_LETTERS = 4
_PHRASE_FIELDS: tuple[TextField, ...] = ("title", "body", "summary")
_SPACE = r"[\s\-]+"
_SPACE_AFTER_INITIAL = r"[\s\-.]+"
_ACCENTED = {"a": "[aàáâãäå]", "c": "[cç]", "e": "[eèéêë]", "i": "[iìíîï]", "o": "[oòóôõöø]", "u": "[uùúûü]"}
MAX_INITIALS = 4  # of a word that pages may write with dots: us for U.S.
_PAIRED_WORD = later(f"[{PAIRED}]{{1,20}}")


@dataclass(frozen=True, slots=True)
class _Typed:
    """What was typed: `lead` as typed, its words, the half-typed word folded, and word forms that continue it."""

    lead: str
    words: tuple[QueryToken, ...]
    start: str
    forms: tuple[str, ...]

    @property
    def phrase(self) -> tuple[QueryToken, ...]:
        """Return the words of the lead that documents index."""
        return tuple(word for word in self.words if not word.stop)


class Suggester:
    """Completes queries on one snapshot of the index. Safe to share between threads."""

    def __init__(self, reader: Reader, facets: Facets) -> None:
        """`facets`: those of all documents."""
        self._reader = reader
        self._languages = reader.languages()[:MAX_LANGUAGES] or ("und",)
        self._values = [
            *(Completion(value.value, "category") for value in facets.get("category", ())),
            *(Completion(value.value, "query") for value in facets.get("author", ())),
        ]

    def complete(self, prefix: str, limit: int) -> tuple[Completion, ...]:
        """Return up to `limit` completions, best first. Each one finds something."""
        text = prefix.lstrip()[:MAX_PREFIX_CHARACTERS]
        typed = self._read(text)
        if typed is None and "-" in text:  # tide-m: the pages write tide mill
            text = text.replace("-", " ")
            typed = self._read(text)
        following = self._read(text + " ") if _ends_in_stop_word(text, self._languages) else None  # bank of: Bank of England
        best = typed or following
        if best is None:
            return ()
        values, pages = self._matching_values(text), self._titles(best, text)
        room = max(1, limit - len(values) - len(pages))
        written = [query for each in (following, typed) if each for query in self._queries(each, room)]
        queries = [Completion(query, "query") for query in written[:room]]
        unique: dict[str, Completion] = {}
        for completion in (*queries, *values, *pages):
            unique.setdefault(fold(completion.text), completion)
        return tuple(unique.values())[:limit]

    def _read(self, text: str) -> _Typed | None:
        """Return what was typed, with misspelt words corrected; None if it is too short to complete."""
        lead, _, last = text.rpartition(" ")
        start = fold(last)
        if start and len(start) < MIN_LETTERS and not is_paired_letter(start) and not lead:
            return None
        words = [self._known_word(word) for word in lead.split()]
        tokens = query_terms(" ".join(words), self._languages)
        forms = self._forms(start) if start else ()
        return _Typed(" ".join(words), tokens, start, forms) if forms or (tokens and not start) else None

    def _known_word(self, word: str) -> str:
        """Return a word of the lead, corrected if no document contains it."""
        surface = surface_of(word)
        if len(surface) < MIN_FUZZY_LETTERS or not surface.isalpha() or self._reader.surface_frequency(surface):
            return word
        if _ends_in_stop_word(word, self._languages):  # those are not indexed
            return word
        near = self._reader.surfaces_near(surface, 1, MAX_FORMS)[0]  # most frequent first
        return next((form for form, _ in near if edit_cost(surface, form) <= ADDITION_COST), word)

    def _forms(self, start: str) -> tuple[str, ...]:
        """Return the most frequent word forms that begin like this, or nearly like this."""
        if is_paired_letter(start[0]):
            return tuple(form for form, _ in self._reader.surfaces_matching(start[-1:], None, MAX_FORMS)[0])
        forms = self._reader.surfaces_matching(start, None, MAX_FORMS)[0]
        if not forms and len(start) >= MIN_FUZZY_LETTERS and start.isalpha():
            likely = self._reader.surfaces_matching(start[: MIN_FUZZY_LETTERS - 2], None, MAX_FUZZY_FORMS)[0]
            forms = [(form, count) for form, count in likely if _begins_nearly(form, start)][:MAX_FORMS]
        return tuple(form for form, _ in forms)

    def _queries(self, typed: _Typed, limit: int) -> Iterator[str]:
        if typed.start and is_paired_letter(typed.start[0]):
            yield from self._unspaced(typed, limit)
        elif typed.words:
            yield from self._phrases(typed, limit)
        else:
            forms = [form for form in typed.forms if form == typed.start or not _ends_in_stop_word(form, self._languages)]
            for form in forms[:limit]:
                word = Terms(terms_of_surface(form, self._languages), TEXT_FIELDS)
                yield usual_spelling(form, self._matches(Prefer(word, (Surface(form, FORM_BONUS),))))

    def _phrases(self, typed: _Typed, limit: int) -> Iterator[str]:
        """Yield the most frequent phrases that continue the typed words."""
        places = [word.terms for word in typed.phrase]
        gaps = [word.position for word in typed.phrase]
        if typed.forms:
            places.append(tuple({term for form in typed.forms for term in terms_of_surface(form, self._languages)}))
            gaps.append(typed.words[-1].position + 1)
        if not places:
            return
        tree: Node = Terms(places[0], _PHRASE_FIELDS)
        if len(places) > 1:
            tree = TermPhrase(tuple(places), tuple(gap - gaps[0] for gap in gaps), _PHRASE_FIELDS)
        pattern = self._pattern(typed)
        counts, spellings = Counter[str](), dict[str, Counter[str]]()
        for match in self._matches(tree, MAX_DOCUMENTS):
            text = _title_and_text(match.document)
            low = text.lower()
            title_end = len(match.document.title)
            for match_of_word in pattern.finditer(low):
                if match_of_word.span() == (0, title_end):  # it is listed with the address of its page
                    continue
                written = " ".join((text if len(low) == len(text) else low)[match_of_word.start() : match_of_word.end()].split())
                phrase = fold(written).replace("-", " ")
                counts[phrase] += 1
                spellings.setdefault(phrase, Counter())[written] += 1
        ends_meaningfully = (phrase for phrase in counts if not _ends_in_stop_word(phrase, self._languages))
        for phrase in sorted(ends_meaningfully, key=lambda phrase: (-counts[phrase], phrase))[:limit]:
            yield spellings[phrase].most_common(1)[0][0]

    def _pattern(self, typed: _Typed) -> re.Pattern[str]:
        """Return an expression for the typed words and the one that follows, in lower case, with the accents of the pages."""
        words = ""
        for word in typed.words:
            words += self._spellings_of(word.surface) + (_SPACE if len(word.surface) > 1 else _SPACE_AFTER_INITIAL)
        if typed.forms:
            starts = {written[: len(typed.start)] for form in typed.forms for written in self._written(form)}
            last = rf"(?:{'|'.join(sorted(map(re.escape, starts), key=len, reverse=True))})\w*"
        else:
            last = r"\w{2,}"
        return re.compile(rf"(?<!\w){words}{last}")

    def _spellings_of(self, surface: str) -> str:
        written = [re.escape(form) for form in self._written(surface)]
        if _ends_in_stop_word(surface, self._languages):  # the index does not know its accents
            written.append("".join(_ACCENTED.get(letter, re.escape(letter)) for letter in surface))
        if 1 < len(surface) <= MAX_INITIALS and surface.isascii() and surface.isalpha():
            written.append(r"\.".join(surface) + r"\.?")
        return rf"(?:{'|'.join(sorted(written, key=len, reverse=True))})"

    def _written(self, surface: str) -> set[str]:
        """Return how the pages write a folded form, in lower case, and the form itself."""
        terms = terms_of_surface(surface, self._languages)
        return {form for term in terms for form in self._reader.forms(term) if surface_of(form) == surface} | {surface}

    def _unspaced(self, typed: _Typed, limit: int) -> Iterator[str]:
        """Yield what most often follows letters of a script without spaces: two more letters at most."""
        terms = tuple({term for form in typed.forms for term in terms_of_surface(form, self._languages)})
        lead, start = (typed.lead + " " if typed.lead else ""), typed.start
        counts = Counter[str]()
        for match in self._matches(Terms(terms, _PHRASE_FIELDS), MAX_DOCUMENTS):
            for place in re.finditer(re.escape(start), match.document.text[:MAX_TEXT_CHARACTERS]):
                following = _PAIRED_WORD.match(match.document.text, place.start())
                if following and len(following[0]) > len(start):
                    counts[following[0][: max(2, len(start) + 1)]] += 1
        for continued, _ in counts.most_common(limit):
            yield lead + continued

    def _titles(self, typed: _Typed, text: str) -> list[Completion]:
        """Return titles that contain what was typed, and the addresses of their pages."""
        required: list[Node] = [Terms(word.terms, ("title",)) for word in typed.phrase]
        if typed.forms:
            required.append(Terms(tuple({t for f in typed.forms for t in terms_of_surface(f, self._languages)}), ("title",)))
        matches = self._matches(And(tuple(required)) if len(required) > 1 else required[0], MAX_PAGES * 3) if required else ()
        pattern = re.compile(rf"(?<!\w){re.escape(fold(text.strip()))}")
        documents = (match.document for match in matches)
        titles = [Completion(d.title, "page", d.url) for d in documents if d.url and pattern.search(fold(d.title))]
        return titles[:MAX_PAGES]

    def _matching_values(self, text: str) -> list[Completion]:
        """Return the categories and authors with a word that continues what was typed."""
        pattern = re.compile(rf"(?<!\w){re.escape(fold(text.strip()))}")
        return [value for value in self._values if pattern.search(fold(value.text))][:MAX_VALUES]

    def _matches(self, tree: Node, limit: int = SPELLING_DOCUMENTS) -> Sequence[Match]:
        return self._reader.search(tree, limit=limit).matches


def _title_and_text(document: Document) -> str:
    """Return the text that phrases are taken from. A title in capitals does not show how a phrase is written."""
    text = document.text[:MAX_TEXT_CHARACTERS]
    return text if document.title.isupper() else f"{document.title} |\n{text}"


def _begins_nearly(form: str, start: str) -> bool:
    """Return whether a form begins with the typed letters but for one likely error."""
    beginnings = (form[: len(start) + more] for more in (-1, 0, 1))
    return any(within_distance(start, each, 1) and edit_cost(start, each) <= ADDITION_COST for each in beginnings)


def _ends_in_stop_word(phrase: str, languages: Iterable[str]) -> bool:
    last = query_terms(phrase.rpartition(" ")[2], languages)
    return not last or last[-1].stop

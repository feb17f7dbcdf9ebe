"""Words as numbers, so that a text is analysed at the speed of a dictionary look-up.

Each different run of letters, as written and by language, is analysed once and gets a code; a text is then a list of codes,
and everything else about its tokens (`WordTable.rows`) is gathered by numpy for a whole segment at once.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from typing import Final

from indexer.analysis.analyzer import chunk_tokens, chunks, forms_of, surface_of
from indexer.analysis.stemming import term_of
from indexer.engines.scoring import MAX_TERM_LENGTH

# New words after which the analyzer forgets what it has analysed. A table asks for each word once, so that memory of the
# analyzer's, made for queries, costs it 450 bytes a word for nothing.
_FORGOTTEN_AFTER: Final = 4_096

_ASIDE: Final = {code: " " for code in range(128) if not (chr(code).isalnum() or chr(code) == "'")}


def runs(text: str) -> list[str]:
    """What `chunks` gives, 19 -> 11 us for a text of 840 characters: in ASCII, whatever is no letter, digit or apostrophe
    is a space. Apostrophes that do not stand within a word are left to `chunks`."""
    if text.isascii():
        spaced = text.translate(_ASIDE)
        if "'" not in spaced or not any(odd in f" {spaced} " for odd in (" '", "' ", "''")):
            return spaced.split()
    return chunks(text)


class TextIds(dict[str, int]):
    """Texts, numbered in the order in which they are first met."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []

    def __missing__(self, text: str) -> int:
        number = self[text] = len(self.texts)
        self.texts.append(text)
        return number


class _Codes(dict[str, int]):
    """The codes of one language's words; an unknown one is analysed."""

    def __init__(self, table: WordTable, language: str) -> None:
        super().__init__()
        self._table, self._language = table, language

    def __missing__(self, chunk: str) -> int:
        code = self[chunk] = self._table.add(chunk, self._language)
        return code


class WordTable:
    """Codes, and behind each code its rows: one a token.

    `first[code]` and `count[code]` are its rows, `advance[code]` the positions it takes. A row has the position within the
    run (`offset`), and the numbers of its term, its surface and its form (the word as written, in lower case).
    """

    def __init__(self) -> None:
        self.terms, self.surfaces, self.forms = TextIds(), TextIds(), TextIds()
        self.first, self.count, self.advance = array("I"), array("I"), array("I")
        self.offset, self.term, self.surface, self.form = array("I"), array("I"), array("I"), array("I")
        self._languages: dict[str, _Codes] = {}

    def __len__(self) -> int:
        return len(self.first)

    def codes(self, text: str, language: str) -> Iterator[int]:
        """The codes of a text's runs, in order."""
        known = self._languages.get(language)
        if known is None:
            known = self._languages[language] = _Codes(self, language)
        return map(known.__getitem__, runs(text))

    def add(self, chunk: str, language: str) -> int:
        tokens, positions = chunk_tokens(chunk, language)
        tokens = [token for token in tokens if len(token.term) <= MAX_TERM_LENGTH]
        self.first.append(len(self.term))
        self.count.append(len(tokens))
        self.advance.append(positions)
        for token in tokens:
            surface = token.surface[:MAX_TERM_LENGTH]
            form = chunk[token.start : token.end].lower()
            self.offset.append(token.position)
            self.term.append(self.terms[token.term])
            self.surface.append(self.surfaces[surface])
            self.form.append(self.forms[surface if form == surface else form])  # one text in memory, not two
        if len(self.first) % _FORGOTTEN_AFTER == 0:
            for remembered in (forms_of, surface_of, term_of):
                remembered.cache_clear()
        return len(self.first) - 1

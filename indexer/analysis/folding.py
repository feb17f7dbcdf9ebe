"""Folding: the one form under which spellings of a word coincide, whatever its case, accents and width.

Marks are stripped where they are accents or vowel points (Latin, Greek, Cyrillic, Arabic, Hebrew). They stay where they
are letters of their own: й and ї, the dakuten of kana (が is not か), vowel signs of Indic scripts and of Thai.
"""

from __future__ import annotations

import sys
import unicodedata

# Characters nobody sees: soft hyphen, grapheme joiner, zero width space/joiners, bidi marks, word joiner, BOM, variation
# selectors. They vanish, so a ZERO WIDTH SPACE inside a word joins its halves: it is far more often an editor's leftover
# than a word boundary in the scripts that we cut at spaces.
_INVISIBLE = (
    (0xAD, 0xAD), (0x34F, 0x34F), (0x61C, 0x61C), (0x180B, 0x180F), (0x200B, 0x200F), (0x202A, 0x202E), (0x2060, 0x206F),
    (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF), (0xE0000, 0xE01EF),
)  # fmt: skip
# Accents, Cyrillic titlo, Hebrew points, Arabic tatweel and vowel marks, combining half marks and the like.
_ACCENTS = (
    (0x300, 0x36F), (0x483, 0x489), (0x591, 0x5BD), (0x5BF, 0x5BF), (0x5C1, 0x5C2), (0x5C4, 0x5C5), (0x5C7, 0x5C7),
    (0x610, 0x61A), (0x640, 0x640), (0x64B, 0x65F), (0x670, 0x670), (0x6D6, 0x6DC), (0x6DF, 0x6E4), (0x6E7, 0x6E8),
    (0x6EA, 0x6ED), (0x1AB0, 0x1AFF), (0x1DC0, 0x1DFF), (0x20D0, 0x20F0), (0xFE20, 0xFE2F),
)  # fmt: skip
# Letters whose stroke or join is no combining mark in Unicode.
_LETTERS = {
    "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ħ": "h", "ŧ": "t", "ı": "i", "ȷ": "j", "ß": "ss", "æ": "ae",
    "œ": "oe", "ŋ": "n", "ĸ": "k", "ɨ": "i", "ə": "e", "ς": "σ", "’": "'", "ʼ": "'",
}  # fmt: skip

_STRIP: dict[int, str | None] = {
    **{point: None for first, last in (*_INVISIBLE, *_ACCENTS) for point in range(first, last + 1)},
    **{ord(letter): plain for letter, plain in _LETTERS.items()},
}


def fold(text: str) -> str:
    """Case, accents, width and invisible characters do not matter any more. Never fails; idempotent."""
    if text.isascii():
        return text.lower()
    for _ in range(4):  # a second round is needed by a few letters only, whose plain form composes or folds again
        folded = _fold_once(text)
        if folded == text:
            break
        text = folded
    return folded


def _fold_once(text: str) -> str:
    text = unicodedata.normalize("NFKC", text).casefold()
    text = unicodedata.normalize("NFD", text)
    text = text.replace("и\u0306", "й").replace("і\u0308", "ї")  # letters of their own, that stemmers need
    return unicodedata.normalize("NFC", text.translate(_STRIP))


def _ranges(points: list[int]) -> str:
    """The body of a regular expression's character class."""
    parts: list[str] = []
    start = previous = points[0]
    for point in [*points[1:], sys.maxunicode + 2]:
        if point != previous + 1:
            parts.append(f"{chr(start)}-{chr(previous)}")
            start = point
        previous = point
    return "".join(parts)


def _marks() -> list[int]:
    """What continues a word though `\\w` does not know it: combining marks, and invisible characters."""
    marks = {point for point in range(0x300, 0x10000) if unicodedata.category(chr(point))[0] == "M"}
    marks.update(point for first, last in _INVISIBLE for point in range(first, last + 1))
    return sorted(marks)


# Scripts written without spaces (and Hangul, whose particles cling to the words): cut into overlapping pairs.
PAIRED = (
    "\u0e01-\u0e30\u0e32\u0e33\u0e40-\u0e46\u0e80-\u0eb0\u0eb2\u0eb3\u0ebd-\u0ec6\u1000-\u102a\u1780-\u17b3"
    "\u1100-\u11ff\u2e80-\u2fdf\u3005\u3007\u3021-\u3029\u3031-\u3035\u303b\u3041-\u3096\u309d-\u309f"
    "\u30a1-\u30fa\u30fc-\u30ff\u3105-\u312f\u3131-\u318e\u31a0-\u31bf\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    "\ua960-\ua97c\uac00-\ud7a3\ud7b0-\ud7fb\uf900-\ufaff\uff66-\uffdc\U0001b000-\U0001b2ff\U00020000-\U0003ffff"
)
MARKS = _ranges(_marks())

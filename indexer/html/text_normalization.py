"""Normalise one string for a `Document`: no control characters, no lone surrogates, no invisible characters."""

from __future__ import annotations

import re
import unicodedata

# Soft hyphen, zero-width space, word joiner, direction marks, byte-order mark, tags: they split words that look whole.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufdd0-\ufdef\ufeff"
    "\ufff9-\ufffb\ufffe\uffff\U000e0000-\U000e007f]"
)
# Joiners shape Persian, Indic scripts and emoji; next to ASCII letters they have no effect.
_IDLE_JOINER = re.compile("[\u200c\u200d](?![^\x00-\x7f])|(?<![^\x00-\x7f])[\u200c\u200d]")
_SURROGATE = re.compile("[\ud800-\udfff]")
# Python sorts combining marks by insertion: 100,000 of them on one letter would take minutes.
_MARKS = (
    "\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u0610-\u061a\u064b-\u065f\u06d6-\u06dc\u1ab0-\u1aff\u1dc0-\u1dff"
    "\u20d0-\u20ff\ufe20-\ufe2f"
)
_MARK_PILE = re.compile(f"([{_MARKS}]{{8}})[{_MARKS}]+")
_LINE_END = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_SPACES = re.compile(r"[^\S\n]+")
_LINES = re.compile(r" ?\n ?")
_BLANK_LINES = re.compile(r"\n{3,}")


def clean_text(text: str) -> str:
    """Return the text in NFC, with single spaces within lines, and at most one blank line in a row.

    >>> clean_text("  re\\u00adsettle\\u200bment \\x07 of  2020 ")
    'resettlement of 2020'
    """
    if not text.replace("\n", "").isprintable():  # nearly all texts are printable and skip these steps, five times faster
        text = _SURROGATE.sub("\ufffd", _LINE_END.sub("\n", text))
        text = _SPACES.sub(" ", _IDLE_JOINER.sub("", _INVISIBLE.sub("", text)))
    if not unicodedata.is_normalized("NFC", text):
        text = unicodedata.normalize("NFC", _MARK_PILE.sub(r"\1", text))
    if "  " in text:
        text = _SPACES.sub(" ", text)
    if " \n" in text or "\n " in text:
        text = _LINES.sub("\n", text)
    return (_BLANK_LINES.sub("\n\n", text) if "\n\n\n" in text else text).strip()

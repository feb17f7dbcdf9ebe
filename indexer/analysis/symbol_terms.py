"""Find terms that contain symbols: C++, C#, .NET, Disney+, #hashtags, @names, emoji, and on-line with its stop word.

The analyzer indexes letters and digits only. These terms are indexed in addition, at the end of a field, in an encoded form that
consists of letters. In the text itself, C++ remains the word c.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Final

from indexer.analysis.stopwords import STOP_WORDS

MARK: Final = "\u01c2"  # the first letter of an encoded term: a click of Khoisan languages, which no other word begins with
MAX_BYTES: Final = 30  # of a term, so that its encoded form is not longer than a word may be
_EMOJI: Final = "\u2600-\u27bf\u2b50\u2b55\U0001f300-\U0001f3fa\U0001f400-\U0001faff"
_WITH_EMOJI: Final = re.compile(f"[{_EMOJI}]|[\U0001f1e6-\U0001f1ff]{{2}}")
_TERM: Final = re.compile(
    r"(?<![\w+#.&/@-])"
    r"(?:[A-Za-z][A-Za-z0-9]{0,19}\+\+?(?![\w+#])|[A-Za-z]{1,2}#(?![\w+#])|\.[A-Z]{2,5}\b|[#@][^\W\d_]\w{1,25})"
)
_HYPHENS: Final = "\u2010\u2011-"  # in this order: the last one is not a range of letters
_HYPHEN: Final = re.compile(f"(?<=[a-zA-Z])[{_HYPHENS}](?=[a-zA-Z])")
_FIRST_PART: Final = re.compile(rf"(?<![\w'’{_HYPHENS}])[a-zA-Z]{{2,}}$")
_SECOND_PART: Final = re.compile(rf"[a-zA-Z]{{2,}}(?![\w'’]|[{_HYPHENS}]\w)")
_MODIFIERS: Final = re.compile("[\ufe0e\ufe0f\u200d\U0001f3fb-\U0001f3ff]")  # variants of an emoji: colour of skin, presentation
_SIGNS: Final = ("+", "#", "@", " .", "(.")


def may_have_terms(text: str) -> bool:
    """Return whether a text may contain such terms. Most short texts cannot, and this takes a tenth of looking for them.

    >>> may_have_terms("News of the harbour."), may_have_terms("On-line in C++")
    (False, True)
    """
    if text.isalnum() and text.isascii():
        return False
    return (
        "-" in text
        or not text.isascii()
        or "#" in text
        or "@" in text
        or "+" in text
        or " ." in text
        or ("(" in text and "(." in text)
        or text.startswith(".")
    )


def symbol_terms(text: str) -> Iterator[str]:
    """Yield the terms of a text in lower case, as often as they occur.

    >>> list(symbol_terms("From C++ to C# and .NET 8, says @ada. #MeToo! A+B, a@b.org, page.NET"))
    ['c++', 'c#', '.net', '@ada', '#metoo']
    """
    if any(sign in text for sign in _SIGNS) or text.startswith("."):
        yield from (term for match in _TERM.finditer(text) if len((term := match[0].lower()).encode()) <= MAX_BYTES)
    if not text.isascii():
        yield from (match[0] for match in _WITH_EMOJI.finditer(text))


def hyphenated_stop_words(text: str, language: str) -> Iterator[str]:
    """Yield the words of two parts, one of them a stop word, in lower case, as often as they occur.

    The analyzer leaves the stop word out, so on-line would be indexed as line alone.

    >>> list(hyphenated_stop_words("On-line shops have a plug\u2010in, state-of-the-art and well-known", "en"))
    ['on-line', 'plug-in']
    """
    stops = STOP_WORDS.get(language)
    if stops is None or not any(hyphen in text for hyphen in _HYPHENS):
        return
    for hyphen in _HYPHEN.finditer(text):
        first, second = (
            _FIRST_PART.search(text, max(0, hyphen.start() - MAX_BYTES), hyphen.start()),
            _SECOND_PART.match(text, hyphen.end()),
        )
        if first and second and (word := hyphenated_stop_word(first[0], second[0], stops)):
            yield word


def hyphenated_stop_word(first: str, second: str, stops: Collection[str]) -> str | None:
    """Return the term of a word of two parts if exactly one of them is a stop word; None otherwise."""
    first, second = first.lower(), second.lower()
    is_one = (first in stops) != (second in stops)
    return f"{first}-{second}" if is_one and len(first) + len(second) < MAX_BYTES else None


def symbol_term(word: str) -> str | None:
    """Return the term that a word of a query is; None if it is an ordinary word.

    >>> symbol_term("c++"), symbol_term(".net"), symbol_term("harbour"), symbol_term("\u2764\ufe0f")
    ('c++', '.net', None, '\u2764')
    """
    word = _MODIFIERS.sub("", word)
    if _WITH_EMOJI.fullmatch(word):
        return word
    match = _TERM.fullmatch(word.upper() if word.startswith(".") else word)
    return match[0].lower() if match else None


def encoded(term: str) -> str:
    """Return a term as a word of letters and digits."""
    return MARK + term.encode("utf-8", "replace").hex()


def decoded(word: str) -> str | None:
    """Return the term that a word encodes; None if it encodes none.

    >>> decoded(encoded("c++")), decoded("\u01c2x"), decoded("word")
    ('c++', None, None)
    """
    if not word.startswith(MARK):
        return None
    try:
        return bytes.fromhex(word[1:]).decode() or None
    except ValueError:
        return None

"""Leave out what only introduces a question: "What articles exist which deal with …", "I am interested in papers on …".

Such words are rare in documents, so a formula would take them for the most informative ones. They are called stop structures
(Callan, Croft and Harding 1992, "The INQUERY retrieval system"). Only long questions in English are shortened: "papers on
migration" may well ask for papers.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from indexer.analysis.stopwords import STOP_WORDS
from indexer.lazy_regex import later
from indexer.query.nodes import And, Word

MIN_REMAINING_WORDS: Final = 3  # that are not stop words
MAX_FRAME_WORDS: Final = 14

_WHO: Final = r"(?:i|we) (?:am|m|are|re|was|would be|should be)|im"
_ADVERB: Final = r"(?: (?:also|very|particularly|especially|only|mainly|currently))*"
_WISH: Final = (
    r"(?:i|we) (?:would|should|d) (?:also )?(?:like|love|be (?:grateful|pleased|glad|happy))|id like"
    r"|(?:i|we) (?:also )?(?:want|need|seek|require|wish)"
)
_TO: Final = r"(?: (?:to (?:have|receive|find|know|obtain|get|see|read|learn)|for|of|in|out|more|me|us))*"
_REQUEST: Final = (
    r"(?:please )?(?:(?:can|could|would) you (?:please )?)?(?:find|give|show|send|tell|list|obtain|provide|get|search)"
)
_OPENERS: Final = (
    rf"(?:(?:{_WHO}){_ADVERB} )?(?:interested in|looking for|searching for){_TO}",
    rf"(?:{_WISH}){_TO}",
    rf"{_REQUEST}(?: me| us| for| out)* (?=all |any |the |some )",
    rf"{_REQUEST} (?:me|us)(?: about)?",
    r"has any(?:one|body)(?: else)?(?: \w+ly| ever| or)* (?:investigated|studied|considered|discussed|described|written about)",
    r"(?:is|are|was|were) there (?:any|some|a)",
)
_QUANTIFIER: Final = (
    r"(?:(?:any|all|some|the|a|other|more|further|available|recent|relevant|useful|good|general|specific|following) )*"
)
_NOUN: Final = (
    r"(?:information|articles?|papers?|documents?|references?|literature|publications?|reports?|descriptions?"
    r"|discussions?|material)"
)
_LINK: Final = (
    r"(?: (?:that|which|who|are|is|was|were|there|exist|exists|available|has been|have been|written|published"
    r"|either|mainly|only))*"
)
_RELATION: Final = (
    r"(?:deal(?:s|ing|t)? with|about|on|concerning|concerns?|regarding|discuss(?:es|ing)?|describ(?:e|es|ing)|treat(?:s|ing)?"
    r"|cover(?:s|ing)?|relat(?:ed|ing|e|es) to|pertain(?:ing)? to|contain(?:s|ing)?|by)"
)
_OPENER: Final = "|".join(_OPENERS)
_FRAME: Final = later(
    rf"(?:(?:{_OPENER}|what|which) ?)?{_QUANTIFIER}{_NOUN}(?: (?:and|or) {_NOUN})*{_LINK} {_RELATION}(?= )|(?:{_OPENER})(?= |$)"
)
_PERSON: Final = r"(?:i|we|you|one|people)"
_ABOUT: Final = r"(?: (?:more|something|anything|all|everything|any|some|information|details|news))*(?: (?:about|on|regarding))?"
# What a person says to another: it is never the subject, so that one other word suffices.
_ASKING: Final = later(
    rf"(?:(?:where|how) (?:can|do|could|should|may|might) {_PERSON} (?:find(?: out)?|get|see|read|learn|look up){_ABOUT}"
    rf"|(?:please )?(?:(?:can|could|would) you (?:please )?)?(?:tell|show|give) (?:me|us){_ABOUT}"
    rf"|(?:{_WISH}|(?:i|we) (?:just )?(?:want|need|like)) to (?:know|learn|read|hear|see|find(?: out)?){_ABOUT}"
    rf"|do you (?:have|know){_ABOUT}"
    r"|how (?:much|many|long|often|far) (?:do|does|did|is|are|was|were|will|would|can|has|have))(?= )"
)
_SENTENCE_END: Final = re.compile(r"[.?!;:]$")
_WORD_PARTS: Final = re.compile(r"[\W_]+")


def without_question_frames(query: And) -> And:
    """Return the query without the words that only introduce its sentences, if enough others remain."""
    words = [node.text if isinstance(node, Word) and node.field is None else "" for node in query.nodes]
    if not _may_have_frame(words):
        return query
    for framing, least in ((framing_words(words), MIN_REMAINING_WORDS), ({*range(_leading_words(words, _ASKING))}, 1)):
        remaining = [node for number, node in enumerate(query.nodes) if number not in framing]
        informative = sum(not isinstance(node, Word) or _form(node.text) not in STOP_WORDS["en"] for node in remaining)
        if framing and informative >= least:
            return And(tuple(remaining))
    return query


def _may_have_frame(words: Sequence[str]) -> bool:
    """Test whether one of the frames may match. Few queries of plain words begin with one, so this is their only test."""
    letters = "".join(words)
    if not (letters.isascii() and letters.isalnum()) or "" in words:
        return True
    text = " ".join(words).lower() + " "
    return _FRAME.match(text) is not None or _ASKING.match(text) is not None


def framing_words(words: Sequence[str]) -> set[int]:
    """Return the numbers of the words that introduce a sentence. "" stands for a part that is not a plain word.

    >>> sorted(framing_words("I am interested in articles about ferries. Looking for maps".split()))
    [0, 1, 2, 3, 4, 5, 7, 8]
    >>> framing_words("articles of incorporation".split())
    set()
    """
    framing: set[int] = set()
    for start in (0, *(at + 1 for at, word in enumerate(words[:-1]) if _SENTENCE_END.search(word))):
        framing.update(range(start, start + _leading_words(words[start:], _FRAME)))
    return framing


def _leading_words(words: Sequence[str], frame: re.Pattern[str]) -> int:
    """Return how many words at the beginning a frame matches."""
    forms = [_form(word) or "-" for word in words[:MAX_FRAME_WORDS]]
    match = frame.match(" ".join(forms) + " ")
    length = number = 0
    for form in forms:
        length += len(form) + 1
        if match is None or length - 1 > match.end():
            break
        number += 1
    return number


def _form(word: str) -> str:
    """Return a word in lower case, with a space for each sign: I'm -> i m."""
    return " ".join(_WORD_PARTS.sub(" ", word.casefold()).split())

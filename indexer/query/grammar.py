"""The grammar of the query language, and its parser.

    query  = and ("OR" and)*              AND binds tighter than OR; words side by side are ANDed
    and    = not (["AND"] not)*
    not    = ("NOT" | "-")* item ["^" number]
    item   = "(" query ")"  |  [field ":"] value
    value  = "phrase"["~" n]  |  word["~" n]  |  pre*  |  w?ld*card  |  date | date..date

Operators are upper case, and a text that is all in capitals has none. Limits are part of the language: see the constants.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field

from indexer.model import Notice
from indexer.query.date_ranges import span
from indexer.query.format import format_query
from indexer.query.nodes import (
    And,
    Boost,
    Constant,
    DateRange,
    Filter,
    FilterField,
    Fuzzy,
    Node,
    Not,
    Or,
    Phrase,
    Prefix,
    TextField,
    Wildcard,
    Word,
)

MAX_CHARACTERS = 10_000
MAX_WORDS = 1_000  # plain words side by side, as in a pasted text; query understanding keeps the most informative ones
MAX_LEAVES = 64  # parts of any other kind
OPERATORS = frozenset(("AND", "OR", "NOT"))
MAX_DEPTH = 16  # nested parentheses
MAX_STARS = 4  # in one pattern
MAX_DISTANCE = 2
MAX_SLOP = 50
_FIRST_EMOJI = "\u2600"
BOOSTS = (0.01, 100.0)

_TEXT_FIELDS: dict[str, TextField] = {
    "title": "title",
    "intitle": "title",
    "summary": "summary",
    "body": "body",
    "text": "body",
    "categories": "categories",
    "authors": "authors",
}
_FILTERS: dict[str, FilterField] = {
    "category": "category",
    "author": "author",
    "source": "source",
    "language": "language",
    "lang": "language",
    "url": "url",
    "inurl": "url",
    "filetype": "filetype",
}
_DATES = frozenset(("date", "after", "before"))
_SITE = "site"  # a host and its subdomains

_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\\s]+")
_RANGE = re.compile(r"\bdate:[\[{]\s*([^\s\]}]*)\s+TO\s+([^\s\]}]*)\s*[\]}]?")
_TOKEN = re.compile(
    r"""(?P<open>\()|(?P<close>\))
      | (?P<minus>-+(?=[^\s)]))
      | (?P<plus>\++(?=[^\s)]))
      | (?P<boost>\^[^\s()"]*)
      | (?:(?P<field>[A-Za-z_]+):(?=[^\s)]))?
        (?: "(?P<phrase>[^"]*)(?P<end>"?)(?P<slop>~[0-9]*)?
          | (?P<group>\()
          | (?P<word>[^\s()"^]+) )
      | (?P<junk>.)""",
    re.VERBOSE | re.DOTALL,
)
_NO_WORD_END = re.compile(r"[\W_]+$")
_FUZZY = re.compile(r"(.+?)~([0-9]*)$", re.DOTALL)


def normalize(text: str) -> str:
    """Return a query text with plain spaces, quotation marks and parentheses, and date ranges in the form `date..date`."""
    text = _CONTROLS.sub(" ", text).translate({0x201C: '"', 0x201D: '"', 0x201E: '"', 0xFF02: '"', 0xFF08: "(", 0xFF09: ")"})
    return _RANGE.sub(lambda match: f"date:{match[1]}..{match[2]}", text)


def split_tokens(text: str) -> list[re.Match[str]]:
    """Return the tokens of a normalized query text, without those that mean nothing."""
    return [token for token in _TOKEN.finditer(text) if not (token["junk"] or token["plus"])]


@dataclass(slots=True)
class Parser:
    """Reads the tokens of one query text by recursive descent, one method for each rule of the grammar."""

    tokens: list[re.Match[str]]
    notices: list[Notice]
    operators: frozenset[str]
    words: list[str] = field(default_factory=list)
    at: int = 0
    leaves: int = 0
    negated: int = 0  # how many exclusions the parser is in

    def query(self, depth: int, inherited: str | None) -> Node | None:
        """Read alternatives up to a closing parenthesis or, on the top level, to the end."""
        alternatives: list[Node] = []
        together: list[Node] = []
        pending = ""  # an operator that waits for its right side
        while self.at < len(self.tokens):
            token = self.tokens[self.at]
            if token["close"]:
                if depth:
                    break
                self._ignored(")")
                self.at += 1
                continue
            word = token["word"]
            if word in self.operators - {"NOT"} and not token["field"]:
                self.at += 1
                if pending or not (together or alternatives):
                    self._ignored(word)
                else:
                    pending = word
                continue
            node = self._negated(depth, inherited)
            if node is None:
                continue
            if pending == "OR" and together:
                alternatives.append(_join(And, together))
                together = []
            pending = ""
            together.append(node)
        if pending:
            self._ignored(pending)
        if together:
            alternatives.append(_join(And, together))
        return _join(Or, alternatives) if alternatives else None

    def _negated(self, depth: int, inherited: str | None) -> Node | None:
        negations = 0
        while self.at < len(self.tokens):
            token = self.tokens[self.at]
            if token["minus"] or (token["word"] == "NOT" and "NOT" in self.operators and not token["field"]):
                negations += len(token["minus"] or "-")
                self.at += 1
                continue
            break
        else:
            self._ignored("NOT")
            return None
        if negations and (token["close"] or (token["word"] in self.operators and not token["field"])):
            self._ignored("NOT")
            return None
        words = len(self.words)
        self.negated += negations
        node = self._boosted(depth, inherited)
        self.negated -= negations
        if node is None or not negations % 2:
            return node
        del self.words[words:]
        return node.node if isinstance(node, Not) else Not(node)

    def _boosted(self, depth: int, inherited: str | None) -> Node | None:
        node = self._item(depth, inherited)
        if self.at < len(self.tokens) and (boost := self.tokens[self.at]["boost"]):
            self.at += 1
            factor = _number(boost[1:])
            if factor is None:
                self._ignored(boost)
            elif node is not None and not isinstance(node, Boost | Not | Constant):
                bounded = min(max(factor, BOOSTS[0]), BOOSTS[1])
                if bounded != factor:
                    self._note("boost-limited", f"{boost[:20]} is read as ^{bounded:g}", boost[:20])
                node = Boost(node, bounded)
        return node

    def _item(self, depth: int, inherited: str | None) -> Node | None:
        token = self.tokens[self.at]
        self.at += 1
        name = (token["field"] or "").lower() or None
        if token["open"] or token["group"]:
            return self._group(depth, name or inherited)
        if token["phrase"] is None and token["word"] is None:
            if token["boost"]:
                self._ignored(token["boost"])
            return None
        is_plain = not (depth or self.negated or token["phrase"] is not None or name) and token["word"].isalnum()
        limit = MAX_WORDS if is_plain else MAX_LEAVES
        if self.leaves >= limit:
            self._note("too-many-words", f"the query has too many parts; its first {limit} are used")
            return None
        is_field = name in _TEXT_FIELDS or name in _FILTERS or name in _DATES or name == _SITE
        if name and not is_field and not (token["word"] or "").startswith("//"):  # https://…
            self._note(
                "unknown-field", f"there is no field {token['field'][:40]!r}; it is searched for as text", token["field"][:40]
            )
        node = self._value(token, name if is_field else inherited)
        self.leaves += node is not None
        return node

    def _value(self, token: re.Match[str], name: str | None) -> Node | None:
        phrase: str | None = token["phrase"]
        if phrase is not None:
            if not token["end"]:
                self._note("quotation-mark-missing", "a quotation mark is missing; the phrase is taken to end with the query")
            value = phrase.strip()
        else:
            value = token["word"]
            if token["field"] and name != token["field"].lower():  # an unknown field is part of the text
                value = f"{token['field']}:{value}"
            if value.endswith(":") and value[:-1].lower() in (*_TEXT_FIELDS, *_FILTERS, *_DATES, _SITE):
                self._note("field-without-value", f"{value} has no value; it is searched for as text", value[:40])
                value, name = value[:-1], None
        if name in _DATES:
            return self._date(name or "", value)
        if not _is_searchable(value):
            if any(letter in "*?" for letter in value):
                self._note("pattern-without-letter", f"{value[:20]} would be every word; a pattern needs a letter", value[:20])
            return None
        if name == _SITE:
            host = re.sub(r"^(?:https?:)?//(?:www\.)?|^www\.", "", value.lower())
            return Or((Constant(Filter("url", f"//{host}")), Constant(Filter("url", f".{host}"))))
        if name in _FILTERS:
            return Constant(Filter(_FILTERS[name], " ".join(value.replace('"', " ").split())))
        where = _TEXT_FIELDS.get(name or "")
        if phrase is not None:
            slop = min(int((token["slop"] or "~0")[1:][:6] or 3), MAX_SLOP)
            return Phrase(" ".join(value.split()), slop, where)
        return self._word(value, where)

    def _word(self, value: str, where: TextField | None) -> Node | None:
        """Read a word, again and again while dropping something from it changes how it reads: `why?~:` -> `why`."""
        node = None
        for _ in range(6):
            node = self._word_once(value, where)
            text = format_query(node).removeprefix(f"{where}:") if node is not None else value
            if text == value:
                break
            value = text
        if isinstance(node, Word):
            self.words.append(node.text)
        return node

    def _word_once(self, value: str, where: TextField | None) -> Node | None:
        value = _without_question_mark(value)
        fuzzy = _FUZZY.fullmatch(value)
        if fuzzy and ("*" in fuzzy[1] or "?" in fuzzy[1]):
            self._note(
                "pattern-and-fuzzy", f"{value[:20]} cannot be both a pattern and fuzzy; it is read as a pattern", value[:20]
            )
            value = _without_question_mark(fuzzy[1])
        elif fuzzy:
            word, distance = _NO_WORD_END.sub("", fuzzy[1]), int(fuzzy[2][:6] or 1)
            if distance > MAX_DISTANCE:
                self._note("distance-limited", f"~{fuzzy[2][:20]} is read as ~{MAX_DISTANCE}", f"~{fuzzy[2][:20]}")
            if distance and any(letter.isalnum() for letter in word):
                return Fuzzy(word, min(distance, MAX_DISTANCE), where)
            value = word
        value = value.rstrip("~")
        if not _is_searchable(value):
            return None
        if "*" in value or "?" in value:
            pattern = re.sub(r"\*+", "*", value)
            pieces = pattern.split("*")
            if len(pieces) > MAX_STARS + 1:
                self._note("pattern-limited", f"{pattern[:20]} has too many stars; the first {MAX_STARS} are used", pattern[:20])
                pattern = "*".join(pieces[:MAX_STARS]) + "*"
            if "?" not in pattern and pattern.count("*") == 1 and pattern.endswith("*"):
                return Prefix(pattern[:-1], where)
            return Wildcard(pattern, where)
        value = value.rstrip(":~")
        if value in self.operators or not value:
            return None
        return Word(value, where)

    def _date(self, name: str, value: str) -> Node | None:
        first, dots, last = value.partition("..")
        start, end = span(first), span(last) if dots else span(first)
        is_broken = (first and start is None) or (last and end is None)
        if is_broken or (start is None and (end is None or name != "date")):
            self._note(
                "not-a-date", f"{value[:40]!r} is not a date; write {name}:2020, {name}:2020-05 or {name}:2020-05-27", value[:40]
            )
            return None
        if start and name != "date":
            return Constant(DateRange(start[0], None) if name == "after" else DateRange(None, start[0]))
        if start and end and start[0] > end[0]:
            self._note("date-range-swapped", "the date range is backwards; its ends are swapped")
            start, end = end, start
        return Constant(DateRange(start[0] if start else None, end[1] if end else None))

    def _group(self, depth: int, name: str | None) -> Node | None:
        if depth >= MAX_DEPTH:
            self._note("too-deep", f"parentheses can be nested only {MAX_DEPTH} deep")
            while self.at < len(self.tokens) and (self.tokens[self.at]["open"] or self.tokens[self.at]["group"]):
                self.at += 1
        node = self.query(min(depth + 1, MAX_DEPTH), name) if depth < MAX_DEPTH else None
        if self.at < len(self.tokens) and self.tokens[self.at]["close"]:
            self.at += 1
        elif depth < MAX_DEPTH:
            self._note("parenthesis-missing", "a closing parenthesis is missing")
        return node

    def _note(self, code: str, text: str, part: str = "") -> None:
        self.notices.append(Notice(code, text, part))

    def _ignored(self, what: str) -> None:
        self._note("operator-ignored", f"{what[:20]} has nothing to work on and is ignored", what[:20])


def _is_searchable(text: str) -> bool:
    """Return whether a text has a letter, a digit or an emoji."""
    return any(letter.isalnum() or (letter >= _FIRST_EMOJI and unicodedata.category(letter) == "So") for letter in text)


def _without_question_mark(value: str) -> str:
    """Return a word without the question mark that ends a question, and without a colon after it."""
    plain = value.rstrip("?:")
    return value.rstrip(":") if "*" in plain or "?" in plain else plain


def _join(kind: type[And] | type[Or], nodes: list[Node]) -> Node:
    """Join nodes. A single node stays as it is, and nested nodes of the same kind become one."""
    flat: list[Node] = []
    for node in nodes:
        flat.extend(node.nodes if isinstance(node, kind) else (node,))
    return flat[0] if len(flat) == 1 else kind(tuple(flat))


def _number(text: str) -> float | None:
    match = re.fullmatch(r"[0-9]{1,6}(?:\.[0-9]{1,6})?", text)
    return float(match[0]) if match else None


def is_in_capitals(text: str) -> bool:
    """Return whether all words are in capitals, as in a pasted headline, so that AND is a word like the others.

    >>> is_in_capitals("FERRY AND WALL"), is_in_capitals("ferry AND wall"), is_in_capitals("2020 AND 2021")
    (True, False, False)
    """
    return "".join([word for word in re.findall(r"\w+", text) if word not in OPERATORS]).isupper()

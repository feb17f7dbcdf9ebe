"""The query language: any text -> our tree. Never raises; what it could not use it says in `warnings`.

    query  = and ("OR" and)*              AND binds tighter than OR; words side by side are ANDed
    and    = not (["AND"] not)*
    not    = ("NOT" | "-")* item ["^" number]
    item   = "(" query ")"  |  [field ":"] value
    value  = "phrase"["~" n]  |  word["~" n]  |  pre*  |  w?ld*card  |  date | date..date

Limits are part of the language, so that no query can be slow: see the constants. Operators are upper case.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from indexer.query.dates import span
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
    Nothing,
    Or,
    Phrase,
    Prefix,
    TextField,
    Wildcard,
    Word,
)

MAX_QUERY = 1_000  # characters
MAX_LEAVES = 64
DEEPEST = 16  # parentheses in one another
MAX_STARS = 4  # in one pattern
MAX_DISTANCE = 2
MAX_SLOP = 50
BOOSTS = (0.01, 100.0)

_TEXT_FIELDS: dict[str, TextField] = {
    "title": "title",
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
}
_DATES = frozenset(("date", "after", "before"))
_OPERATORS = frozenset(("AND", "OR", "NOT"))

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
_ONLY_A_PHRASE = re.compile(r'"([^\W_]+(?: [^\W_]+){0,20})"')
_NO_WORD_END = re.compile(r"[\W_]+$")
_FUZZY = re.compile(r"(.+?)~([0-9]*)$", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Parsed:
    """A query's tree (`Nothing()` when there is nothing to look for), how it was read, and its plain words in order."""

    node: Node
    warnings: tuple[str, ...] = ()
    words: tuple[str, ...] = ()


def parse(text: str) -> Parsed:
    """Read a query as a person typed it.

    >>> parse('border* -"press release" OR').node
    And(nodes=(Prefix(text='border', field=None), Not(node=Phrase(text='press release', slop=0, field=None))))
    """
    plain = text.split() if len(text) <= MAX_QUERY else ()
    if 0 < len(plain) <= MAX_LEAVES and all(word.isalnum() and word not in _OPERATORS for word in plain):
        # What nearly everybody types; the parser below would say the same, in four times the time.
        return Parsed(_join(And, [Word(word) for word in plain]), (), tuple(plain))
    if phrase := _ONLY_A_PHRASE.fullmatch(text):
        return Parsed(Phrase(" ".join(phrase[1].split())))
    warnings: list[str] = []
    if len(text) > MAX_QUERY:
        text = text[:MAX_QUERY].rpartition(" ")[0] or text[:MAX_QUERY]
        warnings.append(f"the query is too long; its first {len(text)} characters are used")
    text = _CONTROLS.sub(" ", text).translate({0x201C: '"', 0x201D: '"', 0x201E: '"', 0xFF02: '"', 0xFF08: "(", 0xFF09: ")"})
    text = _RANGE.sub(lambda match: f"date:{match[1]}..{match[2]}", text)
    parser = _Parser([token for token in _TOKEN.finditer(text) if not (token["junk"] or token["plus"])], warnings)
    node = parser.query(0, None)
    return Parsed(node or Nothing(), tuple(dict.fromkeys(parser.warnings)), tuple(parser.words))


@dataclass(slots=True)
class _Parser:
    tokens: list[re.Match[str]]
    warnings: list[str]
    words: list[str] = field(default_factory=list)
    at: int = 0
    leaves: int = 0

    def query(self, depth: int, inherited: str | None) -> Node | None:
        """Alternatives up to a closing parenthesis (or, on the top level, to the end)."""
        alternatives: list[Node] = []
        together: list[Node] = []
        pending = ""  # an operator that waits for what follows
        while self.at < len(self.tokens):
            token = self.tokens[self.at]
            if token["close"]:
                if depth:
                    break
                self._ignored(")")
                self.at += 1
                continue
            word = token["word"]
            if word in ("AND", "OR") and not token["field"]:
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
            if token["minus"] or (token["word"] == "NOT" and not token["field"]):
                negations += len(token["minus"] or "-")
                self.at += 1
                continue
            break
        else:
            self._ignored("NOT")
            return None
        if negations and (token["close"] or token["word"] in _OPERATORS):
            self._ignored("NOT")
            return None
        words = len(self.words)
        node = self._boosted(depth, inherited)
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
                    self.warnings.append(f"{boost[:20]} is read as ^{bounded:g}")
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
        if self.leaves >= MAX_LEAVES:
            self.warnings.append(f"the query has too many words; its first {MAX_LEAVES} are used")
            return None
        known = name in _TEXT_FIELDS or name in _FILTERS or name in _DATES
        if name and not known:
            self.warnings.append(f"there is no field {token['field'][:40]!r}; it is looked for as text")
        node = self._value(token, name if known else inherited)
        self.leaves += node is not None
        return node

    def _value(self, token: re.Match[str], name: str | None) -> Node | None:
        phrase: str | None = token["phrase"]
        if phrase is not None:
            if not token["end"]:
                self.warnings.append("a quotation mark is missing; the phrase is taken to end with the query")
            value = phrase.strip()
        else:
            value = token["word"]
            if token["field"] and name != token["field"].lower():  # an unknown field is part of the text
                value = f"{token['field']}:{value}"
            if value.endswith(":") and value[:-1].lower() in (*_TEXT_FIELDS, *_FILTERS, *_DATES):
                self.warnings.append(f"{value} has no value; it is looked for as text")
                value, name = value[:-1], None
        if name in _DATES:
            return self._date(name or "", value)
        if not any(letter.isalnum() for letter in value):
            if any(letter in "*?" for letter in value):
                self.warnings.append(f"{value[:20]} would be every word; a pattern needs a letter")
            return None
        if name in _FILTERS:
            return Constant(Filter(_FILTERS[name], " ".join(value.replace('"', " ").split())))
        where = _TEXT_FIELDS.get(name or "")
        if phrase is not None:
            slop = min(int((token["slop"] or "~0")[1:][:6] or 3), MAX_SLOP)
            return Phrase(" ".join(value.split()), slop, where)
        return self._word(value, where)

    def _word(self, value: str, where: TextField | None) -> Node | None:
        """A word, read again as long as what was dropped from it makes it read differently: `why?~:` -> `why`."""
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
        found = _FUZZY.fullmatch(value)
        if found and ("*" in found[1] or "?" in found[1]):
            self.warnings.append(f"{value[:20]} cannot be both a pattern and fuzzy; it is read as a pattern")
            value = _without_question_mark(found[1])
        elif found:
            word, wanted = _NO_WORD_END.sub("", found[1]), int(found[2][:6] or 1)
            if wanted > MAX_DISTANCE:
                self.warnings.append(f"~{found[2][:20]} is read as ~{MAX_DISTANCE}")
            if wanted and any(letter.isalnum() for letter in word):
                return Fuzzy(word, min(wanted, MAX_DISTANCE), where)
            value = word
        value = value.rstrip("~")
        if not any(letter.isalnum() for letter in value):
            return None
        if "*" in value or "?" in value:
            pattern = re.sub(r"\*+", "*", value)
            pieces = pattern.split("*")
            if len(pieces) > MAX_STARS + 1:
                self.warnings.append(f"{pattern[:20]} has too many stars; the first {MAX_STARS} are used")
                pattern = "*".join(pieces[:MAX_STARS]) + "*"
            if "?" not in pattern and pattern.count("*") == 1 and pattern.endswith("*"):
                return Prefix(pattern[:-1], where)
            return Wildcard(pattern, where)
        value = value.rstrip(":~")
        if value in _OPERATORS or not value:
            return None
        return Word(value, where)

    def _date(self, name: str, value: str) -> Node | None:
        first, dots, last = value.partition("..")
        start, end = span(first), span(last) if dots else span(first)
        if (first and start is None) or (dots and last and end is None) or (start is None and end is None):
            self.warnings.append(f"{value[:40]!r} is not a date; write {name}:2020, {name}:2020-05 or {name}:2020-05-27")
            return None
        if name == "after":
            return Constant(DateRange(start[0] if start else None, None))
        if name == "before":
            return Constant(DateRange(None, start[0])) if start else None
        if start and end and start[0] > end[0]:
            self.warnings.append("the date range is backwards; its ends are swapped")
            start, end = end, start
        return Constant(DateRange(start[0] if start else None, end[1] if end else None))

    def _group(self, depth: int, name: str | None) -> Node | None:
        if depth >= DEEPEST:
            self.warnings.append(f"only {DEEPEST} parentheses can stand in one another")
            while self.at < len(self.tokens) and (self.tokens[self.at]["open"] or self.tokens[self.at]["group"]):
                self.at += 1
        node = self.query(min(depth + 1, DEEPEST), name) if depth < DEEPEST else None
        if self.at < len(self.tokens) and self.tokens[self.at]["close"]:
            self.at += 1
        elif depth < DEEPEST:
            self.warnings.append("a closing parenthesis is missing")
        return node

    def _ignored(self, what: str) -> None:
        self.warnings.append(f"{what[:20]} has nothing to work on and is ignored")


def _without_question_mark(value: str) -> str:
    """The last word of a question is no pattern; nor does a colon behind a word belong to it."""
    plain = value.rstrip("?:")
    return value.rstrip(":") if "*" in plain or "?" in plain else plain


def _join(kind: type[And] | type[Or], nodes: list[Node]) -> Node:
    """One node as it is; nested ones of the same kind become one."""
    flat: list[Node] = []
    for node in nodes:
        flat.extend(node.nodes if isinstance(node, kind) else (node,))
    return flat[0] if len(flat) == 1 else kind(tuple(flat))


def _number(text: str) -> float | None:
    found = re.fullmatch(r"[0-9]{1,6}(?:\.[0-9]{1,6})?", text)
    return float(found[0]) if found else None

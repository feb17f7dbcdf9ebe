"""Translate the archive's SQL, which is SQLite's, to PostgreSQL's.

The tables write what both understand; these four things are spelt differently:

    ? and ?1            $1                            placeholders
    a IS ?, IS NOT ?    IS [NOT] DISTINCT FROM $1     a comparison that takes NULL for a value
    CAST(a AS BLOB)     convert_to(a, 'UTF8')         the bytes of a text
    max(a, b)           greatest(a, b)                of two values
"""

from __future__ import annotations

import re
from functools import lru_cache

_TEXT = re.compile(r"('(?:[^']|'')*')")  # a literal stays as it is
_PLACEHOLDER = re.compile(r"\?(\d*)")
_BYTES = re.compile(r"CAST\((\S+) AS BLOB\)")
_DISTINCT = re.compile(r"\bIS NOT (?!NULL|DISTINCT)")
_SAME = re.compile(r"\bIS (?!NULL|NOT|DISTINCT)")
_LARGER = re.compile(r"\bmax\((?=[^()]*,)")


@lru_cache(maxsize=512)
def postgres_sql(sql: str) -> str:
    """Return a statement of the archive in PostgreSQL's dialect.

    >>> postgres_sql("SELECT 'a?' FROM t WHERE a = ? AND b IS NOT ? AND c IS NULL")
    "SELECT 'a?' FROM t WHERE a = $1 AND b IS DISTINCT FROM $2 AND c IS NULL"
    >>> postgres_sql("UPDATE t SET a = max(a, ?1) WHERE b IS ?1 AND CAST(c AS BLOB) = ?2")
    "UPDATE t SET a = greatest(a, $1) WHERE b IS NOT DISTINCT FROM $1 AND convert_to(c, 'UTF8') = $2"
    """
    count = 0

    def number(match: re.Match[str]) -> str:
        nonlocal count
        count += 1
        return f"${match[1] or count}"

    parts = _TEXT.split(sql)
    for at in range(0, len(parts), 2):
        part = _BYTES.sub(r"convert_to(\1, 'UTF8')", parts[at])
        part = _SAME.sub("IS NOT DISTINCT FROM ", _DISTINCT.sub("IS DISTINCT FROM ", part))
        parts[at] = _LARGER.sub("greatest(", _PLACEHOLDER.sub(number, part))
    return "".join(parts)

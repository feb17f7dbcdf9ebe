"""The word forms of an index: prefixes, patterns, spelling. All are aggregations over the distinct forms, not over texts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from indexer.analysis.edit_distance import within_distance
from indexer.engines.base import Deadline
from indexer.engines.opensearch.connection import Table
from indexer.engines.opensearch.filter_query import ALL, Query
from indexer.engines.opensearch.mapping import FORM_SEPARATOR
from indexer.engines.opensearch.point_in_time import ClusterSnapshot

Forms = Sequence[tuple[str, int]]
MAX_BUCKETS: Final = 60_000  # `search.max_buckets` is 65,535 by default
MAX_SAMPLED_DOCUMENTS: Final = 1_000
MAX_FORMS_OF_TERM: Final = 10_000
SHARD_FORMS: Final = 10_000  # the most frequent ones of each shard: enough for the true ones of the whole index
# Up to how many letters `near_expression` is used, by distance. It grows with the third power of the length: on a word of 27
# letters the cluster worked for six seconds, and then refused it.
MAX_LETTERS: Final = {0: 1_000, 1: 20, 2: 10}
_SPECIAL: Final = re.compile(r"[^\w]|_")


def forms_with_prefix(snapshot: ClusterSnapshot, prefix: str, limit: int) -> Forms:
    """Return the first forms in the order of their letters."""
    return _buckets(snapshot, {"size": limit, "order": {"_key": "asc"}, **_include(f"{escaped(prefix)}.*")}) if limit else []


def forms_matching(
    snapshot: ClusterSnapshot, prefix: str, pattern: re.Pattern[str] | None, limit: int, deadline: Deadline | None
) -> tuple[Forms, int]:
    """Return the most frequent forms with this prefix that match the pattern as a whole, and how many forms do."""
    expression = f"{escaped(prefix)}.*"
    if pattern is not None:
        expression = f"({expression})&({escaped(pattern.pattern, keep='.*')})" if prefix else escaped(pattern.pattern, keep=".*")
    return _most_frequent(snapshot, expression, limit, deadline)


def forms_near(snapshot: ClusterSnapshot, form: str, distance: int, limit: int, deadline: Deadline | None) -> tuple[Forms, int]:
    """Return the most frequent forms within this distance, and how many forms there are."""
    if len(form) <= MAX_LETTERS.get(distance, 0):
        terms: Table = {"order": {"_key": "asc"}, **_include(near_expression(form, distance))}
        candidates = _buckets(snapshot, {"size": MAX_BUCKETS, **terms}, deadline)
    else:  # forms of about this length, from documents that contain a similar form
        fuzzy = {"value": form, "fuzziness": distance, "transpositions": True, "rewrite": "constant_score"}
        lengths = f".{{{max(len(form) - distance, 0)},{len(form) + distance}}}"
        query = {"bool": {"filter": [{"fuzzy": {"surfaces": fuzzy}}]}}
        candidates = _buckets(snapshot, {"size": MAX_BUCKETS, **_include(lengths)}, deadline, query)
    near = [(other, count) for other, count in candidates if within_distance(other, form, distance)]
    return sorted(near, key=lambda pair: (-pair[1], pair[0].encode()))[:limit], len(near)


def forms_request(term: str) -> Table:
    """Return the search for the spellings of a term in up to MAX_SAMPLED_DOCUMENTS of each shard: all of a rare one, or the usual
    ones."""
    terms: Table = {"field": "forms", "size": MAX_FORMS_OF_TERM, "order": {"_key": "asc"}}
    terms |= {"include": f"{escaped(term + FORM_SEPARATOR)}.*"}
    body: Table = {"size": 0, "query": {"term": {"impacts": term}}, "aggs": {"forms": {"terms": terms}}}
    return {**body, "terminate_after": MAX_SAMPLED_DOCUMENTS}


def forms_in(answer: Table) -> tuple[str, ...]:
    """Return the spellings in the answer to `forms_request`."""
    buckets = answer["aggregations"]["forms"]["buckets"]
    return tuple(str(bucket["key"]).partition(FORM_SEPARATOR)[2] for bucket in buckets)


def _most_frequent(snapshot: ClusterSnapshot, expression: str, limit: int, deadline: Deadline | None) -> tuple[Forms, int]:
    terms: Table = {"field": "surfaces", "size": max(limit, 1), "shard_size": max(limit, SHARD_FORMS), **_include(expression)}
    answer = snapshot.search({"size": 0, "aggs": {"forms": {"terms": terms}}}, deadline)
    buckets = answer["aggregations"]["forms"]
    forms = [(bucket["key"], bucket["doc_count"]) for bucket in buckets["buckets"]]
    if not buckets["sum_other_doc_count"]:
        return sorted(forms, key=lambda pair: (-pair[1], pair[0].encode()))[:limit], len(forms)
    counted = {"forms": {"terms": {**terms, "size": MAX_BUCKETS, "shard_size": MAX_BUCKETS}}}
    counted["number"] = {"stats_bucket": {"buckets_path": "forms>_count"}}
    whole = snapshot.search({"size": 0, "aggs": counted}, deadline, only="aggregations.number,_shards,timed_out")
    return forms[:limit], whole["aggregations"]["number"]["count"]


def _buckets(
    snapshot: ClusterSnapshot, terms: Table, deadline: Deadline | None = None, query: Query = ALL
) -> list[tuple[str, int]]:
    body = {"size": 0, "query": query, "aggs": {"forms": {"terms": {"field": "surfaces", **terms}}}}
    answer = snapshot.search(body, deadline)
    return [(bucket["key"], bucket["doc_count"]) for bucket in answer["aggregations"]["forms"]["buckets"]]


def _include(expression: str) -> Table:
    return {} if expression == ".*" else {"include": expression}


def escaped(text: str, keep: str = "") -> str:
    r"""Return a regular expression of the cluster's for a text, but for the characters in `keep`.

    >>> escaped("a.b"), escaped("a.*", keep=".*")
    ('a\\.b', 'a.*')
    """
    return _SPECIAL.sub(lambda match: match[0] if match[0] in keep else "\\" + match[0], text)


def near_expression(form: str, distance: int, start: int = 0) -> str:
    """Return a regular expression for the forms that are within a distance of this one, and for few others.

    >>> near_expression("ab", 1)
    '(.ab|.b|b|ba|a(.b|.|()|b.?))'
    """
    rest = form[start:]
    if distance == 0:
        return escaped(rest) or "()"
    if not rest:
        return ".?" * distance
    first, second = escaped(rest[0]), escaped(rest[1:2])
    ways = [
        "." + _or_nothing(near_expression(form, distance - 1, start)),  # a letter too many
        "." + _or_nothing(near_expression(form, distance - 1, start + 1)),  # a wrong one
        near_expression(form, distance - 1, start + 1),  # one that is missing
    ]
    if second:
        ways.append(second + first + _or_nothing(near_expression(form, distance - 1, start + 2)))
    ways.append(first + near_expression(form, distance, start + 1))
    return f"({'|'.join(ways)})"


def _or_nothing(expression: str) -> str:
    return "" if expression == "()" else expression

"""What an index holds: its settings, its fields, and a document in that form.

Tokens come from our analyzer, so that matches equal those of the other engines. A text field receives them separated by
spaces, readings of the same word joined by `|`, and `-` for each position without a token. The cluster only splits them.
The similarity of these fields returns plain frequencies: `ranking` applies the formula.

`impacts` holds each term of a document once. Its frequency there is BM25F's X at the time of writing, in sixteenths of the
weighted frequency. So the cluster's own BM25 (b = 0) ranks nearly as the formula does, and can skip documents.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final

from indexer.document_fields import DOCUMENT_FIELDS
from indexer.engines.base import FACET_NAMES
from indexer.engines.fields import (
    FIELDS,
    FILTERS,
    VALUE_GAP_POSITIONS,
    address_key,
    analyse_document,
    facet_values,
    filter_values,
    sortable_date,
)
from indexer.engines.opensearch.cluster_settings import ClusterAccess
from indexer.engines.scoring import Averages, field_tf
from indexer.model import Document, RankingWeights

SCHEMA_VERSION: Final = 1  # raise it whenever the same document gives other fields
READINGS, GAP = "|", "-"  # no term contains them: terms are letters, digits, `/` and `=`
FORM_SEPARATOR: Final = "|"
COUNT_BASE: Final = 1 << 18  # a boost from which on the similarity encodes the number of terms, see `ranking`
IMPACT_STEPS: Final = 16  # per unit of BM25F's X
MAX_IMPACT: Final = 10_000
MAX_KEYWORD_CHARACTERS: Final = 8_191  # of four bytes each: a longer value cannot be indexed, and the document would be refused
MAX_REGEX_CHARACTERS: Final = 100_000
MAX_TOKEN_CHARACTERS: Final = 1_000_000  # a query with a thousand variants of a word is one token
EPOCH: Final = date(1970, 1, 1).toordinal()
GONE_FOR: Final = "1h"  # how long a removal outlives itself, so that a late older write does not bring the document back


def index_body(access: ClusterAccess, weights: RankingWeights, meta: Mapping[str, Any], *, building: bool) -> dict[str, Any]:
    """Return the body of the request that creates an index. `building`: without copies, until it is published."""
    analysis = {
        "tokenizer": {"words": {"type": "whitespace", "max_token_length": MAX_TOKEN_CHARACTERS}},
        "filter": {
            "gaps": {"type": "stop", "stopwords": [GAP]},
            "readings": {"type": "pattern_capture", "preserve_original": False, "patterns": [r"([^|]+)"]},
            "impacts": {"type": "delimited_term_freq", "delimiter": READINGS},
        },
        "analyzer": {
            "tokens": {"type": "custom", "tokenizer": "words", "filter": ["gaps", "readings"]},
            "impacts": {"type": "custom", "tokenizer": "words", "filter": ["impacts"]},
            "terms": {"type": "custom", "tokenizer": "words", "filter": ["readings"]},
        },
    }
    frequency = f"return query.boost >= {COUNT_BASE} ? query.boost + doc.freq : query.boost * doc.freq;"
    similarity = {
        "frequency": {"type": "scripted", "script": {"source": frequency}},
        "impact": {"type": "BM25", "k1": max(weights.k1, 0.01) * IMPACT_STEPS, "b": 0.0},
    }
    settings = {
        "number_of_shards": access.shards,
        "number_of_replicas": 0 if building else access.replicas,
        "refresh_interval": "-1",  # the writer refreshes: a reader sees whole commits
        "gc_deletes": GONE_FOR,
        "max_regex_length": MAX_REGEX_CHARACTERS,
        "analysis": analysis,
        "similarity": similarity,
    }
    return {"settings": {"index": settings}, "mappings": {"_meta": meta, **_mappings()}}


def _mappings() -> dict[str, Any]:
    keyword = {"type": "keyword", "ignore_above": MAX_KEYWORD_CHARACTERS}
    text = {
        "type": "text",
        "analyzer": "tokens",
        "similarity": "frequency",
        "norms": False,
        "position_increment_gap": VALUE_GAP_POSITIONS,
    }
    fields: dict[str, Any] = {
        "id": keyword,
        "impacts": {
            "type": "text",
            "analyzer": "impacts",
            "search_analyzer": "terms",
            "similarity": "impact",
            "index_options": "freqs",
            "norms": False,
        },
        "surfaces": keyword,
        "forms": {**keyword, "index": False},  # read by aggregations only
        "url": {"type": "wildcard"},
        "date": {"type": "long"},
        "day": {"type": "integer"},
        "document": {"type": "object", "enabled": False},
        **dict.fromkeys(FIELDS, text),
        **{f"length_{name}": {"type": "integer", "index": False} for name in FIELDS},
        **{f"filter_{name}": {"type": "keyword", "doc_values": False} for name in FILTERS},
        **{f"facet_{name}": keyword for name in FACET_NAMES},
    }
    return {"dynamic": False, "_source": {"includes": ["document"]}, "properties": fields}


def record_id(document_id: str) -> str:
    """Return the `_id` of a document: its own id may be longer than the 512 bytes that an `_id` may have."""
    return hashlib.sha256(document_id.encode("utf-8", "replace")).hexdigest()


def indexed_fields(document: Document, averages: Averages, weights: RankingWeights) -> dict[str, Any]:
    """Return a document as it is sent to the cluster. `averages`: the field lengths that its impacts are relative to."""
    analysed = analyse_document(document)
    values = filter_values(document)
    facets = facet_values(document)
    fields: dict[str, Any] = {
        "id": document.id,
        "document": document_table(document),
        "surfaces": sorted(analysed.surfaces),
        "forms": sorted(f"{term}{FORM_SEPARATOR}{form}" for term, forms in analysed.forms.items() for form in forms),
        "url": address_key(document),
        **{name: _token_streams(analysed.positions[name]) for name in FIELDS},
        "impacts": _impacts(analysed.positions, analysed.lengths, averages, weights),
        **{f"length_{name}": length for name, length in zip(FIELDS, analysed.lengths, strict=True)},
        **{f"filter_{name}": values[name] for name in FILTERS},
        **{f"facet_{name}": facets[name] for name in FACET_NAMES},
    }
    if document.date is not None:
        seconds = seconds_of(sortable_date(document.date))
        fields["date"], fields["day"] = seconds, seconds // 86_400
    return fields


def _token_streams(positions: Mapping[str, list[int]]) -> list[str]:
    """Return the tokens of a field as the cluster has to split them: one text for each value of the field."""
    places: dict[int, list[str]] = {}
    for term, at in positions.items():
        for position in at:
            places.setdefault(position, []).append(term)
    streams: list[list[str]] = []
    last = -VALUE_GAP_POSITIONS
    for position in sorted(places):
        if position - last >= VALUE_GAP_POSITIONS:
            streams.append([])
        else:
            streams[-1].extend([GAP] * (position - last - 1))
        streams[-1].append(READINGS.join(places[position]))
        last = position
    return [" ".join(stream) for stream in streams]


def _impacts(
    positions: Mapping[str, Mapping[str, list[int]]], lengths: tuple[int, ...], averages: Averages, weights: RankingWeights
) -> str:
    sums: dict[str, float] = {}
    for name, length, average in zip(FIELDS, lengths, averages or lengths, strict=True):
        unit = field_tf(1, length, average, float(getattr(weights, name)), weights.b)
        for term, at in positions[name].items():
            sums[term] = sums.get(term, 0.0) + unit * len(at)
    steps = ((term, min(max(round(x * IMPACT_STEPS), 1), MAX_IMPACT)) for term, x in sums.items())
    return " ".join(f"{term}{READINGS}{impact}" for term, impact in steps)


def seconds_of(moment: str) -> int:
    """Return a sortable date, or the beginning of one, as seconds since 1970 as if it were in UTC.

    What sorts before or after a beginning of a date does so before or after its first second.

    >>> seconds_of("1970-01-02"), seconds_of("1970"), seconds_of("2024-02-30")
    (86400, 0, 1709251200)
    """
    whole = moment + "0001-01-01T00:00:00"[len(moment) :]
    year, month, day = int(whole[:4]), int(whole[5:7]), int(whole[8:10])
    days = date(max(year, 1), min(max(month, 1), 12), 1).toordinal() - EPOCH + max(day, 1) - 1
    return days * 86_400 + int(whole[11:13]) * 3_600 + int(whole[14:16]) * 60 + int(whole[17:19])


# -- documents as JSON -----------------------------------------------------------------------------------------------


def document_table(document: Document) -> dict[str, Any]:
    """Return the fields of a document as JSON values; those that are empty are left out."""
    table: dict[str, Any] = {}
    for name, kind in DOCUMENT_FIELDS.items():
        value = getattr(document, name)
        if value:
            table[name] = value.isoformat() if kind == "moment" else list(value) if kind == "texts" else value
    return table


def document_of(table: Mapping[str, Any]) -> Document:
    """Return the document of such a table. Raises ValueError and TypeError on another one."""
    fields: dict[str, Any] = {}
    for name, kind in DOCUMENT_FIELDS.items():
        value = table.get(name)
        match kind:
            case "moment":
                fields[name] = datetime.fromisoformat(value) if value else None
            case "texts":
                fields[name] = tuple(value or ())
            case "optional text":
                fields[name] = value or None
            case _:
                fields[name] = value or ""
    return Document(**fields)

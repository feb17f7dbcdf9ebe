"""Turn a search result into the JSON of the API, for the command line and the web."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from indexer.model import Document, Hit, SearchResult, Suggestion
from indexer.snippets.highlighter import marked_html

_WITHOUT_OFFSET = len("2020-05-27T09:06:40")


def iso(moment: datetime | None) -> str | None:
    """Return an ISO time to the second with its own offset, which is the publisher's; the year 800 is 0800."""
    if moment is None:
        return None
    text = moment.isoformat(timespec="seconds")
    return text[:_WITHOUT_OFFSET] + "Z" if text[_WITHOUT_OFFSET:] in ("+00:00", "") else text


def hit_mapping(hit: Hit, *, explain: bool = False) -> dict[str, Any]:
    """Return one hit; with `explain`, also the parts of its score."""
    document = hit.document
    mapping: dict[str, Any] = {
        "id": document.id,
        "url": document.url,
        "title": document.title,
        "title_html": marked_html(hit.title),
        "snippet_html": marked_html(hit.snippet),
        "snippet": [{"text": text, "marked": marked} for text, marked in hit.snippet],
        "date": iso(document.date),
        "source": document.source,
        "categories": list(document.categories),
        "authors": list(document.authors),
        "language": document.language,
        "image": document.image,
        "also": list(document.also),
        "score": round(float(hit.score), 6),
    }
    if hit.pinned:
        mapping["pinned"] = True
    if hit.similar:
        mapping["similar"] = [
            {"id": each.id, "url": each.url, "title": each.title, "date": iso(each.date)} for each in hit.similar
        ]
    if hit.missing:
        mapping["missing"] = list(hit.missing)
    if explain:
        mapping["explain"] = {name: float(part) for name, part in hit.parts.items()}
    return mapping


def document_mapping(document: Document) -> dict[str, Any]:
    """Return the document that `/api/v1/documents/ID` returns: all its text and metadata."""
    return {
        "id": document.id,
        "url": document.url,
        "title": document.title,
        "summary": document.summary,
        "text": document.text,
        "date": iso(document.date),
        "modified": iso(document.modified),
        "language": document.language,
        "source": document.source,
        "categories": list(document.categories),
        "authors": list(document.authors),
        "image": document.image,
        "also": list(document.also),
    }


def result_mapping(result: SearchResult, *, has_hits: bool = True) -> dict[str, Any]:
    """Return the document that `/api/v1/search` and `indexer --json search` return. `has_hits`: or without all hits in it."""
    mapping = {
        "query": result.request.query,
        "total": result.total,
        "page": result.request.page,
        "size": result.request.size,
        "pages": result.pages,
        "took_ms": result.took_ms,
        "generation": result.generation,
        "did_you_mean": _suggestion_mapping(result.did_you_mean) if result.did_you_mean else None,
        "relaxed": result.relaxed,
        **(_hits_mapping(result) if has_hits else {}),
        "facets": {name: [{"value": v.value, "count": v.count} for v in values] for name, values in result.facets.items()},
        "warnings": list(result.warnings),
        "notices": [{"code": notice.code, "text": notice.text} for notice in result.notices],
        "answers": [answer._asdict() for answer in result.answers],
    }
    if result.request.explain:
        mapping["rules"] = list(result.rules)
    return mapping


def _hits_mapping(result: SearchResult) -> dict[str, Any]:
    explain = result.request.explain
    return {
        "hits": [hit_mapping(hit, explain=explain) for hit in result.hits],
        "partial": [hit_mapping(hit, explain=explain) for hit in result.partial],
    }


def _suggestion_mapping(suggestion: Suggestion) -> dict[str, Any]:
    mapping: dict[str, Any] = {"query": suggestion.query, "total": suggestion.total}
    if suggestion.hits:
        mapping["hits"] = [hit_mapping(hit) for hit in suggestion.hits]
    return mapping

"""Describe the API in OpenAPI 3.1 (https://spec.openapis.org/oas/v3.1.0)."""

from __future__ import annotations

from typing import Any

from indexer import __version__
from indexer.engines.base import FACET_NAMES
from webui.interface_language import LANGUAGES
from webui.search_url import MAX_SIZE, SORTS

_STRING = {"type": "string"}
_ID = {"type": "string", "pattern": "^[0-9a-f]{16}$"}
_NULLABLE = {"type": ["string", "null"]}
_STRINGS = {"type": "array", "items": _STRING}
_SEGMENT = {"type": "object", "properties": {"text": _STRING, "marked": {"type": "boolean"}}, "required": ["text", "marked"]}
_FACET = {"type": "array", "items": {"type": "object", "properties": {"value": _STRING, "count": {"type": "integer"}}}}


def _object(properties: dict[str, Any], required: list[str] | None = None) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": required if required is not None else list(properties)}


_HIT = _object(
    {
        "id": _STRING,
        "url": {"type": "string", "description": "Empty for items without a page of their own."},
        "title": _STRING,
        "title_html": {"type": "string", "description": "Escaped text and <mark> only."},
        "snippet_html": {"type": "string", "description": "Escaped text and <mark> only."},
        "snippet": {"type": "array", "items": _SEGMENT},
        "date": {"type": ["string", "null"], "format": "date-time"},
        "source": _STRING,
        "categories": _STRINGS,
        "authors": _STRINGS,
        "language": _STRING,
        "image": _NULLABLE,
        "also": {**_STRINGS, "description": "Other addresses of the same page."},
        "score": {"type": "number"},
    }
)
_COMPLETION = _object({"text": _STRING, "kind": {"enum": ["query", "page", "category"]}, "url": _STRING}, ["text", "kind"])
_COMPLETIONS = _object({"query": _STRING, "suggestions": _STRINGS, "items": {"type": "array", "items": _COMPLETION}})
_HIT["properties"]["thumbnail"] = {"type": "string", "description": "Path of its image, below the address of this server."}
_HIT["properties"]["missing"] = {**_STRINGS, "description": "The words of the query that a partial hit lacks, as typed."}
_SIMILAR = _object({"id": _STRING, "url": _STRING, "title": _STRING, "date": _NULLABLE})
_HIT["properties"]["similar"] = {"type": "array", "items": _SIMILAR, "description": "Near-duplicates on the same page."}
_HIT["properties"]["pinned"] = {"type": "boolean", "description": "The operator has put this hit first."}
_HITS = {"type": "array", "items": {"$ref": "#/components/schemas/Hit"}}
_DOCUMENT = _object(
    {
        **dict.fromkeys(("id", "url", "title", "summary", "text", "language", "source"), _STRING),
        "date": {"type": ["string", "null"], "format": "date-time"},
        "modified": {"type": ["string", "null"], "format": "date-time"},
        "categories": _STRINGS,
        "authors": _STRINGS,
        "image": _NULLABLE,
        "also": {**_STRINGS, "description": "Other addresses of the same page."},
    }
)
_RESULT = _object(
    {
        "query": _STRING,
        "total": {"type": "integer", "description": "Exact."},
        "page": {"type": "integer"},
        "size": {"type": "integer"},
        "pages": {"type": "integer"},
        "took_ms": {"type": "number"},
        "generation": _STRING,
        "did_you_mean": {
            "anyOf": [
                {"type": "null"},
                _object({"query": _STRING, "total": {"type": "integer"}, "hits": _HITS}, ["query", "total"]),
            ],
            "description": "A corrected query that has results, with the first of them if no page has all words of the query as "
            "typed. The top-level hits always belong to the query as typed.",
        },
        "relaxed": {"type": "boolean", "description": "No document contains all words; the hits contain some of them."},
        "hits": _HITS,
        "partial": {**_HITS, "description": "The best documents with some of the words, if the hits do not fill the first page."},
        "facets": _object(dict.fromkeys(FACET_NAMES, _FACET), []),
        "warnings": {"type": "array", "items": _STRING, "description": "How unclear parts of the query were read."},
        "notices": {
            "type": "array",
            "items": _object({"code": _STRING, "text": _STRING}),
            "description": "The same warnings with codes.",
        },
        "answers": {
            "type": "array",
            "items": _object({"title": _STRING, "url": _STRING, "text": _STRING}),
            "description": "Direct answers of the operator to this query.",
        },
    }
)
_JSON_FEED = _object(
    {
        **dict.fromkeys(("version", "title", "home_page_url", "feed_url"), _STRING),
        "items": {"type": "array", "items": _object({"id": _STRING, "url": _STRING, "title": _STRING})},
    }
)
_PROBLEM = _object({"type": _STRING, "title": _STRING, "status": {"type": "integer"}, "detail": _STRING})


def _parameter(name: str, schema: dict[str, Any], text: str, *, required: bool = False) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": required, "schema": schema, "description": text}


def _filter(name: str, text: str) -> dict[str, Any]:
    return {**_parameter(name, _STRINGS, text), "style": "form", "explode": True}


_SIZE = _parameter("size", {"type": "integer", "minimum": 1, "maximum": MAX_SIZE, "default": 10}, "Hits on a page.")
_SWITCH = {"type": "string", "enum": ["0", "1"], "default": "0"}
SEARCH_PARAMETERS = [
    _parameter("q", _STRING, "The query, in the query language. Every text is accepted."),
    _parameter("page", {"type": "integer", "minimum": 1, "default": 1}, "Which page of hits."),
    _SIZE,
    _parameter("lang", {"type": "string", "enum": list(LANGUAGES)}, "The language of the notices' texts; English by default."),
    _parameter("sort", {"type": "string", "enum": list(SORTS), "default": "relevance"}, "The order of hits."),
    _filter("source", "Only this source; repeat for more."),
    _filter("category", "Only this category; repeat for more."),
    _filter("author", "Only this author; repeat for more."),
    _filter("language", "Only this language (ISO 639-1); repeat for more."),
    _filter("filetype", "Only this type of file: html, pdf, docx, odt or pptx; repeat for more."),
    _parameter("from", _STRING, "The first date: YYYY, YYYY-MM or YYYY-MM-DD."),
    _parameter("to", _STRING, "The last date, included."),
    _parameter(
        "facets",
        _SWITCH,
        "Whether to count the 100 most frequent values of each facet, ignoring its own filter.",
    ),
    _parameter("explain", _SWITCH, "Whether each hit shows the parts of its score; for the operator only."),
    _parameter("prefix_last", _SWITCH, "Whether the last word is still being typed, so that it matches as a prefix."),
]


_TEXTS = {
    "304": "The copy of the client (If-None-Match) is current",
    "400": "A parameter has a wrong value",
    "403": "Only for the operator, or for pages of sites that are admitted",
    "404": "No such document",
    "413": "Too large",
    "429": "Too many requests",
    "503": "There is no index yet",
}


def _other(status: str) -> dict[str, Any]:
    """Describe a response without a result."""
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {"description": _TEXTS[status], **({"content": content} if status >= "400" else {})}


def _get(
    operation: str, summary: str, parameters: list[dict[str, Any]], schema: dict[str, Any], others: tuple[str, ...]
) -> dict[str, Any]:
    return {
        "get": {
            "operationId": operation,
            "summary": summary,
            "parameters": parameters,
            "responses": {
                "200": {"description": "Found", "content": {"application/json": {"schema": schema}}},
                **{status: _other(status) for status in others},
            },
        }
    }


_CLICK = {
    "post": {
        "operationId": "recordClick",
        "summary": "Record that a hit of a query was opened",
        "description": "Counts for the operator which searches lead to a page. Stores nothing about the client.",
        "requestBody": {
            "required": True,
            "content": {
                kind: {"schema": _object({"q": {"type": "string", "minLength": 1}, "id": _STRING})}
                for kind in ("application/x-www-form-urlencoded", "application/json")
            },
        },
        "responses": {
            "204": {"description": "Recorded"},
            **{status: _other(status) for status in ("400", "403", "404", "413", "429", "503")},
        },
    }
}


_FEED_PARAMETERS = [
    each for each in SEARCH_PARAMETERS if each["name"] in ("q", "source", "category", "author", "language", "from", "to")
]
_RSS_EXAMPLE = """<?xml version="1.0" encoding="utf-8"?>
<rss version="2.0"><channel>
<title>ferry – Search</title><link>https://search.example.org/?q=ferry</link><description>Results for ferry</description>
<item><title>The night ferry returns</title><link>https://www.example.org/night-ferry</link>
<guid isPermaLink="false">5c8f0d1e2a3b4c5d</guid><pubDate>Fri, 02 Oct 2026 00:00:00 +0000</pubDate></item>
</channel></rss>"""
_JSON_FEED_EXAMPLE = {
    "version": "https://jsonfeed.org/version/1.1",
    "title": "ferry – Search",
    "home_page_url": "https://search.example.org/?q=ferry",
    "feed_url": "https://search.example.org/search.json?q=ferry",
    "items": [
        {"id": "5c8f0d1e2a3b4c5d", "url": "https://www.example.org/night-ferry", "title": "The night ferry returns"},
    ],
}
_SUGGEST_EXAMPLE = {"query": "fer", "suggestions": ["ferry"], "items": [{"text": "ferry", "kind": "query"}]}


def _feed(operation: str, summary: str, kind: str, schema: dict[str, Any], example: Any) -> dict[str, Any]:
    """Describe a feed of results, to subscribe to a search."""
    content = {kind: {"schema": schema, "example": example}}
    described = _get(operation, summary, _FEED_PARAMETERS, schema, ("304", "429", "503"))
    described["get"]["responses"]["200"] = {"description": "The 30 newest results", "content": content}
    return described


def description(server: str) -> dict[str, Any]:
    """Return the document. `server` is the public address of the API."""
    result = {"$ref": "#/components/schemas/SearchResult"}
    text = _parameter("q", _STRING, "What has been typed so far.", required=True)
    suggestions = _COMPLETIONS
    status = _object(
        {
            "documents": {"type": "integer"},
            "sources": {"type": "integer"},
            "last_crawl": _NULLABLE,
            "history": {
                "type": "object",
                "description": "For the operator: `days`, `crawls` by source, `failing_by_reason`.",
            },
        },
        [],
    )
    suggest = _get("suggest", "Completions", [text], suggestions, ("429", "503"))
    suggest["get"]["responses"]["200"]["content"]["application/json"]["example"] = _SUGGEST_EXAMPLE
    return {
        "openapi": "3.1.0",
        "info": {"title": "Feed search", "version": __version__, "license": {"name": "MIT", "identifier": "MIT"}},
        "servers": [{"url": server.rstrip("/") or "/"}],
        "paths": {
            "/api/v1/search": _get("search", "Search", SEARCH_PARAMETERS, result, ("304", "400", "403", "429", "503")),
            "/api/v1/suggest": suggest,
            "/api/v1/similar": _get(
                "similar",
                "More like this document",
                [_parameter("id", _STRING, "A hit's id.", required=True), _SIZE],
                result,
                ("400", "404", "429", "503"),
            ),
            "/api/v1/documents/{id}": _get(
                "document",
                "One document with all its text",
                [{"name": "id", "in": "path", "required": True, "schema": _ID, "description": "A hit's id."}],
                {"$ref": "#/components/schemas/Document"},
                ("404", "429", "503"),
            ),
            "/api/v1/opened": _CLICK,
            "/search.rss": _feed("searchRss", "Results as RSS 2.0, newest first", "application/rss+xml", _STRING, _RSS_EXAMPLE),
            "/search.json": _feed(
                "searchJsonFeed",
                "Results as JSON Feed 1.1, newest first",
                "application/feed+json",
                _JSON_FEED,
                _JSON_FEED_EXAMPLE,
            ),
            "/api/v1/status": _get("status", "Counts and freshness", [], status, ("429", "503")),
        },
        "components": {"schemas": {"SearchResult": _RESULT, "Hit": _HIT, "Document": _DOCUMENT, "Problem": _PROBLEM}},
    }

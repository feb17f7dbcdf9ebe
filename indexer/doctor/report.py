"""Run all checks over the facts, in the order in which things happen, and turn the findings into JSON."""

from __future__ import annotations

from typing import Any

from indexer.doctor.check_dates import date_findings
from indexer.doctor.check_encoding import encoding_finding
from indexer.doctor.check_feed import listing_findings
from indexer.doctor.check_items import item_findings
from indexer.doctor.check_pages import page_findings
from indexer.doctor.check_site import past_findings, robots_findings
from indexer.doctor.check_text import text_findings
from indexer.doctor.facts import Exchange, Facts, Sample
from indexer.doctor.finding import Finding, worst
from indexer.model import Failure


def examine(facts: Facts) -> list[Finding]:
    """Return all findings. Pure."""
    findings = list(listing_findings(facts))
    answer = facts.listing.response
    if answer is None or not facts.feed.kind:
        return findings
    gzipped = answer.body[:2] == b"\x1f\x8b"
    findings += [] if gzipped else [encoding_finding(answer, "xml", "feed")]
    for check in (item_findings, date_findings, past_findings, robots_findings, page_findings, text_findings):
        findings += check(facts)
    return findings


def report_mapping(facts: Facts, findings: list[Finding]) -> dict[str, Any]:
    """Return the output of `indexer --json doctor`."""
    return {
        "url": facts.url,
        "name": facts.feed.title or facts.source.name,
        "kind": facts.feed.kind or None,
        "known": facts.is_source,
        "items": len(facts.feed.entries),
        "verdict": worst(findings),
        "requests": facts.requests,
        "findings": [
            {name: getattr(each, name) for name in ("severity", "topic", "code", "what", "seen", "remedy")} for each in findings
        ],
        "pages": [_sample(sample) for sample in facts.samples],
    }


def _sample(sample: Sample) -> dict[str, Any]:
    article, document = sample.article, sample.document
    return {
        "url": sample.url,
        **_exchange(sample.exchange),
        "title": document.title if document else sample.title,
        "date": document.date.isoformat() if document and document.date else None,
        "authors": list(document.authors) if document else [],
        "language": sample.detected_language,
        "declared_language": sample.declared_language or None,
        "canonical": list(sample.canonicals),
        "noindex": sample.noindex or None,
        "rule": article.rule if article else None,
        "words": len(article.text.split()) if article else 0,
        "feed_words": len(sample.feed_text.split()),
        "feed_text_in_page": None if sample.shared is None else round(sample.shared, 3),
    }


def _exchange(exchange: Exchange) -> dict[str, Any]:
    failed = isinstance(exchange.answer, Failure)
    return {
        "answered": exchange.answer.url,
        "status": exchange.answer.status,
        "failure": exchange.answer.detail if isinstance(exchange.answer, Failure) else None,
        "reason": exchange.answer.reason if isinstance(exchange.answer, Failure) else None,
        "redirects": [hop.target for hop in exchange.redirects] if not failed else [],
    }

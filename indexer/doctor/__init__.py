"""Examine a source: what is wrong with it or its pages, and what to do about it. Nothing is stored.

    address -> gather (at most a dozen polite requests) -> facts -> findings, each by a pure check -> report

| module | question |
|---|---|
| `facts.py` | What was received? |
| `gather.py` | What has to be fetched? (the only module that fetches) |
| `raw_feed.py` | What did the publisher write, before `feeds` corrected it? |
| `sample.py` | What does a sample page contain, and what would be extracted from it? |
| `check_*.py` | What follows from the facts? (pure) |
| `finding.py` | What is a finding? |
"""

from __future__ import annotations

from indexer.doctor.facts import Facts
from indexer.doctor.finding import Finding, worst
from indexer.doctor.gather import MAX_REQUESTS, gather
from indexer.doctor.report import examine, report_mapping

__all__ = ["MAX_REQUESTS", "Facts", "Finding", "examine", "gather", "report_mapping", "worst"]

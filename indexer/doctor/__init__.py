"""The verb that examines: what is wrong with a source or its pages, in words, and the remedy. Nothing is stored.

    address -> gather (at most a dozen polite requests) -> facts -> findings, each a pure function over facts -> report

| module | question |
|---|---|
| `facts.py` | What was seen? |
| `gather.py` | What has to be asked for? (the only module that fetches) |
| `raw.py` | What did the publisher write, before `feeds` made the best of it? |
| `sample.py` | What does one sample page say, and what would be extracted from it? |
| `listing.py`, `encodings.py`, `items.py`, `dates.py`, `site.py`, `pages.py`, `texts.py` | What follows from it? (pure) |
| `finding.py` | What is a finding? |
"""

from __future__ import annotations

from indexer.doctor.facts import Facts
from indexer.doctor.finding import Finding, worst
from indexer.doctor.gather import MAX_REQUESTS, gather
from indexer.doctor.report import examine, report_mapping

__all__ = ["MAX_REQUESTS", "Facts", "Finding", "examine", "gather", "report_mapping", "worst"]

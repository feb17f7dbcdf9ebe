"""Every setting as a row: where it stands, its default, what it may be, and what it is for.

The file that `init` writes and the messages about wrong values are made from these rows (`indexer.config`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from indexer.model import RankingWeights

ENGINES = ("whoosh",)
KINDS = ("auto", "feed", "sitemap")


@dataclass(frozen=True, slots=True)
class Key:
    """One setting: where it stands, what it is when nobody sets it, and what it may be."""

    section: str
    name: str
    default: Any
    help: str
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()

    @property
    def variable(self) -> str:
        return f"INDEXER_{self.section}_{self.name}".upper()

    @property
    def allowed(self) -> str:
        """In words, for the message about a wrong value."""
        if self.choices:
            return "one of " + ", ".join(f'"{choice}"' for choice in self.choices)
        match self.default:
            case bool():
                return "true or false"
            case int() | float():
                low = 0 if self.minimum is None else self.minimum
                kind = "a whole number" if isinstance(self.default, int) else "a number"
                return f"{kind} from {low:g}" + (f" to {self.maximum:g}" if self.maximum is not None else " on")
            case (int(), *_):
                return f"a list of whole numbers from {self.minimum:g} to {self.maximum:g}, as in {list(self.default)}"
            case tuple():
                return 'a list of texts, as in ["https://www.example.org"]'
        return "a text in quotation marks"


_WEIGHT_HELP = {
    "title": "what a word in the title counts",
    "summary": "what a word in the summary counts",
    "body": "what a word in the main text counts",
    "categories": "what a word in a category counts",
    "authors": "what a word in an author's name counts",
}

KEYS: tuple[Key, ...] = (
    Key(
        "crawl",
        "user_agent",
        "feed-search-indexer/0.1",
        "Who we say we are. The part before the slash is the name that robots.txt rules are looked up by.",
    ),
    Key(
        "crawl",
        "contact",
        "",
        "Where a site's administrator can complain: a mail or web address, sent with each request.",
    ),
    Key("crawl", "delay_seconds", 1.0, "Seconds between two requests to one host.", 0, 3600),
    Key("crawl", "concurrency", 32, "How many hosts are asked at the same time (never two connections to one host).", 1, 256),
    Key("crawl", "timeout_seconds", 30.0, "Seconds after which one request is given up, however much has come.", 0.1, 600),
    Key("crawl", "max_page_bytes", 10_000_000, "Longer answers are refused.", 1000, 1_000_000_000),
    Key("crawl", "max_source_bytes", 10_000_000_000, "Bytes that one source may send in one crawl; the rest waits.", 10_000),
    Key("crawl", "max_source_pages", 100_000, "Requests that one source may cause in one crawl; the rest waits.", 1),
    Key(
        "crawl",
        "allow_private_hosts",
        False,
        "Whether addresses of private networks and of this machine may be fetched. "
        "Leave it off unless the site to crawl is there. Link-local addresses (what a cloud tells its machines) never are.",
    ),
    Key(
        "crawl",
        "allowed_ports",
        (80, 443),
        "Ports of public hosts that may be asked: on others listens what is no web server. "
        "With allow_private_hosts every port may be.",
        1,
        65_535,
    ),
    Key("search", "engine", "whoosh", "Who holds the index.", choices=ENGINES),
    *(
        Key("search", f"{name}_weight", getattr(RankingWeights(), name), f"Ranking: {text}.", 0, 1000)
        for name, text in _WEIGHT_HELP.items()
    ),
    Key("search", "exact_bonus", RankingWeights().exact_bonus, "Ranking: bonus for the very form that was typed.", 0, 100),
    Key("search", "proximity_bonus", RankingWeights().proximity_bonus, "Ranking: bonus for words that stand together.", 0, 100),
    Key(
        "search",
        "recency_bonus",
        RankingWeights().recency_bonus,
        "Ranking: how much more the newest page counts; 0 is off.",
        0,
        10,
    ),
    Key(
        "search",
        "recency_half_life_days",
        RankingWeights().recency_half_life_days,
        "Ranking: days after which that bonus has halved.",
        1,
        100_000,
    ),
    Key("web", "title", "Search", "The heading of the search page."),
    Key(
        "web",
        "base_url",
        "",
        "The public address of the search page, as in https://search.example.org; empty: as the browser asked.",
    ),
    Key(
        "web",
        "cors_origins",
        (),
        'Sites whose pages may use the API and the widget, as in ["https://www.example.org"]; ["*"] for all.',
    ),
    Key("web", "requests_per_minute", 0, "Requests that one client may send in a minute; 0: no limit.", minimum=0),
)

SOURCE_KEYS = ("url", "name", "language", "category", "kind", "include", "exclude", "keep", "pdf")

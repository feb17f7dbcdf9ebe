"""The table of settings: each row has a key's section, name, default, limits and explanation.

The loader's checks, its messages, the environment variables and the file that `init` writes all follow from this table.
"""

from __future__ import annotations

from indexer.archive.database import LEASE_SECONDS
from indexer.config.cluster_keys import OPENSEARCH_KEYS
from indexer.config.key_definition import Key
from indexer.config.settings import DEFAULT_REQUESTS_PER_MINUTE, DEFAULT_SUGGESTIONS_PER_MINUTE
from indexer.model import RankingWeights

ENGINES = ("whoosh", "opensearch")


_WEIGHT_HELP = {
    "title": "weight of a word in the title",
    "summary": "weight of a word in the summary",
    "body": "weight of a word in the main text",
    "categories": "weight of a word in a category",
    "authors": "weight of a word in an author's name",
}

KEYS: tuple[Key, ...] = (
    Key(
        "crawl",
        "user_agent",
        "feed-search-indexer/0.1",
        "The crawler's User-Agent. The part before the slash is the name that robots.txt rules refer to.",
    ),
    Key(
        "crawl",
        "contact",
        "",
        "Contact address (mail or URL), sent with each request so that site administrators can reach you.",
    ),
    Key("crawl", "delay_seconds", 1.0, "Seconds between two requests to the same host.", 0, 3600),
    Key(
        "crawl",
        "concurrency",
        32,
        "Number of hosts to crawl in parallel. There is never more than one connection to a host.",
        1,
        256,
    ),
    Key("crawl", "timeout_seconds", 30.0, "Time limit of one request, in seconds.", 0.1, 600),
    Key("crawl", "max_page_bytes", 10_000_000, "Maximum size of a response. Longer responses are refused.", 1000, 1_000_000_000),
    Key(
        "crawl",
        "max_source_bytes",
        10_000_000_000,
        "Maximum bytes to fetch from a source in one crawl. The next crawl fetches the rest.",
        10_000,
    ),
    Key("crawl", "max_source_pages", 100_000, "Maximum requests for a source in one crawl. The next crawl fetches the rest.", 1),
    Key(
        "crawl",
        "allow_private_hosts",
        False,
        "Whether to fetch from private networks and from this machine. Turn it on only to crawl a site there. "
        "Link-local addresses, which include cloud metadata services, are always refused.",
    ),
    Key(
        "crawl",
        "proxy",
        "",
        "HTTP proxy, such as http://proxy.example:3128. If empty, HTTPS_PROXY, HTTP_PROXY and NO_PROXY apply; none ignores them. "
        "The proxy then resolves names, so it must refuse private addresses.",
        pattern=r"(none|http://[^/\s]+/?)?",
    ),
    Key(
        "crawl",
        "allowed_ports",
        (80, 443),
        "Ports that may be contacted on public hosts. Other ports seldom belong to web servers. "
        "With allow_private_hosts, every port is allowed.",
        1,
        65_535,
    ),
    Key(
        "archive",
        "url",
        "",
        "Where the archive is: empty for archive.db in this folder, or a PostgreSQL database such as "
        "postgresql://user@host:5432/database. Several machines can share a database. It needs the extra feed-search[postgres]. "
        "Leave the password out: set $PGPASSWORD, or password_file.",
        secret=True,
    ),
    Key(
        "archive",
        "password_file",
        "",
        "A file with the password of that database, which only its owner may read (mode 0600). A relative path begins in this "
        "folder.",
    ),
    Key(
        "archive",
        "lease_seconds",
        LEASE_SECONDS,
        "Seconds after which the crawlers of other machines take over the sources of one that died.",
        1,
        3600,
    ),
    Key("search", "engine", "whoosh", "The search engine: files in the data folder, or an OpenSearch cluster.", choices=ENGINES),
    Key(
        "search",
        "keep_previous_index",
        True,
        "Whether a rebuild keeps the index before it, so that reindex --rollback can return to it. It takes as much disk space "
        "as the index.",
        effect="reindex",
    ),
    *(
        Key("search", f"{name}_weight", getattr(RankingWeights(), name), f"Ranking: {text}.", 0, 1000)
        for name, text in _WEIGHT_HELP.items()
    ),
    Key("search", "exact_bonus", RankingWeights().exact_bonus, "Ranking: bonus for the exact word form of the query.", 0, 100),
    Key(
        "search",
        "proximity_bonus",
        RankingWeights().proximity_bonus,
        "Ranking: bonus for query words that are close together.",
        0,
        100,
    ),
    Key(
        "search",
        "recency_bonus",
        RankingWeights().recency_bonus,
        "Ranking: bonus for the newest page; 0 turns it off.",
        0,
        10,
    ),
    Key(
        "search",
        "recency_half_life_days",
        RankingWeights().recency_half_life_days,
        "Ranking: days after which that bonus has halved. It halves again each time the age doubles.",
        1,
        100_000,
    ),
    Key("search", "fold_similar", True, "Whether near-duplicates on one page of results are shown as one hit."),
    *OPENSEARCH_KEYS,
    Key(
        "curation",
        "stop_words",
        (),
        "Words that searches do not require, in addition to those of the languages.",
        example='["news", "inc"]',
    ),
    Key(
        "curation",
        "source_boosts",
        (),
        "Factors by which the scores of a source's documents are multiplied.",
        example='["Press releases = 0.5", "Handbook = 2"]',
    ),
    Key(
        "curation",
        "category_boosts",
        (),
        "Factors by which the scores of a category's documents are multiplied.",
        example='["Archive = 0.5"]',
    ),
    Key("web", "title", "Search", "The heading of the search page."),
    Key(
        "web",
        "language",
        "",
        "Language of the search page's own texts. If empty, each visitor gets the language that the browser prefers.",
        choices=("", "en", "de", "fr", "it", "es", "pt", "nl", "pl", "ar", "he"),
    ),
    Key("web", "intro", "", "A sentence below the search box of the home page."),
    Key("web", "logo", "", "File in static/ of the data folder that replaces the heading, such as logo.svg."),
    Key("web", "accent_color", "", "Colour of links and buttons, such as #0b6e69.", pattern="(#[0-9a-fA-F]{6})?"),
    Key("web", "extra_css", "", "File in static/ of the data folder with style rules of your own, such as own.css."),
    Key(
        "web",
        "footer_links",
        (),
        "Links at the foot of each page: a label and an address.",
        example='["Imprint https://www.example.org/imprint", "Privacy https://www.example.org/privacy"]',
    ),
    Key(
        "web",
        "base_url",
        "",
        "Public URL of the search page, such as https://search.example.org. If empty, links follow the request.",
        pattern=r"((?i:https?)://([\w.-]+|\[[0-9a-fA-F:.]+\])(:[0-9]{1,5})?(/[^\s?#\"<>\\]*)?)?",
    ),
    Key(
        "web",
        "cors_origins",
        (),
        'Origins whose pages may use the API and the widget, such as ["https://www.example.org"]; ["*"] allows all.',
        pattern=r"\*|null|[a-z][a-z0-9+.-]*://[^\s/?#]+/?",
    ),
    Key(
        "web",
        "allowed_hosts",
        (),
        'Host names that the server answers to, in addition to that of base_url; ["*"] allows all.',
        example='["search.example.org", "*.example.org"]',
    ),
    Key(
        "web",
        "trusted_proxies",
        (),
        "Addresses or networks of your reverse proxies. Their X-Forwarded-For, -Proto, -Host and -Prefix fields are believed.",
        example='["127.0.0.1", "10.0.0.0/8"]',
    ),
    Key(
        "web",
        "admin_token",
        "",
        "Password of the operator's pages for clients on other machines. If empty, only this machine can open them.",
    ),
    Key("web", "index_home_page", False, "Whether other search engines may index the home page. They never index results."),
    Key(
        "web",
        "access_log",
        "",
        "File with one line for each request, or - for standard error. A relative path begins in the data folder and stays in "
        "it. It holds no queries and no addresses of clients.",
        effect="restart",
    ),
    Key("web", "thumbnails", False, "Whether results show an image of their page. The server fetches and caches it."),
    Key("web", "llms_txt", False, "Whether /llms.txt tells programs that read for people how to search here."),
    Key(
        "web",
        "requests_per_minute",
        DEFAULT_REQUESTS_PER_MINUTE,
        "Maximum requests of one client per minute; 0 means no limit. The default does not limit this machine.",
        minimum=0,
    ),
    Key(
        "web",
        "suggestions_per_minute",
        DEFAULT_SUGGESTIONS_PER_MINUTE,
        "Maximum completions of one client per minute; 0 means no limit. The default does not limit this machine.",
        minimum=0,
    ),
    Key(
        "web",
        "timezone",
        "UTC",
        "IANA time zone of dates that state no offset, such as Europe/Vienna. Documents are shown and filtered by the day there.",
        effect="next crawl",
    ),
    Key(
        "web",
        "keep_searches_days",
        90,
        "Days for which searches are kept. 0 keeps none.",
        0,
        3650,
    ),
    Key(
        "web",
        "max_connections",
        4_000,
        "Maximum open connections of one process. When it is reached, the one that has been idle longest is closed.",
        16,
        1_000_000,
        effect="restart",
    ),
    Key("web", "idle_seconds", 60.0, "Seconds after which a connection without a request is closed.", 1, 3600, effect="restart"),
    Key("web", "request_seconds", 15.0, "Seconds in which a request must arrive completely.", 1, 3600, effect="restart"),
)

"""Reasons as values: why a page fails, a document left the index, or a source waits for the operator.

The program decides on `Reason.code` and stores it. Sentences are written where they are shown: `indexer.cli.reason_text` for
the terminal and `webui.reason_text` for pages, so texts can be reworded and translated without a change of behaviour.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

FailureReason = Literal[
    "private-address",  # the SSRF guard refused it
    "scheme",  # not http(s), or not an address at all
    "port",  # not one of allowed_ports
    "robots",  # robots.txt disallows it
    "robots-unreachable",  # robots.txt answered 5xx or not at all: disallowed for now
    "dns",
    "connect",
    "timeout",
    "tls",
    "protocol",  # not HTTP
    "too-large",
    "budget",  # the source has used its pages or bytes for this crawl
    "redirects",  # too many, or a loop
    "status",  # an HTTP error status; `status` holds it
    "content-type",  # another type than requested
    "unreadable",  # extraction was stopped: it takes too long, or ends the process that runs it
    "not-the-article",  # an error page with 200, a login, a consent wall, a bot check, …
    "deferred",  # the host asked for a pause (Retry-After, back-off)
]

SoftErrorCode = Literal[
    "bot-check",
    "login",
    "login-redirect",  # url: where it leads
    "consent",
    "consent-redirect",  # url: where it leads
    "out-of-order",  # detail: the page's title
    "error-page",  # detail: the page's title
    "redirect-home",  # url: where it leads
    "redirect-up",  # url: where it leads
    "same-text",  # detail: how many other pages have it
    "same-text-suddenly",  # detail: how many other pages have it
    "article-gone",
    "shrunk",  # detail: characters before -> now
    "shrunk-wall",  # detail: characters before -> now, and what the rest speaks about
    "wall-text",  # detail: what the short text speaks about
    "other-text",
    "empty",
]

ReasonCode = Literal[
    FailureReason,
    SoftErrorCode,
    # extraction gives no document
    "noindex",  # detail: the directive
    "unavailable-after",  # detail: the day
    "no-text",
    "pdf-invalid",
    "pdf-encrypted",
    "pdf-encryption-unknown",
    "pdf-too-complex",
    "pdf-too-large",  # detail: the limit in MB
    "pdf-scanned",
    "pdf-damaged",  # detail: the error of the library
    "office-invalid",
    "office-encrypted",
    "office-too-complex",
    "office-too-large",  # detail: the limit in MB
    "office-empty",
    "office-damaged",  # detail: the error of the library
    "extraction-error",  # detail: the exception
    "extraction-timeout",  # detail: the limit in seconds
    "extraction-crash",
    # a page leaves the index
    "gone",  # detail: the HTTP status that was answered twice; since: the day of the first answer
    "replaced",  # cause: why the page leaves; url: where the same text stays
    "shared-link",  # url: the address that several items share
    # a document's history
    "new",
    "changed",
    "re-extracted",
    "renamed",  # its other addresses changed
    "moved",  # url: where to
    "duplicate",  # url: of the document with the same text
    "forgotten",
    "restored",  # from the index, after the archive was lost
    "damaged",
    "source-removed",
    "source-stopped",  # url: of the source, whose documents stay
    "imported",  # detail: the file
    # a page is not at the address that it names
    "canonical-ambiguous",  # detail: the addresses
    "canonical-other-site",
    "canonical-home",
    "canonical-list",
    "canonical-disputed",
    "canonical-other-item",
    "redirect-disputed",
    "feed-text-home",  # url: the page that redirects to the home page
    "pdf",  # detail: how many pages
    "office",  # detail: the kind of file
    # a source
    "asking",  # detail: documents that would leave / documents; cause: of the first; url: the first page
    "not-a-feed",
    "internal-error",  # detail: the exception
    # a sentence of an earlier version that no rule recognises
    "other",
]


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something happened. `code` decides; the other fields are facts for the sentence.

    detail  the one fact that the sentence names: a status, a title, a number
    url     the address that the reason is about, if it is not the page's own
    since   the day (ISO 8601) on which it began
    cause   the reason behind this one
    """

    code: ReasonCode
    detail: str = ""
    url: str = ""
    since: str = ""
    cause: Reason | None = None

    @property
    def is_noindex(self) -> bool:
        """Return whether the page asks not to be indexed."""
        return self.code in ("noindex", "unavailable-after")


SELECTOR_MISSED = "+selector-missed"  # how the rule of a text ends when the source's selector matched nothing
CODES: frozenset[str] = frozenset(get_args(ReasonCode))
SOFT_ERRORS: frozenset[str] = frozenset(get_args(SoftErrorCode))
PREFIXED = frozenset((*get_args(FailureReason), "gone"))  # `url` is the page's own address, or where its redirects led
GONE_SOFT_ERRORS = frozenset(("error-page", "redirect-home", "redirect-up"))  # answers that mean that the page is gone

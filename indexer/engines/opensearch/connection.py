"""Requests to a cluster, and its failures as errors that the operator can act on.

Only this module knows opensearch-py. Requests that change nothing, and those that may be repeated without harm, are sent
again to another node when one does not answer.
"""

from __future__ import annotations

import logging
import ssl
import threading
from collections.abc import Iterable, Mapping
from typing import Any, Final, cast
from urllib.parse import quote, urlencode

import orjson
from opensearchpy import OpenSearch, Transport
from opensearchpy.exceptions import (
    AuthenticationException,
    AuthorizationException,
    ConnectionTimeout,
    NotFoundError,
    OpenSearchException,
    SSLError,
    TransportError,
)
from opensearchpy.exceptions import ConnectionError as NoConnection

from indexer.engines.opensearch.cluster_settings import ClusterAccess
from indexer.errors import EngineError, EngineUnavailable, IndexFull, IndexMissing

MIN_VERSION: Final = 3
# What the index needs, and how the names of its classes begin. Every complete distribution has it.
MODULES: Final = {"analysis-common": "org.opensearch.analysis.common.", "lang-painless": "org.opensearch.painless."}
MAX_RETRIES: Final = 3
AVOIDED_SECONDS: Final = 5.0  # for which a node that failed is not asked, doubled with each further failure up to 32 times
MIN_PATIENCE_SECONDS: Final = 1.0  # of a request that a node must have answered by then
_RETRIED_STATUSES: Final = (502, 504)
_UNAVAILABLE_STATUSES: Final = (408, 429, 502, 503, 504)
_BLOCKED_STATUSES: Final = (403, 429)
MAX_SHOWN_CHARACTERS: Final = 100  # of an answer that is not one of OpenSearch

Table = dict[str, Any]
logging.getLogger("opensearch").setLevel(logging.ERROR)  # each failure is reported once, by the error that it becomes


class _NodeTransport(Transport):
    """Knows which node each thread asked last."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self._of_thread = threading.local()
        super().__init__(*arguments, **options)

    def get_connection(self) -> Any:
        self._of_thread.node = super().get_connection()
        return self._of_thread.node

    def avoid_last_node(self) -> None:
        """Ask other nodes for a while. The library does so for nodes that refuse a connection, but not for silent ones."""
        self.mark_dead(self._of_thread.node)


class ClusterConnection:
    """A pool of connections to the nodes of one cluster. Safe to share between threads, not between processes."""

    def __init__(self, access: ClusterAccess) -> None:
        """Connect with the first request. Raises EngineUnavailable if `ca_file` holds no certificates."""
        self.access = access
        secure: Table = {"verify_certs": access.verify_certificates, "ssl_show_warn": False}
        if access.ca_file:
            secure["ca_certs"] = _certificates(access.ca_file)
        self._client = OpenSearch(
            list(access.urls),
            http_auth=(access.user, access.password) if access.user else None,
            timeout=access.timeout_seconds,
            max_retries=MAX_RETRIES,
            retry_on_timeout=False,  # the caller knows how long it can wait
            retry_on_status=_RETRIED_STATUSES,
            pool_maxsize=20,
            transport_class=_NodeTransport,
            dead_timeout=AVOIDED_SECONDS,
            **(secure if any(url.startswith("https:") for url in access.urls) else {}),
        )
        self._is_checked = False

    def call(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        query: Mapping[str, str | int] | None = None,
        seconds: float | None = None,
    ) -> Table:
        """Send one request and return its JSON answer. `seconds`: how long to wait for it, if not the configured time.

        Raises IndexMissing, IndexFull, EngineUnavailable, and EngineError for a request that the cluster refuses.
        """
        payload = body if body is None or isinstance(body, bytes) else json_bytes(body)
        address = f"{path}?{urlencode(query)}" if query else path
        parameters = {"request_timeout": max(seconds, 0.001)} if seconds is not None else None
        kind = "application/x-ndjson" if isinstance(body, bytes) else "application/json"
        try:
            answer = self._client.transport.perform_request(
                method, address, params=parameters, body=payload, headers={"content-type": kind}
            )
        except OpenSearchException as error:
            if isinstance(error, ConnectionTimeout) and (seconds is None or seconds >= MIN_PATIENCE_SECONDS):
                cast("_NodeTransport", self._client.transport).avoid_last_node()
            raise self._translate(error) from error
        if isinstance(answer, dict):
            return answer
        return {} if answer is not False else {"missing": True}  # HEAD answers with a truth value

    def check(self) -> None:
        """Verify once that this is a cluster that can hold the index. Raises EngineUnavailable and EngineError."""
        if self._is_checked:
            return
        version = self.call("GET", "/").get("version", {})
        number = str(version.get("number", "?"))
        if version.get("distribution") != "opensearch" or not number.split(".")[0].isdecimal():
            raise EngineError(
                f"{self._places} is {version.get('distribution', 'no OpenSearch')} {number}",
                remedy=f"[opensearch] urls must name an OpenSearch cluster of version {MIN_VERSION} or later",
            )
        if int(number.split(".")[0]) < MIN_VERSION:
            raise EngineError(
                f"{self._places} runs OpenSearch {number}", remedy=f"upgrade the cluster to version {MIN_VERSION} or later"
            )
        fields = "nodes.*.name,nodes.*.modules.classname,nodes.*.plugins.classname"
        nodes = self.call("GET", "/_nodes/plugins", query={"filter_path": fields}).get("nodes", {})
        for node in nodes.values():
            classes = [each["classname"] for kind in ("modules", "plugins") for each in node.get(kind, ())]
            if lacks := [name for name, start in MODULES.items() if not any(each.startswith(start) for each in classes)]:
                raise EngineError(
                    f"the node {node.get('name')} lacks {', '.join(lacks)}",
                    remedy="install the same complete distribution of OpenSearch on every node",
                )
        self._is_checked = True

    def close(self) -> None:
        self._client.close()

    @property
    def _places(self) -> str:
        return ", ".join(self.access.urls)

    def _translate(self, error: OpenSearchException) -> EngineError:
        """Return the error that says what the operator can do."""
        match error:
            case TransportError() if is_blocked(error.status_code, error.info):
                return block_error(reason_of(error.info))
            case AuthenticationException() | AuthorizationException():
                who = f'the user "{self.access.user}"' if self.access.user else "a request without a user"
                return EngineUnavailable(
                    f"the cluster at {self._places} refuses {who}",
                    remedy="set INDEXER_OPENSEARCH_USER and INDEXER_OPENSEARCH_PASSWORD to an account that may use the index",
                )
            case SSLError() if "WRONG_VERSION_NUMBER" in str(error.info) or "record layer failure" in str(error.info):
                return EngineUnavailable(
                    f"{self._places} does not speak TLS", remedy="write http:// in [opensearch] urls, or turn TLS on in the nodes"
                )
            case SSLError():
                return EngineUnavailable(
                    f"the certificate of {self._places} is not trusted: {error.info}",
                    remedy="set [opensearch] ca_file to the certificate of the authority that signed it",
                )
            case ConnectionTimeout():
                return EngineUnavailable(f"the cluster at {self._places} did not answer in time")
            case NoConnection():
                return EngineUnavailable(f"no node of the cluster at {self._places} can be reached: {error.error}")
            case NotFoundError() if "index_not_found" in str(error.error) or "alias" in str(error.error):
                return IndexMissing(f"there is no index {self.access.index} in the cluster at {self._places}")
            case TransportError():
                return self._refusal(error)
        return EngineError(f"the cluster at {self._places} sent an unreadable answer: {error}")

    def _refusal(self, error: TransportError) -> EngineError:
        reason = reason_of(error.info) or str(error.error)
        if error.status_code in _UNAVAILABLE_STATUSES:
            return EngineUnavailable(f"the cluster at {self._places} is overloaded or incomplete: {reason}")
        if not isinstance(error.info, dict):  # the page of a web server or of a proxy
            begin = " ".join(reason.split())[:MAX_SHOWN_CHARACTERS]
            return EngineUnavailable(
                f"{self._places} answers {error.status_code} and not as OpenSearch does: {begin}",
                remedy=f"[opensearch] urls must name an OpenSearch cluster of version {MIN_VERSION} or later",
            )
        return EngineError(f"the cluster at {self._places} refuses a request: {reason}", remedy="see the log of its nodes")


def _certificates(path: str) -> str:
    """Return the path of a file of certificates. Raises EngineUnavailable if it cannot be read as one."""
    try:
        ssl.create_default_context(cafile=path)
    except OSError as error:
        raise EngineUnavailable(
            f"[opensearch] ca_file {path} cannot be read: {error.strerror or error}",
            remedy="name a file of certificates in PEM that this process may read",
        ) from error
    return path


def is_blocked(status: int | str, answer: object) -> bool:
    """Return whether an answer refuses a request because an operator, or a full disk, has blocked the index or the cluster.

    Blocks of a cluster that is starting, or has no manager, have another status: they end by themselves.
    """
    error = answer.get("error") if isinstance(answer, dict) else None
    return status in _BLOCKED_STATUSES and isinstance(error, dict) and error.get("type") == "cluster_block_exception"


def block_error(reason: str) -> EngineError:
    """Return the error for a request that a block refuses."""
    if "flood-stage" in reason or "disk usage exceeded" in reason:
        return IndexFull(
            f"the cluster accepts no writes: {reason}", remedy="free disk space on its nodes; it lifts the block by itself"
        )
    return EngineUnavailable(
        f"the cluster blocks a request: {reason}",
        remedy="remove the block (index.blocks of the index, cluster.blocks of the cluster), then run the command again",
    )


def reason_of(answer: object) -> str:
    """Return the reason that an answer of the cluster states for an error; "" if it states none."""
    error = answer.get("error", answer) if isinstance(answer, dict) else answer
    if not isinstance(error, dict):
        return str(error or "")
    causes = [error, *error.get("root_cause", ()), *(shard.get("reason", {}) for shard in error.get("failed_shards", ()))]
    cause = error.get("caused_by")
    while isinstance(cause, dict):
        causes.append(cause)
        cause = cause.get("caused_by")
    reasons = (str(each.get("reason") or each.get("type") or "") for each in causes if isinstance(each, dict))
    return "; ".join(dict.fromkeys(reason for reason in reasons if reason))[:1_000]


def path_of(*parts: str) -> str:
    """Return the path of a resource, each part escaped.

    >>> path_of("feed-search-000001", "_mapping")
    '/feed-search-000001/_mapping'
    """
    return "/" + "/".join(quote(part, safe=",") for part in parts)


def json_bytes(value: object) -> bytes:
    """Return a value as JSON."""
    return orjson.dumps(value)


def bulk_body(lines: Iterable[bytes]) -> bytes:
    """Return the body of a bulk or multi-search request."""
    return b"\n".join(lines) + b"\n"

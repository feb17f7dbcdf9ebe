"""The settings of `[opensearch]`: how the cluster that holds the index is reached."""

from __future__ import annotations

from indexer.config.key_definition import Key
from indexer.engines.opensearch.cluster_settings import ClusterAccess

_CLUSTER = ClusterAccess()
_NODE = r"https?://([\w.-]+|\[[0-9a-fA-F:.]+\])(:[0-9]{1,5})?(/[^\s@?#]*)?"  # `user` and `password` are keys of their own
OPENSEARCH_KEYS = (
    Key(
        "opensearch",
        "urls",
        _CLUSTER.urls,
        "Addresses of the nodes. Name several, so that searches go on while one is down.",
        pattern=_NODE,
        secret=True,  # a refused address may contain a password
        example='["https://search1.example.org:9200", "https://search2.example.org:9200"]',
    ),
    Key(
        "opensearch",
        "index",
        _CLUSTER.index,
        "Name of the index, the same on all machines of one site. If empty, it follows from the path of the data folder.",
        pattern="([a-z0-9][a-z0-9._-]{0,99}(?<!-building))?",  # that is the alias of an index which is being built
    ),
    Key("opensearch", "user", "", "Account for a secured cluster. If empty, requests carry no credentials."),
    Key(
        "opensearch",
        "password",
        "",
        "Its password. Better set the environment variable INDEXER_OPENSEARCH_PASSWORD than write it here.",
        secret=True,
    ),
    Key(
        "opensearch",
        "ca_file",
        "",
        "Certificate of the authority that signed those of the nodes, in PEM. If empty, those of the system are trusted.",
    ),
    Key(
        "opensearch", "verify_certificates", True, "Whether certificates are checked. Turn it off only for a test on one machine."
    ),
    Key(
        "opensearch",
        "shards",
        _CLUSTER.shards,
        "Parts of a new index: one for each node, or for 10 to 50 GB of it. `indexer reindex` applies a change.",
        1,
        1_024,
        effect="reindex",
    ),
    Key(
        "opensearch",
        "replicas",
        _CLUSTER.replicas,
        "Additional copies of each part. 1 survives the loss of a node and needs two nodes; with one node, set 0.",
        0,
        10,
        effect="reindex",
    ),
    Key("opensearch", "timeout_seconds", _CLUSTER.timeout_seconds, "Time limit of a request other than a search.", 1, 600),
)

"""How to reach a cluster: the values of the section `[opensearch]`."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class ClusterAccess:
    """The keys of `[opensearch]`. An empty `user` sends no credentials; an empty `ca_file` uses the system's authorities."""

    urls: tuple[str, ...] = ("http://127.0.0.1:9200",)
    index: str = ""  # the alias of the current generation, and the beginning of the names of all generations
    user: str = ""
    password: str = field(default="", repr=False)
    ca_file: str = ""
    verify_certificates: bool = True
    shards: int = 3
    replicas: int = 1
    timeout_seconds: float = 10.0

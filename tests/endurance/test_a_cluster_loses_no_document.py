"""Nodes are killed under writes and searches: nothing is lost, no answer is wrong, and a change counts when all copies have it."""

from __future__ import annotations

import contextlib
import random
import time

import pytest

from indexer.engines.opensearch import writer as writer_module
from indexer.engines.opensearch.engine import OpenSearchEngine
from indexer.errors import EngineError
from support.amount import amount
from support.cluster_fixtures import engine_in
from support.cluster_load import Journal, Load
from support.contract_corpus import changes, doc
from support.engines import cluster_engine
from support.opensearch_cluster import NODES, Cluster
from support.waiting import eventually

ROUNDS = amount(1, full=20)


def kill(cluster: Cluster, who: str, chance: random.Random) -> int:
    """Kill the manager, or a node that is not the manager."""
    manager = cluster.manager()
    number = manager if who == "manager" else chance.choice([n for n in range(NODES) if n != manager])
    cluster.kill(number)
    return number


def copies(engine: OpenSearchEngine) -> dict[str, set[str]]:
    """Return the number of documents in the copies of each shard."""
    rows = engine.connection.call("GET", f"/{engine.access.index}/_stats/docs", query={"level": "shards"})
    (index,) = rows["indices"].values()
    return {shard: {each["docs"]["count"] for each in all_copies} for shard, all_copies in index["shards"].items()}


@pytest.mark.parametrize("number", range(ROUNDS))
@pytest.mark.parametrize("who", ["data node", "manager"])
def test_kills_under_load(breakable_cluster: Cluster, who: str, number: int) -> None:
    chance = random.Random(f"{who} {number}")
    with engine_in(breakable_cluster, replicas=1, shards=3) as engine:
        journal = Journal()
        journal.grow(300, chance)
        load = Load(engine, journal)
        assert load.catch_up() == 300
        with load.running(seed=number):
            time.sleep(chance.uniform(0.5, 2))
            killed = kill(breakable_cluster, who, chance)
            time.sleep(chance.uniform(1, 3))
            breakable_cluster.start_node(killed)
            if number % 2 == 0:  # once more, while its copies are made
                time.sleep(chance.uniform(6, 12))
                breakable_cluster.kill(killed)
                breakable_cluster.start_node(killed)
            time.sleep(3)
        breakable_cluster.wait()
        assert load.failures == []
        while load.catch_up() < len(journal.changes):
            time.sleep(0.2)
        reader = engine.reader()
        assert {each.id: each for each in reader.documents()} == journal.documents
        assert reader.position == len(journal.changes)
        assert all(len(counts) == 1 for counts in copies(engine).values())
        print(f"\n{who}, round {number}: {len(journal.changes)} changes, {dict(load.counts)}")
        assert load.counts["searches"] > 0


def test_a_change_that_one_copy_lacks_is_applied_again(breakable_cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    """The only node with a change is lost for good, and an older copy is forced: the change comes from the archive again."""
    with engine_in(breakable_cluster, replicas=1, shards=1) as engine:
        writer = engine.writer()
        writer.apply(changes([doc("a", "lantern")]), 1)
        assert writer.position == 1
        monkeypatch.setattr(writer_module, "COPIES_SECONDS", 0.0)
        index = engine.reader().snapshot.index
        nodes = {row["shard"]: row for row in shard_rows(engine, index)}
        assert len(nodes) == 2
        replica, primary = int(nodes["r"]["node"][-1]) - 1, int(nodes["p"]["node"][-1]) - 1

        breakable_cluster.kill(replica)
        writer = engine.writer()
        writer.apply(changes([doc("b", "lantern")], 2), 2)
        assert writer.position == 1  # the copy that was killed lacks it
        assert engine.reader().document_count == 2
        assert engine.reader().position == 1

        breakable_cluster.kill(primary)
        breakable_cluster.start_node(replica)
        assert eventually(lambda: two_nodes_are_there(breakable_cluster))
        command = {"index": index, "shard": 0, "node": f"node-{replica + 1}", "accept_data_loss": True}
        engine.connection.call("POST", "/_cluster/reroute", {"commands": [{"allocate_stale_primary": command}]}, seconds=60)
        assert eventually(lambda: has_documents(breakable_cluster, engine.access.index, 1))

        writer = engine.writer()
        assert writer.position == 1
        writer.apply(changes([doc("b", "lantern")], 2), 2)
        breakable_cluster.start()
        monkeypatch.setattr(writer_module, "COPIES_SECONDS", 60.0)
        writer.apply(changes([doc("b", "lantern")], 2), 2)
        assert writer.position == 2
        assert engine.reader().document_count == 2


def shard_rows(engine: OpenSearchEngine, index: str) -> list[dict[str, str]]:
    state = engine.connection.call("GET", f"/_cluster/state/routing_table,nodes/{index}")
    names = {id_: node["name"] for id_, node in state["nodes"].items()}
    (shards,) = state["routing_table"]["indices"][index]["shards"].values()
    return [{"shard": "p" if row["primary"] else "r", "node": names[row["node"]]} for row in shards]


def two_nodes_are_there(cluster: Cluster) -> bool:
    with contextlib.suppress(OSError, KeyError):
        return cluster.ask("/_cluster/health?timeout=1s")["number_of_nodes"] == 2
    return False


def has_documents(cluster: Cluster, index: str, count: int) -> bool:
    """Look with an engine that remembers no earlier view."""
    with contextlib.suppress(EngineError):
        return cluster_engine(cluster.urls, index).reader().document_count == count
    return False

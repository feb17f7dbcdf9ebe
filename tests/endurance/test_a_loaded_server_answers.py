"""The worst searches, idle connections and slow ones: the server's health and ordinary searches are answered all the same.

Times are printed. They are compared with those of the same server without load, never with a limit.
"""

from __future__ import annotations

import time
from collections import Counter

import pytest

from support.amount import amount
from support.load import Answers, Watching, clients, idle_connections, measure, slow_connections, worst_queries
from support.server_process import Served

SECONDS = amount(small=4, full=60)
CLIENTS = 10
IDLE, SLOW = amount(small=300, full=2_000), amount(small=30, full=200)
MAX_RATIO = (
    200  # of the typical health check under load and without; one that waits for searches takes thousands of times as long
)
SEARCH = "/api/v1/search?q=ferry"


def test_the_worst_searches_of_ten_clients_leave_health_checks_and_ordinary_searches_answered(server: Served) -> None:
    idle = measure(server.port, "/healthz", 1, 0.02)
    health, searches = Watching(server.port, "/healthz", 0.05), Watching(server.port, SEARCH, 0.2)
    with clients(server.port, worst_queries(), CLIENTS) as statuses:
        for each in (health, searches):
            each.start()
        time.sleep(SECONDS)
        answered, searched = health.stop(), searches.stop()
    asked = sum(statuses, Counter[int]())
    print(
        f"\nhealth, idle:       {idle}\nhealth, loaded:     {answered}\nordinary searches:  {searched}\nworst searches:     {dict(asked)}"
    )
    assert set(answered.statuses) == {200}
    assert set(searched.statuses) <= {200, 503}
    assert set(asked) <= {200, 429, 503}
    assert answered.typical < MAX_RATIO * max(idle.typical, 1)
    assert measure(server.port, SEARCH, 1, 0.1).statuses.keys() == {200}
    assert server.stop() == (0, "")


@pytest.mark.parametrize("kind", ["idle", "slow"])
def test_connections_that_send_nothing_or_little_cost_no_search(server: Served, kind: str) -> None:
    before = measure(server.port, SEARCH, 1, 0.02)
    held = idle_connections(server.port, IDLE) if kind == "idle" else slow_connections(server.port, SLOW)
    with held:
        during: Answers = measure(server.port, SEARCH, SECONDS, 0.05)
    print(f"\nsearches before: {before}\n{kind} connections: {during}")
    assert set(during.statuses) == {200}
    assert during.typical < MAX_RATIO * max(before.typical, 1)

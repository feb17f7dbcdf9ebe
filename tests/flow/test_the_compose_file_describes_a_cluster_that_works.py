"""deploy/compose.cluster.yaml is consistent, and its services work together: here as processes, with the settings of the file."""

from __future__ import annotations

import getpass
import json
import re
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from indexer.config import load_settings
from support.cluster_fixtures import remove_indexes
from support.commands import Indexer
from support.debian import debian_program
from support.front import free_port, running
from support.many_hosts import ManyHosts, many_hosts
from support.opensearch_cluster import Cluster
from support.postgres import postgres_server
from support.server_process import Served
from support.waiting import eventually

COMPOSE: dict[str, Any] = yaml.safe_load(
    (Path(__file__).resolve().parents[2] / "deploy" / "compose.cluster.yaml").read_text("utf-8")
)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]


def named(service: dict[str, Any], key: str) -> list[str]:
    """Return the names in a list of a service, without what follows a colon."""
    values = service.get(key, ())
    return [str(each["source"] if isinstance(each, dict) else each).partition(":")[0] for each in values]


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_refers_to_what_the_file_declares(name: str) -> None:
    service = SERVICES[name]
    assert ("image" in service) or ("build" in service)
    assert set(named(service, "depends_on")) <= set(SERVICES) - {name}
    assert set(named(service, "networks")) <= set(COMPOSE["networks"])
    assert set(named(service, "volumes")) <= set(COMPOSE["volumes"])
    assert set(named(service, "configs")) <= set(COMPOSE["configs"])


def test_every_declared_volume_belongs_to_a_service() -> None:
    assert {each for service in SERVICES.values() for each in named(service, "volumes")} == set(COMPOSE["volumes"])


def test_only_the_balancer_can_be_reached_from_outside() -> None:
    assert {name: service["ports"] for name, service in SERVICES.items() if "ports" in service} == {
        "balancer": ["127.0.0.1:8080:80"]
    }
    assert COMPOSE["networks"]["inside"]["internal"]


@pytest.mark.parametrize("name", ["crawler-1", "crawler-2", "web-1", "web-2"])
def test_the_settings_of_a_service_are_settings(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for key, value in SERVICES[name]["environment"].items():
        monkeypatch.setenv(key, re.sub(r"\$\{\w+:\?\}", "a-secret-of-the-test", value))
    settings = load_settings(tmp_path)
    nodes = [each for each in SERVICES if each.startswith("opensearch-")]
    assert settings.engine == "opensearch"
    assert settings.cluster.urls == tuple(f"http://{node}:9200" for node in nodes)
    assert str(settings.archive) == SERVICES[name]["environment"]["INDEXER_ARCHIVE_URL"]


@pytest.fixture
def sites() -> Iterator[ManyHosts]:
    with many_hosts(6, 4) as sites:
        yield sites


def test_the_services_work_together(cluster: Cluster, sites: ManyHosts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    index = f"test-{uuid.uuid4().hex[:12]}"
    with postgres_server() as postgres, ExitStack() as stack:
        stack.callback(remove_indexes, cluster, index)
        settings = {
            **SERVICES["web-1"]["environment"],
            "INDEXER_OPENSEARCH_URLS": ",".join(cluster.urls),
            "INDEXER_OPENSEARCH_INDEX": index,
            "INDEXER_ARCHIVE_URL": postgres.url(),
            "PGPASSWORD": postgres.password,
            "INDEXER_WEB_ADMIN_TOKEN": "a-secret-of-the-test",
        }
        crawlers = [Indexer(tmp_path / name, tmp_path / f"{name}-output", settings) for name in ("crawler-1", "crawler-2")]
        crawlers[0]("add", *sites.urls)
        for crawl in [each.start("crawl") for each in crawlers]:
            assert crawl.ended().code == 0
        crawlers[1]("crawl")  # what one could not index as the other was at it
        assert set(crawlers[1].documents()) == sites.documents

        for key, value in settings.items():
            monkeypatch.setenv(key, value)
        webs = []
        for name in ("web-1", "web-2"):
            (tmp_path / name).mkdir()
            webs.append(Served("-m", "webui", "--data", str(tmp_path / name), "--port", "0"))
            stack.callback(webs[-1].process.kill)
        port = stack.enter_context(balancer(tmp_path, [web.port for web in webs]))
        for web in webs:
            status, body = web.get("/readyz?strict=1")
            assert (status, json.loads(body)["documents"]) == (200, len(sites.documents))
        assert total(port, "story") == len(sites.documents)
        webs[0].process.kill()
        assert all(total(port, f"story {number}") for number in range(4))
        assert eventually(lambda: json.loads(webs[1].get("/readyz")[1])["parts"] == {"index": "ok", "archive": "ok"})


@contextmanager
def balancer(folder: Path, ports: list[int]) -> Iterator[int]:
    """Run nginx with the configuration of the file, and yield its port."""
    port, folder = free_port(), folder / "balancer"
    folder.mkdir()
    text = str(COMPOSE["configs"]["balancer"]["content"]).replace("$$", "$").replace("listen 80", f"listen 127.0.0.1:{port}")
    for number, web in enumerate(ports, 1):
        text = text.replace(f"web-{number}:8080", f"127.0.0.1:{web}")
    temporary = "".join(f"{name}_temp_path {folder}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    main = f"user {getpass.getuser()}; daemon off; pid {folder}/pid; error_log stderr; events {{}}"
    (folder / "nginx.conf").write_text(f"{main} http {{ access_log off; {temporary}\n{text} }}")
    program, environment, _ = debian_program("nginx", "nginx", "nginx-common")
    with running([program, "-e", "stderr", "-p", str(folder), "-c", f"{folder}/nginx.conf"], environment, port):
        yield port


def total(port: int, query: str) -> int:
    address = f"http://127.0.0.1:{port}/api/v1/search?q={query.replace(' ', '+')}"
    with urllib.request.urlopen(address, timeout=20) as answer:
        return int(json.load(answer)["total"])

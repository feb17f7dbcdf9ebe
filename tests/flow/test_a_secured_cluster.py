"""A cluster behind TLS with accounts: certificates and host names are checked, and what is wrong is said without the password.

nginx stands in front of a node, as the security plugin of OpenSearch is not in the jars of the tests.
"""

from __future__ import annotations

import getpass
import json
import ssl
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import trustme

from support.cluster_fixtures import remove_indexes
from support.commands import Indexer
from support.debian import debian_program
from support.front import free_port, running
from support.opensearch_cluster import Cluster

USER, PASSWORD = "searcher", "correct horse"
DOCUMENT = {"url": "https://example.org/ferry", "title": "Ferry", "text": "The ferry leaves at nine.", "language": "en"}


@dataclass(frozen=True)
class Secured:
    """The port of the front, and the certificates of its authority and of another one."""

    port: int
    ca: Path
    other_ca: Path


@pytest.fixture
def secured(cluster: Cluster, tmp_path: Path) -> Iterator[Secured]:
    authority, other = trustme.CA(), trustme.CA()
    folder = tmp_path / "front"
    folder.mkdir()
    issued = authority.issue_cert("127.0.0.1")
    issued.private_key_pem.write_to_path(folder / "key.pem")
    (folder / "certificate.pem").write_bytes(b"".join(blob.bytes() for blob in issued.cert_chain_pems))
    (folder / "users").write_text(f"{USER}:{{PLAIN}}{PASSWORD}\n")
    secured = Secured(free_port(), folder / "ca.pem", folder / "other.pem")
    authority.cert_pem.write_to_path(secured.ca)
    other.cert_pem.write_to_path(secured.other_ca)
    temporary = "".join(f"{name}_temp_path {folder}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    (folder / "nginx.conf").write_text(f"""
        user {getpass.getuser()}; daemon off; pid {folder}/pid; error_log stderr; events {{}}
        http {{ access_log off; client_max_body_size 64m; {temporary} server {{
            listen 127.0.0.1:{secured.port} ssl;
            ssl_certificate {folder}/certificate.pem; ssl_certificate_key {folder}/key.pem;
            auth_basic cluster; auth_basic_user_file {folder}/users;
            location / {{ proxy_pass {cluster.urls[0]}; proxy_set_header Authorization ""; }}
        }} }}""")
    program, environment, _ = debian_program("nginx", "nginx", "nginx-common")
    with running([program, "-e", "stderr", "-p", str(folder), "-c", f"{folder}/nginx.conf"], environment, secured.port):
        yield secured


@pytest.fixture
def index(cluster: Cluster) -> Iterator[str]:
    index = f"test-{uuid.uuid4().hex[:12]}"
    yield index
    remove_indexes(cluster, index)


def commands(folder: Path, secured: Secured, index: str, ca: Path | None, host: str = "127.0.0.1", **more: str) -> Indexer:
    """Return the commands on a data folder that names the front."""
    folder.mkdir()
    trusted = f'ca_file = "{ca}"\n' if ca else ""
    (folder / "config.toml").write_text(
        f'[search]\nengine = "opensearch"\n[opensearch]\nurls = ["https://{host}:{secured.port}"]\nindex = "{index}"\n'
        f'shards = 1\nreplicas = 0\nuser = "{USER}"\n{trusted}'
    )
    (folder / "lines").write_text(json.dumps(DOCUMENT))
    return Indexer(folder, folder / "output", {"INDEXER_OPENSEARCH_PASSWORD": PASSWORD, **more})


def test_the_right_authority_and_account_are_served(secured: Secured, index: str, tmp_path: Path) -> None:
    indexer = commands(tmp_path / "data", secured, index, secured.ca)
    indexer("import", str(indexer.data / "lines"))
    assert indexer.hits("ferry") == [DOCUMENT["url"]]


@pytest.mark.parametrize("case", ["no authority", "another authority", "another name", "wrong password", "no user"])
def test_everything_else_is_refused(secured: Secured, index: str, tmp_path: Path, case: str) -> None:
    more, host = {}, "127.0.0.1"
    ca: Path | None = secured.ca
    words = "not trusted"
    match case:
        case "no authority":
            ca = None
        case "another authority":
            ca = secured.other_ca
        case "another name":
            host = "localhost"
        case "wrong password":
            more, words = {"INDEXER_OPENSEARCH_PASSWORD": "wrong staple"}, f'refuses the user "{USER}"'
        case "no user":
            more, words = {"INDEXER_OPENSEARCH_USER": ""}, "refuses a request without a user"
    indexer = commands(tmp_path / "data", secured, index, ca, host, **more)
    refused = indexer("import", str(indexer.data / "lines"), expect=1)
    assert words in refused.err
    assert PASSWORD not in refused.err + refused.out
    assert "wrong staple" not in refused.err + refused.out


def test_checks_are_left_out_only_on_request(secured: Secured, index: str, tmp_path: Path) -> None:
    unchecked = commands(tmp_path / "data", secured, index, None, INDEXER_OPENSEARCH_VERIFY_CERTIFICATES="false")
    unchecked("import", str(unchecked.data / "lines"))
    assert unchecked.hits("ferry") == [DOCUMENT["url"]]
    assert ssl.create_default_context().verify_mode == ssl.CERT_REQUIRED  # the setting changed nothing else

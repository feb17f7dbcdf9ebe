"""The documented examples for nginx, Caddy and Apache work as they are printed: over TLS, at a name of its own and below a path."""

from __future__ import annotations

import http.client
import re
import socket
import ssl
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import trustme

from indexer.config import load_settings
from support.debian import debian_program
from support.front import free_port, running
from support.served import document, fill

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "how-to" / "use-a-reverse-proxy.md").read_text("utf-8")
AT_ROOT, BELOW = ("search.example.org", ""), ("www.example.org", "/search")


@dataclass(frozen=True)
class Place:
    """Ports, certificate and folder of one test."""

    folder: Path
    host: str
    port: int
    web: int
    certificate: Path
    key: Path

    def adapt(self, text: str) -> str:
        """Return a documented block with the test's own ports and files."""
        text = text.replace("127.0.0.1:8080", f"127.0.0.1:{self.web}")
        text = re.sub(r"/etc/ssl/\S+\.pem", str(self.certificate), text)
        return re.sub(r"/etc/ssl/\S+\.key", str(self.key), text)


def block(after: str) -> str:
    """Return the first indented block after a line of the page."""
    part = PAGE.split(f"\n{after}\n", 1)[1]
    found = re.search(r"(?:^    .*\n|^\n(?=    ))+", part, re.M)
    assert found
    return re.sub(r"^    ", "", found[0], flags=re.M)


def nginx(place: Place, prefix: str) -> tuple[list[str], dict[str, str]]:
    program, environment, _ = debian_program("nginx", "nginx", "nginx-common")
    server = block("## nginx")
    if prefix:
        server = re.sub(r"    location / \{.*?\n    \}\n", lambda _: block("In nginx:"), server, flags=re.S)
        server = server.replace("search.example.org;", "www.example.org;")
    server = place.adapt(server).replace("listen 443", f"listen 127.0.0.1:{place.port}")
    temporary = "".join(
        f"{name}_temp_path {place.folder}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    config = place.folder / "nginx.conf"
    config.write_text(
        f"daemon off; pid {place.folder}/pid; error_log stderr; events {{}} http {{ access_log off; {temporary}\n{server} }}"
    )
    return [program, "-e", "stderr", "-p", str(place.folder), "-c", str(config)], environment


def caddy(place: Place, prefix: str) -> tuple[list[str], dict[str, str]]:
    program, environment, _ = debian_program("caddy", "caddy")
    site = place.adapt(block("## Caddy"))
    if prefix:
        site = f"www.example.org {{\n{place.adapt(block('In Caddy:'))}}}\n"
    site = re.sub(
        r"^(\S+) \{", rf"https://\1:{place.port} {{\n tls {place.certificate} {place.key}\n bind 127.0.0.1", site.lstrip()
    )
    config = place.folder / "Caddyfile"
    config.write_text(f"{{\n admin off\n auto_https disable_redirects\n}}\n{site}")
    environment |= {"HOME": str(place.folder), "XDG_DATA_HOME": str(place.folder), "XDG_CONFIG_HOME": str(place.folder)}
    return [program, "run", "--adapter", "caddyfile", "--config", str(config)], environment


def apache(place: Place, prefix: str) -> tuple[list[str], dict[str, str]]:
    program, environment, root = debian_program("apache2", "apache2-bin", "libapr1", "libaprutil1", "liblua5.3-0", "libjansson4")
    host = block("## Apache")
    if prefix:
        host = re.sub(r"    ProxyPreserveHost.*(?=</VirtualHost>)", lambda _: block("In Apache:"), host, flags=re.S)
        host = host.replace("ServerName search", "ServerName www")
    host = place.adapt(host).replace("*:443", f"127.0.0.1:{place.port}")
    modules = root / "usr/lib/apache2/modules"
    names = ("mpm_event", "authz_core", "socache_shmcb", "ssl", "headers", "proxy", "proxy_http")
    loaded = "".join(f"LoadModule {name}_module {modules}/mod_{name}.so\n" for name in names)
    config = place.folder / "apache.conf"
    config.write_text(
        f"{loaded}ServerRoot {place.folder}\nServerName localhost\nListen 127.0.0.1:{place.port}\nPidFile {place.folder}/pid\n"
        f"Mutex file:{place.folder}\nErrorLog /dev/stderr\nUser #65534\nGroup #65534\n{host}"
    )
    return [program, "-D", "FOREGROUND", "-f", str(config)], environment


PROXIES: dict[str, Callable[[Place, str], tuple[list[str], dict[str, str]]]] = {"nginx": nginx, "caddy": caddy, "apache": apache}


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.mark.parametrize(("host", "prefix"), [AT_ROOT, BELOW], ids=["own name", "below a path"])
@pytest.mark.parametrize("name", PROXIES)
def test_the_example_serves_every_address(authority: trustme.CA, tmp_path: Path, name: str, host: str, prefix: str) -> None:
    tmp_path.chmod(0o755)
    issued = authority.issue_cert(host)
    place = Place(tmp_path, host, free_port(), free_port(), tmp_path / "cert.pem", tmp_path / "cert.key")
    issued.private_key_pem.write_to_path(place.key)
    place.certificate.write_bytes(b"".join(blob.bytes() for blob in issued.cert_chain_pems))
    data = tmp_path / "data"
    data.mkdir()
    base = f"https://{host}{prefix}"
    (data / "config.toml").write_text(f'[web]\nbase_url = "{base}"\ntrusted_proxies = ["127.0.0.1"]\n')
    fill(load_settings(data), *(document(number) for number in range(12)))
    command, environment = PROXIES[name](place, prefix)
    web = [sys.executable, "-m", "webui", "--data", str(data), "--port", str(place.web)]
    context = ssl.create_default_context()
    authority.configure_trust(context)

    def get(path: str) -> tuple[int, str]:
        connection = http.client.HTTPSConnection("127.0.0.1", place.port, context=context, timeout=20)
        connection.sock = context.wrap_socket(socket.create_connection(("127.0.0.1", place.port), 20), server_hostname=host)
        connection.request("GET", path, headers={"Host": host, "Accept": "text/html"})
        response = connection.getresponse()
        body = response.read().decode()
        connection.close()
        return response.status, body

    with running(web, {**environment}, place.web), running(command, environment, place.port):
        status, page = get(f"{prefix}/?q=ferry")
        assert status == 200, page
        assert f'action="{prefix}/"' in page
        links = set(re.findall(r'(?:href|src|action|data-suggest|data-opened)="(/[^"]*)"', page))
        assert all(link.startswith(f"{prefix}/") for link in links), links
        fetched = [link.replace("&amp;", "&") for link in sorted(links) if "opened" not in link]
        assert len(fetched) > 10
        for link in fetched[:6] + [link for link in fetched if "/static/" in link or ".rss" in link or ".xml" in link]:
            assert get(link)[0] == 200, link
        assert f'template="{base}/?q={{searchTerms}}"' in get(f"{prefix}/opensearch.xml")[1]
        assert f"{base}/?q=ferry" in get(f"{prefix}/search.rss?q=ferry")[1]
        assert f"src=&#34;{base}/widget.js" in get(f"{prefix}/widget")[1]
        assert get(f"{prefix}/status")[0] == 403  # a visitor is not the operator, though the proxy is on this machine
        assert get(f"{prefix}/api/v1/search?q=ferry")[0] == 200

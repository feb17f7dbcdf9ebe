"""Images of results come from this server: small pictures only, guarded like the crawler, and only if the operator wants them."""

from __future__ import annotations

import dataclasses
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pytest
from flask.testing import FlaskClient

from indexer.config import Settings, load_settings
from indexer.fetch.images import MAX_IMAGE_BYTES, fetch_image
from indexer.model import Document, FetchPolicy
from support.served import document, fill
from support.small_site import SmallSite, serving
from webui import create_app
from webui.cache import thumbnail_cache
from webui.cache.thumbnail_cache import ThumbnailCache

PNG = b"\x89PNG\r\n\x1a\n" + b"x" * 100
ANSWERS = {
    "/a.png": ("image/png", PNG),
    "/wrong-type.png": ("text/plain", PNG),
    "/photo.jpg": ("image/jpeg", b"\xff\xd8\xff\xe0" + b"x" * 50),
    "/huge.png": ("image/png", PNG + b"x" * MAX_IMAGE_BYTES),
    "/page.png": ("image/png", b"<html><script>alert(1)</script>"),
    "/drawing.svg": ("image/svg+xml", b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"),
    "/empty.png": ("image/png", b""),
}


class Images(SmallSite):
    requests: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.requests.append(self.path)
        if self.path.startswith("/to/"):
            self.send_response(302)
            self.send_header("Location", f"http://localhost:{self.server.server_address[1]}/a.png")
            self.end_headers()
            return
        kind, body = ANSWERS.get(self.path, ("text/html", b"not found"))
        self.answer(body, kind, 200 if self.path in ANSWERS else 404)


@pytest.fixture
def site() -> Iterator[str]:
    Images.requests.clear()
    with serving(Images) as host:
        yield f"http://{host}"


def settings_of(folder: Path, *, thumbnails: bool = True, private: bool = True) -> Settings:
    settings = load_settings(folder)
    return dataclasses.replace(
        settings,
        web=dataclasses.replace(settings.web, thumbnails=thumbnails),
        crawl=dataclasses.replace(settings.crawl, allow_private_hosts=private),
    )


def illustrated(site: str, number: int, path: str) -> Document:
    return document(number, url=f"{site}/{number}", image=f"{site}{path}")


def client_with(settings: Settings, *documents: Document) -> FlaskClient:
    fill(settings, *documents)
    return create_app(settings=settings).test_client()


def test_an_image_is_fetched_once_and_shown_without_a_layout_shift(tmp_path: Path, site: str) -> None:
    client = client_with(settings_of(tmp_path), illustrated(site, 1, "/a.png"), document(2))
    page = client.get("/?q=ferry").text
    assert (
        page.count('<img class="thumbnail" src="/thumbnail/0000000000000001" alt="" loading="lazy" width="112" height="84">') == 1
    )
    assert site + "/a.png" not in page
    for _ in range(2):
        response = client.get("/thumbnail/0000000000000001")
        assert (response.status_code, response.content_type, response.data) == (200, "image/png", PNG)
    assert Images.requests == ["/a.png"]
    assert response.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    hits = {hit["id"]: hit for hit in client.get("/api/v1/search?q=ferry").json["hits"]}
    assert hits["0000000000000001"]["thumbnail"] == "thumbnail/0000000000000001"
    assert "thumbnail" not in hits["0000000000000002"]


def test_it_is_off_by_default(tmp_path: Path, site: str) -> None:
    assert load_settings(tmp_path).web.thumbnails is False
    client = client_with(settings_of(tmp_path, thumbnails=False), illustrated(site, 1, "/a.png"))
    assert "thumbnail" not in client.get("/?q=ferry").text
    assert "thumbnail" not in client.get("/api/v1/search?q=ferry").text
    assert client.get("/thumbnail/0000000000000001").status_code == 404
    assert Images.requests == []


@pytest.mark.parametrize(("path", "status"), [("/wrong-type.png", 200), ("/photo.jpg", 200), ("/huge.png", 404), ("/page.png", 404),
                                              ("/drawing.svg", 404), ("/empty.png", 404), ("/missing.png", 404)])  # fmt: skip
def test_only_small_pictures_are_passed_on(tmp_path: Path, site: str, path: str, status: int) -> None:
    client = client_with(settings_of(tmp_path), illustrated(site, 1, path))
    for _ in range(2):
        assert client.get("/thumbnail/0000000000000001").status_code == status
    assert Images.requests == [path]  # a failure is remembered, too


def test_drawings_are_not_even_requested_and_failures_show_nothing(tmp_path: Path, site: str) -> None:
    client = client_with(settings_of(tmp_path), illustrated(site, 1, "/drawing.svg"), illustrated(site, 2, "/missing.png"))
    assert client.get("/?q=ferry").text.count('<img class="thumbnail"') == 1
    failed = client.get("/thumbnail/0000000000000002")
    assert (failed.status_code, failed.content_type, failed.data[:6]) == (404, "image/gif", b"GIF89a")
    assert failed.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("address", ["nonsense", "ffffffffffffffff", "0000000000000002", "../../etc/passwd"])
def test_other_addresses_are_not_found(tmp_path: Path, site: str, address: str) -> None:
    client = client_with(settings_of(tmp_path), illustrated(site, 1, "/a.png"), document(2))
    assert client.get(f"/thumbnail/{address}").status_code == 404


def test_private_hosts_are_guarded(site: str) -> None:
    page = f"{site}/1"
    assert fetch_image(FetchPolicy(), f"{site}/a.png", page) is None
    allowed = FetchPolicy(allow_private_hosts=True)
    assert fetch_image(allowed, f"{site}/a.png", page) == ("image/png", PNG)
    assert fetch_image(allowed, f"{site}/a.png", "https://www.example.org/news") is None  # a public page names this machine
    assert fetch_image(allowed, f"{site}/to/elsewhere", page) is None  # a redirect to another name
    for address in (
        "file:///etc/passwd",
        "javascript:alert(1)",
        "data:image/png;base64,AA",
        "http://[::1]/a.png",
        "http://a b/",
        "http://[x/",
        "",
    ):
        assert fetch_image(allowed, address, page) is None, address


def test_the_cache_is_bounded_and_few_requests_wait(monkeypatch: pytest.MonkeyPatch, site: str) -> None:
    monkeypatch.setattr(thumbnail_cache, "MAX_CACHE_BYTES", 3 * len(PNG))
    cache, policy = ThumbnailCache(), FetchPolicy(allow_private_hosts=True)
    for number in range(6):
        ANSWERS[f"/{number}.png"] = ("image/png", PNG)
        assert cache.get(policy, f"{site}/{number}.png", site) is not None
    cache.get(policy, f"{site}/5.png", site)
    cache.get(policy, f"{site}/0.png", site)
    assert Images.requests == [f"/{number}.png" for number in (0, 1, 2, 3, 4, 5, 0)]
    monkeypatch.setattr(thumbnail_cache, "WAIT_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0), backlog=9) as silent:  # a host that never answers
        address = f"http://127.0.0.1:{silent.getsockname()[1]}/never.png"
        with pytest.raises(TimeoutError):
            cache.get(policy, address, address)

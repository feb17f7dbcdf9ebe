"""Whole crawls of hostile sites, as a person starts them: one line for each lost page, bounded memory, the rest is found."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from support.misbehaving_server import WAYS, MisbehavingServer, Say, bomb, serving

MAX_MEGABYTES = 300  # of any process; one that only starts has 80, one that extracts has 170

# Runs the command in this very process and tells what it took: VmHWM, as ru_maxrss counts what was there before exec.
RUN = """
import json, resource, runpy, sys
report = sys.argv.pop(1)
try:
    runpy.run_module("indexer", run_name="__main__")
except SystemExit as end:
    code = end.code
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
workers = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
json.dump({"code": code or 0, "own": int(status["VmHWM"].split()[0]) // 1024, "workers": workers // 1024}, open(report, "w"))
"""
WORDS = b"The bridge over the river was closed for repairs last week, and nobody knows when it will be open again. "


@dataclass
class Ran:
    code: int
    megabytes: int
    output: dict[str, Any]
    lines: list[str]


def indexer(folder: Path, *command: str) -> Ran:
    environment = {
        **os.environ,
        "INDEXER_CRAWL_DELAY_SECONDS": "0",
        "INDEXER_CRAWL_ALLOW_PRIVATE_HOSTS": "true",
        "INDEXER_CRAWL_TIMEOUT_SECONDS": "4",
        "INDEXER_CRAWL_MAX_PAGE_BYTES": "4000000",
    }
    report = folder / "report.json"
    done = subprocess.run(
        [sys.executable, "-c", RUN, str(report), "--data", str(folder), "--json", *command],
        env=environment, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert report.exists(), done.stderr
    told = json.loads(report.read_text())
    assert "Traceback" not in done.stderr
    output = json.loads(done.stdout) if done.stdout.strip() else {}
    return Ran(told["code"], max(told["own"], told["workers"]), output, done.stderr.splitlines())


def page(body: bytes, kind: str = "text/html; charset=utf-8") -> Say:
    return lambda visitor: visitor.answer(body, f"Content-Type: {kind}")


def feed(paths: Sequence[str]) -> bytes:
    items = "".join(f"<item><title>item {path.strip('/')}</title><link>{path}</link></item>" for path in paths)
    return f"<rss version='2.0'><channel><title>Hostile</title>{items}</channel></rss>".encode()


def crawled(folder: Path, server: MisbehavingServer, body: bytes) -> Ran:
    server.pages["/feed.xml"] = page(body, "application/rss+xml")
    (folder / "config.toml").write_text(f'[[source]]\nurl = "{server.url}/feed.xml"\nname = "Hostile"\n')
    indexer(folder, "add", f"{server.url}/feed.xml")
    return indexer(folder, "crawl", "--all")


pytestmark = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from /proc")


def test_each_lost_page_is_one_line_and_the_rest_is_found(tmp_path: Path) -> None:
    article = b"<html><title>Quay</title><article><p>" + WORDS * 5 + b"quayword</p></article></html>"
    for kind in ("gzip", "deflate", "raw", "br"):
        bomb(kind)  # made beforehand: that takes longer than we wait for an answer
    with serving(pages={"/article": page(article)}) as server:
        ran = crawled(tmp_path, server, feed([*WAYS, "/article"]))
    assert ran.code == 1
    lost = [path for path, way in WAYS.items() if way.reason]
    (source,) = ran.output["sources"]
    # The pages that are well have one and the same text, which is told apart from an article.
    reasons = {each["url"]: each["reason"] for each in source["failures"] if each["reason"] != "not-the-article"}
    chunks = server.url + "/endless/tiny-chunks"  # a million of them may take longer than we wait
    assert reasons.pop(chunks) in ("too-large", "timeout")
    assert reasons == {server.url + path: WAYS[path].reason for path in lost if server.url + path != chunks}
    for path in lost:
        named = [line for line in ran.lines if re.search(re.escape(server.url + path) + "([:, ]|$)", line)]
        assert len(named) == 1, (path, named)
    assert ran.megabytes < MAX_MEGABYTES
    assert indexer(tmp_path, "search", "quayword").output["total"] == 1
    assert indexer(tmp_path, "search", "title:item").output["total"] >= len(lost)


PAGES = {
    "/paragraphs": b"<html><body>" + b"<p>a</p>" * 480_000,
    "/links": b"<html><body>" + b"<a href=/x>y</a>" * 240_000,
    "/depth": b"<html><body>" + b"<div>" * 200_000,
    "/tables": b"<html><body>" + b"<table><tr><td>" * 60_000,
    "/attribute": b"<html><body><p title='" + b"x" * 3_900_000 + b"'>" + WORDS + b"</p>",
    "/attributes": b"<html><body><p " + b" ".join(b"a%d=1" % number for number in range(400_000)) + b">" + WORDS + b"</p>",
    "/json": b"<html><script type='application/ld+json'>" + b"[" * 3_000_000 + b"</script><body><p>" + WORDS,
    "/bytes": b"<html><title>b\0d</title><body><p>" + WORDS + bytes(range(256)) * 5_000,
    "/surrogates": b"<html><body><p>" + WORDS + b"\xed\xa0\x80&#xD800;&#x110000;&#0;" * 50_000,
    "/word": b"<html><body><p>" + b"x" * 3_900_000,
}


def test_pages_that_are_floods_cost_no_memory_and_no_other_page(tmp_path: Path) -> None:
    article = b"<html><title>Quay</title><article><p>" + WORDS * 5 + b"quayword</p></article></html>"
    with serving(pages={path: page(body) for path, body in PAGES.items()} | {"/article": page(article)}) as server:
        ran = crawled(tmp_path, server, feed([*PAGES, "/article"]))
    assert all("has the same text as" in line for line in ran.lines), ran.lines  # some floods leave the same few words
    assert ran.megabytes < MAX_MEGABYTES
    assert indexer(tmp_path, "search", "quayword").output["total"] == 1


ITEM = b"<item><title>quayword</title><link>/fine</link></item>"
HEAD, FOOT = b"<rss version='2.0'><channel><title>t</title>" + ITEM, b"</channel></rss>"
ENTITIES = b"".join(b'<!ENTITY l%d "%s">' % (number, b"&l%d;" % (number - 1) * 10) for number in range(1, 30))


@pytest.mark.parametrize(
    "body",
    [
        b'<!DOCTYPE rss [<!ENTITY l0 "lol">' + ENTITIES + b"]>" + HEAD + b"<item><title>&l29;</title></item>" + FOOT,
        b"<!DOCTYPE rss [<!ENTITY a SYSTEM 'file:///etc/passwd'>]>" + HEAD + b"<item><title>&a;</title></item>" + FOOT,
        HEAD + b"<item><title>t</title>" + b"<a>" * 1_000_000 + b"</item>" + FOOT,
        HEAD + b"<item x='" + b"a" * 3_500_000 + b"'><title>t</title></item>" + FOOT,
        HEAD + b"<item><title>t</title>" + b"<category>c</category>" * 150_000 + b"</item>" + FOOT,
        HEAD + b"<item><title>" + bytes(range(256)) * 4_000 + b"&#xD800;</title></item>" + FOOT,
        HEAD + b"".join(b"<item><guid>%d</guid></item>" % number for number in range(100_000)) + FOOT,
    ],
    ids=["entities", "file", "depth", "attribute", "categories", "bytes", "items"],
)
def test_feeds_that_are_floods_keep_their_first_item(tmp_path: Path, body: bytes) -> None:
    with serving() as server:
        ran = crawled(tmp_path, server, body)
    assert ran.megabytes < MAX_MEGABYTES
    found = indexer(tmp_path, "search", "title:quayword").output
    assert found["total"] == 1
    assert "root:" not in json.dumps(found)

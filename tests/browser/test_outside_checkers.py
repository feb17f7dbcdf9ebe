"""What others' checkers say: the Nu HTML checker of all pages in all languages, and Lighthouse of a results page on a phone."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import urllib.request
from pathlib import Path
from urllib.error import HTTPError

import pytest

from support.npm import npm_package
from webui.interface_language import LANGUAGES

PAGES = (
    "/", "/?q=harbour", "/?q=harbour&category=Harbour&from=2020-01-01&sort=oldest", "/?q=lighthuose", "/?q=nosuchword",
    "/?q=harbour+nosuchword", "/?q=nofield:x+harbour", "/nothing", "/status", "/widget",
)  # fmt: skip
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
MIN_SCORE = 0.98


def fetch(address: str, language: str) -> bytes:
    request = urllib.request.Request(address, headers={"Accept-Language": language, "Accept": "text/html,*/*;q=0.1"})
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            return bytes(response.read())
    except HTTPError as error:
        return bytes(error.read())


def test_the_html_of_every_page_is_valid(pages: str, tmp_path: Path) -> None:
    package = npm_package("vnu-jar", "26.9.27", "java")
    similar = json.loads(fetch(f"{pages}/api/v1/search?q=harbour&size=1", "en"))["hits"][0]["id"]
    for language in LANGUAGES:
        for number, path in enumerate((*PAGES, f"/similar?id={similar}")):
            (tmp_path / f"{language}-{number}.html").write_bytes(fetch(pages + path, language))
    jar = next(package.rglob("vnu.jar"))
    done = subprocess.run(
        ["java", "-Xss2m", "-jar", str(jar), "--skip-non-html", "--format", "json", str(tmp_path)],
        capture_output=True, text=True, timeout=240,
    )  # fmt: skip
    messages = json.loads(done.stderr)["messages"]
    assert [(Path(one.get("url", "")).name, one["message"]) for one in messages if one["type"] != "info"] == []


def test_lighthouse_is_content_with_results_on_a_phone(pages: str, tmp_path: Path) -> None:
    if CHROMIUM is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("chromium is missing: apt-get install chromium")
    package = npm_package("lighthouse", "12.8.2")
    report = tmp_path / "report.json"
    subprocess.run(
        [
            "node", str(package / "cli" / "index.js"), f"{pages}/?q=harbour", "--quiet", "--output=json", f"--output-path={report}",
            "--chrome-flags=--headless=new --no-sandbox", "--only-categories=performance,accessibility,best-practices",
        ],
        check=True, capture_output=True, timeout=240, env={**os.environ, "CHROME_PATH": CHROMIUM},
    )  # fmt: skip
    scores = {name: each["score"] for name, each in json.loads(report.read_text("utf-8"))["categories"].items()}
    assert scores.keys() == {"performance", "accessibility", "best-practices"}
    assert min(scores.values()) >= MIN_SCORE, scores

"""Measure the compressed sizes (gzip) of the widget and of a page of results, next to other search boxes from npm.

    python benchmarks/widget_sizes.py [--page URL] [--json FILE]

`--page` is the address of a running `webui`. The program measures its results page with all that it loads.
"""

from __future__ import annotations

import argparse
import dataclasses
import gzip
import json
import re
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterable, Mapping
from pathlib import Path
from urllib.parse import urljoin

import report
from report import Row

from webui.widget_bundle import FOLDER, widget_bundle

# search box -> package and version -> files of it that a page loads
PEERS = {
    "DocSearch": {"@docsearch/js@5.2.0": ("dist/umd/index.js",), "@docsearch/css@5.2.0": ("dist/style.css",)},
    "Pagefind's default UI": {"@pagefind/default-ui@1.5.2": ("npm_dist/mjs/ui-core.mjs", "npm_dist/mjs/ui-core.css")},
    "typesense-minibar": {"typesense-minibar@1.3.4": ("typesense-minibar.js", "typesense-minibar.css")},
}


def compressed(content: bytes) -> int:
    return len(gzip.compress(content, 9))


def peer_bytes(packages: Mapping[str, Iterable[str]], folder: Path) -> int | None:
    """Return the compressed size of the files of packages; None if the registry does not have them."""
    command = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", str(folder), *packages]
    if subprocess.run(command, check=False, capture_output=True).returncode:
        return None
    roots = {package: folder / "node_modules" / package.rpartition("@")[0] for package in packages}
    return sum(compressed((roots[package] / name).read_bytes()) for package, files in packages.items() for name in files)


def page_bytes(address: str) -> int:
    """Return the compressed size of a page with its scripts, styles and icon."""
    page = urllib.request.urlopen(address, timeout=30).read()
    loaded = re.findall(r'<(?:link rel="(?:stylesheet|icon)" href|script type="module" src)="([^"]+)"', page.decode())
    parts = [urllib.request.urlopen(urljoin(address, each), timeout=30).read() for each in loaded]
    return sum(map(compressed, (page, *parts)))


def rows(page: str | None) -> list[Row]:
    """Measure everything. Sizes are in kB (1,000 bytes)."""
    ours = compressed(widget_bundle().script)
    texts = max(path.stat().st_size for path in FOLDER.glob("*.json"))
    table = [
        Row("widget: script, style and English", ours / 1000, 8, at_most=True, remark=f"{ours:,} bytes", unit="kB"),
        Row("widget: texts of another language, not compressed", texts / 1000, 1, at_most=True, remark="the largest", unit="kB"),
    ]
    if page:
        size = page_bytes(page)
        table.append(Row("results page with all it loads", size / 1000, 30, at_most=True, remark=f"{size:,} bytes", unit="kB"))
    with tempfile.TemporaryDirectory() as folder:
        for name, packages in PEERS.items():
            size = peer_bytes(packages, Path(folder))
            remark = "not in the registry" if size is None else f"{size:,} bytes: {', '.join(packages)}"
            share = ours / size if size else None
            table.append(Row(f"widget to {name}", share, 1, at_most=True, remark=remark, unit="x"))
    return table


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--page", help="a results page of a running webui")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    table = rows(options.page)
    print(report.targets(table))
    if options.json:
        options.json.write_text(json.dumps([dataclasses.asdict(row) for row in table], indent=1), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

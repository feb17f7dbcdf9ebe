"""Take the screenshots of the documentation of a running webui: `python docs/take_screenshots.py URL DATA`."""

from __future__ import annotations

import functools
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright
from rich.console import Console
from rich.text import Text

FOLDER = Path(__file__).parent / "screenshots"
COLUMNS = 108
PHONE, WIDE = {"width": 390, "height": 760}, {"width": 1200, "height": 760}
HOST = """<!doctype html><html lang="en"><meta charset="utf-8"><title>The Orrin Gazette</title><style>
body {{ font: 17px/1.6 Georgia, serif; margin: 0; color: #222; background: #fff; }}
header {{ display: flex; gap: 2rem; align-items: center; padding: 1rem 2rem; border-bottom: 2px solid #222; }}
header b {{ font-size: 1.5rem; flex: 1; }} main {{ padding: 1rem 2rem; max-width: 44rem; }}</style>
<script type="module" src="{url}/widget.js"></script>
<header><b>The Orrin Gazette</b><span>News</span><span>Culture</span><feed-search {header}></feed-search></header>
<main><h1>The night ferry returns</h1><p>After nine winters, the ferry sails again at half past eight. Sefa Morrow sold the first
ticket at the harbour on Monday.</p>{body}<p>The timetable hangs at the ice house.</p></main>"""


def main(url: str, data: str) -> None:
    """Take every screenshot."""
    FOLDER.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])

        def page(size: dict[str, int], **options: Any) -> Any:
            return browser.new_context(viewport=size, **options).new_page()

        def shoot(name: str, path: str, size: dict[str, int] = WIDE, *, full: bool = False, **options: Any) -> None:
            one = page(size, **options)
            one.goto(url + path)
            one.screenshot(path=FOLDER / f"{name}.png", full_page=full)

        shoot("search-page", "/?q=harbour")
        shoot("search-page-dark-phone", "/?q=ferry", PHONE, color_scheme="dark")
        shoot("search-page-arabic", "/?q=lighthuose", PHONE, locale="ar")
        shoot("search-page-german", "/?q=Hafen+-Fisch", PHONE, locale="de")
        shoot("status-page", "/status")
        shoot("status-page-dark", "/status", full=True, color_scheme="dark")
        shoot("gallery", "/widget")
        widgets = {
            "widget-inline": ("label='Search'", ""),
            "widget-modal": ("layout='modal' label='Search'", ""),
            "widget-page": ("hidden", "<feed-search layout='page'></feed-search>"),
        }
        for name, (header, body) in widgets.items():
            one = page({"width": 1000, "height": 620})
            content = HOST.format(url=url, header=header, body=body)  # of the server's own origin, which needs no permission
            one.route(f"{url}/host", functools.partial(_fulfill, content))
            one.goto(f"{url}/host")
            widget = one.locator("feed-search").last if "page" in name else one.locator("feed-search").first
            if "modal" in name:
                widget.get_by_role("button", name="Search").first.click()
            widget.get_by_role("combobox").fill("harbour")
            widget.locator("[part=result]").first.wait_for()
            one.wait_for_timeout(300)
            one.screenshot(path=FOLDER / f"{name}.png")
        terminal = page({"width": 980, "height": 200})
        terminal.set_content(_terminal(data, ("search", "harbour wall", "--limit", "3"), ("sources",)))
        terminal.locator("svg").screenshot(path=FOLDER / "terminal.png")


def _fulfill(content: str, route: Any) -> None:
    route.fulfill(body=content, content_type="text/html")


def _terminal(data: str, *commands: tuple[str, ...]) -> str:
    """Return commands and their output as a terminal drawn in SVG."""
    environment = {**os.environ, "TERM": "xterm-256color", "INDEXER_DATA": data}
    with open(os.devnull, "w", encoding="utf-8") as nowhere:
        console = Console(record=True, width=COLUMNS, file=nowhere)
        for command in commands:
            console.print(f"[bold green]$[/] feed-search {' '.join(command)}", highlight=False)
            program = shlex.join([sys.executable, "-m", "indexer", *command])
            in_terminal = ["script", "-qec", f"stty cols {COLUMNS}; {program}", "/dev/null"]  # so that the output has colours
            done = subprocess.run(in_terminal, env=environment, capture_output=True, text=True, check=False)
            console.print(Text.from_ansi(done.stdout.replace("\r", "")), highlight=False)
        return console.export_svg(title="feed-search")


if __name__ == "__main__":
    main(sys.argv[1].rstrip("/"), sys.argv[2])

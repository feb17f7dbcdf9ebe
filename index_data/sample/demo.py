"""`make demo`: serve the sample site on loopback, crawl it, index it, search it, then serve the search page.

Everything goes through the two installed commands, as a user would call them. `DEMO=once` leaves after the search.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
QUERY = "harbour"


def main() -> int:
    """Returns the exit code of the first command that failed, else 0."""
    once = os.environ.get("DEMO") == "once"
    port = os.environ.get("PORT", "8080")
    with tempfile.TemporaryDirectory(prefix="feed-search-demo-") as data:
        environment = {
            **os.environ,
            "INDEXER_DATA": data,
            "INDEXER_CRAWL_ALLOW_PRIVATE_HOSTS": "true",  # the sample site is on this machine
            "INDEXER_CRAWL_DELAY_SECONDS": "0",
            "INDEXER_WEB_TITLE": "Sample newsroom search",
            "PYTHONUNBUFFERED": "1",
        }
        site = subprocess.Popen([sys.executable, str(HERE / "serve.py"), "--port", "0"], stdout=subprocess.PIPE, text=True)
        try:
            assert site.stdout is not None
            url = site.stdout.readline().strip().rstrip("/")
            say(f"The sample site is at {url}/")

            def run(program: str, *arguments: str, fine: tuple[int, ...] = (0,)) -> None:
                say(f"$ {program} {' '.join(arguments)}")
                done = subprocess.run([sys.executable, "-m", program, *arguments], env=environment, check=False)
                if done.returncode not in fine:
                    raise SystemExit(done.returncode)

            run("indexer", "init")
            run("indexer", "add", f"{url}/rss.xml", f"{url}/atom.xml")
            run("indexer", "crawl", fine=(0, 1))  # one page of the sample is gone, as on any real site
            run("indexer", "search", QUERY, "--limit", "3")
            if once:
                return 0
            say("$ webui")
            web = subprocess.Popen([sys.executable, "-m", "webui", "--port", port], env=environment)
            try:
                return web.wait()
            except KeyboardInterrupt:
                return 0
            finally:
                web.terminate()
                web.wait(15)
        finally:
            site.terminate()
            site.wait(10)


def say(text: str) -> None:
    print(f"\n{text}", flush=True)


if __name__ == "__main__":
    for stop in (signal.SIGTERM, signal.SIGHUP):  # as Ctrl-C: what was started must not outlive us
        signal.signal(stop, signal.default_int_handler)
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)

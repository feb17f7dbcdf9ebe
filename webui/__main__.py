"""Run the `webui` command: serve until SIGTERM or Ctrl-C, and finish the requests in progress."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable

from indexer.config import WebSettings, load_settings, open_searcher
from indexer.errors import IndexerError
from webui import REFRESH_SECONDS, create_app
from webui.app_state import worker_slots
from webui.hosts_and_proxies import is_loopback
from webui.server.console import warn
from webui.server.shared_counters import WorkerSlot

MAX_PROCESSES = 64
MIN_TOKEN_CHARACTERS = 16


def main(arguments: list[str] | None = None) -> int:
    """Serve until a signal. Return the exit code: 0 after a stop, 2 for wrong settings or an unusable address."""
    options = _options(arguments)
    from webui.server.serve import HeldSignals, answer, listen

    try:
        settings = load_settings(options.data)
        signals = HeldSignals()
        sockets = listen(options.host, options.port)
    except IndexerError as error:
        warn(f"webui: {error}")
        return error.exit_code
    except (OSError, OverflowError, ValueError) as error:
        signals.restore()
        reason = getattr(error, "strerror", None) or error
        warn(f"webui: cannot listen on {options.host}:{options.port}: {reason} (choose another with --port)")
        return 2
    port = sockets[0].getsockname()[1]
    loopback_only = all(is_loopback(each.getsockname()[0]) for each in sockets)
    for text in warnings(settings.web, loopback_only=loopback_only):
        warn(f"webui: {text}")

    def ready() -> None:
        print(f"Search page: http://{options.host}:{port}/  (Ctrl-C to stop)", flush=True)
        print(f"Embed it:    see {settings.web.base_url or f'http://{options.host}:{port}'}/widget", flush=True)
        signals.release()

    def serve(slot: WorkerSlot | None = None, when_ready: Callable[[], None] = lambda: None) -> None:
        """Serve in this process, which opens the index itself."""
        searcher = open_searcher(settings, refresh_seconds=REFRESH_SECONDS, report=warn)
        app = create_app(settings=settings, searcher=searcher, slot=slot, cache_before_flask=True, loopback_only=loopback_only)
        answer(app, sockets, when_ready)

    if options.processes == 1:
        serve(when_ready=ready)
        return 0
    from webui.server.prefork import PreforkSupervisor

    slots = worker_slots(options.processes)

    def work(number: int) -> None:
        serve(slots[number])

    children = PreforkSupervisor(options.processes, work, sockets)
    children.start()
    ready()
    children.supervise()
    return 0


def _options(arguments: list[str] | None) -> argparse.Namespace:
    """Read the command line. A wrong option ends the program with exit code 2."""
    parser = argparse.ArgumentParser(prog="webui", description="Serve the search page, the JSON API and the widget.")
    parser.add_argument("--data", help="the data folder (default: $INDEXER_DATA, then ./index_data)")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=8080, help="port to listen on, 0 for any free one (default: %(default)s)")
    parser.add_argument(
        "--processes",
        type=int,
        default=1,
        metavar="N",
        help="processes that answer (default: %(default)s). One process answers hundreds of searches a second and uses one core. "
        "Use one process for each core that you can spare.",
    )
    options = parser.parse_args(arguments)
    if not 0 <= options.port <= 65_535:
        parser.error(f"--port {options.port}: a port is a number from 0 to 65535")
    if not 1 <= options.processes <= MAX_PROCESSES:
        parser.error(f"--processes {options.processes}: give a number from 1 to {MAX_PROCESSES}")
    if options.processes > 1 and not hasattr(os, "fork"):
        parser.error(f"--processes {options.processes}: this system cannot fork processes; only 1 works here")
    return options


def warnings(web: WebSettings, *, loopback_only: bool) -> list[str]:
    """Return what the operator should know before a server starts."""
    texts = []
    if not loopback_only and not (web.base_url or web.allowed_hosts):
        texts.append("it answers to any Host name; set base_url or allowed_hosts under [web] in config.toml")
    if web.admin_token and len(web.admin_token) < MIN_TOKEN_CHARACTERS:
        texts.append(f"admin_token has fewer than {MIN_TOKEN_CHARACTERS} characters and can be guessed")
    return texts


if __name__ == "__main__":
    sys.exit(main())

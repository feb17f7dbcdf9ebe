"""`webui`: serve the search page with waitress until SIGTERM or Ctrl-C; requests under way are answered first."""

from __future__ import annotations

import argparse
import signal
import sys
from types import FrameType

from indexer.errors import IndexerError
from webui import create_app
from webui.words import warn

THREADS = 8


def main(arguments: list[str] | None = None) -> int:
    """Returns the exit code: 0 after a stop, 2 for settings or an address that cannot be used."""
    parser = argparse.ArgumentParser(prog="webui", description="Serve the search page, the JSON API and the widget.")
    parser.add_argument("--data", help="the data folder (default: $INDEXER_DATA, else ./index_data)")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=8080, help="port to listen on, 0 for any free one (default: %(default)s)")
    options = parser.parse_args(arguments)
    if not 0 <= options.port <= 65_535:
        parser.error(f"--port {options.port}: a port is a number from 0 to 65535")
    from waitress.server import create_server

    try:
        app = create_app(options.data)
        server = create_server(app, host=options.host, port=options.port, threads=THREADS, ident=None)
    except IndexerError as error:
        warn(f"webui: {error}")
        return error.exit_code
    except (OSError, OverflowError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        warn(f"webui: cannot listen on {options.host}:{options.port}: {reason} (choose another with --port)")
        return 2
    signal.signal(signal.SIGTERM, _stop)
    port = getattr(server, "effective_port", options.port)
    print(f"Search page: http://{options.host}:{port}/  (Ctrl-C to stop)", flush=True)
    server.run()  # ends with SystemExit or KeyboardInterrupt, after the requests under way
    return 0


def _stop(number: int, frame: FrameType | None) -> None:
    raise SystemExit(0)


if __name__ == "__main__":
    sys.exit(main())

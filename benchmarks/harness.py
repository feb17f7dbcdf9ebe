"""The product's web server with one more route, `/fixed`, that answers 2 kB of JSON: what its HTTP can do without searching.

    python harness.py DATA PORT PROCESSES

It runs `webui`'s own main, given an application with the route added; only when that has no `--processes` yet (or starts them
in a way that loses the route), `python harness.py DATA PORT PROCESSES forked` forks so many servers with the same settings on
one socket.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
from typing import Any

from flask import Flask, jsonify

import webui

FIXED = {"results": [{"title": f"Result {n}", "url": f"https://example.org/{n}", "snippet": "x" * 145} for n in range(10)]}
_create_app = webui.create_app


def create_app(*arguments: Any, **named: Any) -> Flask:
    app = _create_app(*arguments, **named)
    app.add_url_rule("/fixed", "fixed", lambda: jsonify(FIXED))
    return app


def forked(data: str, port: int, processes: int) -> int:
    from waitress.server import create_server

    from webui import __main__ as product

    threads = getattr(product, "THREADS", 8)
    listening = socket.create_server(("127.0.0.1", port), backlog=1024)
    children = []
    for _ in range(processes):
        child = os.fork()
        if child == 0:
            signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
            create_server(create_app(data), sockets=[listening], threads=threads, ident=None).run()
            return 0
        children.append(child)

    def stop(*_: object) -> None:
        for child in children:
            os.kill(child, signal.SIGTERM)

    signal.signal(signal.SIGTERM, stop)
    for child in children:
        os.waitpid(child, 0)
    return 0


def main() -> int:
    data, port, processes = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    if "forked" in sys.argv:
        return forked(data, port, processes)
    webui.create_app = create_app
    from webui.__main__ import main as serve

    return serve(["--data", data, "--port", str(port), "--processes", str(processes)])


if __name__ == "__main__":
    sys.exit(main())

"""Run the web server of the product with one more route, `/fixed`, that answers 2 kB of JSON without a search.

    python harness.py DATA PORT PROCESSES

The script calls the main function of `webui` with an application that has this route.
"""

from __future__ import annotations

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


def main() -> int:
    data, port, processes = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    webui.create_app = create_app
    from webui.__main__ import main as serve

    return serve(["--data", data, "--port", str(port), "--processes", str(processes)])


if __name__ == "__main__":
    sys.exit(main())

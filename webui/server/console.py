"""Lines for the operator."""

from __future__ import annotations

import sys


def warn(text: str) -> None:
    print(text, file=sys.stderr, flush=True)

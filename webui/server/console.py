"""Print messages for the operator."""

from __future__ import annotations

import sys


def warn(text: str) -> None:
    """Print one line to stderr."""
    print(text, file=sys.stderr, flush=True)

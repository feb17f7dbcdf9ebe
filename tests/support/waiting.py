"""Wait for what other threads and processes do. The limits only keep a broken test from hanging; none is a requirement."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

PATIENCE_SECONDS = 120.0


def eventually(holds: Callable[[], object], seconds: float = PATIENCE_SECONDS) -> bool:
    """Return whether `holds` became true; give up after `seconds`."""
    until = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True


def has_ended(process: int) -> bool:
    """Return whether the process with this id has ended. A zombie, which nobody has waited for yet, has. Reads Linux's /proc."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True

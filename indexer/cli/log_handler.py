"""Print the records of `logging` like the program's own messages."""

from __future__ import annotations

import logging
from collections.abc import Callable


class _Handler(logging.Handler):
    def __init__(self, print_line: Callable[..., None]) -> None:
        super().__init__()
        self._print_line = print_line

    def emit(self, record: logging.LogRecord) -> None:
        self._print_line(record.getMessage(), record.levelname.lower(), **getattr(record, "fields", {}))


def attach(print_line: Callable[..., None], *, verbose: bool) -> None:
    """Print the records of this program: warnings, and with `verbose` also information. `print_line` takes text and level."""
    logger = logging.getLogger("indexer")
    if not any(isinstance(handler, _Handler) for handler in logger.handlers):
        logger.addHandler(_Handler(print_line))
    logger.setLevel(logging.INFO if verbose else logging.WARNING)
    logger.propagate = False

"""Print the records of `logging` like the program's own messages."""

from __future__ import annotations

import logging

from indexer.cli.output import log_line


class _Handler(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        log_line(record.getMessage(), record.levelname.lower(), **getattr(record, "fields", {}))


def attach(*, verbose: bool) -> None:
    """Print the records of this program: warnings, and with `verbose` also information."""
    logger = logging.getLogger("indexer")
    if not any(isinstance(handler, _Handler) for handler in logger.handlers):
        logger.addHandler(_Handler())
    logger.setLevel(logging.INFO if verbose else logging.WARNING)
    logger.propagate = False

"""Write to the terminal: text that cannot steer it, streams that may be closed, a log on stderr, a progress bar."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import TextIO

import click

from indexer.masking import mask_secrets


def printable(text: str) -> str:
    """Replace the characters that would steer a terminal: text from a feed is printed too.

    >>> printable("red: \\x1b[31m")
    'red: \ufffd[31m'
    """
    return "".join(c if c in "\n\t" or c.isprintable() else "\ufffd" for c in text)


def echo(text: str, *, err: bool = False) -> None:
    """Print a line. A closed pipe is not an error: after `crawl | head -1` the crawl still has to update the index."""
    try:
        click.echo(text, err=err)
    except BrokenPipeError:
        discard_output(2 if err else 1)


def log_line(text: str, level: str = "info", **fields: object) -> None:
    """Print a message on stderr: as it is, or as one JSON object with `--log-format json`. Secrets in addresses are masked."""
    text = mask_secrets(text)
    if _Form.is_json:
        import json

        time = datetime.now(UTC).isoformat(timespec="milliseconds")
        text = json.dumps({"time": time, "level": level, "message": text, **fields}, ensure_ascii=False, default=str)
    echo(printable(text), err=True)


class _Form:
    """The form of the messages: this program has one log."""

    is_json = False


def start_log(*, verbose: bool, as_json: bool) -> None:
    """Send the records of `logging` to stderr: warnings, and with `verbose` also each request of the crawler."""
    _Form.is_json = as_json
    if not (verbose or as_json):
        return  # Python prints warnings by itself, and importing `logging` takes 6 ms
    from indexer.cli.log_handler import attach

    attach(log_line, verbose=verbose)


def discard_output(descriptor: int) -> None:
    """Send everything written to standard output (1) or standard error (2) to the null device from now on."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, descriptor)
    os.close(null)


def is_terminal(stream: TextIO | None) -> bool:
    """Return whether a stream is a terminal. It is None if its descriptor was closed at the start (`2>&-`)."""
    return stream is not None and stream.isatty()


@contextlib.contextmanager
def progress_bar(label: str) -> Iterator[Callable[[int, int], None]]:
    """Show a bar on stderr, and yield the function that takes the count so far and the total (0: unknown)."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(label, total=None, rate="")

        def show(done: int, total: int) -> None:
            speed = bar.tasks[0].speed
            bar.update(task, completed=done, total=total or None, rate=f"{speed:.0f}/s" if speed else "")

        yield show

"""One writer at a time: an advisory lock on a small file in the data folder that names its holder."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from indexer.errors import ArchiveBusy, ArchiveFull, ArchiveUnwritable, is_disk_full

LOCK_NAME = "writer.lock"


@contextlib.contextmanager
def writer_lock(folder: Path, wait_seconds: float, doing: str) -> Iterator[None]:
    """Hold the data folder's writer lock. `doing`: the command that holds it.

    The operating system frees the lock when its process dies, however it dies. Raises ArchiveBusy after `wait_seconds`,
    ArchiveFull and ArchiveUnwritable.
    """
    path = folder / LOCK_NAME
    with _open(path) as file:
        deadline = time.monotonic() + wait_seconds
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    raise ArchiveBusy(f"{folder} is being written by {_holder(file.read())}") from None
                time.sleep(0.05)
        with contextlib.suppress(OSError):  # on a full disk the lock holds all the same, without the name of its holder
            file.seek(0)
            file.truncate()
            json.dump({"process": os.getpid(), "doing": doing, "since": time.strftime("%H:%M:%S")}, file)
            file.flush()
        yield


def _open(path: Path) -> TextIO:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return open(os.open(path, os.O_RDWR | os.O_CREAT, 0o644), "r+", encoding="utf-8")
    except OSError as error:
        if is_disk_full(error):
            raise ArchiveFull(f"{path} cannot be written: disk full") from error
        raise ArchiveUnwritable(f"{path} cannot be written: {error.strerror}") from error


def _holder(text: str) -> str:
    try:
        holder = json.loads(text)
        return f"process {holder['process']} (indexer {holder['doing']}, since {holder['since']})"
    except (ValueError, KeyError, TypeError):
        return "another process"

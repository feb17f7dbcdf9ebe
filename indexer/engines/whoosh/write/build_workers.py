"""Worker processes that build partial segments, one for each of two cores.

    parent                                    worker (`serve`)
    add, 200 documents          ->            adds them to its partial segments, in turn with the others
    finish                      ->            writes the last one
                                <-            its files
    join, a group               ->            writes one segment
                                <-            done
    end of file                 ->            exits; so no worker survives a killed parent

The same documents always give the same partial segments. Messages travel over plain pipes to freshly started interpreters
(`indexer.ipc` says why). A full pipe makes `add` wait, so memory is bounded.
"""

from __future__ import annotations

import contextlib
import fcntl
import gc
import os
import select
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import astuple
from datetime import datetime
from itertools import zip_longest
from operator import attrgetter
from pathlib import Path
from typing import IO, Any, Final

from indexer.document_fields import DOCUMENT_FIELDS
from indexer.engines.scoring import NormScale
from indexer.engines.whoosh.write import partial_segments as array_pieces
from indexer.engines.whoosh.write.partial_segments import PartialSegment, PartialSegmentBuilder, join_segments
from indexer.errors import EngineError
from indexer.ipc import command, own_streams, receive, send
from indexer.model import Document

MAX_WORKERS: Final = 2  # some 200 MB each
MIN_COLLECTED_OBJECTS: Final = 50_000  # new ones that start a garbage collection: the default of 700 takes 5 % of a worker's time
_SECONDS_TO_START: Final = 30
_PIPE_BYTES: Final = 1 << 20  # capacity of a pipe where the system allows it: some four batches

_TIMES: Final = tuple(i for i, kind in enumerate(DOCUMENT_FIELDS.values()) if kind == "moment")
_values: Final = attrgetter(*DOCUMENT_FIELDS)


def to_row(document: Document) -> list[Any]:
    """Return the fields of a document as values that the pipe can carry."""
    row = list(_values(document))
    for i in _TIMES:
        if row[i] is not None:
            row[i] = row[i].isoformat()
    return row


def from_row(row: list[Any]) -> Document:
    """Return the document of a row made by `to_row`."""
    for i in _TIMES:
        if row[i] is not None:
            row[i] = datetime.fromisoformat(row[i])
    return Document(*row)


# -- parent --------------------------------------------------------------------------------------------------------------


class BuildWorkers:
    """Builds partial segments in several processes. Raises EngineError when one of them fails or is killed."""

    def __init__(self, folder: Path, count: int = MAX_WORKERS) -> None:
        """Start the workers. Raises OSError when processes cannot be started."""
        self._folder, self._count = folder, count
        self._next = 0
        self._processes: list[subprocess.Popen[bytes]] = []
        self._begin(count)

    def _begin(self, count: int) -> None:
        try:
            for _ in range(count):
                self._processes.append(_start())
            for i, process in enumerate(self._processes):
                _await_start(process)
                send(_in(process), ("begin", str(self._folder), f"piece-{i}", array_pieces.MAX_PARTIAL_DOCUMENTS))
        except BaseException:
            self.close()
            raise

    def add(self, documents: Iterable[Document]) -> None:
        self._send(self._next, ("add", [to_row(document) for document in documents]))
        self._next = (self._next + 1) % len(self._processes)

    def finish(self) -> list[PartialSegment]:
        numbers = range(len(self._processes))
        for i in numbers:
            self._send(i, ("finish",))
        results = [[PartialSegment(*values) for values in self._receive(i)] for i in numbers]
        return [
            partial_segment
            for partial_segments in zip_longest(*results)
            for partial_segment in partial_segments
            if partial_segment is not None
        ]

    def join(self, groups: Sequence[tuple[Sequence[PartialSegment], Path]], scale: NormScale) -> None:
        """Write the segments in new processes. In the old ones, memory for words occupies 80 MB each."""
        self.close()
        try:
            self._begin(min(self._count, len(groups)))
        except OSError:  # no more processes can be started now
            for partial_segments, path in groups:
                join_segments(partial_segments, path, scale)
            return
        for n, (partial_segments, path) in enumerate(groups):
            listed = [(partial_segment.path, partial_segment.size) for partial_segment in partial_segments]
            self._send(n % len(self._processes), ("join", listed, str(path), astuple(scale)))
        for n in range(len(groups)):
            self._receive(n % len(self._processes))

    def close(self) -> None:
        """Kill the workers, whatever they are doing."""
        for process in self._processes:
            process.kill()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    with contextlib.suppress(OSError):  # unsent data has no reader any more
                        pipe.close()
            process.wait()
        self._processes.clear()

    def _send(self, i: int, message: Any) -> None:
        try:
            send(_in(self._processes[i]), message)
        except OSError:
            self._receive(i)  # raises the reason why it ended

    def _receive(self, i: int) -> Any:
        try:
            status, value = receive(_out(self._processes[i]))
        except (EOFError, ValueError, TypeError):
            code = self._processes[i].wait()
            how = f"was killed by signal {-code}" if code < 0 else f"ended with {code}"
            raise EngineError(
                f"a process that was building the index {how}", remedy="free some memory, then run: indexer reindex"
            ) from None
        if status == "failed":
            raise EngineError(f"the index in {self._folder} cannot be built: {value}", remedy="check disk space and permissions")
        return value


def _in(process: subprocess.Popen[bytes]) -> IO[bytes]:
    assert process.stdin is not None
    return process.stdin


def _out(process: subprocess.Popen[bytes]) -> IO[bytes]:
    assert process.stdout is not None
    return process.stdout


def _start() -> subprocess.Popen[bytes]:
    """Start a worker in its own session, so that an interrupt from the keyboard reaches only the parent."""
    if not sys.executable:
        raise OSError("this interpreter does not know its own program")
    process = subprocess.Popen(  # noqa: S603 - runs this interpreter without any user input
        command(__name__), stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
    )
    with contextlib.suppress(OSError, AttributeError):  # only Linux can enlarge pipes
        fcntl.fcntl(_in(process), fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
    return process


def _await_start(process: subprocess.Popen[bytes]) -> None:
    """Wait until a worker reports that it is ready.

    Raises OSError when it does not, as where Python is embedded in another program.
    """
    try:
        if select.select([_out(process)], [], [], _SECONDS_TO_START)[0] and receive(_out(process)) == "ready":
            return
    except (EOFError, ValueError, TypeError):
        pass
    raise OSError("another process could not be started")


# -- worker -------------------------------------------------------------------------------------------------------------


def serve() -> None:
    """Run a worker until its parent closes the pipe."""
    gc.freeze()
    gc.set_threshold(MIN_COLLECTED_OBJECTS)
    incoming, outgoing = own_streams()
    with contextlib.suppress(EOFError, BrokenPipeError):  # the parent is gone, and its generation is never published
        send(outgoing, "ready")
        try:
            _, folder, name, max_documents = receive(incoming)
            _obey(
                PartialSegmentBuilder(Path(folder), name, max_documents),
                lambda: receive(incoming),
                lambda value: send(outgoing, ("done", value)),
            )
        except (EOFError, BrokenPipeError):
            raise
        except Exception as error:
            send(outgoing, ("failed", f"{type(error).__name__}: {error}"))
    os._exit(0)  # skip flushing data that cannot be sent


def _obey(maker: PartialSegmentBuilder, ask: Callable[[], Any], answer: Callable[[Any], None]) -> None:
    while True:
        match ask():
            case ("add", rows):
                maker.add(map(from_row, rows))
            case ("finish",):
                answer([(partial_segment.path, partial_segment.size) for partial_segment in maker.finish()])
            case ("join", partial_segments, path, scale):
                join_segments([PartialSegment(*values) for values in partial_segments], Path(path), NormScale(*scale))
                answer(None)

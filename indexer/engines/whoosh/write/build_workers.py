"""Pieces of a new index made by other processes, one for each of two cores.

    here                                      each worker (`serve`)
    add, 200 documents          ->            into its pieces, in turns: the same documents give the same pieces
    finish                      ->            all of them written
                                <-            their files
    join, a group of pieces     ->            one segment
                                <-            done
    end of file                 ->            ends; so nobody is left when this process is killed, however it is

Plain pipes and an interpreter started anew (`indexer.ipc` says why). A pipe that is full makes `add` wait, so that memory is
bounded.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import select
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import astuple, fields
from datetime import datetime
from itertools import zip_longest
from operator import attrgetter
from pathlib import Path
from typing import IO, Any, Final

from indexer.engines.whoosh.storage.saturated_tf import NormScale
from indexer.engines.whoosh.write import partial_segments as array_pieces
from indexer.engines.whoosh.write.partial_segments import Piece, PieceMaker, join
from indexer.errors import EngineError
from indexer.ipc import command, own_streams, receive, send
from indexer.model import Document

MAX_WORKERS: Final = 2  # each takes some 200 MB
_SECONDS_TO_START: Final = 30
_PIPE: Final = 1 << 20  # bytes that wait in a pipe where the system allows it: some four batches

_NAMES: Final = tuple(field.name for field in fields(Document))
_TIMES: Final = (_NAMES.index("date"), _NAMES.index("modified"))
_values: Final = attrgetter(*_NAMES)


def row_of(document: Document) -> list[Any]:
    row = list(_values(document))
    for i in _TIMES:
        if row[i] is not None:
            row[i] = row[i].isoformat()
    return row


def document_of(row: list[Any]) -> Document:
    for i in _TIMES:
        if row[i] is not None:
            row[i] = datetime.fromisoformat(row[i])
    return Document(*row)


# -- here --------------------------------------------------------------------------------------------------------------


class BuildWorkers:
    """What `PieceMaker` does, by several processes. Raises EngineError when one of them fails or is killed."""

    def __init__(self, folder: Path, count: int = MAX_WORKERS) -> None:
        """Raises OSError when processes cannot be started."""
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
                send(_in(process), ("begin", str(self._folder), f"piece-{i}", array_pieces.PIECE_DOCUMENTS))
        except BaseException:
            self.close()
            raise

    def add(self, documents: Iterable[Document]) -> None:
        self._send(self._next, ("add", [row_of(document) for document in documents]))
        self._next = (self._next + 1) % len(self._processes)

    def finish(self) -> list[Piece]:
        numbers = range(len(self._processes))
        for i in numbers:
            self._send(i, ("finish",))
        made = [[Piece(*values) for values in self._receive(i)] for i in numbers]
        return [piece for pieces in zip_longest(*made) for piece in pieces if piece is not None]

    def join(self, groups: Sequence[tuple[Sequence[Piece], Path]], scale: NormScale) -> None:
        """By new processes: what the words have left behind in the old ones is 80 MB each."""
        self.close()
        try:
            self._begin(min(self._count, len(groups)))
        except OSError:  # too many processes meanwhile
            for pieces, path in groups:
                join(pieces, path, scale)
            return
        for n, (pieces, path) in enumerate(groups):
            listed = [(piece.path, piece.size) for piece in pieces]
            self._send(n % len(self._processes), ("join", listed, str(path), astuple(scale)))
        for n in range(len(groups)):
            self._receive(n % len(self._processes))

    def close(self) -> None:
        """Whatever they do, they end."""
        for process in self._processes:
            process.kill()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    with contextlib.suppress(OSError):  # what was not yet written has nobody to read it
                        pipe.close()
            process.wait()
        self._processes.clear()

    def _send(self, i: int, message: Any) -> None:
        try:
            send(_in(self._processes[i]), message)
        except OSError:
            self._receive(i)  # says why it ended

    def _receive(self, i: int) -> Any:
        try:
            said, value = receive(_out(self._processes[i]))
        except (EOFError, ValueError, TypeError):
            code = self._processes[i].wait()
            how = f"was killed by signal {-code}" if code < 0 else f"ended with {code}"
            raise EngineError(
                f"a process that was building the index {how}", remedy="see to free memory, then run: indexer reindex"
            ) from None
        if said == "failed":
            raise EngineError(f"the index in {self._folder} cannot be built: {value}", remedy="see to space and permissions")
        return value


def _in(process: subprocess.Popen[bytes]) -> IO[bytes]:
    assert process.stdin is not None
    return process.stdin


def _out(process: subprocess.Popen[bytes]) -> IO[bytes]:
    assert process.stdout is not None
    return process.stdout


def _start() -> subprocess.Popen[bytes]:
    """A session of its own: an interrupt from the keyboard is for this process to deal with."""
    if not sys.executable:
        raise OSError("this interpreter does not know its own program")
    process = subprocess.Popen(  # noqa: S603 - this interpreter, and nothing that anybody has typed
        command(__name__), stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
    )
    with contextlib.suppress(OSError, AttributeError):  # only Linux lets pipes grow
        fcntl.fcntl(_in(process), fcntl.F_SETPIPE_SZ, _PIPE)
    return process


def _await_start(process: subprocess.Popen[bytes]) -> None:
    """Raises OSError when it does not say that it is ours, as where Python is embedded in another program."""
    try:
        if select.select([_out(process)], [], [], _SECONDS_TO_START)[0] and receive(_out(process)) == "ready":
            return
    except (EOFError, ValueError, TypeError):
        pass
    raise OSError("another process could not be started")


# -- there -------------------------------------------------------------------------------------------------------------


def serve() -> None:
    """What a worker does."""
    incoming, outgoing = own_streams()
    with contextlib.suppress(EOFError, BrokenPipeError):  # the other side is gone, and its generation is nobody's
        send(outgoing, "ready")
        try:
            _, folder, name, most = receive(incoming)
            _obey(PieceMaker(Path(folder), name, most), lambda: receive(incoming), lambda value: send(outgoing, ("done", value)))
        except (EOFError, BrokenPipeError):
            raise
        except Exception as error:
            send(outgoing, ("failed", f"{type(error).__name__}: {error}"))
    os._exit(0)  # without flushing what cannot be sent


def _obey(maker: PieceMaker, ask: Callable[[], Any], answer: Callable[[Any], None]) -> None:
    while True:
        match ask():
            case ("add", rows):
                maker.add(map(document_of, rows))
            case ("finish",):
                answer([(piece.path, piece.size) for piece in maker.finish()])
            case ("join", pieces, path, scale):
                join([Piece(*values) for values in pieces], Path(path), NormScale(*scale))
                answer(None)

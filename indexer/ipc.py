"""Exchange messages with worker processes: `marshal` with a length prefix, through pipes.

`multiprocessing` imports the `__main__` module of the program again, which runs a script without a guard twice, and it starts a
third process for its semaphores. Both ends of a pipe are our own processes, so `marshal` reads only trusted data.
"""

from __future__ import annotations

import _thread
import marshal
import os
import struct
import sys
import time
from typing import IO, Any, Final

LENGTH: Final = struct.Struct("<I")
_BUFFERED: Final = 1 << 20  # bytes


def command(module: str) -> list[str]:
    """Return the command of a new interpreter that calls `serve` of the module.

    The worker ignores Ctrl-C from its first instruction; the parent stops it. `_signal` is built in, `signal` is slow to import.
    """
    prepare = "import _signal, sys; _signal.signal(_signal.SIGINT, _signal.SIG_IGN); sys.path[:] = sys.argv[1:]"
    follow = f"from indexer.ipc import end_with_parent; end_with_parent({os.getpid()})"
    start = f"{prepare}; {follow}; from {module} import serve; serve()"
    return [sys.executable, "-c", start, *sys.path]


def end_with_parent(parent: int) -> None:
    """End this process within a second after its parent has ended, even if another process holds its pipes open."""

    def follow() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(1)

    _thread.start_new_thread(follow, ())


def own_streams() -> tuple[IO[bytes], IO[bytes]]:
    """Return the streams for messages in the worker. Printed text goes to standard error, so that it cannot mix with messages."""
    streams = os.fdopen(os.dup(0), "rb", _BUFFERED), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return streams


def framed(message: Any) -> bytes:
    """Return a message with its length in front."""
    data = marshal.dumps(message)
    return LENGTH.pack(len(data)) + data


def unframed(data: bytes) -> Any:
    """Return the message that follows a length."""
    return marshal.loads(data)  # noqa: S302


def send(pipe: IO[bytes], message: Any) -> None:
    """Write a message. Raises OSError if the other process has ended."""
    pipe.write(framed(message))
    pipe.flush()


def receive(pipe: IO[bytes]) -> Any:
    """Read a message. Raises EOFError if the other process has ended."""
    start = pipe.read(LENGTH.size)
    if len(start) < LENGTH.size:
        raise EOFError
    return unframed(pipe.read(LENGTH.unpack(start)[0]))

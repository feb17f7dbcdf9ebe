"""Messages between this process and others that it starts: `marshal` behind a length, through plain pipes.

`multiprocessing` would import the program's own `__main__` again, which for somebody's script without a guard runs it twice,
and starts a third process that counts semaphores. What comes out of a pipe is of a process that we started.
"""

from __future__ import annotations

import marshal
import os
import struct
import sys
from typing import IO, Any, Final

LENGTH: Final = struct.Struct("<I")
_BUFFERED: Final = 1 << 20  # bytes


def command(module: str) -> list[str]:
    """An interpreter started anew, with our path, that calls the module's `serve`. Ctrl-C is the parent's business, from the
    first second, which importing takes."""
    ours = "import signal, sys; signal.signal(signal.SIGINT, signal.SIG_IGN); sys.path[:] = sys.argv[1:]"
    start = f"{ours}; from {module} import serve; serve()"
    return [sys.executable, "-c", start, *sys.path]


def own_streams() -> tuple[IO[bytes], IO[bytes]]:
    """In the other process: where messages come from and go to. Whatever is printed goes to standard error, for it must not
    stand between two messages."""
    streams = os.fdopen(os.dup(0), "rb", _BUFFERED), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return streams


def framed(message: Any) -> bytes:
    data = marshal.dumps(message)
    return LENGTH.pack(len(data)) + data


def unframed(data: bytes) -> Any:
    """The message behind a length."""
    return marshal.loads(data)  # noqa: S302


def send(pipe: IO[bytes], message: Any) -> None:
    pipe.write(framed(message))
    pipe.flush()


def receive(pipe: IO[bytes]) -> Any:
    """Raises EOFError when the other side has ended."""
    start = pipe.read(LENGTH.size)
    if len(start) < LENGTH.size:
        raise EOFError
    return unframed(pipe.read(LENGTH.unpack(start)[0]))

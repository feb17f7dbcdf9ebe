"""Open the sockets of a server. The processes of the server share them."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import socket
import struct
import sys
from types import FrameType
from typing import Final

_SO_ATTACH_FILTER: Final = 26  # Linux
# Classic BPF (https://docs.kernel.org/networking/filter.html): code, jump if true, jump if false, operand
_DROP_SYN: Final = (
    (0x30, 0, 0, 13),  # load the flags of the TCP header
    (0x45, 0, 1, 0x02),  # SYN?
    (0x06, 0, 0, 0),  # drop
    (0x06, 0, 0, 0xFFFFFFFF),  # keep
)
BACKLOG: Final = 2_048  # connections that the system holds until a process accepts them


def listen(host: str, port: int) -> list[socket.socket]:
    """Return a listening socket for each address of a host name, all on one port. `port` 0 chooses a free one.

    Raises OSError, OverflowError or ValueError.
    """
    sockets: list[socket.socket] = []
    try:
        for family, kind, protocol, _, address in _addresses(host, port):
            listener = socket.socket(family, kind, protocol)
            sockets.append(listener)
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            listener.bind((address[0], sockets[0].getsockname()[1] if len(sockets) > 1 else port, *address[2:]))
            listener.listen(BACKLOG)
            listener.setblocking(False)
    except BaseException:
        for each in sockets:
            each.close()
        raise
    return sockets


class HeldSignals:
    """Delays SIGTERM and Ctrl-C from the moment that the system accepts connections until the server can answer them.

    A mask would not do: threads that libraries have started before it would still end the process.
    """

    def __init__(self) -> None:
        self._arrived: list[int] = []
        self._before = {number: signal.signal(number, self._hold) for number in (signal.SIGTERM, signal.SIGINT)}

    def release(self) -> None:
        """Send the signals again, now that their handlers are installed."""
        for number in self._arrived:
            os.kill(os.getpid(), number)

    def restore(self) -> None:
        """Install the handlers again that were there before."""
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _hold(self, number: int, frame: FrameType | None) -> None:
        self._arrived.append(number)


def refuse_new_connections(listener: socket.socket) -> None:
    """Let the system ignore further connections, so that none is reset when the socket is closed. Only Linux can do this.

    A packet filter drops each SYN. The client sends it again after a second, and is then refused or finds the next server.
    Without the filter, a connection that arrives between the last accept and the close is reset.
    """
    if sys.platform != "linux":
        return
    program = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *instruction) for instruction in _DROP_SYN))
    with contextlib.suppress(OSError):
        header = struct.pack("HL", len(_DROP_SYN), ctypes.addressof(program))
        listener.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, header)


def raise_file_limit() -> int:
    """Let this process open as many files as the system permits, and return that number."""
    try:
        import resource
    except ImportError:  # Windows
        return 512
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        soft = hard
    return soft if soft != resource.RLIM_INFINITY else 1_048_576


def _addresses(host: str, port: int) -> list[tuple[int, int, int, str, tuple[str | int, ...]]]:
    infos = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    return list(dict.fromkeys(infos))  # type: ignore[arg-type]  # a plain tuple of the same five values

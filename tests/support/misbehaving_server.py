"""A web server that does everything a web server should not, one way for each address. Real sockets, no HTTP library.

`WAYS` says for each address how the server misbehaves and what has to become of it: the reason of the failure and a word of
its line, or the body that is understood all the same. Run as a program it serves until it is ended, and prints its port.
"""

from __future__ import annotations

import contextlib
import functools
import gzip
import socket
import struct
import sys
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import brotli

Say = Callable[["Visitor"], None]
BOMB = 100_000_000  # bytes, unpacked


@dataclass
class Visitor:
    """One request, and the socket it came on."""

    socket: socket.socket
    path: str
    headers: dict[str, str]
    port: int

    def send(self, *parts: bytes) -> None:
        for part in parts:
            self.socket.sendall(part)

    def answer(self, body: bytes = b"", *headers: str, status: str = "200 OK") -> None:
        lines = [f"HTTP/1.1 {status}", *headers]
        if not any(each.lower().startswith(("content-length", "transfer-encoding")) for each in headers):
            lines.append(f"Content-Length: {len(body)}")
        self.send("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body)

    def drip(self, piece: bytes, pause: float = 0.02) -> None:
        """For ever, or until the other side has had enough."""
        while True:
            self.send(piece)
            time.sleep(pause)

    def flood(self, piece: bytes) -> None:
        while True:
            self.send(piece)


@dataclass(frozen=True)
class Way:
    say: Say
    reason: str = ""  # of the failure; "" where the page is had all the same
    word: str = ""  # in the failure's line
    body: bytes = b"fine"
    hang_up: bool = field(default=True)


@functools.cache
def bomb(kind: str) -> bytes:
    """Zeros that unpack to `BOMB` bytes, made a megabyte at a time."""
    if kind == "br":
        machine = brotli.Compressor(quality=1)
        return b"".join(machine.process(bytes(1_000_000)) for _ in range(BOMB // 1_000_000)) + machine.finish()
    packer = zlib.compressobj(9, zlib.DEFLATED, {"gzip": 31, "deflate": 15, "raw": -15}[kind])
    return b"".join(packer.compress(bytes(1_000_000)) for _ in range(BOMB // 1_000_000)) + packer.flush()


def packed(kind: str, *encodings: str) -> Say:
    def say(visitor: Visitor) -> None:
        data = bomb(kind)
        if len(encodings) > 1:
            data = gzip.compress(data)
        visitor.answer(data, f"Content-Encoding: {', '.join(encodings)}")

    return say


def raw(*parts: bytes) -> Say:
    return lambda visitor: visitor.send(*parts)


def head(*lines: str) -> bytes:
    return "\r\n".join(["HTTP/1.1 200 OK", *lines, "", ""]).encode("latin-1")


def to(location: str, status: str = "302 Found") -> Say:
    return lambda visitor: visitor.answer(b"", f"Location: {location.replace('PORT', str(visitor.port))}", status=status)


def reset(visitor: Visitor) -> None:
    visitor.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def endless_redirects(visitor: Visitor) -> None:
    name, _, number = visitor.path.rpartition("/")
    visitor.answer(b"", f"Location: {name}/{int(number) + 1}", status="302 Found")


def cookie_wall(visitor: Visitor) -> None:
    if "seen=1" in visitor.headers.get("cookie", ""):
        visitor.answer(b"fine")
    else:
        visitor.answer(b"", "Set-Cookie: seen=1; Path=/", f"Location: {visitor.path}", status="302 Found")


def redirect_body(visitor: Visitor) -> None:
    visitor.send(b"HTTP/1.1 302 Found\r\nLocation: /fine\r\nTransfer-Encoding: chunked\r\n\r\n")
    visitor.flood(b"1000\r\n" + bytes(4096) + b"\r\n")


CHUNKED = head("Transfer-Encoding: chunked")
WAYS: dict[str, Way] = {
    # redirects
    "/loop/a": Way(to("/loop/b"), "redirects", "circle"),
    "/loop/b": Way(to("/loop/a"), "redirects", "circle"),
    "/self": Way(to("/self"), "redirects", "itself"),
    "/endless/0": Way(endless_redirects, "redirects", "max_redirects"),
    "/cookie/wall": Way(cookie_wall),
    "/redirect/body": Way(redirect_body),
    "/redirect/nowhere": Way(lambda v: v.answer(b"", status="302 Found"), "status", "302"),
    "/redirect/file": Way(to("file:///etc/passwd"), "scheme", "file:"),
    "/redirect/gopher": Way(to("gopher://127.0.0.1:6379/_INFO"), "scheme", "gopher:"),
    "/redirect/javascript": Way(to("javascript:alert(1)"), "scheme", "javascript:"),
    "/redirect/data": Way(to("data:text/html,x"), "scheme", "data:"),
    "/redirect/port-0": Way(to("http://127.0.0.1:0/"), "scheme", "cannot be fetched"),
    "/redirect/port-huge": Way(to("http://127.0.0.1:99999/"), "scheme", "cannot be fetched"),
    "/redirect/bracket": Way(to("http://[::1/"), "scheme", "cannot be fetched"),
    "/redirect/long": Way(to("/" + "a" * 20_000), "scheme", "cannot be fetched"),
    "/redirect/user": Way(to("http://evil.example:80@127.0.0.1:PORT/fine")),  # the host is behind the @, nobody logs in
    "/redirect/backslash": Way(to("http:\\\\127.0.0.1:PORT\\fine")),
    "/redirect/split": Way(to("/fine?x=%0d%0aX-Evil:%201%0d%0a%0d%0aGET%20/evil")),
    "/redirect/utf-8": Way(to("/fine?q=\xc3\xa4")),
    "/redirect/choices": Way(to("/fine", "300 Multiple Choices")),
    "/redirect/tab": Way(to("/fi\tne")),
    # time
    "/silence": Way(lambda v: time.sleep(30), "timeout", "timeout_seconds"),
    "/drip/status": Way(lambda v: v.drip(b"H"), "timeout", "timeout_seconds"),
    "/drip/headers": Way(lambda v: (v.send(b"HTTP/1.1 200 OK\r\n"), v.drip(b"A: b\r\n"))[0], "timeout", "timeout_seconds"),
    "/drip/body": Way(lambda v: (v.send(head("Content-Length: 100000")), v.drip(b"x"))[0], "timeout", "timeout_seconds"),
    "/drip/chunks": Way(lambda v: (v.send(CHUNKED), v.drip(b"1\r\nx\r\n"))[0], "timeout", "timeout_seconds"),
    # size
    "/bomb/gzip": Way(packed("gzip", "gzip"), "too-large", "max_page_bytes"),
    "/bomb/deflate": Way(packed("deflate", "deflate"), "too-large", "max_page_bytes"),
    "/bomb/raw-deflate": Way(packed("raw", "deflate"), "too-large", "max_page_bytes"),
    "/bomb/brotli": Way(packed("br", "br"), "too-large", "max_page_bytes"),
    "/bomb/twice": Way(packed("gzip", "gzip", "gzip"), "too-large", "max_page_bytes"),
    "/bomb/brotli-in-gzip": Way(packed("br", "br", "gzip"), "too-large", "max_page_bytes"),
    "/bomb/thrice": Way(packed("gzip", "gzip", "gzip", "gzip"), "protocol", "more than twice"),
    "/bomb/members": Way(
        lambda v: v.answer(gzip.compress(b"") * 20_000 + gzip.compress(b"fine"), "Content-Encoding: gzip"), body=b"fine"
    ),
    "/endless/body": Way(lambda v: (v.send(head()), v.flood(bytes(65536)))[0], "too-large", "max_page_bytes"),
    "/endless/chunks": Way(
        lambda v: (v.send(CHUNKED), v.flood(b"1000\r\n" + bytes(4096) + b"\r\n"))[0], "too-large", "max_page_bytes"
    ),
    "/endless/tiny-chunks": Way(lambda v: (v.send(CHUNKED), v.flood(b"1\r\nx\r\n" * 5000))[0], "too-large", "max_page_bytes"),
    "/endless/chunk-extension": Way(lambda v: (v.send(CHUNKED, b"1;"), v.flood(b"x" * 4096))[0], "protocol", "broken"),
    "/endless/trailers": Way(lambda v: (v.send(CHUNKED, b"0\r\n"), v.flood(b"A: b\r\n" * 500))[0], "protocol", "broken"),
    "/endless/headers": Way(lambda v: (v.send(b"HTTP/1.1 200 OK\r\n"), v.flood(b"A: b\r\n" * 500))[0], "protocol", "64 KB"),
    "/endless/header-line": Way(lambda v: (v.send(b"HTTP/1.1 200 OK\r\nA: "), v.flood(b"b" * 4096))[0], "protocol", "64 KB"),
    "/endless/status-line": Way(lambda v: (v.send(b"HTTP/1.1 200 "), v.flood(b"O" * 4096))[0], "protocol", "64 KB"),
    "/endless/interim": Way(lambda v: v.flood(b"HTTP/1.1 103 Early Hints\r\n\r\n"), "protocol", "interim"),
    # lengths
    "/length/long": Way(raw(head("Content-Length: 100"), b"fine"), "protocol", "incomplete"),
    "/length/short": Way(raw(head("Content-Length: 4"), b"fine and more")),
    "/length/negative": Way(raw(head("Content-Length: -4"), b"fine"), "protocol", "Content-Length"),
    "/length/word": Way(raw(head("Content-Length: four"), b"fine"), "protocol", "Content-Length"),
    "/length/two": Way(raw(head("Content-Length: 4", "Content-Length: 5"), b"fine"), "protocol", "Content-Length"),
    "/length/huge": Way(raw(head("Content-Length: 999999999999999999"), b"fine"), "too-large", "max_page_bytes"),
    "/length/and-chunked": Way(raw(head("Content-Length: 999", "Transfer-Encoding: chunked"), b"4\r\nfine\r\n0\r\n\r\n")),
    "/length/none": Way(raw(b"HTTP/1.0 200 OK\r\n\r\nfine")),
    "/transfer/identity": Way(raw(head("Transfer-Encoding: identity", "Content-Length: 4"), b"fine")),
    "/transfer/twice": Way(raw(head("Transfer-Encoding: chunked", "Transfer-Encoding: chunked"), b"4\r\nfine\r\n0\r\n\r\n")),
    # status lines
    "/status/http-2": Way(raw(b"HTTP/2 200\r\nContent-Length: 4\r\n\r\nfine")),
    "/status/lower-case": Way(raw(b"http/1.1 200 ok\r\nContent-Length: 4\r\n\r\nfine")),
    "/status/spaces": Way(raw(b"HTTP/1.1  200  OK\r\nContent-Length: 4\r\n\r\nfine")),
    "/status/empty-lines": Way(lambda v: [v.send(b"\r\n\r\n"), time.sleep(0.05), v.send(head("Content-Length: 4"), b"fine")][0]),
    "/status/not-modified": Way(lambda v: v.answer(b"", status="304 Not Modified"), "status", "304"),
    # chunks
    "/chunk/no-number": Way(raw(CHUNKED, b"xyz\r\nfine\r\n0\r\n\r\n"), "protocol", "broken"),
    "/chunk/huge": Way(raw(CHUNKED, b"f" * 40 + b"\r\nfine"), "protocol", "broken"),
    "/chunk/negative": Way(raw(CHUNKED, b"-4\r\nfine\r\n0\r\n\r\n"), "protocol", "broken"),
    "/chunk/cut": Way(raw(CHUNKED, b"4\r\nfi"), "protocol", "incomplete"),
    "/chunk/no-last": Way(raw(CHUNKED, b"4\r\nfine\r\n"), "protocol", "incomplete"),
    "/chunk/coding": Way(raw(head("Transfer-Encoding: rot13"), b"svar"), "protocol", "broken"),
    # encodings
    "/packed/lies": Way(lambda v: v.answer(b"fine, but not gzip", "Content-Encoding: gzip"), "protocol", "Content-Encoding"),
    "/packed/brotli-lies": Way(lambda v: v.answer(b"fine, not brotli", "Content-Encoding: br"), "protocol", "Content-Encoding"),
    "/packed/unknown": Way(lambda v: v.answer(b"fine", "Content-Encoding: snappy"), "protocol", "snappy"),
    "/packed/cut": Way(
        lambda v: v.answer(gzip.compress(bytes(range(256)) * 40)[:-40], "Content-Encoding: gzip"),
        "protocol",
        "incomplete",
    ),
    "/packed/padded": Way(lambda v: v.answer(gzip.compress(b"fine") + bytes(512), "Content-Encoding: gzip")),
    "/packed/identity": Way(lambda v: v.answer(b"fine", "Content-Encoding: identity")),
    "/packed/twice": Way(lambda v: v.answer(gzip.compress(gzip.compress(b"fine")), "Content-Encoding: gzip, gzip")),
    "/packed/charset": Way(lambda v: v.answer(b"fine", "Content-Encoding: UTF-8")),
    "/packed/none": Way(lambda v: v.answer(b"fine", "Content-Encoding: none")),
    "/packed/unsaid": Way(lambda v: v.answer(gzip.compress(b"fine"), "Content-Type: text/html")),
    "/packed/unsaid-bomb": Way(lambda v: v.answer(bomb("gzip"), "Content-Type: text/html"), "too-large", "max_page_bytes"),
    "/packed/zlib-as-gzip": Way(lambda v: v.answer(zlib.compress(b"fine"), "Content-Encoding: gzip")),
    "/packed/gzip-as-deflate": Way(lambda v: v.answer(gzip.compress(b"fine"), "Content-Encoding: deflate")),
    "/packed/bytewise": Way(
        lambda v: v.answer(
            b"".join(b"1\r\n%c\r\n" % byte for byte in zlib.compress(b"fine")) + b"0\r\n\r\n",
            "Content-Encoding: deflate",
            "Transfer-Encoding: chunked",
        )
    ),
    # not HTTP
    "/not-http/page": Way(raw(b"<html><p>HTTP/0.9</html>"), "protocol", "not HTTP"),
    "/not-http/ssh": Way(raw(b"SSH-2.0-OpenSSH_9.6\r\n"), "protocol", "not HTTP"),
    "/not-http/bytes": Way(raw(bytes(range(256)) * 10), "protocol", "not HTTP"),
    "/not-http/status": Way(raw(b"HTTP/1.1 two hundred\r\n\r\nfine"), "protocol", "broken"),
    "/not-http/version": Way(raw(b"HTTP/9.9.9 200 OK\r\n\r\nfine"), "protocol", "broken"),
    "/not-http/nothing": Way(lambda v: None, "connect", "closed"),
    "/not-http/reset": Way(reset, "connect", "reset"),
    "/not-http/switch": Way(raw(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n"), "protocol", "broken"),
    "/not-http/half-head": Way(raw(b"HTTP/1.1 200 OK\r\nContent-Le"), "protocol", "broken"),
    # headers that are none, of servers that mean no harm
    "/headers/space": Way(raw(b"HTTP/1.1 200 OK\r\nContent-Length : 4\r\nX Y: z\r\n\r\nfine")),
    "/headers/no-colon": Way(raw(b"HTTP/1.1 200 OK\r\nnonsense\r\nContent-Length: 4\r\n\r\nfine")),
    "/headers/nul": Way(raw(b"HTTP/1.1 200 OK\r\nX: a\x00b\x0bc\r\nContent-Length: 4\r\n\r\nfine")),
    "/headers/latin-1": Way(raw(b"HTTP/1.1 200 OK\r\nX: \xe4\xff\r\nContent-Length: 4\r\n\r\nfine")),
    "/headers/bare-lf": Way(raw(b"HTTP/1.1 200 OK\nContent-Length: 4\n\nfine")),
    "/headers/folded": Way(raw(b"HTTP/1.1 200 OK\r\nX: a\r\n  b\r\nContent-Length: 4\r\n\r\nfine")),
    "/headers/many": Way(raw(b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 5000 + b"Content-Length: 4\r\n\r\nfine")),
    "/headers/no-reason": Way(raw(b"HTTP/1.1 200\r\nContent-Length: 4\r\n\r\nfine")),
    "/interim/once": Way(raw(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + head("Content-Length: 4") + b"fine")),
    # what comes behind an answer
    "/behind/answer": Way(raw(head("Content-Length: 4") + b"fine" + head("Content-Length: 4") + b"evil"), hang_up=False),
    "/fine": Way(lambda v: v.answer(b"fine"), hang_up=False),
}
PREFIXES = ("/endless/",)  # whose addresses differ from visit to visit


class MisbehavingServer:
    """Listens on loopback; a thread for each connection. `robots` answers /robots.txt, `pages` come before `WAYS`."""

    def __init__(self, robots: Say | None = None, pages: dict[str, Say] | None = None) -> None:
        self.robots: Say = robots or (lambda visitor: visitor.answer(b"", status="404 Not Found"))
        self.pages = pages or {}
        self.asked: list[str] = []
        self.visitors: list[Visitor] = []
        self.connections = 0
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port: int = self._listening.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listening.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, contextlib.suppress(OSError):
            client.settimeout(60)
            came = b""
            while True:
                while b"\r\n\r\n" not in came:
                    more = client.recv(65536)
                    if not more:
                        return
                    came += more
                request, _, came = came.partition(b"\r\n\r\n")
                first, *lines = request.decode("latin-1").split("\r\n")
                headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
                visitor = Visitor(client, first.split(" ")[1], headers, self.port)
                self.asked.append(visitor.path)
                self.visitors.append(visitor)
                if self._hangs_up_after(visitor):
                    return

    def _hangs_up_after(self, visitor: Visitor) -> bool:
        path = visitor.path.partition("?")[0]
        if path == "/robots.txt":
            self.robots(visitor)
            return False
        if path in self.pages:
            self.pages[path](visitor)
            return False
        way = WAYS.get(path) or (WAYS["/endless/0"] if path.startswith(PREFIXES) else None)
        if way is None:
            visitor.answer(b"", status="404 Not Found")
            return False
        way.say(visitor)
        return way.hang_up


@contextlib.contextmanager
def serving(robots: Say | None = None, pages: dict[str, Say] | None = None) -> Iterator[MisbehavingServer]:
    server = MisbehavingServer(robots, pages)
    try:
        yield server
    finally:
        server.close()


if __name__ == "__main__":
    print(MisbehavingServer().port, flush=True)
    sys.stdin.read()

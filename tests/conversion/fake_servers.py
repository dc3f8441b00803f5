"""clamd and Gotenberg as real servers that speak their protocols, for tests to talk to."""

from __future__ import annotations

import socket
import socketserver
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

MARKER = b"X5O!-DIGITALPOST-TEST-MARKER"  # what this clamd takes for a virus


@dataclass
class FakeClamd:
    """What the server heard, and how it is to behave."""

    url: str = ""
    heard: list[bytes] = field(default_factory=list)
    most: int = 1_000_000  # StreamMaxLength
    says: bytes | None = None  # this, whatever it hears


def _command(connection: socket.socket) -> bytes:
    heard = b""
    while not heard.endswith(b"\0"):
        part = connection.recv(1)
        if not part:
            break
        heard += part
    return heard


def _exactly(connection: socket.socket, count: int) -> bytes:
    heard = b""
    while len(heard) < count:
        part = connection.recv(count - len(heard))
        if not part:
            raise ConnectionError("the client hung up in the middle")
        heard += part
    return heard


def _verdict(connection: socket.socket, clamd: FakeClamd) -> bytes:
    data = b""
    while length := struct.unpack(">I", _exactly(connection, 4))[0]:
        data += _exactly(connection, length)
        if len(data) > clamd.most:
            return b"INSTREAM size limit exceeded. ERROR\0"
    clamd.heard.append(data)
    return b"stream: Dp.Test.Marker FOUND\0" if MARKER in data else b"stream: OK\0"


@contextmanager
def running_clamd(path: Path | None = None, **choices: Any) -> Iterator[FakeClamd]:
    """clamd on a TCP port, or on a unix socket at ``path``."""
    clamd = FakeClamd(**choices)

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            command = _command(self.request)
            if clamd.says is not None:
                self.request.sendall(clamd.says)
            elif command == b"zPING\0":
                self.request.sendall(b"PONG\0")
            elif command == b"zINSTREAM\0":
                self.request.sendall(_verdict(self.request, clamd))
            else:
                self.request.sendall(b"UNKNOWN COMMAND\0")

    server: socketserver.BaseServer
    if path is None:
        server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        clamd.url = f"tcp://127.0.0.1:{server.server_address[1]}"
    else:
        server = socketserver.ThreadingUnixStreamServer(str(path), Handler)
        clamd.url = f"unix:{path}"
    with _serving(server):
        yield clamd


@dataclass
class FakeGotenberg:
    """What the server got, and what it answers."""

    url: str = ""
    status: int = 200
    answer: bytes = b""
    requests: list[tuple[str, str, bytes]] = field(default_factory=list)


@contextmanager
def running_gotenberg(**choices: Any) -> Iterator[FakeGotenberg]:
    """A server that takes a form and answers as it is told."""
    gotenberg = FakeGotenberg(**choices)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            if self.headers.get("Transfer-Encoding") == "chunked":
                raise AssertionError("a form with a known length was expected")
            body = self.rfile.read(int(self.headers["Content-Length"]))
            gotenberg.requests.append((self.path, self.headers["Content-Type"], body))
            self.send_response(gotenberg.status)
            self.send_header("Content-Length", str(len(gotenberg.answer)))
            self.end_headers()
            self.wfile.write(gotenberg.answer)

        def log_message(self, format: str, *args: Any) -> None:
            """Silence: tests read their own output."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    gotenberg.url = f"http://127.0.0.1:{server.server_address[1]}"
    with _serving(server):
        yield gotenberg


@contextmanager
def _serving(server: socketserver.BaseServer) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

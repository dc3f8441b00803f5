"""Serving the sandbox: one process with many threads, a mutual-TLS port and a plain port.

gunicorn gives every listener of a process the same TLS settings. The worker here wraps only the
connections of the TLS port and sends them to the stand-ins; the plain port gets the pages.
"""

from __future__ import annotations

import ctypes
import os
import selectors
import signal
import ssl
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

from gunicorn.app.base import BaseApplication
from gunicorn.workers.gthread import TConn, ThreadWorker

from sandbox import outbox_push, printer, sf1601_push
from sandbox.address import (
    LOOPBACK,
    AlreadyRunning,
    choose_ports,
    is_free,
    read_address,
    running_alone,
    write_address,
)
from sandbox.certificates import Certificates, make_certificates
from sandbox.database import Database
from sandbox.faults import change_settings
from sandbox.web import make_pages, make_stand_ins

__all__ = ["AlreadyRunning", "PortTaken", "choose_ports", "read_address", "serve"]

# Each slow answer holds a thread for as long as it is slow.
THREADS = 64

HANDSHAKE_SECONDS = 10

_PR_SET_PDEATHSIG = 1


class PortTaken(OSError):  # noqa: N818
    """Another program listens on a port that was asked for."""


def serve(home: Path, *, tls_port: int, http_port: int, mode: str = "proxy") -> None:
    """Serve the sandbox of ``home`` in the foreground until SIGTERM or SIGINT.

    ``home/address.json`` is written when both ports take connections. Raises `AlreadyRunning` when
    a sandbox runs in ``home``, `PortTaken` when a port is taken, `InvalidSetting` for a bad mode.
    """
    home = home.resolve()
    with running_alone(home):
        for port in (tls_port, http_port):
            if not is_free(port):
                raise PortTaken(f"port {port} on {LOOPBACK} is taken")
        certificates = make_certificates(home / "certificates")
        database_file = home / "sandbox.db"
        # Closed again before gunicorn forks: SQLite's locks do not stand being inherited.
        with closing(Database(database_file)) as database:
            change_settings(database, mode=mode)
        server = _Server(
            certificates,
            database_file,
            tls_port=tls_port,
            http_port=http_port,
            when_ready=lambda: write_address(home, tls_port=tls_port, http_port=http_port),
        )
        try:
            server.run()
        except SystemExit as ended:
            if ended.code:
                raise


class _Connection(TConn):
    """A connection to the TLS port: the client must show a certificate of our authority."""

    def init(self) -> None:
        if not self.initialized:
            self.sock.settimeout(HANDSHAKE_SECONDS)
            # Two steps, so that the socket is ours to close when the handshake fails.
            self.sock = self.cfg.tls_context.wrap_socket(
                self.sock, server_side=True, do_handshake_on_connect=False
            )
            self.sock.do_handshake()
        super().init()


class _Worker(ThreadWorker):
    """A threaded worker with TLS on one of its two ports."""

    def accept(self, listener: Any) -> None:
        """As the parent's, but the port decides whether the connection speaks TLS."""
        try:
            client, client_address = listener.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return
        self.nr_conns += 1
        server_address = listener.getsockname()
        kind = _Connection if server_address[1] == self.cfg.tls_port else TConn
        connection = kind(self.cfg, client, client_address, server_address)
        # No thread is spent on a client before it has said something.
        connection.timeout = time.monotonic() + HANDSHAKE_SECONDS
        self.pending_conns.append(connection)
        self.poller.register(
            client, selectors.EVENT_READ, partial(self.on_pending_socket_readable, connection)
        )

    def handle_error(self, request: Any, client: Any, address: Any, error: Exception) -> None:
        """Say nothing to a client whose handshake failed: there is nobody to talk to."""
        if not isinstance(error, ssl.SSLError):
            super().handle_error(request, client, address, error)

    def handle_exit(self, sig: int, frame: object) -> None:
        """Leave at once: threads that are slow on purpose must not hold us back.

        What was answered is stored, and what was not answered is what clients must cope with.
        """
        os._exit(0)

    handle_quit = handle_exit


class _Server(BaseApplication):
    """gunicorn with fixed settings: nothing is read from the command line or the environment."""

    def __init__(
        self,
        certificates: Certificates,
        database_file: Path,
        *,
        tls_port: int,
        http_port: int,
        when_ready: Callable[[], object],
    ) -> None:
        self._certificates = certificates
        self._database_file = database_file
        self._tls_port = tls_port
        self._http_port = http_port
        self._when_ready = when_ready
        super().__init__()

    def load_config(self) -> None:
        """Called by gunicorn."""
        settings = {
            "bind": [f"{LOOPBACK}:{self._tls_port}", f"{LOOPBACK}:{self._http_port}"],
            "worker_class": _Worker,
            "workers": 1,
            "threads": THREADS,
            "worker_connections": 1000,
            "keepalive": 60,
            "timeout": 120,
            "graceful_timeout": 5,
            "control_socket_disable": True,
            "sendfile": False,
            "accesslog": None,
            "loglevel": "error",
            "post_fork": _end_with_parent,
            "when_ready": lambda arbiter: self._when_ready(),
        }
        for name, value in settings.items():
            self.cfg.set(name, value)
        self.cfg.tls_port = self._tls_port
        self.cfg.tls_context = _tls_context(self._certificates)

    def load(self) -> Callable[[dict[str, Any], Any], Iterable[bytes]]:
        """Called by gunicorn in the worker."""
        database = Database(self._database_file)
        stand_ins = make_stand_ins(database)
        pages = make_pages(database, self._database_file.parent / "certificates")
        printer.start(database, printer.make_folders(self._database_file.parent))
        sf1601_push.start(database, self._database_file.parent)
        outbox_push.start(database, self._database_file.parent)

        def by_port(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
            if isinstance(environ["gunicorn.socket"], ssl.SSLSocket):
                environ["wsgi.url_scheme"] = "https"
                return stand_ins(environ, start_response)
            return pages(environ, start_response)

        return by_port


def _tls_context(certificates: Certificates) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(certificates.server_cert, certificates.server_key)
    context.load_verify_locations(certificates.ca)
    context.verify_mode = ssl.CERT_REQUIRED
    return context


def _end_with_parent(arbiter: object, worker: object) -> None:
    # A killed parent must take its worker along, or the worker would keep the ports.
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)

"""Where the sandbox answers: its ports, kept over restarts, and the file that tells others."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from sandbox import cpr, digital_post_door, printer, sf1601, signing, virk
from sandbox.certificates import certificate_paths
from sandbox.eboks import CLIENT_ID, SYSTEM_ID

LOOPBACK = "127.0.0.1"

# Below the range that the system hands out for outgoing connections, so that a port which was
# chosen once is hardly ever taken by somebody's passing connection at the next start.
FIRST_PORT, LAST_PORT = 20000, 30000

# A killed server lets go of its files and ports a moment after its process is gone.
RELEASE_SECONDS = 2.0


class AlreadyRunning(RuntimeError):  # noqa: N818
    """Another sandbox is running in the same folder."""


def read_address(home: Path) -> dict[str, str] | None:
    """Where the sandbox of ``home`` answers, or will answer; None before ports are chosen."""
    try:
        address: dict[str, str] = json.loads((home / "address.json").read_text())
    except FileNotFoundError:
        return None
    return address


def write_address(home: Path, *, tls_port: int, http_port: int) -> dict[str, str]:
    """Tell others where the sandbox of ``home`` answers. Readers never see half a file."""
    home = home.resolve()
    certificates = certificate_paths(home / "certificates")
    stand_ins = f"https://{LOOPBACK}:{tls_port}"
    address = {
        "eboks": stand_ins,
        "contacts": stand_ins + digital_post_door.PATH,
        "digital_post": stand_ins + digital_post_door.PATH,
        "sf1601": stand_ins,
        "sf1601_sts": stand_ins + sf1601.STS_PATH,
        "virk": stand_ins + virk.PATH,
        "cpr": stand_ins + cpr.PATH,
        "mailbox": f"http://{LOOPBACK}:{http_port}",
        "signing": f"http://{LOOPBACK}:{http_port}{signing.PATH}",
        "remote_print": str(printer.make_folders(home)),
        "ca": str(certificates.ca),
        "client_certificate": str(certificates.client_cert),
        "client_key": str(certificates.client_key),
        "signing_ca": str(certificates.signing_ca),
        "broker_certificate": str(certificates.broker_cert),
        "client_id": CLIENT_ID,
        "system_id": SYSTEM_ID,
        "contacts_token": digital_post_door.TOKEN,
        "digital_post_token": digital_post_door.TOKEN,
        "virk_user": virk.USER,
        "virk_password": virk.PASSWORD,
        "cpr_service_agreement": cpr.SERVICE_AGREEMENT,
        "cpr_user_system": cpr.USER_SYSTEM,
        "cpr_user": cpr.USER,
        "cpr_service": cpr.SERVICE,
    }
    home.mkdir(parents=True, exist_ok=True)
    part = home / f".address.json.{os.getpid()}"
    part.write_text(json.dumps(address, indent=2) + "\n")
    part.replace(home / "address.json")
    return address


def choose_ports(home: Path) -> tuple[int, int]:
    """The TLS port and the plain port: those of last time if they are free, else new ones.

    While the sandbox of ``home`` runs its own ports are returned.
    """
    kept = _kept_ports(home)
    if kept is not None and (is_running(home) or all(map(_becomes_free, kept))):
        return kept
    tls_port = _free_port()
    http_port = _free_port(other_than=tls_port)
    write_address(home, tls_port=tls_port, http_port=http_port)
    return tls_port, http_port


def is_running(home: Path) -> bool:
    """Whether a sandbox runs in ``home`` now."""
    if not home.exists():
        return False
    with (home / ".running").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


@contextmanager
def running_alone(home: Path) -> Iterator[None]:
    """Hold ``home`` for one sandbox at a time; raises `AlreadyRunning` when another has it."""
    home.mkdir(parents=True, exist_ok=True)
    deadline = time.monotonic() + RELEASE_SECONDS
    with (home / ".running").open("a") as lock:
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise AlreadyRunning(str(home)) from None
                time.sleep(0.05)
        yield


def is_free(port: int) -> bool:
    """Whether this process may listen on a loopback port."""
    with socket.socket() as trial:
        # As the server itself does, or connections that have just ended would look like a server.
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def _becomes_free(port: int) -> bool:
    deadline = time.monotonic() + RELEASE_SECONDS
    while not is_free(port):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def _kept_ports(home: Path) -> tuple[int, int] | None:
    address = read_address(home)
    if address is None:
        return None
    tls_port, http_port = (urlsplit(address[name]).port for name in ("eboks", "mailbox"))
    return (tls_port, http_port) if tls_port and http_port else None


def _free_port(*, other_than: int | None = None) -> int:
    for _ in range(200):
        port = FIRST_PORT + secrets.randbelow(LAST_PORT - FIRST_PORT)
        if port != other_than and is_free(port):
            return port
    raise OSError("no free loopback port was found")

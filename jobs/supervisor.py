"""Runs the whole site as children of one process: starts them, watches them, ends them together."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import urlopen

from digitalpost.errors import Refused
from digitalpost.processes import die_with_parent

LONGEST_PAUSE = 30.0  # seconds before a child that keeps ending is started again
STEADY = 60.0  # a child that lived so long is started again at once
LOG_BYTES = 10_000_000  # a log is begun anew beyond this size; the one before is kept
GRACE = 6.0  # seconds that children get to end by themselves
SECOND_WORD = 1.5  # RQ ends a running job at the second signal, if a second lies between


@dataclass
class Child:
    """One program of the site: how it is started and how it is ended."""

    name: str
    command: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict)
    pass_fds: tuple[int, ...] = ()
    death_signal: int = signal.SIGTERM  # sent to it when the supervisor is killed outright
    stops_last: bool = False
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    start_again: float | None = None
    pause: float = 0.5

    @property
    def alive(self) -> bool:
        """Whether its process runs."""
        return self.process is not None and self.process.poll() is None


class Supervisor:
    """Starts children, starts them again when they end, and leaves none behind."""

    def __init__(self, logs: Path, say: Callable[[str], None] = print) -> None:
        self.logs = logs
        self.children: list[Child] = []
        self.stopping = threading.Event()
        self.say = say
        self._hears_signals = False

    def listen_for_signals(self) -> None:
        """Ctrl-C, SIGTERM and a closed terminal end the site. Main thread only."""
        self._hears_signals = True
        for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(name, lambda *_: self.stopping.set())

    def start(self, child: Child) -> Child:
        """Start ``child`` and watch it from now on."""
        self._spawn(child)
        self.children.append(child)
        return child

    def watch(self) -> None:
        """Return when told to stop; until then start again what ended."""
        rounds = 0
        while not self.stopping.wait(0.2):
            rounds += 1
            for child in self.children:
                self._look_after(child)
                if rounds % 50 == 0:
                    _begin_anew(self.log_path(child), LOG_BYTES)

    def wait_until(self, ready: Callable[[], bool], *, wait: float) -> bool:
        """Watch the children until ``ready()``; False when told to stop or after ``wait`` s."""
        deadline = time.monotonic() + wait
        while not self.stopping.is_set() and time.monotonic() < deadline:
            if ready():
                return True
            for child in self.children:
                self._look_after(child)
            self.stopping.wait(0.1)
        return False

    def stop(self) -> None:
        """End all children, the queue server last. Returns when every one has ended."""
        self.stopping.set()
        if self._hears_signals:
            # A second Ctrl-C must not break off the ending of the children.
            for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(name, signal.SIG_IGN)
        self._end([child for child in self.children if not child.stops_last])
        self._end([child for child in self.children if child.stops_last])

    def log_path(self, child: Child) -> Path:
        """Where what ``child`` writes goes."""
        return self.logs / f"{child.name}.log"

    def _spawn(self, child: Child) -> None:
        self.logs.mkdir(parents=True, exist_ok=True, mode=0o700)
        parent, death_signal = os.getpid(), child.death_signal
        with self._open_log(child) as log:
            child.process = subprocess.Popen(
                child.command,
                env={**os.environ, "PYTHONUNBUFFERED": "1", **child.env},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                pass_fds=child.pass_fds,
                start_new_session=True,  # Ctrl-C reaches us alone; we end them in order
                preexec_fn=lambda: die_with_parent(parent, death_signal),
            )
        child.started = time.monotonic()
        child.start_again = None

    def _open_log(self, child: Child) -> IO[bytes]:
        path = self.log_path(child)
        path.touch(mode=0o600)
        return path.open("ab")

    def _look_after(self, child: Child) -> None:
        """Start ``child`` again when it has ended, each time after a longer pause."""
        if child.alive or child.process is None:
            return
        now = time.monotonic()
        if child.start_again is None:
            steady = now - child.started > STEADY
            child.pause = 0.5 if steady else min(child.pause * 2, LONGEST_PAUSE)
            child.start_again = now + child.pause
            self.say(
                f"{child.name} stoppede uventet (kode {child.process.returncode}) og startes igen "
                f"om {child.pause:.0f} s. Se {self.log_path(child)}."
            )
            # What it started itself must not meet its successor.
            _signal_group(child, signal.SIGKILL)
        elif now >= child.start_again:
            self._spawn(child)

    def _end(self, children: Sequence[Child]) -> None:
        """Ask politely, ask again, then kill; only those that still live are asked."""
        begun = time.monotonic()
        asked_again = False
        for child in children:
            if child.alive and child.process is not None:
                child.process.terminate()
        while any(child.alive for child in children):
            passed = time.monotonic() - begun
            if passed > SECOND_WORD and not asked_again:
                asked_again = True
                for child in children:
                    if child.alive and child.process is not None:
                        child.process.terminate()
            if passed > GRACE:
                break
            time.sleep(0.05)
        for child in children:
            _signal_group(child, signal.SIGKILL)
            if child.process is not None:
                child.process.wait()


def open_port(host: str, port: int) -> socket.socket:
    """A listening socket that the web server is handed. Raises `Refused` when it can't be had.

    The supervisor keeps it, so a browser only waits while the web server is started again.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=1024)
    except OSError as error:
        raise Refused(why_no_port(host, port, error)) from error


def why_no_port(host: str, port: int, error: OSError) -> str:
    """The sentence for a port that could not be opened, with what to do."""
    import errno

    other = port + 10 if port + 10 < 65536 else port - 10
    if error.errno == errno.EADDRINUSE:
        return (
            f"Port {port} er optaget af et andet program. Stop det, eller vælg en anden port: "
            f"make run PORT={other} (eller python app.py run --port {other})"
        )
    if error.errno == errno.EACCES:
        return (
            f"Port {port} må kun bruges af systemets administrator. Vælg en anden port: "
            f"python app.py run --port 8010"
        )
    return f"Adressen {host} med port {port} kan ikke bruges. Ret DIGITALPOST_HOST eller --port."


def answers_ok(url: str) -> bool:
    """Whether ``url`` answers 200 now."""
    try:
        with urlopen(url, timeout=2) as response:  # noqa: S310 - our own http address
            return bool(response.status == 200)
    except (URLError, OSError):
        return False


def accepts_connections(url: str) -> bool:
    """Whether somebody listens at the host and port of ``url`` now."""
    place = urlsplit(url)
    if not place.hostname or not place.port:
        return False
    try:
        socket.create_connection((place.hostname, place.port), timeout=1).close()
    except OSError:
        return False
    return True


def python_command(*arguments: str) -> list[str]:
    """A command line of our own program in this same Python."""
    return [sys.executable, str(Path(__file__).resolve().parent.parent / "app.py"), *arguments]


def read_json(path: Path) -> dict[str, str]:
    """A small JSON file, or nothing while it is not (wholly) there."""
    try:
        found = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _signal_group(child: Child, number: int) -> None:
    """Signal the process group that ``child`` leads, if anything of it is left."""
    if child.process is None:
        return
    try:
        os.killpg(child.process.pid, number)
    except ProcessLookupError:
        return


def _begin_anew(path: Path, limit: int) -> None:
    """Keep a log below ``limit`` bytes: copy it aside and empty it (its writers append)."""
    if path.exists() and path.stat().st_size > limit:
        path.with_suffix(".log.1").write_bytes(path.read_bytes())
        os.truncate(path, 0)

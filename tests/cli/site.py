"""A whole installation in a temporary folder: made, started, asked and stopped by command line."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.inputs.people import SENDER_CVR

ROOT = Path(__file__).resolve().parent.parent.parent


class Site:
    """One home folder, and the commands of ``app.py`` over it."""

    def __init__(self, home: Path, **environ: str) -> None:
        self.home = home
        self.environ = {
            **{name: value for name, value in os.environ.items() if name != "PYTHONWARNINGS"},
            "DIGITALPOST_HOME": str(home),
            "DIGITALPOST_LEASE_SECONDS": "2",
            "DIGITALPOST_WORKERS": "2",
            "DIGITALPOST_OWN_CVR": SENDER_CVR,
            "EBOKS_TIMEOUT": "5",
            **environ,
        }

    def call(self, *words: object, code: int | None = 0) -> dict[str, Any]:
        """Run one command with --json; its answer. Fails at another exit code; None: any."""
        done = subprocess.run(
            [sys.executable, "app.py", *map(str, words), "--json"],
            cwd=ROOT,
            env=self.environ,
            capture_output=True,
            text=True,
            timeout=180,
        )
        assert code in {None, done.returncode}, f"{done.returncode}: {done.stdout}{done.stderr}"
        answer: dict[str, Any] = json.loads(done.stdout)
        return answer

    @contextmanager
    def running(self) -> Iterator[int]:
        """The whole site under its supervisor; gives the web port."""
        port = _free_port()
        process = subprocess.Popen(
            [sys.executable, "app.py", "run", "--port", str(port)],
            cwd=ROOT,
            env=self.environ,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            wait_for(lambda: _answers(port) or process.poll() is not None, seconds=90)
            assert process.poll() is None, "the site did not start"
            yield port
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(timeout=30)

    def sandbox(self, path: str) -> Any:
        """One answer of the sandbox's JSON interface."""
        address = json.loads((self.home / "sandbox" / "address.json").read_text())
        answer = httpx.get(address["mailbox"] + path, timeout=20, trust_env=False)
        return answer.raise_for_status().json()

    def workers(self) -> list[int]:
        """Process ids of the job workers and of the jobs that they do."""
        found = []
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                words = (entry / "cmdline").read_bytes().split(b"\0")
                environ = (entry / "environ").read_bytes()
            except OSError:
                continue
            mine = f"DIGITALPOST_HOME={self.home}\0".encode() in environ + b"\0"
            if mine and b"worker" in words:
                found.append(int(entry.name))
        return found


def wait_for(condition: Callable[[], Any], *, seconds: float = 60, every: float = 0.1) -> Any:
    """Ask until the answer is truthy, and give it back. Fails when the time is up.

    A question that starts a program is asked less often: it takes the time of those it waits for.
    """
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        answer = condition()
        if answer:
            return answer
        time.sleep(every)
    raise AssertionError("waited in vain")


def _answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/healthz", trust_env=False).is_success
    except httpx.TransportError:
        return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port

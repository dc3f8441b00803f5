"""What `run` does where a part of the machine is missing; the whole is in tests/jobs."""

from __future__ import annotations

import sys
from argparse import Namespace
from pathlib import Path

import pytest

from cli.run import run
from cli.services import web
from digitalpost.errors import Refused
from digitalpost.settings import Settings
from digitalpost.vault import make_master_key
from jobs.supervisor import Child, Supervisor
from tests.jobs.waiting import eventually


def make_settings(home: Path, **env: str) -> Settings:
    return Settings.from_env({"DIGITALPOST_HOME": str(home), **env})


def make_arguments(**given: object) -> Namespace:
    return Namespace(**{"port": None, "fd": None, "json": False, "no_sandbox": True} | given)


@pytest.mark.parametrize("port", [0, 65536, -1])
def test_a_port_that_cannot_be_is_refused(tmp_path: Path, port: int) -> None:
    make_master_key(tmp_path / "keys" / "master.key")
    for command in (run, web):
        with pytest.raises(Refused, match="fra 1 til 65535"):
            command(make_arguments(port=port), make_settings(tmp_path))


def test_a_child_that_keeps_ending_is_started_again_and_said_so(tmp_path: Path) -> None:
    said: list[str] = []
    supervisor = Supervisor(tmp_path / "logs", said.append)
    program = f"open({str(tmp_path / 'lives')!r}, 'a').write('x'); print('farvel'); exit(3)"
    try:
        child = supervisor.start(Child("kort", [sys.executable, "-c", program]))
        lives = tmp_path / "lives"
        assert supervisor.wait_until(lambda: lives.exists() and lives.stat().st_size >= 2, wait=60)
    finally:
        supervisor.stop()
    assert said[0].startswith("kort stoppede uventet (kode 3)")
    assert "farvel" in supervisor.log_path(child).read_text()


def test_a_child_that_will_not_end_is_killed_with_what_it_started(tmp_path: Path) -> None:
    supervisor = Supervisor(tmp_path / "logs", lambda line: None)
    program = (
        "import os, signal, subprocess, sys, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "inner = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(300)'])\n"
        f"open({str(tmp_path / 'pid')!r}, 'w').write(str(inner.pid) + chr(10))\n"
        "time.sleep(300)\n"
    )
    supervisor.start(Child("stædig", [sys.executable, "-c", program]))
    pid = tmp_path / "pid"
    eventually(lambda: pid.exists() and pid.read_text().endswith("\n"))
    supervisor.stop()
    eventually(lambda: not is_running(int(pid.read_text())))


def test_the_logs_are_for_the_owner_alone(tmp_path: Path) -> None:
    supervisor = Supervisor(tmp_path / "logs", lambda line: None)
    child = supervisor.start(Child("hilsen", [sys.executable, "-c", "print('hej')"]))
    supervisor.stop()
    assert supervisor.logs.stat().st_mode & 0o077 == 0
    assert supervisor.log_path(child).stat().st_mode & 0o077 == 0


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False

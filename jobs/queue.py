"""The one job queue of an institution: JSON only, our own task names only, ids only."""

from __future__ import annotations

import hashlib
import logging
import re
import time
from collections.abc import Callable
from types import ModuleType
from typing import Any

from redis import Redis
from redis.exceptions import RedisError
from rq import Queue
from rq.exceptions import DuplicateJobError
from rq.job import Job
from sqlalchemy.engine import make_url

from digitalpost.settings import Settings
from jobs import tasks as our_tasks
from jobs.server import queue_url

log = logging.getLogger(__name__)

RESULT_TTL = 60  # seconds; results are empty, and no id is ever used twice
FAILURE_TTL = 30 * 24 * 3600
LONGEST_BRAKE = 900  # seconds between tries of work that keeps failing
_FIRST_BRAKE = 2
_FORGET_FAILURES = 3600


class RefusedTask(Exception):  # noqa: N818 - reads as what happened
    """A job names a function that is not one of our tasks. Nothing was imported or run."""


class SafeJob(Job):
    """A job that can only be one of our tasks.

    A stock job may name any function on the import path (`os.system` too) and callbacks and
    webhooks besides, so that whoever can write to the queue server can run code here.
    """

    allowed = frozenset(f"{our_tasks.__name__}.{name}" for name in our_tasks.TASKS)

    @property
    def func(self) -> Callable[..., Any]:
        """The task. Raises `RefusedTask` for any other name, before anything is imported."""
        if self.instance is not None or self.func_name not in self.allowed:
            raise RefusedTask("Jobbet er ikke en af vores opgaver og blev ikke udført.")
        found = super().func
        assert found is not None
        return found

    @property
    def success_callback(self) -> None:
        """Never: a callback is an import path too."""

    @property
    def failure_callback(self) -> None:
        """Never: a callback is an import path too."""

    @property
    def stopped_callback(self) -> None:
        """Never: a callback is an import path too."""

    def send_webhooks(self, status: Any, *, exc_string: str | None = None) -> None:
        """Never: nothing about a job leaves this machine."""


def connect(settings: Settings) -> Redis:
    """A client of the queue server that fails at once instead of trying for long."""
    return Redis.from_url(queue_url(settings), socket_connect_timeout=2)


def queue_name(settings: Settings) -> str:
    """The queue of this institution: the same on all its machines, its own on a shared server.

    Made from the database's place without user and password, since the database is what the
    machines of one institution have in common.
    """
    url = make_url(settings.database_url)
    if url.get_backend_name() == "sqlite":
        place = f"sqlite:{settings.home.resolve()}:{url.database}"
    else:
        place = f"{url.host or url.query.get('host')}:{url.port}:{url.database}"
    return f"digitalpost-{hashlib.sha256(place.encode()).hexdigest()[:12]}"


def open_queue(connection: Redis, name: str, job_class: type[SafeJob] = SafeJob) -> Queue:
    """The queue ``name`` with our serializer and our job class: use no other constructor."""
    return Queue(name, connection=connection, serializer="json", job_class=job_class)


class RqOutbox:
    """The port through which rows get work done soon: `wake` asks, and never has to succeed.

    The rows are the truth and the clock asks again, so a queue server that is away is logged and
    otherwise ignored.
    """

    def __init__(
        self,
        connection: Redis,
        name: str,
        *,
        tasks: ModuleType = our_tasks,
        job_class: type[SafeJob] = SafeJob,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.queue = open_queue(connection, name, job_class)
        self._tasks = tasks
        self._now = now

    @classmethod
    def from_settings(cls, settings: Settings) -> RqOutbox:
        """The outbox that web, command line and clock of this installation use."""
        return cls(connect(settings), queue_name(settings))

    def wake(self, task: str, subject: int | str) -> bool:
        """Have a worker do ``task`` for ``subject`` (an id or a channel) as soon as one is free.

        False when there was no need or no way: the same work waits already, it failed a moment
        ago, or the queue server does not answer. Raises KeyError for an unknown task.
        """
        timeout = self._tasks.TASKS[task]
        work = work_key(self.queue.name, task, subject)
        try:
            if self.queue.connection.exists(f"{work}:brake") or self._is_waiting(work):
                return False
            self.queue.enqueue_call(
                f"{self._tasks.__name__}.{task}",
                args=(subject,),
                # One second, one job: two clocks, or a clock and a click, make one together.
                # (Ten digits would look like a CPR number in the log: hexadecimal.)
                job_id=f"{work}-{int(self._now()):x}",
                unique=True,
                timeout=timeout,
                result_ttl=RESULT_TTL,
                failure_ttl=FAILURE_TTL,
                description=f"{task} {subject}",
            )
        except DuplicateJobError:
            return False
        except RedisError as error:
            log.warning("Queue server does not answer (%s); the clock asks later", type(error))
            return False
        return True

    def _is_waiting(self, work: str) -> bool:
        """Whether the queue holds the same work, not begun. Looks at its first thousand jobs."""
        return any(job_id.rpartition("-")[0] == work for job_id in self.queue.get_job_ids(0, 1000))


def work_key(queue: str, task: str, subject: int | str) -> str:
    """The name of one piece of work on the queue server. Letters, digits, - and _ only."""
    key = f"{queue}-{task}-{subject}"
    if not re.fullmatch(r"[A-Za-z0-9_-]+", key):
        raise ValueError("A job's subject is a row id or the plain name of a channel")
    return key


def brake(connection: Redis, job_id: str) -> int:
    """Hold back work whose job just failed, longer each time; returns for how many seconds.

    Without it the clock would make a new failed job every second. Failures are forgotten when
    there were none for an hour.
    """
    work = job_id.rpartition("-")[0]
    failures = int(connection.incr(f"{work}:failures"))
    connection.expire(f"{work}:failures", _FORGET_FAILURES)
    seconds = min(LONGEST_BRAKE, _FIRST_BRAKE * 2 ** min(failures - 1, 10))
    connection.set(f"{work}:brake", failures, ex=seconds)
    return seconds


def release_brake(connection: Redis, job_id: str) -> None:
    """The work of this job succeeded: forget that it failed before."""
    work = job_id.rpartition("-")[0]
    connection.delete(f"{work}:failures", f"{work}:brake")

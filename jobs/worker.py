"""The process that does the jobs: RQ's worker with our serializer, our job class and our limits."""

from __future__ import annotations

import logging
import os
import signal
import sys
from typing import Any

from redis import Redis
from redis.exceptions import RedisError
from rq import Queue, Worker
from rq.job import Job

from digitalpost.processes import die_with_parent
from digitalpost.settings import Settings
from digitalpost.wording import without_numbers
from jobs.queue import (
    SafeJob,
    brake,
    connect,
    open_queue,
    queue_name,
    release_brake,
)
from jobs.server import answers, queue_url

log = logging.getLogger(__name__)

# RQ looks for jobs of dead workers only when its loop turns, which for an idle worker is every
# WORKER_TTL - 15 seconds, and then only when MAINTENANCE seconds have passed.
WORKER_TTL = 60
MAINTENANCE = 30
START_PATIENCE = 30.0  # seconds that a worker waits for the queue server to come up


class PostWorker(Worker):
    """A worker whose jobs end with it and whose failures hold no CPR number."""

    job_class = SafeJob

    def main_work_horse(self, job: Job, queue: Queue) -> None:
        """The start of the forked job process ("horse" in RQ)."""
        # A worker that is killed must not leave a job running that no one watches.
        die_with_parent(self.pid or os.getppid(), signal.SIGKILL)
        super().main_work_horse(job, queue)

    def handle_job_failure(
        self,
        job: Job,
        queue: Queue,
        started_job_registry: Any = None,
        exc_string: str = "",
        execution: Any = None,
    ) -> None:
        """Record a failure without numbers, and hold the same work back for a while."""
        super().handle_job_failure(
            job, queue, started_job_registry, without_numbers(exc_string), execution
        )
        try:
            seconds = brake(self.connection, job.id)
            log.warning("Job %s failed; the same work waits %d s", job.id, seconds)
        except RedisError as error:
            log.warning("Job %s failed and could not be held back: %s", job.id, type(error))

    def handle_job_success(self, job: Job, *args: Any, **kwargs: Any) -> None:
        """Record the success, and let the same work come again at once."""
        super().handle_job_success(job, *args, **kwargs)
        release_brake(self.connection, job.id)


class WithoutNumbers(logging.Filter):
    """Masks what looks like a CPR number in every line that a worker logs."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrite the record's text; keeps every record."""
        record.msg, record.args = without_numbers(record.getMessage()), ()
        if record.exc_info and not record.exc_text:
            record.exc_text = without_numbers(logging.Formatter().formatException(record.exc_info))
        return True


def run(settings: Settings, *, job_class: type[SafeJob] = SafeJob, burst: bool = False) -> int:
    """Work until told to stop. Returns the exit code: 1 when the queue server went away.

    ``burst``: stop when the queue is empty.
    """
    set_up_logging()
    if not answers(queue_url(settings), wait=START_PATIENCE):
        log.error("Køserveren svarer ikke på %s.", _place(settings))
        return 1
    connection: Redis = connect(settings)
    worker = PostWorker(
        [open_queue(connection, queue_name(settings), job_class)],
        connection=connection,
        job_class=job_class,
        serializer="json",
        worker_ttl=WORKER_TTL,
        maintenance_interval=MAINTENANCE,
    )
    worker.max_connection_wait_time = 5.0  # our own server is back within a second or two
    worker.log_result_lifespan = False
    try:
        worker.work(burst=burst, with_scheduler=False, logging_level="INFO")
    except RedisError as error:
        # RQ says good-bye to the server on its way out, which may be why it goes.
        log.error("The queue server went away (%s)", type(error).__name__)
        return 1
    return 0


def set_up_logging() -> None:
    """Plain lines on stderr, numbers masked, for this process and the jobs it forks."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    handler.addFilter(WithoutNumbers())
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    # httpx writes whole addresses, and an address may one day hold a number.
    logging.getLogger("httpx").setLevel(logging.WARNING)


def _place(settings: Settings) -> str:
    """Where the queue server should be, without a password."""
    return queue_url(settings).rpartition("@")[2]

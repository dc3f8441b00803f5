"""Asks the rows once a second what is due, and wakes a worker for it. Two of them do no harm."""

from __future__ import annotations

import logging
import signal
import threading
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Protocol

from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from digitalpost.db import now
from digitalpost.institution import Institution, open_institution
from digitalpost.models import NoticeMedium
from digitalpost.oversight.notices import send_notices
from digitalpost.oversight.watch import watch_when_no_worker_does
from digitalpost.settings import Settings
from digitalpost.sweep import due_oversight, due_work
from jobs import tasks
from jobs.queue import RqOutbox
from jobs.server import find_binary
from jobs.worker import set_up_logging

log = logging.getLogger(__name__)

INTERVAL = 1.0  # seconds between two looks
LONGEST_PAUSE = 10.0  # seconds between two looks while the database does not answer

Due = Callable[[], Iterable[tuple[str, int | str]]]


class Outbox(Protocol):
    """Where the clock hands work over."""

    def wake(self, task: str, subject: int | str) -> bool:
        """Ask for ``task`` to be done for ``subject``; whether it was passed on."""


class DirectOutbox:
    """Does the work at once in this process: for a machine without any queue server."""

    def wake(self, task: str, subject: int | str) -> bool:
        """Do ``task`` now. A failure is logged; the rows keep the work due."""
        if task not in tasks.TASKS:
            raise KeyError(task)
        try:
            getattr(tasks, task)(subject)
        except Exception:
            log.exception("Opgaven %s mislykkedes", task)
            return False
        return True


def tick(due: Due, outbox: Outbox) -> int:
    """Look once and wake what is due; returns how many were passed on."""
    return sum(outbox.wake(task, subject) for task, subject in due())


def keep_ticking(due: Due, outbox: Outbox, stop: threading.Event) -> None:
    """Tick every second until ``stop`` is set. A database that is away is asked less often."""
    pause = INTERVAL
    while not stop.is_set():
        try:
            tick(due, outbox)
            if pause > INTERVAL:
                log.info("The database answers again")
            pause = INTERVAL
        except (SQLAlchemyError, RedisError, OSError) as error:
            # Only the kind: a database error's text may quote the row.
            if pause == INTERVAL:
                log.warning("Could not look for due work: %s", type(error).__name__)
            pause = min(pause * 2, LONGEST_PAUSE)
        stop.wait(pause)


def run(settings: Settings) -> int:
    """Be the clock of this installation until SIGTERM or Ctrl-C."""
    set_up_logging()
    stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    institution = open_institution(settings)
    begun = now()

    try:
        keep_ticking(lambda: all_due(institution, begun), outbox_for(settings), stop)
    finally:
        institution.close()
    return 0


def all_due(institution: Institution, begun: datetime) -> list[tuple[str, int | str]]:
    """What is due now. ``begun``: when this clock began."""
    work = due_work(institution)
    try:
        look_when_no_worker_does(institution, begun)
        return [*work, *due_oversight(institution)]
    except Exception as error:  # what watches over the letters must never hold them up
        log.error("The watch failed: %s", type(error).__name__)
        return work


def look_when_no_worker_does(institution: Institution, since: datetime) -> None:
    """Watch in the workers' place when none has come for a while, and tell of it from here.

    ``since``: when this clock began. Whoever is to say that the workers are silent can't be one.
    """
    if watch_when_no_worker_does(institution, since=since):
        log.warning("No worker took the watch: the clock looked itself")
        for medium in NoticeMedium:
            send_notices(institution, medium)


def outbox_for(settings: Settings) -> Outbox:
    """The queue, or the direct way where this machine has no queue server and was given none."""
    if settings.redis_url is None and find_binary() is None:
        log.warning("Der er ingen køserver: uret gør arbejdet selv, én ting ad gangen.")
        return DirectOutbox()
    return RqOutbox.from_settings(settings)

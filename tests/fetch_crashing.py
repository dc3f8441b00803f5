"""A school whose fetchers are killed -9 at random, and the count on both sides at the end.

Two processes fetch and file at once from a sandbox that always has mail; each is killed again and
again and started anew. Used by tests/incoming/fetching/test_crashes.py (short) and
benchmarks/crash_fetch.py (long).
"""

from __future__ import annotations

import multiprocessing
import os
import random
import time
from collections import Counter
from dataclasses import dataclass, field
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from digitalpost.documents import find_damaged
from digitalpost.events import verify
from digitalpost.incoming.due import file_due
from digitalpost.incoming.fetch import fetch_due
from digitalpost.institution import Institution, open_institution
from digitalpost.models import IncomingLetter, IncomingMessage, IncomingStatus
from digitalpost.settings import Settings
from tests.incoming.fetching.outbox import SchoolPost
from tests.make import make_institution, make_unit
from tests.sandbox_server import RunningSandbox, start_sandbox

WAITING = 40  # messages that always wait in the sandbox while the kills go on
BURST = 40
LOADED = ["tests.fetch_crashing", "digitalpost.incoming.filing"]


@dataclass
class FetchCount:
    """What the two sides say. Everything but ``messages`` and ``kills`` must be empty."""

    kills: int = 0
    messages: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    acknowledged_before_stored: list[str] = field(default_factory=list)
    unfinished: Counter[str] = field(default_factory=Counter)
    damaged: int = 0
    broken_log: int = 0

    @property
    def is_right(self) -> bool:
        """Nothing lost, nothing twice, nothing acknowledged too early, all of it done."""
        wrong = (self.lost, self.doubled, self.acknowledged_before_stored, self.unfinished)
        return not any(wrong) and not (self.damaged or self.broken_log)


class FetchSite:
    """A sandbox with mail, a school, and two processes that fetch."""

    def __init__(self, home: Path, database_url: str = "") -> None:
        """``database_url`` names a database with all tables."""
        self.home = home
        home.mkdir(parents=True, exist_ok=True)
        self.environ = {
            "DIGITALPOST_LEASE_SECONDS": "1",
            "INCOMING_EVERY": "0.05",
            "DIGITAL_POST_TIMEOUT": "5",
            **({"DATABASE_URL": database_url} if database_url else {}),
        }
        self.sandbox: RunningSandbox = start_sandbox(home)
        self.post = SchoolPost(self.sandbox)
        self.institution: Institution = make_institution(
            home, tables=not database_url, **self.environ
        )
        make_unit(self.institution, "Kontoret")
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(LOADED)
        self._fetchers: list[ForkServerProcess] = []
        self.count = FetchCount()

    def kill_for(self, kills: int, chance: random.Random) -> None:
        """Kill so many times while mail keeps coming, and look at both sides now and then."""
        self._fetchers = [self._start() for _ in range(2)]
        while self.count.kills < kills:
            if len(self.post.waiting()) < WAITING:
                for _ in range(BURST):
                    self.post.put(content=os.urandom(chance.choice([100, 3_000, 100_000])))
            time.sleep(chance.uniform(0.05, 1.5))  # a fetcher needs a moment to begin
            at = chance.randrange(2)
            self._fetchers[at].kill()
            self._fetchers[at].join()
            self.count.kills += 1
            self._fetchers[at] = self._start()
            if self.count.kills % 5 == 0:
                self._look_for_early_receipts()

    def drain(self, *, within: float) -> None:
        """Leave it alone until nothing waits, then stop."""
        deadline = time.monotonic() + within
        while time.monotonic() < deadline and (self.post.waiting() or self._stored()):
            time.sleep(0.5)
        for one in self._fetchers:
            one.kill()
            one.join()

    def result(self) -> FetchCount:
        """Count on both sides."""
        self._look_for_early_receipts()
        there = self.post.rows()
        count = self.count
        count.messages = len(there)
        with self.institution.reading() as session:
            ours = {one.message_uuid: one for one in session.scalars(sa.select(IncomingMessage))}
            letters = Counter(session.scalars(sa.select(IncomingLetter.message_uuid)))
            count.damaged = len(list(find_damaged(session)))
            count.broken_log = len(list(verify(session)))
        for one in there:
            mine = ours.get(one["message_uuid"])
            if mine is None or not letters[one["message_uuid"]]:
                count.lost.append(one["message_uuid"])
            elif one["acknowledged_at"] and one["acknowledged_at"] < mine.stored_at.timestamp():
                count.acknowledged_before_stored.append(one["message_uuid"])
            if one["status"] != "COMPLETED" or one["deleted_at"] is None:
                count.unfinished["at the channel"] += 1
        count.doubled = [uuid for uuid, times in letters.items() if times > 1]
        count.unfinished.update(
            one.status.value for one in ours.values() if one.status is not IncomingStatus.FILED
        )
        count.unfinished.update("not told" for one in ours.values() if one.told_at is None)
        return count

    def close(self) -> None:
        """End everything."""
        for one in self._fetchers:
            one.kill()
            one.join()
        self.sandbox.stop()
        self.institution.close()

    def _look_for_early_receipts(self) -> None:
        """What has a receipt now must have been stored before now."""
        told = [one["message_uuid"] for one in self.post.rows() if one["acknowledged_at"]]
        with self.institution.reading() as session:
            ours = set(session.scalars(sa.select(IncomingMessage.message_uuid)))
        self.count.acknowledged_before_stored += [one for one in told if one not in ours]

    def _stored(self) -> int:
        waiting = IncomingMessage.status == IncomingStatus.STORED
        with self.institution.reading() as session:
            query = sa.select(sa.func.count(IncomingMessage.id)).where(waiting)
            return session.scalar(query) or 0

    def _start(self) -> ForkServerProcess:
        settings: dict[str, Any] = {
            "DIGITALPOST_HOME": str(self.home),
            "DIGITALPOST_MASTER_KEY": self.institution.settings.master_key or "",
            **self.environ,
        }
        process = self._context.Process(target=keep_fetching, args=(settings,), daemon=True)
        process.start()
        return process


def keep_fetching(environ: dict[str, str]) -> None:
    """Fetch and file until killed."""
    institution = open_institution(Settings.from_env(environ))
    while True:
        fetch_due(institution, longest=5)
        file_due(institution, longest=1)
        time.sleep(0.02)

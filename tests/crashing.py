"""A whole site whose processes are killed -9 at random while it sends, and the count at the end.

The real `app.py run` over a home of its own: supervisor, web, workers, clock, queue server and
sandbox. Mailings are approved through the web while the kills go on. Used by
tests/deliveries/test_crashes.py (short) and benchmarks/crashes.py (long).
"""

from __future__ import annotations

import json
import os
import random
import re
import signal
import ssl
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import sqlalchemy as sa

from digitalpost.access import OPERATOR
from digitalpost.db import change_rows, now
from digitalpost.deliveries.channel_state import hold_state
from digitalpost.deliveries.printing import count_to_print, mark_printed
from digitalpost.deliveries.standing import hold_letters_of
from digitalpost.institution import Institution
from digitalpost.models import (
    ChannelName,
    Delivery,
    DeliveryStatus,
    Letter,
    LetterWay,
    Mailing,
    MailingStatus,
    Role,
    Unit,
    User,
)
from digitalpost.vault import make_master_key
from tests.crash_count import Count, count_both_sides
from tests.make import PASSWORD, make_institution, make_user
from tests.make_addressees import set_address
from tests.make_mailings import make_mailing
from tests.processes import living_with
from tests.services import free_port

ROOT = Path(__file__).resolve().parent.parent
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
CLERK = "mette@egely.example"
# The supervisor as it is, but for its patience: it would wait half a minute before it starts
# something again that was killed so often, and that time is not what is tried here.
RUN = (
    "import sys, jobs.supervisor as s; s.LONGEST_PAUSE = 1.0; "
    "from cli.main import main; sys.exit(main(sys.argv[1:]))"
)
PARTS = {  # what is killed, by something of its command line; and how often, beside each other
    "worker": (" worker", 5),
    "web": (" web ", 2),
    "clock": (" clock", 1),
    "queue server": ("/queue", 2),
    "sandbox": (" sandbox", 2),
}
# Accepted is the last that is heard: a person prints, and SF1601 pushes through a reverse proxy.
TOLD_BY_OTHERS = (ChannelName.LOCAL_PRINT, ChannelName.SF1601)


class CrashSite:
    """One site that is started, killed at and emptied."""

    def __init__(self, home: Path, database_url: str = "", *, channels: str = "") -> None:
        """``database_url`` names a database with all tables; ``channels``: in another order."""
        self.home = home
        self.port = free_port()
        make_master_key(home / "keys" / "master.key")
        self.env = {
            "PATH": os.environ["PATH"],
            "DIGITALPOST_HOME": str(home),
            "DIGITALPOST_PORT": str(self.port),
            "DIGITALPOST_INSTITUTION": "Egely Gymnasium",
            "DIGITALPOST_OWN_CVR": "99000015",
            "DIGITALPOST_WEB_WORKERS": "1",
            "DIGITALPOST_WORKERS": "2",
            "DIGITALPOST_HOLD_SECONDS": "1",
            "DIGITALPOST_LEASE_SECONDS": "4",
            "EBOKS_TIMEOUT": "5",
            "DIGITAL_POST_TIMEOUT": "5",
            **({"DATABASE_URL": database_url} if database_url else {}),
            **({"DIGITALPOST_CHANNELS": channels} if channels else {}),
        }
        self.process: subprocess.Popen[str] | None = None
        self.kills: Counter[str] = Counter()
        self.mailings: list[int] = []
        self._numbers = iter(_invented_numbers())
        self._web: httpx.Client | None = None

    def start(self) -> None:
        """Start the site and wait until it answers."""
        self.process = subprocess.Popen(
            [sys.executable, "-c", RUN, "run", "--json"],
            cwd=ROOT, env=self.env, text=True, start_new_session=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        assert self.process.stdout
        for line in self.process.stdout:
            if line.startswith("}"):
                break
        else:
            raise AssertionError("the site never came up")
        # The sandbox's address is known from here on: the same settings as the site's own.
        self.institution: Institution = make_institution(
            self.home,
            tables=False,
            **{key: value for key, value in self.env.items() if key != "PATH"},
            DIGITALPOST_MASTER_KEY="",
        )
        with self.institution.transaction() as session:
            session.add(Unit(name="Kontoret"))
            session.flush()
        make_user(self.institution, role=Role.ADMINISTRATOR, email=CLERK)

    def close(self) -> None:
        """End everything."""
        if self._web is not None:
            self._web.close()
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                self.process.kill()
        for pid, _ in living_with(self.home):
            os.kill(pid, signal.SIGKILL)
        if self.process is not None:
            self.process.communicate()
            self.institution.close()

    def kill_for(self, kills: int, chance: random.Random, *, every: float, letters: int) -> None:
        """Kill so many times, about every so many seconds, while mailings are sent."""
        done = threading.Event()

        def keep_killing() -> None:
            while sum(self.kills.values()) < kills:
                time.sleep(chance.uniform(0.1, 1.9) * every)
                self._kill_one(chance)
            done.set()

        killer = threading.Thread(target=keep_killing)
        killer.start()
        while not done.is_set() or not self.mailings:
            self.send_mailing(letters, reply=False)
            self.send_mailing(letters // 3 or 1, reply=True)
            done.wait(timeout=every * 8)
        killer.join()

    def send_mailing(self, letters: int, *, reply: bool) -> int:
        """Make a mailing and approve it through the web, however often that is killed.

        With ``reply`` all letters go through Digital Post; without, some go through e-Boks, some
        to the print provider and some to our own printer.
        """
        numbers = [next(self._numbers) for _ in range(letters)]
        mailing_id = make_mailing(self.institution, numbers)
        ways = [LetterWay.DIGITAL] * 4 + [LetterWay.REMOTE_PRINT, LetterWay.LOCAL_PRINT]
        with self.institution.transaction() as session:
            mailing = session.get_one(Mailing, mailing_id)
            mailing.can_reply = reply
            clerk = session.scalars(sa.select(User).where(User.email == CLERK)).one()
            clerk.units.append(mailing.unit)
            for letter in session.scalars(sa.select(Letter).filter_by(mailing_id=mailing_id)):
                letter.way = LetterWay.DIGITAL if reply else ways[letter.position % len(ways)]
        for number in numbers if not reply else ():
            set_address(self.institution, number, "Havnegade 4", "5000 Odense C")
        self.mailings.append(mailing_id)
        self._approve(mailing_id, letters)
        return mailing_id

    def drain(self, *, within: float, hurry: bool) -> None:
        """Wait until nothing is on its way; ``hurry``: as if each pause between tries were over."""
        deadline = time.monotonic() + within
        while self._on_their_way() and time.monotonic() < deadline:
            if hurry:
                self._end_pauses()
            time.sleep(1)

    def count(self) -> Count:
        """Print what is to be printed here, and count on both sides."""
        still = self._on_their_way()
        for mailing_id in self.mailings:
            self._print_here(mailing_id)
        there = self._sandbox("/api/dispatches"), self._sandbox("/api/prints")
        return count_both_sides(
            self.institution, self.mailings, *there, kills=self.kills, open_=still
        )

    def _kill_one(self, chance: random.Random) -> None:
        living: dict[str, list[int]] = {}
        for pid, command in living_with(self.home):
            if RUN[:20] in command:
                continue  # the supervisor itself
            for part, (mark, _) in PARTS.items():
                if mark in command:
                    living.setdefault(part, []).append(pid)
                    break
        if not living:
            return
        parts = sorted(living)
        part = chance.choices(parts, [PARTS[one][1] for one in parts])[0]
        try:
            os.kill(chance.choice(sorted(living[part])), signal.SIGKILL)
        except ProcessLookupError:
            return
        self.kills[part] += 1

    def _approve(self, mailing_id: int, letters: int) -> None:
        deadline = time.monotonic() + 180
        while time.monotonic() < deadline:
            with self.institution.reading() as session:
                if session.get_one(Mailing, mailing_id).status is not MailingStatus.REVIEW:
                    return
            try:
                self._post(f"/mailings/{mailing_id}/approve", {"count": str(letters)})
            except (httpx.HTTPError, LookupError):
                time.sleep(0.3)
        raise AssertionError("a mailing could not be approved")

    def _post(self, path: str, data: dict[str, str]) -> None:
        if self._web is None:
            web = httpx.Client(
                base_url=f"http://127.0.0.1:{self.port}", timeout=20, trust_env=False,
                verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), follow_redirects=True,
            )  # fmt: skip
            token = _token(web.get("/account/sign-in").text)
            signed_in = {"csrf_token": token, "email": CLERK, "password": PASSWORD}
            web.post("/account/sign-in", data=signed_in).raise_for_status()
            self._web = web
        token = _token(self._web.get("/account/").text)
        self._web.post(path, data={"csrf_token": token, **data})

    def _on_their_way(self) -> int:
        moving = [DeliveryStatus.WAITING, DeliveryStatus.CLAIMED, DeliveryStatus.ACCEPTED]
        query = sa.select(sa.func.count(Delivery.id)).where(
            Delivery.status.in_(moving),
            sa.or_(
                Delivery.status != DeliveryStatus.ACCEPTED, Delivery.channel.not_in(TOLD_BY_OTHERS)
            ),
        )
        with self.institution.reading() as session:
            return session.scalar(query) or 0

    def _end_pauses(self) -> None:
        """As if each pause were over; by channel, and locked in the order that the site keeps."""
        waits = [DeliveryStatus.WAITING, DeliveryStatus.ACCEPTED]
        for channel in ChannelName:
            with self.institution.transaction() as session:
                hold_state(session, channel).paused_until = None
                if channel is ChannelName.LOCAL_PRINT:
                    continue
                which = sa.and_(Delivery.channel == channel, Delivery.status.in_(waits))
                hold_letters_of(session, which)
                change_rows(session, sa.update(Delivery).where(which).values(due_at=now()))

    def _print_here(self, mailing_id: int) -> None:
        with self.institution.transaction() as session:
            mailing = session.get_one(Mailing, mailing_id)
            waiting = count_to_print(session, mailing)
            if waiting:
                mark_printed(session, OPERATOR, mailing, confirm_count=waiting)

    def _sandbox(self, path: str) -> list[dict[str, Any]]:
        address = json.loads((self.home / "sandbox" / "address.json").read_text())["mailbox"]
        plain = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        for _ in range(60):
            try:
                answer = httpx.get(f"{address}{path}", verify=plain, trust_env=False, timeout=60)
                return list(answer.raise_for_status().json())
            except httpx.HTTPError:
                time.sleep(0.5)
        raise AssertionError("the sandbox does not answer")


def _token(page: str) -> str:
    if not (found := TOKEN.search(page)):
        raise LookupError("no token on the page")
    return found[1]


def _invented_numbers() -> Iterator[str]:
    """Grown-ups whose last digits mean nothing to the sandbox; nobody twice."""
    for serial in range(1100, 4000):
        for month in range(1, 13):
            for day in range(1, 29):
                yield f"{day:02d}{month:02d}60{serial}"

"""Fetching mail, against a bare loop that fetches the same messages and writes files.

The far side is the sandbox over mutual TLS, with messages of 100 kB. The peer lists, downloads,
writes a file, acknowledges and removes, with as many connections; it syncs nothing to the disk,
seals nothing, reads nothing and keeps no rows. Then all of it: fetched by one process while another
files and routes, as the workers of a site do.

Options: --messages=300  --kilobytes=100  --rounds=3
"""

from __future__ import annotations

import multiprocessing
import os
import statistics
import tempfile
import time
import uuid
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import httpx
import pymupdf
import sqlalchemy as sa

from benchmarks.measure import Line, interleaved, number, print_table, ratio_of_rounds, timed
from digitalpost.channels.digital_post_receive import CONNECTIONS
from digitalpost.incoming.due import file_due
from digitalpost.incoming.fetch import fetch_due
from digitalpost.institution import Institution, open_institution
from digitalpost.models import IncomingMessage, IncomingStatus
from digitalpost.settings import Settings
from tests.incoming.fetching.outbox import SchoolPost
from tests.make import make_institution, make_unit
from tests.sandbox_server import RunningSandbox, start_sandbox

PEER = "bare loop"
SPEED_GOAL = 50.0  # messages a second: fetched, stored, filed and routed
_MASTER_KEY = "a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s="
_LONGEST = 600.0


@dataclass
class Bench:
    """A sandbox with mail, and a school that fetches it."""

    sandbox: RunningSandbox
    post: SchoolPost
    home: Path
    environ: dict[str, str]
    institution: Institution
    messages: int
    size: int

    def fill(self) -> None:
        """Put the messages of one round there."""
        self.sandbox.empty()
        for _ in range(self.messages):
            # Base64 makes four bytes of three.
            self.post.put(content=make_pdf(self.size * 3 // 4), filename="a.pdf")

    def run_peer(self) -> float:
        """Seconds of the bare loop."""
        self.fill()
        return timed(self._bare_loop)

    def run_fetch(self) -> float:
        """Seconds until all is stored, acknowledged and removed."""
        self.fill()
        seconds = timed(lambda: self._require(fetch_due(self.institution, at_once=True).stored))
        file_due(self.institution, longest=_LONGEST)
        return seconds

    def run_all(self) -> float:
        """Seconds until all is fetched and filed, in two processes at once."""
        self.fill()
        filer = multiprocessing.get_context("spawn").Process(
            target=keep_filing, args=(self.environ,), daemon=True
        )
        filer.start()
        time.sleep(3)  # it loads its modules: a worker of a site has them
        try:
            return timed(self._fetch_and_wait)
        finally:
            filer.kill()
            filer.join()

    def _fetch_and_wait(self) -> None:
        self._require(fetch_due(self.institution, at_once=True).stored)
        waiting = sa.select(sa.func.count(IncomingMessage.id)).where(
            IncomingMessage.status == IncomingStatus.STORED
        )
        end = time.monotonic() + _LONGEST
        while time.monotonic() < end:
            with self.institution.reading() as session:
                if not session.scalar(waiting):
                    return
            time.sleep(0.05)
        raise RuntimeError("Messages were not filed.")

    def _require(self, stored: Sequence[int]) -> None:
        if len(stored) != self.messages:
            raise RuntimeError(f"Only {len(stored)} of {self.messages} were stored.")

    def _bare_loop(self) -> None:
        folder = self.home / f"bare-{uuid.uuid4().hex}"
        folder.mkdir()
        token = self.sandbox.address["digital_post_token"]
        with (
            httpx.Client(
                base_url=self.sandbox.address["digital_post"],
                verify=self.sandbox.ssl_context(),
                headers={"Authorization": f"Basic {token}"},
                timeout=60,
                trust_env=False,
            ) as client,
            ThreadPoolExecutor(CONNECTIONS) as threads,
        ):

            def take(one: str) -> None:
                answer = client.get(f"/memos/{one}").raise_for_status()
                (folder / f"{one}.xml").write_bytes(answer.content)
                receipt = {
                    "transmissionId": str(uuid.uuid4()),
                    "messageUUID": one,
                    "timeStamp": "2026-11-23T09:20:00Z",
                    "receiptStatus": "COMPLETED",
                }
                client.post(f"/memos/{one}/receipt", json=receipt).raise_for_status()
                client.delete(f"/memos/{one}").raise_for_status()

            while ids := client.get("/memos/", params={"size": 1000}).json()["content"]:
                list(threads.map(take, ids))


def make_pdf(size: int) -> bytes:
    """A letter of about so many bytes: a page of text, and a picture that can't be packed."""
    side = max(1, int((size / 3) ** 0.5))
    noise = pymupdf.Pixmap(pymupdf.csRGB, side, side, os.urandom(side * side * 3), False)
    with pymupdf.open() as document:
        page = document.new_page()
        page.insert_text((72, 72), "Vedrørende optagelse\n\nJeg søger om plads på 2. årgang.")
        page.insert_image(pymupdf.Rect(72, 200, 300, 428), pixmap=noise)
        return bytes(document.tobytes(garbage=3, deflate=True))


def keep_filing(environ: dict[str, str]) -> None:
    """File until killed, as a worker of a site does."""
    institution = open_institution(Settings.from_env(environ))
    while True:
        file_due(institution, longest=5)
        time.sleep(0.02)


def main(arguments: Sequence[str]) -> None:
    """Measures and prints; see the module's first lines for the options."""
    messages, rounds = number(arguments, "--messages", 300), number(arguments, "--rounds", 3)
    size = number(arguments, "--kilobytes", 100) * 1000
    # On the disk itself, not in memory: what is stored must be durable, and that is what it costs.
    with tempfile.TemporaryDirectory(prefix="incoming-bench-") as folder:
        home = Path(folder) / "home"
        home.mkdir()
        environ = {"DIGITALPOST_HOME": str(home), "DIGITALPOST_MASTER_KEY": _MASTER_KEY}
        with start_sandbox(home) as sandbox:
            institution = make_institution(home, DIGITALPOST_MASTER_KEY=_MASTER_KEY)
            make_unit(institution, "Kontoret")
            bench = Bench(sandbox, SchoolPost(sandbox), home, environ, institution, messages, size)
            seconds = interleaved(
                {"fetch": bench.run_fetch, "all": bench.run_all, PEER: bench.run_peer}, rounds
            )
            institution.close()
    speeds = {name: messages / statistics.median(found) for name, found in seconds.items()}
    bare = f"the peer {speeds[PEER]:.0f}"
    lines = [
        Line(
            "fetch and store: time", PEER, ratio_of_rounds(seconds["fetch"], seconds[PEER]), None,
            f"{speeds['fetch']:.0f} messages/s, {bare}",
        ),
        Line(
            "fetch, store, file and route: time", PEER,
            ratio_of_rounds(seconds["all"], seconds[PEER]), None,
            f"{speeds['all']:.0f} messages/s, {bare}",
        ),
        Line(
            "fetch, store, file and route: time", f"{SPEED_GOAL:.0f} messages/s",
            SPEED_GOAL / speeds["all"], 1.0,
        ),
    ]  # fmt: skip
    print_table(f"{messages} messages of {size // 1000} kB come in", lines)

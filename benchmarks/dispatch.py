"""Sending letters, against a bare loop of httpx calls with as many connections and the same bodies.

The far side is the sandbox with 300 ms between a request and its answer. The peer keeps no books:
it claims nothing, settles nothing, logs nothing and files no receipt.

Then stopping 20,000 letters that wait.

Options: --letters=600  --connections=16  --latency=300 (ms)  --rounds=3  --waiting=20000
"""

from __future__ import annotations

import dataclasses
import os
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from sqlalchemy import select

from benchmarks.measure import (
    Line,
    interleaved,
    number,
    print_table,
    ratio_of_rounds,
    timed,
    work_folder,
)
from digitalpost.access import OPERATOR
from digitalpost.channels.registry import ways_out
from digitalpost.deliveries.claim import claim_due, parcel
from digitalpost.deliveries.dispatch import dispatch_due
from digitalpost.identifiers import parse
from digitalpost.institution import Institution, open_institution
from digitalpost.mailings.cancel import cancel
from digitalpost.migrate import upgrade
from digitalpost.models import ChannelName, Delivery, DeliveryStatus, Mailing
from digitalpost.settings import Settings
from tests.inputs.people import make_people
from tests.make import make_settings
from tests.make_mailings import make_approved
from tests.sandbox_server import RunningSandbox, start_sandbox

PEER = "bare httpx loop"
SPEED_GOAL = 50.0  # letters a second with 16 connections and 300 ms
PEER_GOAL = 1 / 0.9
CANCEL_GOAL = 1.0  # seconds
FLAT_GOAL = 1.1
_LETTER = os.urandom(70_000)  # bytes that don't compress, as many as a letter of two pages has


@dataclass
class Bench:
    """A sandbox, an institution that sends there, and what the peer needs to do the same."""

    sandbox: RunningSandbox
    institution: Institution
    channel: ChannelName
    letters: int
    connections: int
    memory: list[float] = dataclasses.field(default_factory=list)

    def run_ours(self) -> float:
        """Seconds until every letter of a new mailing is handed over and settled."""
        people = make_people(self.letters)
        contents = [b"%%PDF %d" % at + _LETTER for at in range(self.letters)]
        make_approved(self.institution, [one.cpr for one in people], contents=contents)
        with _memory_into(self.memory):
            seconds = timed(lambda: dispatch_due(self.institution, self.channel, seconds=300))
        with self.institution.reading() as session:
            waits = select(Delivery.id).where(Delivery.status == DeliveryStatus.WAITING)
            if session.scalar(waits.limit(1)) is not None:
                raise RuntimeError("Letters were left behind.")
        return seconds

    def run_peer(self) -> float:
        """Seconds of the bare calls: the bodies are made beforehand."""
        calls = list(self._calls())

        def call(one: tuple[str, str, bytes]) -> None:
            method, path, body = one
            answer = client.request(
                method, path, content=body, headers={"Content-Type": "application/xml"}
            )
            answer.raise_for_status()

        limits = httpx.Limits(
            max_connections=self.connections, max_keepalive_connections=self.connections
        )
        is_eboks = self.channel is ChannelName.EBOKS
        address = self.sandbox.address["eboks" if is_eboks else "digital_post"]
        headers = {} if is_eboks else {"Authorization": f"Basic {self._token}"}
        with (
            httpx.Client(
                base_url=address,
                verify=self.sandbox.ssl_context(),
                timeout=60,
                limits=limits,
                headers=headers,
                trust_env=False,
            ) as client,
            ThreadPoolExecutor(self.connections) as threads,
        ):
            return timed(lambda: list(threads.map(call, calls)))

    @property
    def _token(self) -> str:
        return self.sandbox.address["digital_post_token"]

    def _calls(self) -> Iterator[tuple[str, str, bytes]]:
        """Method, path and body of each call, as the channel itself would make them."""
        people = make_people(self.letters)
        way = next(one for one in ways_out(self.institution.settings) if one.name is self.channel)
        make_approved(self.institution, [people[0].cpr], contents=[b"%PDF" + _LETTER])
        with self.institution.transaction() as session:
            claimed = claim_due(session, self.channel, owner="bench", limit=1, lease_seconds=600)[0]
            delivery = session.get_one(Delivery, claimed.delivery_id)
            sample = parcel(session, delivery, "bench").outgoing(self.institution.store)
            delivery.status, delivery.due_at = DeliveryStatus.CANCELLED, None
            delivery.lease_owner = delivery.lease_until = None
        for person in people:
            message_id = way.new_message_id()
            body = way.payload(
                dataclasses.replace(
                    sample, message_id=message_id, recipient=parse(person.cpr), name=person.name
                )
            )
            if self.channel is ChannelName.EBOKS:
                yield "PUT", self.sandbox.dispatch_path(message_id), body
            else:
                yield "POST", f"/memos/?memo-message-uuid={message_id}", body


@contextmanager
def _memory_into(seen: list[float]) -> Iterator[None]:
    """Resident megabytes of this process, ten times a second."""
    ended = threading.Event()

    def look() -> None:
        while not ended.wait(0.1):
            pages = int(Path("/proc/self/statm").read_text().split()[1])
            seen.append(pages * os.sysconf("SC_PAGE_SIZE") / 1e6)

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        yield
    finally:
        ended.set()
        watcher.join()


def main(arguments: Sequence[str]) -> None:
    """Measures and prints; see the module's first lines for the options."""
    letters, rounds = number(arguments, "--letters", 600), number(arguments, "--rounds", 3)
    connections = number(arguments, "--connections", 16)
    lines: list[Line] = []
    with work_folder() as folder:
        home = Path(folder)
        latency = number(arguments, "--latency", 300)
        with start_sandbox(home, latency_ms=latency, postprocessing_seconds=0) as sandbox:
            for channel in (ChannelName.EBOKS, ChannelName.DIGITAL_POST):
                institution = _institution(home / channel.value, sandbox, channel, connections)
                bench = Bench(sandbox, institution, channel, letters, connections)
                lines += _measure(bench, rounds)
                institution.close()
        print_table(f"Sending {letters} letters, {connections} connections, {latency} ms", lines)
        waiting = number(arguments, "--waiting", 20_000)
        print_table(f"Stopping {waiting} letters that wait", [_cancel(home / "waiting", waiting)])


def _measure(bench: Bench, rounds: int) -> list[Line]:
    seconds = interleaved({"ours": bench.run_ours, PEER: bench.run_peer}, rounds)
    speed = bench.letters / sorted(seconds["ours"])[len(seconds["ours"]) // 2]
    bare = bench.letters / sorted(seconds[PEER])[len(seconds[PEER]) // 2]
    quarter = len(bench.memory) // 4
    flat = max(bench.memory[-quarter:]) / max(bench.memory[quarter : 2 * quarter])
    what = bench.channel.label
    return [
        Line(
            f"{what}: time", PEER, ratio_of_rounds(seconds["ours"], seconds[PEER]), PEER_GOAL,
            f"{speed:.0f} letters/s, the peer {bare:.0f}",
        ),
        Line(f"{what}: time", f"{SPEED_GOAL:.0f} letters/s", SPEED_GOAL / speed, 1.0),
        Line(
            f"{what}: memory at the end", "in the second quarter", flat, FLAT_GOAL,
            f"{max(bench.memory):.0f} MB",
        ),
    ]  # fmt: skip


def _institution(
    home: Path, sandbox: RunningSandbox, channel: ChannelName, connections: int
) -> Institution:
    home.mkdir()
    (home / "sandbox").symlink_to(sandbox.home)
    settings = make_settings(
        home,
        DIGITALPOST_CHANNELS=channel.value,
        DIGITALPOST_OWN_CVR="99000015",
        EBOKS_CONNECTIONS=str(connections),
        DIGITAL_POST_CONNECTIONS=str(connections),
    )
    return _opened(settings)


def _opened(settings: Settings) -> Institution:
    institution = open_institution(settings)
    upgrade(institution.engine)
    return institution


def _cancel(home: Path, waiting: int) -> Line:
    """Stop a mailing whose letters all wait for their time."""
    home.mkdir()
    settings = make_settings(home, DIGITALPOST_CHANNELS="eboks", EBOKS_URL="https://127.0.0.1:9")
    institution = _opened(settings)
    numbers = [one.cpr for one in make_people(waiting)]
    mailing_id = make_approved(institution, numbers, hold_seconds=3600)

    def stop() -> None:
        with institution.transaction() as session:
            stopped = cancel(session, OPERATOR, session.get_one(Mailing, mailing_id))
            if stopped.stopped != waiting:
                raise RuntimeError(f"Only {stopped.stopped} of {waiting} were stopped.")

    seconds = timed(stop)
    institution.close()
    return Line("cancel", f"{CANCEL_GOAL:.0f} second", seconds / CANCEL_GOAL, 1.0)

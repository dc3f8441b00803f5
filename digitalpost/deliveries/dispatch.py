"""Dispatching: claim what is due, send it side by side with no transaction open, settle.

Callers (jobs) may run this any number of times at once and may be killed at any point.
"""

from __future__ import annotations

import logging
import uuid
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from time import monotonic

from sqlalchemy import select

from digitalpost.channels.base import (
    BulkChannel,
    Channel,
    ChannelUnreachable,
    Outcome,
    OutcomeKind,
)
from digitalpost.channels.registry import calls_at_once, limits_of, open_channel
from digitalpost.db import Session, now
from digitalpost.deliveries import journal
from digitalpost.deliveries.channel_state import pause, state_of
from digitalpost.deliveries.claim import Claimed, claim_due, claim_receipts, renew
from digitalpost.deliveries.hand_over import hand_over
from digitalpost.deliveries.late import give_up_late
from digitalpost.deliveries.marks import (
    DatabaseIsOld,
    read_mark,
    stop_for_old_database,
    write_mark,
)
from digitalpost.deliveries.settle import Answer, settle, store_receipt
from digitalpost.errors import Refused, Sentence
from digitalpost.institution import Institution
from digitalpost.models import ChannelName, Delivery, DeliveryStatus

log = logging.getLogger(__name__)

_SENT_BEFORE = Outcome(OutcomeKind.FIX_LETTER, journal.SENT_BEFORE)
BATCH_PER_CONNECTION = 2  # letters claimed at a time, for each connection
_IN_FLIGHT = 3  # such batches under way
RECEIPT_BATCH = 200


def dispatch_due(
    institution: Institution,
    channel_name: ChannelName,
    *,
    seconds: float = 50.0,
    open_with: Callable[..., Channel] = open_channel,
) -> int:
    """Send what is due through one channel, for about ``seconds``. Returns how many were sent."""
    settings = institution.settings
    connections, _ = calls_at_once(settings, channel_name)
    give_up_late(institution, channel_name)
    channel = _open(institution, channel_name, open_with)
    if channel is None:
        return 0
    end = monotonic() + seconds
    sent = 0
    flights: deque[_Flight] = deque()  # oldest first
    is_full = True  # there may be more than was claimed last
    try:
        with ThreadPoolExecutor(connections, thread_name_prefix=channel_name.value) as threads:
            while True:
                # While the answers of one are written down, the letters of the others are sent.
                while is_full and len(flights) < _IN_FLIGHT and monotonic() < end:
                    flight = _take_off(institution, channel, threads, connections)
                    is_full = flight.claimed >= connections * BATCH_PER_CONNECTION
                    if flight.claimed:
                        flights.append(flight)
                if not flights:
                    return sent
                landed = flights.popleft()
                answers = _gather(institution, [landed, *flights])
                answers += [Answer(one, _SENT_BEFORE) for one in landed.before]
                with institution.transaction() as session:
                    sent += settle(session, landed.owner, answers, channel)
                    journal.forget(session, landed.before.values())
                is_full = True
    finally:
        channel.close()


@dataclass(frozen=True)
class _Flight:
    """Deliveries that were claimed together, on their way."""

    owner: str
    claimed: int
    futures: list[Future[list[Answer]]]
    before: dict[str, bytes]  # those that went out before a restore, and so stay here


def _take_off(
    institution: Institution, channel: Channel, threads: ThreadPoolExecutor, connections: int
) -> _Flight:
    owner = uuid.uuid4().hex
    at_once = channel.at_once if isinstance(channel, BulkChannel) else 1
    claimed, before = _claim(institution, channel.name, owner, connections * at_once)
    going = [one for one in claimed if one.message_id not in before]
    futures = [
        threads.submit(hand_over, institution, channel, going[start : start + at_once])
        for start in range(0, len(going), at_once)
    ]
    return _Flight(owner, len(claimed), futures, before)


def _claim(
    institution: Institution, name: ChannelName, owner: str, connections: int
) -> tuple[list[Claimed], dict[str, bytes]]:
    """Claim what is due, and write down outside the database that we did.

    Also says which of it went out before a restore (`journal.sent_before`).
    """
    mark = read_mark(institution.store, name)
    try:
        with institution.transaction() as session:
            claimed = claim_due(
                session,
                name,
                owner=owner,
                limit=connections * BATCH_PER_CONNECTION,
                lease_seconds=institution.settings.lease_seconds,
                limits=limits_of(institution.settings, name),
                mark=mark,
            )
            claims = state_of(session, name).claims
            before = journal.sent_before(session, claimed)
    except DatabaseIsOld:
        log.error("The database is older than what was sent through %s", name.value)
        stop_for_old_database(institution)
        return [], {}
    if claimed:
        prints = [journal.fingerprint(institution.vault, one) for one in claimed]
        going = [one for one in prints if one is not None]
        journal.write_note(institution.store, name, claims, going)
        write_mark(institution.store, name, claims, now())
    return claimed, before


def poll_receipts(
    institution: Institution,
    channel_name: ChannelName,
    *,
    open_with: Callable[..., Channel] = open_channel,
) -> int:
    """Ask what became of accepted letters whose time it is. Returns how many were asked about."""
    settings = institution.settings
    channel = _open(institution, channel_name, open_with)
    if channel is None:
        return 0
    asked = 0
    _, timeout = calls_at_once(settings, channel_name)
    try:
        while True:
            owner = uuid.uuid4().hex
            with institution.transaction() as session:
                sent = claim_receipts(
                    session,
                    channel_name,
                    owner=owner,
                    limit=RECEIPT_BATCH,
                    lease_seconds=settings.lease_seconds + int(timeout) * 4,
                )
            if not sent:
                return asked
            answers = _ask(institution, channel, sent)
            with institution.transaction() as session:
                asked += settle(session, owner, answers, channel)
                given_up = _given_up(session, sent)
            stored = {one.message_id for one in answers if one.stored is not None}
            channel.forget(sorted(stored | given_up))
    finally:
        channel.close()


def _given_up(session: Session, message_ids: Iterable[str]) -> set[str]:
    """Which of these nobody waits for any more: a person sends them another way."""
    failed = select(Delivery.message_id).where(
        Delivery.message_id.in_(message_ids), Delivery.status == DeliveryStatus.FAILED
    )
    return set(session.scalars(failed))


def _open(
    institution: Institution, name: ChannelName, open_with: Callable[..., Channel]
) -> Channel | None:
    """The channel; None after pausing it when it can't be opened: a certificate that is away."""
    try:
        return open_with(institution.settings, name)
    except (OSError, ValueError, Refused) as error:
        # ssl.SSLError is an OSError; httpx raises ValueError for an address that makes no sense.
        why = (
            error.sentences[0]
            if isinstance(error, Refused)
            else Sentence(
                "Forbindelsen til %(channel)s kan ikke åbnes. Brevene venter. En administrator "
                "skal se på certifikat og nøgle.",
                {"channel": name.label},
            )
        )
        with institution.transaction() as session:
            pause(session, name, why, now())
        return None


def _gather(institution: Institution, flights: Sequence[_Flight]) -> list[Answer]:
    """Wait for every answer to the first, and keep all claims alive while the far side is slow."""
    lease_seconds = institution.settings.lease_seconds
    waiting = set(flights[0].futures)
    while waiting:
        _, waiting = wait(waiting, timeout=lease_seconds / 6)
        if waiting:
            with institution.transaction() as session:
                for flight in flights:
                    renew(session, flight.owner, lease_seconds=lease_seconds)
    return [answer for future in flights[0].futures for answer in future.result()]


def _ask(institution: Institution, channel: Channel, sent: dict[str, str]) -> list[Answer]:
    try:
        outcomes = dict(channel.poll(list(sent)))
    except ChannelUnreachable:
        outcomes = {}
    return [
        store_receipt(
            institution.store,
            message_id,
            outcome,
            channel=channel.name.value,
            content_sha256=sha256,
        )
        if outcome.kind is not OutcomeKind.ACCEPTED
        else Answer(message_id, outcome)
        for message_id, sha256 in sent.items()
        for outcome in [outcomes.get(message_id, Outcome(OutcomeKind.UNKNOWN))]
    ]

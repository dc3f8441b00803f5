"""Dispatching: claim what is due, send it side by side with no transaction open, settle.

Callers (jobs) may run this any number of times at once and may be killed at any point.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from time import monotonic

from digitalpost.channels.base import Channel, ChannelUnreachable, Outcome, OutcomeKind
from digitalpost.channels.registry import open_channel
from digitalpost.deliveries.claim import Claimed, claim_due, claim_receipts, renew
from digitalpost.deliveries.settle import Answer, settle, store_receipt
from digitalpost.errors import Damaged, Sentence
from digitalpost.institution import Institution
from digitalpost.models import ChannelName

BATCH_PER_CONNECTION = 4  # letters claimed at a time, for each connection
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
    connections = settings.eboks.connections
    channel = open_with(settings, channel_name)
    end = monotonic() + seconds
    sent = 0
    try:
        with ThreadPoolExecutor(connections, thread_name_prefix=channel_name.value) as threads:
            while monotonic() < end:
                owner = uuid.uuid4().hex
                with institution.transaction() as session:
                    claimed = claim_due(
                        session,
                        channel_name,
                        owner=owner,
                        limit=connections * BATCH_PER_CONNECTION,
                        lease_seconds=settings.lease_seconds,
                    )
                if not claimed:
                    break
                futures = [threads.submit(_send_one, institution, channel, one) for one in claimed]
                answers = _gather(institution, owner, futures)
                with institution.transaction() as session:
                    sent += settle(session, owner, answers, channel)
    finally:
        channel.close()
    return sent


def poll_receipts(
    institution: Institution,
    channel_name: ChannelName,
    *,
    open_with: Callable[..., Channel] = open_channel,
) -> int:
    """Ask what became of accepted letters whose time it is. Returns how many were asked about."""
    settings = institution.settings
    channel = open_with(settings, channel_name)
    asked = 0
    try:
        while True:
            owner = uuid.uuid4().hex
            with institution.transaction() as session:
                message_ids = claim_receipts(
                    session,
                    channel_name,
                    owner=owner,
                    limit=RECEIPT_BATCH,
                    lease_seconds=settings.lease_seconds + int(settings.eboks.timeout) * 4,
                )
            if not message_ids:
                return asked
            answers = _ask(institution, channel, message_ids)
            with institution.transaction() as session:
                asked += settle(session, owner, answers, channel)
    finally:
        channel.close()


def _send_one(institution: Institution, channel: Channel, claimed: Claimed) -> Answer:
    try:
        outgoing = claimed.outgoing(institution.store)
    except Damaged:
        # Not the channel's answer but ours: these bytes are not the ones that were approved.
        broken = Sentence(
            "Brevets fil er beskadiget i lageret og er ikke sendt. Kontakt en administrator."
        )
        return Answer(claimed.message_id, Outcome(OutcomeKind.FIX_LETTER, broken))
    outcome = channel.send(outgoing)
    return store_receipt(
        institution.store,
        claimed.message_id,
        outcome,
        channel=channel.name.value,
        content_sha256=claimed.sha256,
    )


def _gather(institution: Institution, owner: str, futures: list[Future[Answer]]) -> list[Answer]:
    """Wait for every answer, and keep the claim alive while the far side is slow."""
    lease_seconds = institution.settings.lease_seconds
    waiting = set(futures)
    while waiting:
        _, waiting = wait(waiting, timeout=lease_seconds / 3)
        if waiting:
            with institution.transaction() as session:
                renew(session, owner, lease_seconds=lease_seconds)
    return [future.result() for future in futures]


def _ask(institution: Institution, channel: Channel, message_ids: list[str]) -> list[Answer]:
    try:
        outcomes = dict(channel.poll(message_ids))
    except ChannelUnreachable:
        outcomes = {}
    return [
        store_receipt(
            institution.store,
            message_id,
            outcome,
            channel=channel.name.value,
        )
        if outcome.kind is not OutcomeKind.ACCEPTED
        else Answer(message_id, outcome)
        for message_id in message_ids
        for outcome in [outcomes.get(message_id, Outcome(OutcomeKind.UNKNOWN))]
    ]

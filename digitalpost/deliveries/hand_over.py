"""Handing claimed letters to a channel: read, sent, the answer's receipt stored. No transaction."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence

from digitalpost.channels.base import BulkChannel, Channel, Outcome, OutcomeKind, Outgoing
from digitalpost.deliveries.claim import Claimed
from digitalpost.deliveries.settle import Answer, store_receipt
from digitalpost.errors import Damaged, Sentence
from digitalpost.institution import Institution

log = logging.getLogger(__name__)

_OWN_TROUBLE = Outcome(
    OutcomeKind.RETRY,
    Sentence("Der gik noget galt hos os under afsendelsen. Vi prøver igen af os selv."),
    is_ours=True,
)
_DAMAGED = Outcome(
    OutcomeKind.FIX_LETTER,
    Sentence("Brevets fil er beskadiget i lageret og er ikke sendt. Kontakt en administrator."),
)


def hand_over(
    institution: Institution, channel: Channel, claimed: Sequence[Claimed]
) -> list[Answer]:
    """Send these in one call, or the only one by itself. An answer for each; never raises."""
    answers: dict[str, Answer] = {}

    def readable() -> Iterator[Outgoing]:
        for one in claimed:
            try:
                yield one.outgoing(institution.store)
            except Damaged:
                # Not the channel's answer but ours: these are not the bytes that were approved.
                answers[one.message_id] = Answer(one.message_id, _DAMAGED)

    try:
        if len(claimed) > 1 and isinstance(channel, BulkChannel):
            outcomes = channel.send_many(readable())
        else:
            outcomes = {letter.message_id: channel.send(letter) for letter in readable()}
    except Exception as error:
        # Not tried again here: what did go out would be met as an id that was used before its
        # first attempt. Only the kind is logged: the text may hold what is in the letter.
        ids = [one.delivery_id for one in claimed]
        log.error("Sending deliveries %s failed: %s", ids, type(error).__name__)
        outcomes = {}
    for one in claimed:
        if one.message_id not in answers:
            answers[one.message_id] = _answer(institution, channel, one, outcomes)
    return list(answers.values())


def _answer(
    institution: Institution, channel: Channel, claimed: Claimed, outcomes: Mapping[str, Outcome]
) -> Answer:
    outcome = outcomes.get(claimed.message_id)
    if outcome is None:
        return Answer(claimed.message_id, _OWN_TROUBLE)
    return store_receipt(
        institution.store,
        claimed.message_id,
        outcome,
        channel=channel.name.value,
        content_sha256=claimed.sha256,
    )

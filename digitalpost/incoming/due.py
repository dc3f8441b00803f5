"""Filing what is stored: message by message, tried again when it fails, given up to a person.

A message that is filed twice at once, or whose filing dies, is held by a lease; how often it was
begun is counted, so that one that kills whoever reads it is not tried for ever.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from time import monotonic

from sqlalchemy import select, update

from digitalpost.db import change_rows, now
from digitalpost.errors import Refused, Sentence
from digitalpost.incoming.filing import file_message
from digitalpost.incoming.store import mark_unreadable
from digitalpost.incoming.when import filing_due
from digitalpost.institution import Institution
from digitalpost.models import IncomingMessage, IncomingStatus
from digitalpost.pdf.pool import Workers
from digitalpost.signing.child import LIMITS

log = logging.getLogger(__name__)

MOST_TRIES = 6
FIRST_WAIT = timedelta(seconds=10)  # then twice as long each time
LONGEST = 240.0  # seconds of one round; the clock asks again
_LEASES = 4  # of the ordinary length: the largest message and its virus scan take a while
_AT_ONCE = 10  # messages that are claimed together
PUT_OFF = timedelta(minutes=1)  # after a fault that is not the message's
_GIVEN_UP = Sentence("Meddelelsen kunne ikke lægges på en sag, selv om den er prøvet flere gange.")


@dataclass
class Filed:
    """What came of one round."""

    letters: list[int]  # ids of the letters that were made
    failed: int = 0  # tried again later, or given up


def file_due(institution: Institution, *, longest: float = LONGEST) -> Filed:
    """File every message that is due, oldest first, for a while."""
    end = monotonic() + longest
    filed = Filed([])
    with Workers(1, limits=LIMITS) as workers:
        while monotonic() < end and (ids := _next(institution)):
            owner = uuid.uuid4().hex
            for message_id, tries in _claim(institution, ids, owner).items():
                _file_one(institution, message_id, tries, owner, filed, workers)
    return filed


def _next(institution: Institution) -> list[int]:
    """The messages to be claimed together: several that are new, else one that has failed before.

    One that kills whoever files it so takes its neighbours along only once.
    """
    due = (
        select(IncomingMessage.id, IncomingMessage.tries)
        .where(filing_due(now()))
        .order_by(IncomingMessage.id)
        .limit(_AT_ONCE)
    )
    with institution.reading() as session:
        found = session.execute(due).all()
    return [row.id for row in found if not row.tries] or [row.id for row in found[:1]]


def _claim(institution: Institution, ids: Sequence[int], owner: str) -> dict[int, int]:
    """How often each was begun, with this time; those that somebody else has are left out."""
    at = now()
    held_for = timedelta(seconds=institution.settings.lease_seconds * _LEASES)
    with institution.transaction() as session:
        change_rows(
            session,
            update(IncomingMessage)
            .where(IncomingMessage.id.in_(ids), filing_due(at))
            .values(lease_owner=owner, lease_until=at + held_for, tries=IncomingMessage.tries + 1),
        )
        ours = select(IncomingMessage.id, IncomingMessage.tries).where(
            IncomingMessage.lease_owner == owner, IncomingMessage.id.in_(ids)
        )
        rows = session.execute(ours.order_by(IncomingMessage.id)).all()
    return {row.id: row.tries for row in rows}


def _file_one(
    institution: Institution,
    message_id: int,
    tries: int,
    owner: str,
    filed: Filed,
    workers: Workers,
) -> None:
    try:
        if tries <= MOST_TRIES:
            letter_id = file_message(institution, message_id, workers)
            if letter_id is not None:
                filed.letters.append(letter_id)
                return
    except Refused as refused:
        # Something in our own house, as a virus scanner that does not answer: not the message's
        # fault, so it is not given up for it. An alarm tells of what is not filed.
        log.warning("Message %d waits: %s", message_id, refused.sentences[0].text)
        _put_off(institution, message_id, owner)
        filed.failed += 1
        return
    except Exception as error:  # one message must not hold up the others
        # Only the kind: the text may quote the letter.
        log.error("Message %d could not be filed: %s", message_id, type(error).__name__)
    filed.failed += 1
    _settle_failure(institution, message_id, owner, tries)


def _put_off(institution: Institution, message_id: int, owner: str) -> None:
    with institution.transaction() as session:
        message = session.get_one(IncomingMessage, message_id, with_for_update=True)
        if message.lease_owner == owner:
            message.due_at, message.tries = now() + PUT_OFF, 1
            message.lease_owner = message.lease_until = None


def _settle_failure(institution: Institution, message_id: int, owner: str, tries: int) -> None:
    """Set the next time, or leave it to a person. What filing itself has said stays as it is."""
    with institution.transaction() as session:
        message = session.get_one(IncomingMessage, message_id, with_for_update=True)
        if message.status is not IncomingStatus.STORED or message.lease_owner != owner:
            return
        if tries >= MOST_TRIES:
            mark_unreadable(session, message, _GIVEN_UP)
            return
        message.due_at = now() + FIRST_WAIT * 2 ** (tries - 1)
        message.lease_owner = message.lease_until = None

"""Filing what is stored: message by message, tried again when it fails, given up to a person.

A message that is filed twice at once, or whose filing dies, is held by a lease; how often it was
begun is counted, so that one that kills whoever reads it is not tried for ever.
"""

from __future__ import annotations

import logging
import uuid
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

log = logging.getLogger(__name__)

MOST_TRIES = 6
FIRST_WAIT = timedelta(seconds=10)  # then twice as long each time
LONGEST = 240.0  # seconds of one round; the clock asks again
_LEASES = 4  # of the ordinary length: the largest message and its virus scan take a while
_AT_ONCE = 50  # ids that are looked up together
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
    while monotonic() < end:
        due = select(IncomingMessage.id).where(filing_due(now())).order_by(IncomingMessage.id)
        with institution.reading() as session:
            ids = session.scalars(due.limit(_AT_ONCE)).all()
        if not ids:
            break
        for message_id in ids:
            if monotonic() > end:
                break
            _file_one(institution, message_id, filed)
    return filed


def _file_one(institution: Institution, message_id: int, filed: Filed) -> None:
    owner = uuid.uuid4().hex
    tries = _claim(institution, message_id, owner)
    if tries is None:
        return
    why: Sentence | None = None
    try:
        if tries <= MOST_TRIES:
            letter_id = file_message(institution, message_id)
            if letter_id is not None:
                filed.letters.append(letter_id)
                return
    except Refused as refused:
        why = refused.sentences[0]
    except Exception as error:  # one message must not hold up the others
        # Only the kind: the text may quote the letter.
        log.error("Message %d could not be filed: %s", message_id, type(error).__name__)
    filed.failed += 1
    _settle_failure(institution, message_id, owner, tries, why)


def _claim(institution: Institution, message_id: int, owner: str) -> int | None:
    """How often it was begun, with this time; None when somebody else has it."""
    at = now()
    held_for = timedelta(seconds=institution.settings.lease_seconds * _LEASES)
    with institution.transaction() as session:
        changed = change_rows(
            session,
            update(IncomingMessage)
            .where(IncomingMessage.id == message_id, filing_due(at))
            .values(lease_owner=owner, lease_until=at + held_for, tries=IncomingMessage.tries + 1),
        )
        return session.get_one(IncomingMessage, message_id).tries if changed else None


def _settle_failure(
    institution: Institution, message_id: int, owner: str, tries: int, why: Sentence | None
) -> None:
    """Set the next time, or leave it to a person. What filing itself has said stays as it is."""
    with institution.transaction() as session:
        message = session.get_one(IncomingMessage, message_id, with_for_update=True)
        if message.status is not IncomingStatus.STORED or message.lease_owner != owner:
            return
        if tries >= MOST_TRIES:
            mark_unreadable(session, message, why or _GIVEN_UP)
            return
        message.due_at = now() + FIRST_WAIT * 2 ** (tries - 1)
        message.lease_owner = message.lease_until = None

"""What waits for one person: letters to act on, mailings to review, to stop, and on their way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import selectinload

from digitalpost.access import Actor
from digitalpost.db import Session, now
from digitalpost.models import (
    ChannelName,
    ChannelState,
    Letter,
    LetterStatus,
    Mailing,
    MailingStatus,
    SigningTask,
)
from digitalpost.paging import Count, Page, capped_count, page
from digitalpost.signing.tasks import missing_of

SHOWN = 8  # rows of each kind on the front page
PAGE_SIZE = 30


@dataclass(frozen=True)
class Waiting:
    """The front page of one person. Each list is the newest `SHOWN`, beside it the count."""

    letters: Sequence[Letter]
    letter_count: Count
    to_review: Sequence[Mailing]
    stoppable: Sequence[Mailing]
    running: Sequence[Mailing]
    unsigned: Sequence[SigningTask]
    unsigned_count: Count

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to do and nothing under way."""
        return not (
            self.letters or self.to_review or self.stoppable or self.running or self.unsigned
        )


@dataclass(frozen=True)
class Line:
    """One way out and whether it works."""

    channel: ChannelName
    is_open: bool
    state: ChannelState | None


def waiting_for(session: Session, actor: Actor) -> Waiting:
    """What the actor owns that needs them, and what of theirs is under way."""
    to_act_on = (
        select(Letter)
        .where(Letter.status == LetterStatus.ACTION, Letter.owner_id == actor.user_id)
        .order_by(Letter.id.desc())
    )
    unsigned = missing_of(actor)
    return Waiting(
        letters=session.scalars(to_act_on.limit(SHOWN)).all(),
        letter_count=capped_count(session, to_act_on),
        to_review=_mailings(session, actor, MailingStatus.REVIEW),
        stoppable=_mailings(session, actor, MailingStatus.HOLDING),
        running=_mailings(session, actor, MailingStatus.PREPARING, MailingStatus.SENDING),
        unsigned=session.scalars(unsigned.order_by(SigningTask.id).limit(SHOWN)).all(),
        unsigned_count=capped_count(session, unsigned),
    )


def lines(session: Session) -> list[Line]:
    """Every channel and whether letters come through it now."""
    at = now()
    found = []
    for channel in ChannelName:
        state = session.get(ChannelState, channel)
        paused = state is not None and state.paused_until is not None and state.paused_until > at
        tried = state is not None and (state.paused_since or state.slow_since) is not None
        found.append(Line(channel, not paused and not tried, state))
    return found


def mailings_page(
    session: Session,
    *,
    owner_id: int | None = None,
    status: MailingStatus | None = None,
    after: str | None = None,
    before: str | None = None,
) -> Page[Mailing]:
    """Mailings, newest first; those of one owner or in one status when asked for."""
    statement: Select[Any] = select(Mailing).options(
        selectinload(Mailing.owner), selectinload(Mailing.case_type)
    )
    if owner_id is not None:
        statement = statement.where(Mailing.owner_id == owner_id)
    if status is not None:
        statement = statement.where(Mailing.status == status)
    return page(
        session, statement, order=[(Mailing.id, True)], after=after, before=before, size=PAGE_SIZE
    )


def action_counts(session: Session, mailings: Sequence[Mailing]) -> dict[int, int]:
    """How many letters of each mailing need a person, by mailing id."""
    rows = session.execute(
        select(Letter.mailing_id, func.count())
        .where(
            Letter.mailing_id.in_([mailing.id for mailing in mailings]),
            Letter.status == LetterStatus.ACTION,
        )
        .group_by(Letter.mailing_id)
    )
    return {mailing_id: count for mailing_id, count in rows if mailing_id is not None}


def _mailings(session: Session, actor: Actor, *statuses: MailingStatus) -> Sequence[Mailing]:
    return session.scalars(
        select(Mailing)
        .where(Mailing.status.in_(statuses), Mailing.owner_id == actor.user_id)
        .order_by(Mailing.id.desc())
        .limit(SHOWN)
        .options(selectinload(Mailing.owner))
    ).all()

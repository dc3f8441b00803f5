"""Approving a mailing: letters are filed, deliveries get their message ids, the hold begins."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import selectinload

from digitalpost import events
from digitalpost.access import Actor, require
from digitalpost.archive.filing import file_letters
from digitalpost.channels.base import Channel
from digitalpost.db import Session, change_rows, now
from digitalpost.errors import Refused, Sentence
from digitalpost.events import EventKind
from digitalpost.mailings.attachments import unsettled
from digitalpost.mailings.books import sendable
from digitalpost.mailings.compare import DOUBTFUL_PERCENT, doubtful
from digitalpost.mailings.options import options_of, wrong_in
from digitalpost.models import (
    Delivery,
    Letter,
    LetterStatus,
    LetterWay,
    Mailing,
    MailingStatus,
    Verdict,
)
from digitalpost.registers.recipients import number_of

ACTION_DAYS = 5  # a letter that needs a person is asked about again after so many days


def approve(
    session: Session,
    actor: Actor,
    mailing: Mailing,
    *,
    confirm_count: int,
    channel: Channel,
    hold_seconds: int,
    give_up_hours: int,
    doubtful_percent: int = DOUBTFUL_PERCENT,
) -> None:
    """Approve every letter that can be sent; ``confirm_count`` is the number the clerk typed.

    The hold of ``hold_seconds`` begins. Letters that can't be sent get *Kræver handling*. Safe
    against a second click and a second clerk: the change of status is one conditional update, and
    the one who comes late gets a `Refused` that says who approved. Refused while mended letters are
    being made again, and without `mailing.approve_doubtful` when very many letters can't be sent
    (`compare.doubtful`). Nothing is sent here.
    """
    require(actor, "mailing.approve", mailing)
    approved_at = now()
    _become_approved(session, actor, mailing)
    if mailing.mended_at is not None:
        raise Refused("Rettede breve bliver lavet igen lige nu. Vent et øjeblik, og prøv så igen.")
    too_late = wrong_in(options_of(mailing), approved_at)
    if too_late:  # the mailing lay here while the days went by
        raise Refused(too_late)
    if reasons := unsettled(session, mailing):
        raise Refused(reasons)
    doubt = doubtful(session, mailing, percent=doubtful_percent)
    if doubt is not None and not actor.may("mailing.approve_doubtful"):
        raise Refused([doubt])
    letters = session.scalars(
        sendable(mailing.id)
        .order_by(Letter.position)
        .options(selectinload(Letter.recipient), selectinload(Letter.document))
    ).all()
    _check(session, letters, confirm_count, channel)

    hold_until = approved_at + timedelta(seconds=hold_seconds)
    file_letters(session, actor, letters, mailing.case_type)
    for letter in letters:
        letter.status = LetterStatus.WAITING
        letter.due_at = hold_until
        give_up_at = hold_until + timedelta(hours=give_up_hours)
        session.add(_delivery(letter, channel, approved_at, give_up_at))
    held_back = _set_aside_the_rest(session, mailing)
    mailing.approved_at = approved_at
    mailing.approved_by_id = actor.user_id
    mailing.hold_until = hold_until
    events.record(
        session,
        actor,
        EventKind.MAILING_APPROVED,
        mailing,
        data={"letters": len(letters), "held_back": held_back, "hold_seconds": hold_seconds},
    )


def _delivery(
    letter: Letter, channel: Channel, approved_at: datetime, give_up_at: datetime
) -> Delivery:
    """One way to the letter's recipient; the message id is made here, once for all attempts."""
    return Delivery(
        letter_id=letter.id,
        mailing_id=letter.mailing_id,
        unit_id=letter.unit_id,
        recipient_id=letter.recipient_id,
        document_id=letter.document_id,
        channel=channel.name,
        message_id=channel.new_message_id(),
        due_at=letter.due_at,
        give_up_at=give_up_at,
        created_at=approved_at,
    )


def _become_approved(session: Session, actor: Actor, mailing: Mailing) -> None:
    """The one step that only one of several can win."""
    won = change_rows(
        session,
        update(Mailing)
        .where(Mailing.id == mailing.id, Mailing.status == MailingStatus.REVIEW)
        .values(status=MailingStatus.HOLDING),
    )
    session.refresh(mailing)
    if won:
        return
    if mailing.approved_at is not None:
        who = mailing.approved_by.name if mailing.approved_by else "en operatør"
        raise Refused("Forsendelsen er allerede godkendt af %(who)s.", who=who)
    raise Refused(
        "Forsendelsen kan ikke godkendes nu. Den står som «%(status)s».",
        status=mailing.status.label,
    )


def _check(
    session: Session, letters: Sequence[Letter], confirm_count: int, channel: Channel
) -> None:
    if not letters:
        raise Refused("Der er ingen breve, der kan sendes. Se på dem, der kræver handling.")
    if len(letters) != confirm_count:
        raise Refused(
            "Der er %(letters)s breve at sende, men du skrev %(typed)s. Ingen breve er godkendt.",
            letters=len(letters),
            typed=confirm_count,
        )
    problems: list[Sentence] = []
    for letter in letters:
        assert letter.recipient is not None and letter.document is not None
        why = channel.refuses(
            recipient=number_of(session.vault, letter.recipient), size=letter.document.size
        )
        if why is not None:
            problems.append(
                Sentence(
                    "Brev %(letter)s: %(why)s",
                    {"letter": letter.position, "why": why},
                    page=letter.pages[0] if letter.pages else None,
                )
            )
    if problems:
        raise Refused(problems)


def _set_aside_the_rest(session: Session, mailing: Mailing) -> int:
    """Drafts that can't be sent become tasks for the owner: nothing waits without a name."""
    rest = session.scalars(
        select(Letter).where(Letter.mailing_id == mailing.id, Letter.status == LetterStatus.DRAFT)
    ).all()
    for letter in rest:
        letter.status = LetterStatus.ACTION
        is_held = letter.way is LetterWay.HOLD and letter.verdict is not Verdict.RED
        letter.status_reason = (
            Sentence("Brevet blev holdt tilbage, da forsendelsen blev godkendt.").as_json()
            if is_held
            else next(iter(letter.reasons), None)
            or Sentence("Brevet kunne ikke sendes sammen med resten.").as_json()
        )
        letter.due_at = now() + timedelta(days=ACTION_DAYS)
    return len(rest)

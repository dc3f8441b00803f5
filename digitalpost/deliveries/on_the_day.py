"""A postponed mailing on its day: everybody is looked at again before anything of it is sent.

Approval was days or weeks ago. The registers are asked anew with no transaction open; then the
letters whose recipient may no longer be written to like that become tasks for their owner, and the
others go. Until that is done nothing of the mailing can be claimed (claim.may_be_claimed).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, select, update
from sqlalchemy.orm import selectinload

from digitalpost import events
from digitalpost.access import SYSTEM, actor_of
from digitalpost.channels.base import Outcome, OutcomeKind
from digitalpost.db import Session, change_rows, now
from digitalpost.deliveries.settle import close_mailing, finish
from digitalpost.deliveries.standing import hold_deliveries, hold_mailings, restate
from digitalpost.errors import Damaged, Sentence
from digitalpost.events import EventKind
from digitalpost.identifiers import IdentifierKind, age, birth_date
from digitalpost.institution import Institution
from digitalpost.models import (
    AgeRule,
    ChannelName,
    CopyDecision,
    Delivery,
    DeliveryStatus,
    GuardianSuggestion,
    Letter,
    Mailbox,
    MailboxStatus,
    Mailing,
    MailingStatus,
    RegisterName,
)
from digitalpost.registers.copies import suggest_guardians
from digitalpost.registers.guardians import OF_AGE, OWN_MAILBOX_AGE, danish_date, rule_at
from digitalpost.registers.mailboxes import Round, refresh_mailbox_status
from digitalpost.registers.recipients import number_of
from digitalpost.registers.state import is_set_up

_HELD = timedelta(minutes=5)  # while one worker asks; a worker that died is replaced after so long
_PAUSE = timedelta(minutes=1)
_PAUSE_MOST = timedelta(minutes=15)
_BATCH = 500
_DIGITAL = (ChannelName.EBOKS, ChannelName.DIGITAL_POST, ChannelName.SF1601)

_DEAD = Sentence(
    "Modtageren er registreret som død eller ophørt, siden forsendelsen blev godkendt. Brevet er "
    "ikke sendt."
)
_EXEMPT = Sentence(
    "Modtageren er blevet fritaget for digital post, siden forsendelsen blev godkendt. Send "
    "brevet på papir."
)
_GONE = Sentence(
    "Modtageren har ikke længere en digital postkasse. Send brevet på papir, eller find ud af, "
    "hvorfor."
)
_CUSTODY = Sentence(
    "CPR oplyser noget andet om forældremyndigheden end dengang, forsendelsen blev godkendt. Find "
    "ud af, hvem der skal have brevet."
)
_SILENT = Sentence(
    "Modtagerne kunne ikke tjekkes på dagen, for registrene svarede ikke. Brevet er ikke sendt. "
    "Se, om det stadig skal sendes."
)


@dataclass(frozen=True)
class Rechecked:
    """What came of it, in letters."""

    letters: int
    stopped: int


def recheck_due_at(
    send_at: datetime | None, approved_at: datetime, hold: timedelta
) -> datetime | None:
    """When a mailing is looked at again; None unless it waits for longer than its hold."""
    return send_at if send_at is not None and send_at > approved_at + hold else None


def rechecks_due(at: datetime) -> ColumnElement[bool]:
    """The postponed mailings whose time has come."""
    return and_(Mailing.status == MailingStatus.HOLDING, Mailing.recheck_due_at <= at)


def recheck_on_the_day(institution: Institution, mailing_id: int) -> Rechecked | None:
    """Ask about everybody whom the mailing still goes to, stop what must be, let go of the rest.

    None when it is not due, somebody is at it, or a register did not answer: that is tried again,
    and when it has been silent for as long as a letter may wait, all letters become tasks. May run
    any number of times at once and be killed anywhere.
    """
    taken = _take(institution, mailing_id)
    if taken is None:
        return None
    until, since = taken
    rounds = _ask(institution, mailing_id, since)
    is_complete = all(one.is_complete for one in rounds)
    at = now()
    waited = at - since
    if not is_complete and waited < timedelta(hours=institution.settings.give_up_hours):
        pause = min(max(_PAUSE, waited / 4), _PAUSE_MOST)
        with institution.transaction() as session:
            _set_due(session, mailing_id, until, at + pause)
        return None
    with institution.transaction() as session:
        return _judge(session, mailing_id, is_complete=is_complete, at=at)


def _take(institution: Institution, mailing_id: int) -> tuple[datetime, datetime] | None:
    """Claim the work; until when, and since when it is due."""
    at = now()
    until = at + _HELD
    with institution.transaction() as session:
        taken = change_rows(
            session,
            update(Mailing)
            .where(Mailing.id == mailing_id, rechecks_due(at))
            .values(recheck_due_at=until),
        )
        mailing = session.get(Mailing, mailing_id)
        since = mailing.hold_until if mailing is not None else None
    return (until, since or at) if taken else None


def _set_due(session: Session, mailing_id: int, until: datetime, due_at: datetime) -> None:
    change_rows(
        session,
        update(Mailing)
        .where(Mailing.id == mailing_id, Mailing.recheck_due_at == until)
        .values(recheck_due_at=due_at),
    )


def _ask(institution: Institution, mailing_id: int, since: datetime) -> list[Round]:
    """What was answered since the mailing's time came is not asked again."""
    registers = institution.settings.registers
    rounds = []
    with institution.reading() as session:
        waiting = select(Delivery.recipient_id).where(_waits(mailing_id)).distinct()
        to = set(session.scalars(waiting))
        main = select(Letter.recipient_id).join(Delivery, Delivery.letter_id == Letter.id)
        to |= {one for one in session.scalars(main.where(_waits(mailing_id)).distinct()) if one}
    if is_set_up(registers, RegisterName.CONTACTS):
        rounds.append(refresh_mailbox_status(institution, to, newer_than=since))
    if is_set_up(registers, RegisterName.CPR):
        age_of_answers = max(now() - since, timedelta(0))
        rounds.append(suggest_guardians(institution, mailing_id, max_age=age_of_answers))
    return rounds


def _judge(
    session: Session, mailing_id: int, *, is_complete: bool, at: datetime
) -> Rechecked | None:
    """Stop the letters that must be, and let go of the mailing, in one transaction."""
    hold_mailings(session, [mailing_id])
    mailing = session.get_one(Mailing, mailing_id, populate_existing=True)
    if mailing.status is not MailingStatus.HOLDING or mailing.recheck_due_at is None:
        return None  # cancelled, or somebody else was faster
    recipients = selectinload(Delivery.letter).selectinload(Letter.recipient)
    deliveries = hold_deliveries(session, _waits(mailing_id), recipients)
    letter_ids = {one.letter_id for one in deliveries}
    for_all = _why_nothing_goes(mailing) if is_complete else _SILENT
    reasons = _reasons(session, mailing, deliveries, at) if for_all is None else {}
    stopped: set[int] = set()
    for one in deliveries:
        why = for_all or reasons.get(one.letter_id)
        if why is not None:
            finish(session, one, Outcome(OutcomeKind.FIX_LETTER, why), at)
            stopped.add(one.letter_id)
    session.flush()
    restate(session, stopped, at)
    mailing.recheck_due_at = None
    data = {"letters": len(letter_ids), "stopped": len(stopped)}
    events.record(session, SYSTEM, EventKind.MAILING_RECHECKED, mailing, data=data)
    session.flush()
    close_mailing(session, mailing_id)
    return Rechecked(len(letter_ids), len(stopped))


def _waits(mailing_id: int) -> ColumnElement[bool]:
    return and_(Delivery.mailing_id == mailing_id, Delivery.status == DeliveryStatus.WAITING)


def _why_nothing_goes(mailing: Mailing) -> Sentence | None:
    """Whoever approved must still be somebody who may. An operator always is."""
    who = mailing.approved_by
    if who is None:
        return None
    actor = actor_of(who)
    if who.is_active and actor.may("mailing.approve") and actor.scope.holds(mailing.unit_id):
        return None
    return Sentence(
        "Brevet er ikke sendt, for %(who)s, der godkendte forsendelsen, har ikke længere ret til "
        "det. Se, om det stadig skal sendes.",
        {"who": who.name},
    )


def _reasons(
    session: Session, mailing: Mailing, deliveries: Sequence[Delivery], at: datetime
) -> dict[int, Sentence]:
    """Why letters must not go as they were approved, by letter id."""
    found = dict.fromkeys(_with_new_custody(session, mailing.id), _CUSTODY)
    mailboxes = _mailboxes(session, deliveries)
    approved = mailing.approved_at or at
    for one in deliveries:
        why = _about_mailbox(one, mailboxes) or _about_age(session, one, approved, at)
        if why is not None:
            found[one.letter_id] = why
    return found


def _with_new_custody(session: Session, mailing_id: int) -> list[int]:
    """Letters whose suggestion says something else than what was decided on at approval."""
    proposed = session.scalars(
        select(GuardianSuggestion)
        .join(Letter, Letter.id == GuardianSuggestion.letter_id)
        .where(
            GuardianSuggestion.mailing_id == mailing_id,
            GuardianSuggestion.recipient_id == Letter.recipient_id,
            GuardianSuggestion.decision == CopyDecision.PROPOSED,
        )
    )
    # That a grown-up gets the letter alone needs no decision, unless something is odd.
    return [
        one.letter_id
        for one in proposed
        if one.rule is not AgeRule.FROM_18 or one.basis.get("code")
    ]


def _mailboxes(session: Session, deliveries: Sequence[Delivery]) -> dict[int, MailboxStatus]:
    ids = {one.recipient_id for one in deliveries}
    ids |= {one.letter.recipient_id for one in deliveries if one.letter.recipient_id}
    wanted, found = sorted(ids), {}
    for start in range(0, len(wanted), _BATCH):
        rows = session.execute(
            select(Mailbox.recipient_id, Mailbox.status).where(
                Mailbox.recipient_id.in_(wanted[start : start + _BATCH])
            )
        )
        found.update({row.recipient_id: row.status for row in rows})
    return found


def _about_mailbox(delivery: Delivery, now_is: Mapping[int, MailboxStatus]) -> Sentence | None:
    status = now_is.get(delivery.recipient_id)
    about = now_is.get(delivery.letter.recipient_id or 0)
    if MailboxStatus.DEAD in (status, about):
        return _DEAD
    if delivery.channel not in _DIGITAL or delivery.on_paper or status is delivery.mailbox:
        return None  # as it was when somebody approved it
    if status is MailboxStatus.EXEMPT:
        return _EXEMPT
    return _GONE if status in (MailboxStatus.UNKNOWN, MailboxStatus.UNDER_15) else None


def _about_age(
    session: Session, delivery: Delivery, approved: datetime, at: datetime
) -> Sentence | None:
    """Who turned 15 or 18 since: another rule decides now who gets the letter."""
    recipient = delivery.letter.recipient
    if recipient is None or recipient.kind is not IdentifierKind.CPR:
        return None
    try:
        born = birth_date(number_of(session.vault, recipient).number)
    except Damaged:
        return None  # the letter stops by itself when its number is needed
    if born is None:
        return None
    years = age(born, danish_date(at))
    if rule_at(age(born, danish_date(approved))) is rule_at(years):
        return None
    return Sentence(
        "Modtageren er fyldt %(years)s år, siden forsendelsen blev godkendt. Find ud af, hvem der "
        "skal have brevet.",
        {"years": OF_AGE if years >= OF_AGE else OWN_MAILBOX_AGE},
    )

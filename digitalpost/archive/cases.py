"""Cases (sager): naming, closing and opening them again. Making and filing is `filing`."""

from __future__ import annotations

from sqlalchemy import func, select

from digitalpost import events
from digitalpost.access import Actor, require
from digitalpost.db import Session, lock, now
from digitalpost.errors import Refused, Sentence
from digitalpost.events import EventKind
from digitalpost.models import OPEN_INCOMING, Case, CaseStatus, CaseType, Letter, LetterStatus
from digitalpost.wording import holds_cpr

# The letter's outcome is still to come; it belongs in an open case.
_UNDER_WAY = (LetterStatus.WAITING, LetterStatus.SENDING, LetterStatus.AWAITING_RECEIPT)


def rename_case(session: Session, actor: Actor, case: Case, *, title: str) -> Case:
    """Give a case another title. Raises `Refused` when it is empty, too long or holds a CPR."""
    require(actor, "case.change", case)
    new = " ".join(title.split())
    if not new or len(new) > 200:
        raise Refused([Sentence("Skriv en titel, højst 200 tegn.", code="title")])
    if holds_cpr(new):
        raise Refused([Sentence("Titlen må ikke indeholde et CPR-nummer.", code="title")])
    if new != case.title:
        case.title = new
        events.record(
            session,
            actor,
            EventKind.CASE_CHANGED,
            case,
            data={"changed": ["title"]},
            personal={"title": new},
        )
    return case


def close_case(session: Session, actor: Actor, case: Case) -> Case:
    """Close a case: the next letter to the recipient opens a new one.

    Raises `Refused` while letters of the case are on their way, or came in and are not done.
    """
    require(actor, "case.change", case)
    lock(session, case)
    if case.status is CaseStatus.CLOSED:
        raise Refused("Sag %(number)s er lukket i forvejen.", number=case.number)
    under_way = session.scalar(
        select(func.count(Letter.id)).where(
            Letter.case_id == case.id, Letter.status.in_(_UNDER_WAY)
        )
    )
    if under_way:
        raise Refused(
            "Sag %(number)s kan ikke lukkes endnu: breve, der ikke er nået frem: %(count)s. "
            "Vent, til de er leveret.",
            number=case.number,
            count=under_way,
        )
    unanswered = session.scalar(
        select(func.count(Letter.id)).where(
            Letter.case_id == case.id, Letter.status.in_(OPEN_INCOMING)
        )
    )
    if unanswered:
        raise Refused(
            "Sag %(number)s kan ikke lukkes endnu: indkomne breve, der ikke er meldt færdige: "
            "%(count)s. Gør dem færdige først.",
            number=case.number,
            count=unanswered,
        )
    case.status, case.closed_at = CaseStatus.CLOSED, now()
    events.record(session, actor, EventKind.CASE_CLOSED, case)
    return case


def reopen_case(session: Session, actor: Actor, case: Case) -> Case:
    """Open a closed case again. Raises `Refused` when the recipient has got a new one since."""
    require(actor, "case.change", case)
    # Filing locks the case type's row first too, so both see the same open case.
    session.execute(select(CaseType.id).where(CaseType.id == case.case_type_id).with_for_update())
    lock(session, case)
    if case.status is CaseStatus.OPEN:
        raise Refused("Sag %(number)s er åben i forvejen.", number=case.number)
    other = session.scalar(
        select(Case.number).where(
            Case.recipient_id == case.recipient_id,
            Case.case_type_id == case.case_type_id,
            Case.status == CaseStatus.OPEN,
        )
    )
    if other is not None:
        raise Refused(
            "Modtageren har allerede en åben sag af den type: %(number)s. Luk den først.",
            number=other,
        )
    case.status, case.closed_at = CaseStatus.OPEN, None
    events.record(session, actor, EventKind.CASE_CHANGED, case, data={"status": "open"})
    return case

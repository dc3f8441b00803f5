"""Following a mailing up: who did not get their letter by mailbox, why, and what to do now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.orm import selectinload

from digitalpost.danish_time import today
from digitalpost.db import Session
from digitalpost.deadlines import danish, print_advice, received_on
from digitalpost.deliveries.heaps import (
    HEAPS,
    has_delivery,
    in_heap,
    is_held,
    text_in,
    text_of,
)
from digitalpost.deliveries.proposal import GOT_NOWHERE, is_sendable
from digitalpost.deliveries.replan import is_dead, may_have_arrived
from digitalpost.deliveries.standing import is_to_print, who_gets
from digitalpost.errors import Sentence, sentence_of, word
from digitalpost.models import (
    Delivery,
    DeliveryStatus,
    Letter,
    LetterStatus,
    Mailing,
)
from digitalpost.paging import Page, page
from digitalpost.post_days import Calendar

PAGE_SIZE = 40
_NOT_THERE = (
    LetterStatus.WAITING,
    LetterStatus.SENDING,
    LetterStatus.AWAITING_RECEIPT,
    LetterStatus.ACTION,
)
_ORDER = [(Letter.position, False), (Letter.id, False)]


@dataclass(frozen=True)
class Line:
    """One addressee of a letter: where it stands, why, and what to do."""

    name: str
    delivery: Delivery | None  # None: the letter was never sent to anybody
    status: str  # a word of ours
    why: Sentence | None
    advice: Sentence | None


@dataclass(frozen=True)
class Entry:
    """One letter of the list."""

    letter: Letter
    lines: Sequence[Line]
    can_go_again: bool


@dataclass(frozen=True)
class Deadline:
    """The day by which the letters should be there, and how many are not, when it is near."""

    by: date
    print_by: date
    missing: int
    advice: Sentence


def heap_counts(session: Session, mailing: Mailing, calendar: Calendar) -> dict[str, int]:
    """How many letters lie in each heap, those with none left out. A letter may lie in two."""
    found = {}
    for heap in HEAPS:
        if heap != "late" or is_near(mailing, calendar):
            which = and_(Letter.mailing_id == mailing.id, in_heap(mailing, heap))
            found[heap] = session.scalar(select(func.count(Letter.id)).where(which)) or 0
    return {heap: count for heap, count in found.items() if count}


def count_to_follow(session: Session, mailing: Mailing, calendar: Calendar) -> int:
    """How many letters the whole list has."""
    some = _statement(mailing, calendar, "", "").with_only_columns(func.count(Letter.id))
    return session.scalar(some) or 0


def follow_page(
    session: Session,
    mailing: Mailing,
    calendar: Calendar,
    *,
    heap: str = "",
    reason: str = "",
    after: str | None = None,
    before: str | None = None,
    size: int = PAGE_SIZE,
) -> Page[Entry]:
    """Letters to follow up in the order of the file; of one heap, or with one reason (its key)."""
    found: Page[Letter] = page(
        session,
        _statement(mailing, calendar, heap, text_of(session, mailing, reason)).options(
            selectinload(Letter.recipient), selectinload(Letter.document)
        ),
        order=_ORDER,
        after=after,
        before=before,
        size=size,
    )
    return Page(_entries(session, mailing, calendar, found.items), found.newer, found.older)


def ids_with_reason(
    session: Session, mailing: Mailing, calendar: Calendar, reason: str, *, most: int
) -> list[int]:
    """The letters that failed for one reason (its key), the first ``most`` of them."""
    text = text_of(session, mailing, reason)
    if not text:
        return []
    some = _statement(mailing, calendar, "", text).with_only_columns(Letter.id)
    return list(session.scalars(some.order_by(Letter.position, Letter.id).limit(most)))


def is_near(mailing: Mailing, calendar: Calendar) -> bool:
    """Whether the mailing has a day to have arrived by, and it is time to look after the rest."""
    return mailing.arrive_by is not None and calendar.nears(mailing.arrive_by, today())


def deadline_of(session: Session, mailing: Mailing, calendar: Calendar) -> Deadline | None:
    """What is missing as the mailing's day comes near; None while there is time, or nothing is."""
    by = mailing.arrive_by
    if by is None or not calendar.nears(by, today()):
        return None
    which = and_(Letter.mailing_id == mailing.id, Letter.status.in_(_NOT_THERE))
    missing = session.scalar(select(func.count(Letter.id)).where(which)) or 0
    if not missing:
        return None
    return Deadline(by, calendar.print_by(by), missing, print_advice(by, calendar, today()))


def _statement(mailing: Mailing, calendar: Calendar, heap: str, text: str) -> Select[Letter]:
    letters = select(Letter).where(Letter.mailing_id == mailing.id)
    if text:
        problem = has_delivery(
            mailing, Delivery.status == DeliveryStatus.FAILED, text_in(Delivery.problem) == text
        )
        return letters.where(
            or_(problem, and_(is_held(mailing), text_in(Letter.status_reason) == text))
        )
    if heap in HEAPS:
        return letters.where(in_heap(mailing, heap))
    wanted = [one for one in HEAPS if one != "late" or is_near(mailing, calendar)]
    return letters.where(or_(*(in_heap(mailing, one) for one in wanted)))


def _entries(
    session: Session, mailing: Mailing, calendar: Calendar, letters: Sequence[Letter]
) -> list[Entry]:
    by_letter: dict[int, list[Delivery]] = {}
    for delivery in session.scalars(
        select(Delivery)
        .where(
            Delivery.letter_id.in_([one.id for one in letters]), Delivery.replaced_by_id.is_(None)
        )
        .order_by(Delivery.id)
        .options(selectinload(Delivery.recipient))
    ):
        by_letter.setdefault(delivery.letter_id, []).append(delivery)
    return [_entry(mailing, calendar, one, by_letter) for one in letters]


def _entry(
    mailing: Mailing, calendar: Calendar, letter: Letter, by_letter: Mapping[int, list[Delivery]]
) -> Entry:
    deliveries = by_letter.get(letter.id, [])
    if not deliveries:
        name = letter.recipient_name or (letter.recipient.display_name if letter.recipient else "")
        why = sentence_of(letter.status_reason) if letter.status_reason else None
        line = Line(name, None, letter.status.label, why, _advice_unsent(mailing, calendar, letter))
        return Entry(letter, [line], is_sendable(letter))
    lines = [
        Line(
            who_gets(one),
            one,
            word("Skal printes") if is_to_print(one) else one.status.label,
            sentence_of(one.problem) if one.problem else None,
            _advice(mailing, calendar, one),
        )
        for one in deliveries
        if len(deliveries) == 1 or one.status is not DeliveryStatus.DELIVERED
    ]
    return Entry(letter, lines, any(one.status in GOT_NOWHERE for one in deliveries))


def _advice_unsent(mailing: Mailing, calendar: Calendar, letter: Letter) -> Sentence:
    if letter.status is LetterStatus.CANCELLED:
        return Sentence("Upload brevet igen, hvis det alligevel skal sendes.")
    if is_sendable(letter):
        choose = Sentence("Vælg brevet her, og hvordan det skal sendes.")
        return _in_time(mailing, calendar, choose)
    return _in_time(mailing, calendar, Sentence("Ret brevet, og upload det igen."))


def _advice(mailing: Mailing, calendar: Calendar, delivery: Delivery) -> Sentence | None:
    """What to do about one delivery now."""
    match delivery.status:
        case DeliveryStatus.DELIVERED:
            return None
        case DeliveryStatus.PAPER:
            return _on_paper(mailing, calendar, delivery)
        case DeliveryStatus.FAILED if is_dead(delivery):
            return Sentence("Skriv ikke til modtageren. Luk brevet.")
        case DeliveryStatus.FAILED | DeliveryStatus.CANCELLED if may_have_arrived(delivery):
            return Sentence(
                "Kan være nået frem. Send det igen gennem samme kanal, eller spørg modtageren."
            )
        case DeliveryStatus.CANCELLED:
            return Sentence("Vælg brevet her, hvis det alligevel skal sendes.")
        case DeliveryStatus.FAILED:
            return _in_time(mailing, calendar, Sentence("Send brevet på en anden måde."))
    if is_to_print(delivery):
        return _in_time(mailing, calendar, Sentence("Print brevet, og læg det i posten."))
    return _in_time(mailing, calendar, Sentence("Brevet er på vej. Du skal ikke gøre noget endnu."))


def _in_time(mailing: Mailing, calendar: Calendar, advice: Sentence) -> Sentence:
    """The advice, and by when, where the mailing has a day to have arrived by."""
    if mailing.arrive_by is None:
        return advice
    last = print_advice(mailing.arrive_by, calendar, today())
    return Sentence("%(first)s %(last)s", {"first": advice, "last": last})


def _on_paper(mailing: Mailing, calendar: Calendar, delivery: Delivery) -> Sentence | None:
    day = received_on(delivery, calendar)
    if day is None:
        return None
    if mailing.arrive_by is not None and day > mailing.arrive_by:
        values = {"day": danish(day), "by": danish(mailing.arrive_by)}
        return Sentence("Er først fremme %(day)s, efter fristen %(by)s.", values)
    return Sentence("Er fremme senest %(day)s.", {"day": danish(day)})

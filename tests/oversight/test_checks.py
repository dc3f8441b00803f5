"""Each kind of row that stands still or contradicts another is found; what is well is not."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from digitalpost.access import OPERATOR
from digitalpost.db import Session, now
from digitalpost.deliveries.standing import status_of
from digitalpost.institution import Institution
from digitalpost.models import (
    AttachmentStatus,
    ChannelName,
    ChannelState,
    Delivery,
    DeliveryStatus,
    Letter,
    LetterStatus,
    Mailing,
    MailingAttachment,
    MailingStatus,
    User,
)
from digitalpost.oversight import books_rows
from digitalpost.oversight.board import read_board
from digitalpost.oversight.checks import CHECKS, CheckName, Weight, run_checks
from digitalpost.oversight.watch import take_up_forgotten
from digitalpost.sweep import due_work
from tests.make import make_unit, make_user
from tests.make_mailings import ANNA, BO, make_approved, make_case_type, make_mailing

Spoil = Callable[[Session, Mailing, datetime], None]


def make_owned(institution: Institution, *, approved: bool) -> int:
    """A mailing of two letters that belong to somebody, so that nothing at all is found."""
    unit_id = make_unit(institution)
    how = {
        "owner_id": make_user(institution, units=(unit_id,)),
        "case_type_id": make_case_type(institution, unit_id),
    }
    make = make_approved if approved else make_mailing
    mailing_id = make(institution, [ANNA, BO], **how)
    with institution.transaction() as session:
        session.execute(
            sa.update(Letter)
            .where(Letter.status == LetterStatus.DRAFT)
            .values(due_at=now() + timedelta(days=14))
        )
        session.execute(sa.update(Mailing).values(registers_due_at=now() + timedelta(days=1)))
    return mailing_id


def found(institution: Institution) -> list[str]:
    """The names of the checks that find something now."""
    with institution.reading() as session:
        return [one.check.name.value for one in run_checks(session, now())]


def first_delivery(session: Session) -> Delivery:
    return session.scalars(sa.select(Delivery).order_by(Delivery.id)).first() or pytest.fail("none")


def first_letter(session: Session) -> Letter:
    return session.scalars(sa.select(Letter).order_by(Letter.id)).first() or pytest.fail("none")


def forget_a_letter(session: Session, mailing: Mailing, at: datetime) -> None:
    letter = first_letter(session)
    session.execute(sa.delete(Delivery).where(Delivery.letter_id == letter.id))
    session.delete(letter)


def unknown_heap(session: Session, mailing: Mailing, at: datetime) -> None:
    letter = first_letter(session)
    session.execute(sa.delete(Delivery).where(Delivery.letter_id == letter.id))
    letter.status = LetterStatus.DONE  # a word for incoming letters


def letter_elsewhere(session: Session, mailing: Mailing, at: datetime) -> None:
    letter = first_letter(session)
    letter.status, letter.due_at = LetterStatus.DELIVERED, None


def no_delivery(session: Session, mailing: Mailing, at: datetime) -> None:
    session.execute(sa.delete(Delivery).where(Delivery.id == first_delivery(session).id))


def no_time_for_letter(session: Session, mailing: Mailing, at: datetime) -> None:
    first_letter(session).due_at = None


def no_time_to_send(session: Session, mailing: Mailing, at: datetime) -> None:
    first_delivery(session).due_at = None


def closed_too_early(session: Session, mailing: Mailing, at: datetime) -> None:
    mailing.status = MailingStatus.SENT


def never_sent(session: Session, mailing: Mailing, at: datetime) -> None:
    first_delivery(session).due_at = at - timedelta(minutes=16)


def never_sent_although_others_are(session: Session, mailing: Mailing, at: datetime) -> None:
    session.add(ChannelState(channel=ChannelName.EBOKS, last_success_at=at))
    first_delivery(session).due_at = at - timedelta(hours=7)


def holder_died(session: Session, mailing: Mailing, at: datetime) -> None:
    delivery, letter = first_delivery(session), first_letter(session)
    delivery.status, letter.status = DeliveryStatus.CLAIMED, LetterStatus.SENDING
    delivery.lease_owner, delivery.lease_until = "dead", at - timedelta(minutes=6)


def accept(session: Session, at: datetime, *, channel: ChannelName = ChannelName.EBOKS) -> Delivery:
    delivery, letter = first_delivery(session), first_letter(session)
    delivery.status, letter.status = DeliveryStatus.ACCEPTED, LetterStatus.AWAITING_RECEIPT
    delivery.accepted_at, delivery.channel = at, channel
    delivery.due_at = letter.due_at = at + timedelta(minutes=30)
    return delivery


def receipt_not_asked(session: Session, mailing: Mailing, at: datetime) -> None:
    accept(session, at).due_at = at - timedelta(minutes=61)


def no_receipt(session: Session, mailing: Mailing, at: datetime) -> None:
    accept(session, at).accepted_at = at - timedelta(hours=25)


def never_printed(session: Session, mailing: Mailing, at: datetime) -> None:
    delivery = accept(session, at, channel=ChannelName.REMOTE_PRINT)
    delivery.accepted_at = at - timedelta(days=5)


def not_closed(session: Session, mailing: Mailing, at: datetime) -> None:
    long_ago = at - timedelta(minutes=6)
    for delivery in session.scalars(sa.select(Delivery)):
        delivery.status, delivery.due_at = DeliveryStatus.DELIVERED, None
        delivery.settled_at = delivery.accepted_at = long_ago
    for letter in session.scalars(sa.select(Letter)):
        letter.status, letter.due_at = LetterStatus.DELIVERED, None
    mailing.hold_until = long_ago


def nobody_prepares(session: Session, mailing: Mailing, at: datetime) -> None:
    mailing.status = MailingStatus.PREPARING
    mailing.created_at = at - timedelta(minutes=6)


def preparer_died(session: Session, mailing: Mailing, at: datetime) -> None:
    nobody_prepares(session, mailing, at)
    mailing.lease_until = at - timedelta(minutes=6)


def nobody_mends(session: Session, mailing: Mailing, at: datetime) -> None:
    mailing.created_at = mailing.mended_at = at - timedelta(minutes=6)


def mend_forgotten(session: Session, mailing: Mailing, at: datetime) -> None:
    mailing.created_at = first_letter(session).mended_at = at - timedelta(minutes=6)


def file_forgotten(session: Session, mailing: Mailing, at: datetime) -> None:
    mailing.created_at = at - timedelta(minutes=6)
    session.add(
        MailingAttachment(
            mailing_id=mailing.id, unit_id=mailing.unit_id, position=1, file_name="a.pdf",
            title="A", is_common=True, status=AttachmentStatus.WAITING, fingerprint=b"a",
            created_at=mailing.created_at,
        )
    )  # fmt: skip


def nobody_rehearses(session: Session, mailing: Mailing, at: datetime) -> None:
    mailing.rehearse_due_at = at - timedelta(minutes=6)


def fails(session: Session, at: datetime) -> Letter:
    delivery, letter = first_delivery(session), first_letter(session)
    delivery.status, letter.status = DeliveryStatus.FAILED, LetterStatus.ACTION
    delivery.due_at, letter.due_at = None, at + timedelta(days=5)
    return letter


def nobodys(session: Session, mailing: Mailing, at: datetime) -> None:
    fails(session, at).owner_id = None


def owner_left(session: Session, mailing: Mailing, at: datetime) -> None:
    fails(session, at)
    session.execute(sa.update(User).values(is_active=False))


def forgotten_by_owner(session: Session, mailing: Mailing, at: datetime) -> None:
    fails(session, at).due_at = at - timedelta(hours=25)


def forgotten_in_review(session: Session, mailing: Mailing, at: datetime) -> None:
    first_letter(session).due_at = at - timedelta(hours=25)


# Approved or in review; what is done to the rows; what finds it.
CASES: list[tuple[bool, Spoil, set[CheckName]]] = [
    (True, forget_a_letter, {CheckName.UNBALANCED}),
    (True, unknown_heap, {CheckName.UNBALANCED}),
    (False, forget_a_letter, {CheckName.UNBALANCED}),
    (True, letter_elsewhere, {CheckName.DISAGREE}),
    (True, no_delivery, {CheckName.DISAGREE}),
    (True, no_time_for_letter, {CheckName.NO_TIME}),
    (False, no_time_for_letter, {CheckName.NO_TIME}),
    (True, no_time_to_send, {CheckName.NO_TIME}),
    (True, closed_too_early, {CheckName.LEFT_BEHIND}),
    (True, never_sent, {CheckName.OVERDUE}),
    (True, never_sent_although_others_are, {CheckName.OVERDUE}),
    (True, holder_died, {CheckName.DEAD_CLAIM}),
    (True, receipt_not_asked, {CheckName.NOT_ASKED}),
    (True, no_receipt, {CheckName.NO_RECEIPT}),
    (True, never_printed, {CheckName.NO_RECEIPT}),
    (True, not_closed, {CheckName.IDLE}),
    (False, nobody_prepares, {CheckName.NOT_PREPARED}),
    (False, preparer_died, {CheckName.NOT_PREPARED}),
    (False, nobody_mends, {CheckName.NOT_MENDED}),
    (False, mend_forgotten, {CheckName.NOT_MENDED}),
    (False, file_forgotten, {CheckName.NOT_MENDED}),
    (False, nobody_rehearses, {CheckName.NOT_REHEARSED}),
    (True, nobodys, {CheckName.UNOWNED}),
    (True, owner_left, {CheckName.UNOWNED}),
    (True, forgotten_by_owner, {CheckName.LATE}),
    (False, forgotten_in_review, {CheckName.LATE}),
]


@pytest.mark.parametrize(
    ("approved", "spoil", "names"), CASES, ids=[f"{one[1].__name__}-{one[0]}" for one in CASES]
)
def test_each_kind_of_stuck_row_is_found_and_nothing_else(
    institution: Institution, approved: bool, spoil: Spoil, names: set[CheckName]
) -> None:
    mailing_id = make_owned(institution, approved=approved)
    assert found(institution) == []
    with institution.transaction() as session:
        spoil(session, session.get_one(Mailing, mailing_id), now())
    assert set(found(institution)) == names
    is_wrong = any(check.weight is Weight.BOOKS for check in CHECKS if check.name in names)
    with institution.reading() as session:
        assert read_board(session, OPERATOR).balances is not is_wrong


def test_every_check_has_a_row_that_it_finds() -> None:
    assert set().union(*(names for *_, names in CASES)) == set(CheckName)
    assert [check.name for check in CHECKS] == list(CheckName)


@pytest.mark.parametrize("spoil", [never_sent, holder_died, receipt_not_asked])
def test_what_waits_for_a_paused_channel_is_no_finding_of_its_own(
    institution: Institution, spoil: Spoil
) -> None:
    mailing_id = make_owned(institution, approved=True)
    with institution.transaction() as session:
        spoil(session, session.get_one(Mailing, mailing_id), now())
        session.add(ChannelState(channel=ChannelName.EBOKS, paused_since=now()))
    assert found(institution) == []


def test_a_long_line_of_letters_that_moves_is_no_finding(institution: Institution) -> None:
    mailing_id = make_owned(institution, approved=True)
    with institution.transaction() as session:
        never_sent(session, session.get_one(Mailing, mailing_id), now())
        session.add(ChannelState(channel=ChannelName.EBOKS, last_success_at=now()))
    assert found(institution) == []


def test_sql_and_python_agree_on_where_a_letter_stands(institution: Institution) -> None:
    """Every pair of deliveries on two channels against every status of a letter."""
    make_owned(institution, approved=True)
    ways = [
        (status, channel)
        for status in DeliveryStatus
        for channel in (ChannelName.EBOKS, ChannelName.LOCAL_PRINT)
    ]
    pairs = list(itertools.combinations_with_replacement(ways, 2))
    statuses = [one for one in LetterStatus if one not in {LetterStatus.NEW, LetterStatus.ASSIGNED,
                                                           LetterStatus.DONE}]  # fmt: skip
    with institution.transaction() as session:
        like = first_delivery(session)
        letter = first_letter(session)
        same = {
            name: getattr(like, name)
            for name in ("mailing_id", "recipient_id", "document_id", "unit_id", "due_at",
                         "give_up_at", "created_at")
        }  # fmt: skip
        wrong = set()
        number = 1000
        for pair in pairs:
            for status in statuses:
                number += 1
                session.add(
                    Letter(id=number, unit_id=letter.unit_id, mailing_id=letter.mailing_id,
                           title="Brev", status=status, created_at=now())
                )  # fmt: skip
                session.flush()
                both = [
                    Delivery(letter_id=number, message_id=f"{number}-{side}", status=state,
                             channel=channel, **same)
                    for side, (state, channel) in enumerate(pair)
                ]  # fmt: skip
                session.add_all(both)
                if status_of(both) is not status:
                    wrong.add(number)
        session.flush()
        by_sql = set(session.scalars(books_rows.disagreeing(now())).all())
        session.rollback()
    assert len(wrong) > 500
    assert by_sql == wrong


def test_what_was_forgotten_is_taken_up_again_and_only_that(institution: Institution) -> None:
    mailing_id = make_owned(institution, approved=True)
    review_id = make_owned(institution, approved=False)
    with institution.transaction() as session:
        assert take_up_forgotten(session, now()) == 0
        two = session.scalars(sa.select(Delivery).order_by(Delivery.id)).all()
        two[0].status, two[0].lease_until = DeliveryStatus.CLAIMED, None
        two[1].status, two[1].due_at = DeliveryStatus.ACCEPTED, None
        draft = session.scalars(sa.select(Letter).where(Letter.mailing_id == review_id)).first()
        assert draft is not None
        draft.mended_at = now()
        assert session.get_one(Mailing, mailing_id).status is MailingStatus.HOLDING
    assert due_work(institution) == []
    with institution.transaction() as session:
        assert take_up_forgotten(session, now() - timedelta(seconds=1)) == 3
    assert due_work(institution) == [
        ("finish_letters", review_id), ("dispatch", "eboks"), ("poll_receipts", "eboks"),
    ]  # fmt: skip


def test_a_letter_without_a_time_to_send_is_for_a_person_not_for_the_sweep(
    institution: Institution,
) -> None:
    make_owned(institution, approved=True)
    with institution.transaction() as session:
        session.execute(sa.update(Delivery).values(due_at=None))
        assert take_up_forgotten(session, now()) == 0
    assert due_work(institution) == []
    assert found(institution) == ["no_time"]

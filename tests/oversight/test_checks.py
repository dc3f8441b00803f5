"""Each kind of row that stands still or contradicts another is found; what is well is not."""

from __future__ import annotations

import itertools
from datetime import timedelta

import pytest
import sqlalchemy as sa

from digitalpost.access import OPERATOR
from digitalpost.db import now
from digitalpost.deliveries.standing import status_of
from digitalpost.institution import Institution
from digitalpost.models import (
    ChannelName,
    ChannelState,
    Delivery,
    DeliveryStatus,
    Letter,
    LetterStatus,
    Mailing,
    MailingStatus,
)
from digitalpost.oversight import books_rows
from digitalpost.oversight.board import read_board
from digitalpost.oversight.checks import CHECKS, CheckName, Weight, run_checks
from digitalpost.oversight.watch import take_up_forgotten
from digitalpost.sweep import due_work
from tests.make import make_unit, make_user
from tests.make_mailings import ANNA, BO, make_approved, make_case_type, make_mailing
from tests.oversight.spoiling import (
    CASES,
    Spoil,
    first_delivery,
    first_letter,
    holder_died,
    never_sent,
    receipt_not_asked,
)


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

"""The books of mailings and days: they add up, cost the same for any number, and keep to units."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine

from digitalpost.access import OPERATOR
from digitalpost.db import now
from digitalpost.errors import Forbidden
from digitalpost.institution import Institution
from digitalpost.mailings.books import HEAPS, balance
from digitalpost.mailings.cancel import cancel_letter
from digitalpost.models import Letter, LetterStatus, Mailing, Role
from digitalpost.oversight.alarms import count_open, open_alarms
from digitalpost.oversight.board import Board, read_board
from digitalpost.oversight.watch import watch
from tests.make import make_actor, make_unit, make_user
from tests.make_mailings import ANNA, BO, FOUR, make_approved, make_case_type, make_mailing
from tests.oversight.making import lose_letter, make_board


def read(institution: Institution, **how: Any) -> Board:
    with institution.reading() as session:
        return read_board(session, OPERATOR, **how)


@contextmanager
def counted(institution: Institution) -> Iterator[list[str]]:
    """The statements that are sent meanwhile."""
    sent: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        sent.append(statement)

    sa.event.listen(institution.engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        sa.event.remove(institution.engine, "before_cursor_execute", note)


def test_every_mailing_and_every_day_balances_to_zero(institution: Institution) -> None:
    first, second = make_approved(institution, FOUR), make_approved(institution, [ANNA], red=[])
    review = make_mailing(institution, [ANNA, BO], red=[1])
    with institution.transaction() as session:
        letter = session.scalars(sa.select(Letter).where(Letter.mailing_id == first)).first()
        assert letter is not None
        cancel_letter(session, OPERATOR, letter)
    board = read(institution)
    assert board.balances and board.missing == 0
    assert {one.mailing_id for one in board.mailings} == {first, second, review}
    assert (board.total.created, board.total.heaps["open"], board.total.heaps["cancelled"]) == (
        7, 6, 1,
    )  # fmt: skip
    today = board.days[0]
    assert (today.mailings, today.books.created, today.books.difference) == (2, 5, 0)
    assert len(board.days) == 7 and not any(one.mailings for one in board.days[1:])
    with institution.reading() as session:
        for one in board.mailings:
            books = balance(session, session.get_one(Mailing, one.mailing_id))
            assert (books.created, books.heaps) == (one.books.created, one.books.heaps)


def test_a_letter_whose_row_is_gone_leaves_a_difference_on_its_mailing_and_its_day(
    institution: Institution,
) -> None:
    unit_id = make_unit(institution)
    how = {
        "case_type_id": make_case_type(institution, unit_id),
        "owner_id": make_user(institution, units=(unit_id,)),
    }
    well, stuck = make_board(institution, **how)
    assert read(institution).balances
    lose_letter(institution, well)
    board = read(institution)
    assert not board.balances and board.missing == 1
    assert board.mailings[0].mailing_id == well and board.mailings[0].books.difference == 1
    assert board.mailings[1].mailing_id == stuck and board.mailings[1].books.overdue == 2
    assert board.days[0].books.difference == 1
    with institution.transaction() as session:
        session.get_one(Mailing, stuck).letters_total -= 1  # and one too many elsewhere
    again = read(institution)
    assert again.missing == 2 and not again.balances  # they don't cancel each other out
    assert again.total.difference == 0


def test_a_status_that_no_heap_knows_leaves_a_difference(institution: Institution) -> None:
    mailing_id = make_approved(institution, FOUR)
    with institution.transaction() as session:
        session.execute(
            sa.text("UPDATE letters SET status = 'lost' WHERE position = 1 AND mailing_id = :id"),
            {"id": mailing_id},
        )  # fmt: skip
    board = read(institution)
    assert not board.balances and board.mailings[0].books.difference == 1


@pytest.mark.parametrize(
    ("approved", "day"),
    [
        (datetime(2026, 11, 2, 22, 59, tzinfo=UTC), date(2026, 11, 2)),
        (datetime(2026, 11, 2, 23, 1, tzinfo=UTC), date(2026, 11, 3)),  # midnight in Denmark
        (datetime(2026, 7, 1, 22, 1, tzinfo=UTC), date(2026, 7, 2)),  # and in summer
    ],
)
def test_a_day_is_a_danish_day(institution: Institution, approved: datetime, day: date) -> None:
    with time_machine.travel(approved, tick=False):
        make_approved(institution, [ANNA])
    with time_machine.travel(approved + timedelta(days=2), tick=False):
        board = read(institution)
    assert [one.day for one in board.days if one.mailings] == [day]
    with time_machine.travel(approved + timedelta(days=30), tick=False):
        late = read(institution)
    assert not any(one.mailings for one in late.days)
    assert len(late.mailings) == 1  # still open, so it is never forgotten


def test_what_is_over_and_old_is_not_on_the_board(institution: Institution) -> None:
    mailing_id = make_approved(institution, [ANNA])
    with institution.transaction() as session:
        letter = session.scalars(sa.select(Letter)).one()
        cancel_letter(session, OPERATOR, letter)
        session.get_one(Mailing, mailing_id).approved_at = now() - timedelta(days=8)
    board = read(institution)
    assert board.mailings == [] and board.total.created == 0
    assert read(institution, days=9).total.created == 1


def test_a_thousand_letters_cost_as_many_questions_as_one(institution: Institution) -> None:
    case_type_id = make_case_type(institution)
    mailing_id = make_approved(institution, [ANNA], case_type_id=case_type_id)
    read(institution)
    with counted(institution) as few:
        read(institution)
    with institution.transaction() as session:
        mailing = session.get_one(Mailing, mailing_id)
        like = session.scalars(sa.select(Letter)).one()
        session.execute(
            sa.insert(Letter),
            [
                {
                    "mailing_id": mailing_id, "unit_id": like.unit_id, "title": "Brev",
                    "status": status, "pages": [], "reasons": [], "recipient_name": "",
                    "search_text": "", "created_at": now(), "due_at": None, "position": number,
                    "owner_id": None,
                }
                for number in range(250)
                for status in (LetterStatus.CANCELLED, LetterStatus.WAITING)
            ],
        )  # fmt: skip
        mailing.letters_total += 500
    for _ in range(5):
        make_approved(institution, FOUR, case_type_id=case_type_id)
    with counted(institution) as many:
        board = read(institution)
    named = [one for one in board.findings if one.check.name.value in {"disagree", "no_time"}]
    assert [one.count for one in named] == [250, 250]
    assert len(named[0].ids) == 5
    # A check that finds something asks once more, for the first few.
    assert len(many) == len(few) + len(board.findings)
    with counted(institution) as watching:
        watch(institution)
    assert len(watching) < 60


def test_a_supervisor_sees_own_units_and_can_not_tell_that_there_are_others(
    institution: Institution,
) -> None:
    mine, foreign = make_unit(institution), make_unit(institution)
    boss = make_actor(institution, make_user(institution, role=Role.SUPERVISOR, units=(mine,)))
    clerk = make_actor(institution, make_user(institution, units=(mine,)))
    theirs = make_approved(institution, FOUR, case_type_id=make_case_type(institution, foreign))
    with institution.transaction() as session:
        session.execute(sa.update(Letter).values(due_at=None))
    lose_letter(institution, theirs)
    with institution.reading(boss.scope) as session:
        board = read_board(session, boss)
        assert board.balances and board.total.created == 0
        assert list(board.mailings) == list(board.findings) == []
    assert not read(institution).balances
    own = make_approved(institution, [ANNA], case_type_id=make_case_type(institution, mine))
    with institution.reading(boss.scope) as session:
        board = read_board(session, boss)
        assert [one.mailing_id for one in board.mailings] == [own]
        assert board.total.created == 1 and board.balances
    with institution.reading(clerk.scope) as session:
        with pytest.raises(Forbidden):
            read_board(session, clerk)
        with pytest.raises(Forbidden):
            open_alarms(session, clerk)
        assert count_open(session, clerk) == (0, None)


def test_the_heaps_of_the_board_are_those_of_the_books() -> None:
    outgoing = set(LetterStatus) - {LetterStatus.NEW, LetterStatus.ASSIGNED, LetterStatus.DONE}
    assert set().union(*HEAPS.values()) == outgoing

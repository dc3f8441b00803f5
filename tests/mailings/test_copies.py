"""Copies by hand: one letter or all of them to one more addressee, never twice."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from digitalpost.access import OPERATOR
from digitalpost.db import now
from digitalpost.errors import Refused
from digitalpost.institution import Institution
from digitalpost.mailings.change import keep_numbers, take_out_letter
from digitalpost.mailings.copies import (
    add_copy,
    add_copy_to_all,
    copied_to,
    copies_each,
    copies_of,
    count_copies,
    remove_copy,
    remove_copy_from_all,
)
from digitalpost.mailings.mend import choose_recipient, join_letters
from digitalpost.mailings.review import letters_by_risk, review_counts
from digitalpost.models import (
    AgeRule,
    CopyDecision,
    Event,
    GuardianCopy,
    GuardianSuggestion,
    Letter,
    Mailing,
    Recipient,
)
from tests.make_mailings import ANNA, BO, CARL, DORTE, make_mailing

COMPANY = "99000023"
REPLACEMENT = "6102124234"


def letter_at(session: sa.orm.Session, mailing_id: int, position: int = 1) -> Letter:
    query = sa.select(Letter).where(Letter.mailing_id == mailing_id, Letter.position == position)
    return session.scalars(query).one()


def add(institution: Institution, mailing_id: int, number: str, position: int = 1) -> None:
    with institution.transaction() as session:
        add_copy(session, OPERATOR, letter_at(session, mailing_id, position), number)


def copies(institution: Institution, mailing_id: int) -> int:
    with institution.reading() as session:
        return count_copies(session, session.get_one(Mailing, mailing_id))


def test_a_copy_is_added_shown_counted_and_removed(institution: Institution) -> None:
    mailing_id = make_mailing(institution, [ANNA, BO])
    with institution.transaction() as session:
        session.get_one(Mailing, mailing_id).registers_due_at = now() + timedelta(hours=1)
    add(institution, mailing_id, COMPANY)
    with institution.reading() as session:
        mailing = session.get_one(Mailing, mailing_id)
        assert mailing.registers_due_at is None  # they are asked about the one who gets it
        letter = letter_at(session, mailing_id)
        (copy,) = copies_of(session, letter)
        assert copy.recipient.number_masked == COMPANY
        assert copies_each(session, [letter.id, letter.id + 1]) == {letter.id: 1}
        assert review_counts(session, mailing).copies == 1
        assert letters_by_risk(session, mailing, show="copies").items == [letter]
    with institution.transaction() as session:
        remove_copy(session, OPERATOR, copies_of(session, letter_at(session, mailing_id))[0])
    assert copies(institution, mailing_id) == 0
    with institution.reading() as session:
        kinds = [one.kind for one in session.query(Event).order_by(Event.id)]
        assert kinds[-2:] == ["letter:copy_added", "letter:copy_removed"]
        assert COMPANY not in str([one.data for one in session.query(Event)])


@pytest.mark.parametrize(
    ("number", "why"),
    [
        (ANNA, "til den modtager i forvejen"),
        (BO, "allerede en kopi"),
        (REPLACEMENT, "erstatnings-CPR"),
        ("1234", "cifre"),
    ],
)
def test_a_copy_that_makes_no_sense_is_refused(
    institution: Institution, number: str, why: str
) -> None:
    mailing_id = make_mailing(institution, [ANNA, CARL])
    add(institution, mailing_id, BO)
    with pytest.raises(Refused, match=why):
        add(institution, mailing_id, number)
    assert copies(institution, mailing_id) == 1


def test_a_copy_of_all_letters_passes_by_the_addressees_own(institution: Institution) -> None:
    mailing_id = make_mailing(institution, [ANNA, BO, CARL, DORTE])
    add(institution, mailing_id, ANNA, position=2)
    with institution.transaction() as session:
        take_out_letter(session, OPERATOR, letter_at(session, mailing_id, 4))
    with institution.transaction() as session:
        mailing = session.get_one(Mailing, mailing_id)
        assert add_copy_to_all(session, OPERATOR, mailing, ANNA) == 1
        with pytest.raises(Refused, match="ingen breve"):
            add_copy_to_all(session, OPERATOR, mailing, ANNA)
    with institution.transaction() as session:
        mailing = session.get_one(Mailing, mailing_id)
        ((who, how_many),) = copied_to(session, mailing)
        assert (who.number_masked, how_many) == ("010203-••••", 2)
        assert remove_copy_from_all(session, OPERATOR, mailing, who.id) == 2
    assert copies(institution, mailing_id) == 0


def test_copies_of_letters_that_do_not_go_are_not_counted(institution: Institution) -> None:
    mailing_id = make_mailing(institution, [ANNA, BO, CARL], red=[2])
    with institution.transaction() as session:
        mailing = session.get_one(Mailing, mailing_id)
        assert add_copy_to_all(session, OPERATOR, mailing, COMPANY) == 3
        take_out_letter(session, OPERATOR, letter_at(session, mailing_id, 3))
    assert copies(institution, mailing_id) == 1


def test_a_guardian_who_gets_a_copy_already_counts_once(institution: Institution) -> None:
    mailing_id = make_mailing(institution, [ANNA, BO])
    add(institution, mailing_id, DORTE)
    with institution.transaction() as session:
        guardian = session.scalars(
            sa.select(Recipient).where(Recipient.number_masked == "101101-••••")
        ).one()
        for position in (1, 2):
            letter = letter_at(session, mailing_id, position)
            session.add(
                GuardianSuggestion(
                    unit_id=letter.unit_id,
                    letter_id=letter.id,
                    mailing_id=mailing_id,
                    recipient_id=letter.recipient_id,
                    rule=AgeRule.FROM_15_TO_17,
                    basis={},
                    main_to_child=True,
                    valid_on=date(2026, 6, 9),
                    fetched_at=now(),
                    decision=CopyDecision.ACCEPTED,
                    copies=[
                        GuardianCopy(
                            unit_id=letter.unit_id,
                            position=1,
                            relation="mor",
                            recipient_id=guardian.id,
                        )
                    ],
                )
            )
    assert copies(institution, mailing_id) == 2
    with pytest.raises(Refused, match="allerede en kopi"):
        add(institution, mailing_id, DORTE, position=2)


def test_copies_are_not_lost_silently(institution: Institution) -> None:
    mailing_id = make_mailing(institution, [ANNA, BO])
    add(institution, mailing_id, COMPANY, position=2)
    with institution.transaction() as session:
        mailing = session.get_one(Mailing, mailing_id)
        with pytest.raises(Refused, match="ville gå tabt"):
            keep_numbers(session, OPERATOR, mailing, True)
        first, second = (letter_at(session, mailing_id, one) for one in (1, 2))
        with pytest.raises(Refused, match="Fjern kopien først"):
            join_letters(session, OPERATOR, first, second)


def test_whoever_becomes_the_recipient_gets_no_copy_of_it_besides(
    institution: Institution,
) -> None:
    mailing_id = make_mailing(institution, [ANNA, BO])
    add(institution, mailing_id, CARL)
    add(institution, mailing_id, COMPANY)
    with institution.transaction() as session:
        choose_recipient(session, OPERATOR, letter_at(session, mailing_id), CARL)
    with institution.reading() as session:
        left = copies_of(session, letter_at(session, mailing_id))
        assert [one.recipient.number_masked for one in left] == [COMPANY]

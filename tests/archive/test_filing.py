"""Filing: whatever the order, one open case per recipient and type, and numbers without gaps."""

from __future__ import annotations

import random
from collections import Counter as Tally

import pytest
import sqlalchemy as sa

from digitalpost.access import OPERATOR
from digitalpost.db import now
from digitalpost.errors import Refused
from digitalpost.institution import Institution
from digitalpost.mailings.cancel import cancel
from digitalpost.models import Case, CaseStatus, Letter, LetterStatus, Mailing
from tests.make import make_unit
from tests.make_mailings import (
    approve_mailing,
    make_case_type,
    make_mailing,
)

NUMBERS = [*(f"01020{n}1234" for n in range(1, 7)), "99000023"]


def close_some(institution: Institution, chance: random.Random) -> None:
    with institution.transaction() as session:
        for case in session.scalars(sa.select(Case).where(Case.status == CaseStatus.OPEN)):
            if chance.random() < 0.2:
                case.status, case.closed_at = CaseStatus.CLOSED, now()


@pytest.mark.parametrize("seed", [1, 2])
def test_any_order_of_mailings_files_each_letter_in_the_one_open_case(
    institution: Institution, seed: int
) -> None:
    chance = random.Random(seed)
    unit_id = make_unit(institution)
    types = [make_case_type(institution, unit_id), make_case_type(institution)]
    for _ in range(12):
        numbers = chance.choices(NUMBERS, k=chance.randrange(1, 9))
        red = [n for n in range(2, len(numbers) + 1) if chance.random() < 0.2]
        mailing_id = make_mailing(institution, numbers, case_type_id=chance.choice(types), red=red)
        try:
            approve_mailing(institution, mailing_id, confirm=chance.choice([None, None, 99]))
            if chance.random() < 0.3:
                with institution.transaction() as session:
                    cancel(session, OPERATOR, session.get_one(Mailing, mailing_id))
        except Refused:
            continue
        check(institution)
        close_some(institution, chance)
    check(institution)


def check(institution: Institution) -> None:
    with institution.reading() as session:
        cases = session.scalars(sa.select(Case)).all()
        open_ones = Tally(
            (case.recipient_id, case.case_type_id)
            for case in cases
            if case.status is CaseStatus.OPEN
        )
        assert set(open_ones.values()) <= {1}
        years = Tally(case.number[:4] for case in cases)
        for year, number in years.items():
            found = sorted(case.number for case in cases if case.number.startswith(year))
            assert found == [f"{year}-{n:06d}" for n in range(1, number + 1)]
        filed = session.scalars(sa.select(Letter).where(Letter.case_id.is_not(None))).all()
        assert {letter.case_id for letter in filed} == {case.id for case in cases}
        for letter in filed:
            assert letter.case is not None and letter.document is not None
            assert letter.case.recipient_id == letter.recipient_id
            assert letter.case.unit_id == letter.unit_id
            assert letter.case.case_type_id == letter.mailing.case_type_id  # type: ignore[union-attr]
            assert letter.document.key_id == letter.case.key_id
        drafts = sa.select(Letter).where(Letter.status == LetterStatus.WAITING)
        assert all(letter.case_id for letter in session.scalars(drafts))

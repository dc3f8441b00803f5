"""Letters without owner are told to the supervisors of their unit, by working days."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from digitalpost.access import SYSTEM
from digitalpost.db import now
from digitalpost.errors import Refused
from digitalpost.incoming.assign import assign
from digitalpost.institution import Institution
from digitalpost.models import Letter, Unit, User
from digitalpost.oversight.unowned_mail import came_by, without_owner
from digitalpost.units import change_unit
from tests.make import make_unit, make_user
from tests.make_incoming import make_incoming


@pytest.mark.parametrize(
    ("today", "days", "came"),
    [
        ("2026-06-11", 2, "2026-06-08"),  # Thursday: Tuesday and Wednesday are over
        ("2026-06-08", 2, "2026-06-02"),  # Monday: Wednesday and Thursday; 5 June is closed
        ("2026-06-09", 1, "2026-06-07"),  # Tuesday: Monday is over
    ],
)
def test_working_days_are_counted_without_weekends_and_holidays(
    today: str, days: int, came: str
) -> None:
    assert came_by(date.fromisoformat(today), days) == date.fromisoformat(came)


def test_old_letters_without_owner_are_counted_in_their_unit(institution: Institution) -> None:
    mail_room, counsel, patient = (make_unit(institution) for _ in range(3))
    owner = make_user(institution, units=(mail_room,))
    at = datetime(2026, 6, 11, 10, tzinfo=UTC)
    age = (now() - at) / timedelta(days=1)
    old = [make_incoming(institution, unit_id=mail_room, age_days=age + 3.5) for _ in range(3)]
    make_incoming(institution, unit_id=mail_room, age_days=age + 1)
    make_incoming(institution, unit_id=counsel, age_days=age + 20)
    make_incoming(institution, unit_id=patient, age_days=age + 20)
    with institution.transaction() as session:
        change_unit(session, SYSTEM, session.get_one(Unit, patient), name="Tålmod",
                    escalate_after=0)  # fmt: skip
        letter = session.get_one(Letter, old[0])
        assign(session, SYSTEM, [letter], owner=session.get_one(User, owner))
    with institution.reading() as session:
        found = {one.unit_id: one.what.values["count"] for one in without_owner(session, at)}
    assert found == {mail_room: 2, counsel: 1}


@pytest.mark.parametrize("days", [-1, 31])
def test_a_units_patience_is_a_number_that_makes_sense(institution: Institution, days: int) -> None:
    unit_id = make_unit(institution, "Postrummet")
    with institution.transaction() as session, pytest.raises(Refused, match="fra 0 til 30"):
        change_unit(
            session, SYSTEM, session.get_one(Unit, unit_id), name="Postrummet", escalate_after=days
        )

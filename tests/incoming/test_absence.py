"""Somebody is away: the deputy gets their mail."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from digitalpost.access import SYSTEM
from digitalpost.danish_time import today
from digitalpost.errors import Forbidden, Refused
from digitalpost.incoming.absence import deputy_of, end_absence, set_absence
from digitalpost.models import (
    IncomingLetter,
    Letter,
    RoutedBy,
    User,
)
from tests.incoming.school import School
from tests.make import make_user


def test_mail_to_somebody_who_is_away_goes_to_the_deputy(school: School) -> None:
    letter_id, later_id = school.letter(), school.letter()
    with school.institution.transaction() as session:
        boss = session.get_one(User, school.boss_id)
        clerk = session.get_one(User, school.clerk_id)
        with pytest.raises(Forbidden, match="dit eget fravær"):
            set_absence(
                session, school.boss, clerk, first_day=today(), last_day=today(), deputy=boss
            )
        set_absence(session, school.clerk, clerk, first_day=today(), last_day=today(), deputy=boss)
    school.assign(school.boss, [letter_id], owner_id=school.clerk_id)
    with school.institution.transaction() as session:
        assert session.get_one(Letter, letter_id).owner_id == school.boss_id
        first = sa.select(IncomingLetter).where(IncomingLetter.letter_id == letter_id)
        assert session.scalars(first).one().routed_by is RoutedBy.ABSENCE
        end_absence(session, school.clerk, session.get_one(User, school.clerk_id))
    school.assign(school.boss, [later_id], owner_id=school.clerk_id)
    with school.institution.reading() as session:
        assert session.get_one(Letter, later_id).owner_id == school.clerk_id


def test_deputies_who_are_away_pass_on_and_never_in_a_ring(school: School) -> None:
    third = make_user(school.institution, units=(school.mail_room,), name="Ole Vang")
    with school.institution.transaction() as session:
        clerk, boss, ole = (
            session.get_one(User, one) for one in (school.clerk_id, school.boss_id, third)
        )
        days = {"first_day": today(), "last_day": today() + timedelta(days=2)}
        set_absence(session, SYSTEM, clerk, deputy=boss, **days)
        set_absence(session, SYSTEM, boss, deputy=ole, **days)
        assert deputy_of(session, clerk) is ole
        assert deputy_of(session, clerk, today() + timedelta(days=3)) is None
        set_absence(session, SYSTEM, ole, deputy=clerk, **days)
        assert deputy_of(session, clerk) is ole
        with pytest.raises(Refused, match="før første dag"):
            set_absence(
                session, SYSTEM, ole, deputy=ole, first_day=today(),
                last_day=today() - timedelta(days=1),
            )  # fmt: skip

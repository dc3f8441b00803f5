"""Mail that stops coming, can't be read or lies still is told about well before it is too late."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from digitalpost.db import now
from digitalpost.errors import sentence_of
from digitalpost.incoming.fetch import fetch_due
from digitalpost.incoming.overview import overview
from digitalpost.institution import Institution
from digitalpost.models import Alarm, AlarmKind, FetchState, IncomingMessage
from tests.incoming.fetching.outbox import SchoolPost
from tests.oversight.making import look


def alarms(institution: Institution) -> dict[str, tuple[str, int]]:
    """What is open about incoming mail: the words and the level, by subject."""
    look(institution)
    with institution.reading() as session:
        is_open = sa.select(Alarm).where(
            Alarm.closed_at.is_(None), Alarm.kind == AlarmKind.INCOMING
        )
        return {
            one.subject: (f"{sentence_of(one.what)} {sentence_of(one.to_do)}", one.level)
            for one in session.scalars(is_open)
        }


def move(institution: Institution, model: type, **back: timedelta) -> None:
    with institution.transaction() as session:
        values = {name: now() - ago for name, ago in back.items()}
        session.execute(sa.update(model).values(**values))


def test_an_hour_without_a_fetch_alarms_and_the_next_fetch_closes_it(
    school: Institution, post: SchoolPost
) -> None:
    assert alarms(school) == {}
    fetch_due(school)
    assert alarms(school) == {}
    move(school, FetchState, last_success_at=timedelta(minutes=61), due_at=timedelta(0))
    words, level = alarms(school)["silent"]
    assert "Der er ikke hentet post siden" in words and "om 30 dage" in words and level == 0
    move(school, FetchState, last_success_at=timedelta(days=24), due_at=timedelta(0))
    words, level = alarms(school)["silent"]
    assert "om 6 dage" in words and level == 1
    assert fetch_due(school).problem is None
    assert alarms(school) == {}


def test_a_school_whose_first_fetch_never_comes_through_is_told_too(
    school: Institution, post: SchoolPost
) -> None:
    post.fault("answer_503", "receive")
    fetch_due(school)
    assert alarms(school) == {}
    move(school, FetchState, begun_at=timedelta(hours=2))
    assert "silent" in alarms(school)


def test_mail_that_cannot_be_read_or_lies_still_alarms(
    school: Institution, post: SchoolPost
) -> None:
    post.put(b"<a/>")
    post.put()
    fetch_due(school)
    assert set(alarms(school)) == {"unreadable"}
    move(school, IncomingMessage, stored_at=timedelta(hours=1))
    found = alarms(school)
    assert set(found) == {"unreadable", "unfiled"}
    assert "ikke er lagt på en sag: 1" in found["unfiled"][0]


def test_the_overview_says_where_the_mail_is(school: Institution, post: SchoolPost) -> None:
    post.put(b"<a/>")
    post.put()
    fetch_due(school)
    with school.reading() as session:
        found = overview(session, school.settings)
    assert found is not None and found.last_at is not None
    assert (found.waiting, found.unfiled, found.unreadable) == (1, 1, 1)
    assert (found.is_silent(now()), found.days_left(now())) == (False, 30)


def test_where_no_mail_can_come_in_nothing_is_said(institution: Institution) -> None:
    with institution.reading() as session:
        assert overview(session, institution.settings) is None
    assert alarms(institution) == {}

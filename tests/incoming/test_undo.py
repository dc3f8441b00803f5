"""Undoing an act on incoming letters: all of it, or what nobody has changed since."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from digitalpost.db import now
from digitalpost.errors import Forbidden, Refused
from digitalpost.incoming.assign import finish
from digitalpost.incoming.undo import undo
from digitalpost.models import (
    IncomingLetter,
    Letter,
    LetterStatus,
    RoutedBy,
)
from tests.incoming.school import School, kinds
from tests.make import make_actor, make_user


def test_undo_puts_a_batch_back_where_it_was_with_its_case(school: School) -> None:
    ids = [school.letter(), school.letter(due_at=now() + timedelta(days=3))]
    with school.institution.reading() as session:
        before = [
            (one.case_id, one.unit_id, one.owner_id, one.status, one.due_at)
            for one in school.letters(session, ids)
        ]
    batch = school.assign(school.clerk, ids, owner_id=school.counsellor_id, due_at=now())
    with school.institution.transaction(school.clerk.scope) as session:
        undone = undo(session, school.clerk, batch)
    assert (undone.letters, undone.problems) == (2, [])
    with school.institution.reading() as session:
        after = [
            (one.case_id, one.unit_id, one.owner_id, one.status, one.due_at)
            for one in school.letters(session, ids)
        ]
        assert after == before
        assert kinds(session, ids[0]) == ["letter:assigned", "letter:act_undone"]
        about = session.scalars(sa.select(IncomingLetter)).first()
        assert about is not None
        assert about.routed_by is RoutedBy.NOTHING
    with (
        school.institution.transaction(school.clerk.scope) as session,
        pytest.raises(Refused, match="intet at fortryde"),
    ):
        undo(session, school.clerk, batch)


def test_undo_leaves_what_was_changed_since_and_says_so(school: School) -> None:
    ids = [school.letter() for _ in range(3)]
    batch = school.assign(school.boss, ids, unit_id=school.counsel)
    school.assign(school.counsellor, ids[:1], owner_id=school.counsellor_id)
    with school.institution.transaction(school.boss.scope) as session:
        undone = undo(session, school.boss, batch)
    assert (undone.letters, undone.changed) == (2, 1)
    assert "ændret siden" in str(undone.problems[0])
    with school.institution.reading() as session:
        units = {one.id: one.unit_id for one in school.letters(session, ids)}
        assert units == {
            ids[0]: school.counsel, ids[1]: school.mail_room, ids[2]: school.mail_room,
        }  # fmt: skip


def test_acts_of_one_batch_are_undone_together(school: School) -> None:
    letter_id = school.letter()
    batch = school.assign(school.clerk, [letter_id], owner_id=school.clerk_id)
    with school.institution.transaction(school.clerk.scope) as session:
        finish(session, school.clerk, school.letters(session, [letter_id]), batch=batch)
    with school.institution.transaction(school.clerk.scope) as session:
        assert undo(session, school.clerk, batch).letters == 1
    with school.institution.reading() as session:
        letter = session.get_one(Letter, letter_id)
        assert (letter.status, letter.owner_id) == (LetterStatus.NEW, None)


def test_another_persons_act_is_undone_by_a_supervisor_only(school: School) -> None:
    colleague = make_actor(
        school.institution, make_user(school.institution, units=(school.mail_room,))
    )
    batch = school.assign(school.clerk, [school.letter()], owner_id=school.clerk_id)
    with (
        school.institution.transaction(colleague.scope) as session,
        pytest.raises(Forbidden, match="selv har gjort"),
    ):
        undo(session, colleague, batch)
    with school.institution.transaction(school.boss.scope) as session:
        assert undo(session, school.boss, batch).letters == 1

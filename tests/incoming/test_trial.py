"""A rule is tried on last year's mail before it may act, and nothing happens to that mail."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from digitalpost.access import SYSTEM
from digitalpost.errors import Refused
from digitalpost.incoming.routing_rules import (
    change_routing_rule,
    delete_routing_rule,
    move_routing_rule,
    switch_routing_rule,
)
from digitalpost.incoming.rule_rows import rules_of
from digitalpost.incoming.trial import try_rule
from digitalpost.institution import Institution
from digitalpost.models import Assignment, Letter, LetterStatus, Role, RoutingRule, User
from tests.incoming.routing_school import about, ask, make_routing_rule, rule_row, run_route
from tests.incoming.school import School
from tests.make import make_actor, make_case_type, make_user


@pytest.fixture
def school(institution: Institution) -> School:
    return School(institution)


def test_a_trial_says_which_letters_of_the_year_the_rule_would_have_taken(school: School) -> None:
    hits = [school.letter(title="Faktura", age_days=days) for days in (300, 20)]
    school.letter(title="Faktura", age_days=400)
    school.letter(title="Sygemelding")
    moved = school.letter(title="Rykker for faktura", age_days=3)
    school.assign(school.boss, [moved], unit_id=school.counsel)
    make_routing_rule(
        school.institution, school.mail_room, name="Rykkere",
        condition=ask("title", "contains", "rykker"),
    )  # fmt: skip
    rule = make_routing_rule(school.institution, school.mail_room, on=False)
    with school.institution.transaction() as session:
        trial = try_rule(session, school.boss, rule_row(session, rule))
        assert (trial.asked, trial.count, trial.hidden) == (4, 3, 0)
        assert [one.letter_id for one in trial.examples] == [moved, hits[1], hits[0]]
        assert trial.also_taken_by == (("Rykkere", 1),)
        assert trial.left == 2
        assert {letter.status for letter in school.letters(session, hits)} == {LetterStatus.NEW}
    # What has gone to a unit that the asker can't see is counted and not shown.
    lis = make_user(
        school.institution, units=(school.mail_room,), name="Lis Bo", role=Role.SUPERVISOR
    )
    actor = make_actor(school.institution, lis)
    with school.institution.transaction(actor.scope) as session:
        trial = try_rule(session, actor, rule_row(session, rule))
        assert (trial.count, trial.hidden) == (3, 1)
        assert moved not in [one.letter_id for one in trial.examples]


def test_a_rule_is_switched_on_only_after_it_was_tried_as_it_is_now(school: School) -> None:
    rule = make_routing_rule(school.institution, school.mail_room, on=False)
    with school.institution.transaction() as session:
        row = rule_row(session, rule)
        with pytest.raises(Refused, match="Prøv først reglen"):
            switch_routing_rule(session, school.boss, row, on=True)
        try_rule(session, school.boss, row)
        switch_routing_rule(session, school.boss, row, on=True)
        change_routing_rule(
            session, school.boss, row, name="Et andet navn", condition=row.condition,
            actions=row.actions,
        )  # fmt: skip
        assert row.is_on
        change_routing_rule(
            session, school.boss, row, name=row.name,
            condition=ask("title", "contains", "regning"), actions=row.actions,
        )  # fmt: skip
        assert not row.is_on
        with pytest.raises(Refused, match="Prøv først reglen"):
            switch_routing_rule(session, school.boss, row, on=True)


def test_a_rule_whose_person_has_left_is_not_switched_on(school: School) -> None:
    gone = make_user(school.institution, units=(school.mail_room,), name="Kim Borte")
    rule = make_routing_rule(
        school.institution, school.mail_room, on=False,
        actions=[{"do": "person", "value": gone}],
    )  # fmt: skip
    with school.institution.transaction() as session:
        row = rule_row(session, rule)
        try_rule(session, school.boss, row)
        session.get_one(User, gone).is_active = False
        with pytest.raises(Refused, match="Kim Borte"):
            switch_routing_rule(session, school.boss, row, on=True)


def test_what_a_rule_says_is_checked_with_all_reasons_at_once(school: School) -> None:
    foreign = make_case_type(school.institution, school.counsel, "Vejledning")
    with pytest.raises(Refused) as refused:
        make_routing_rule(
            school.institution, school.mail_room, name=" ", condition={"all": []},
            actions=[{"do": "case_type", "value": foreign}],
        )  # fmt: skip
    assert len(refused.value.sentences) == 3
    # In the unit where the letter lands it is right.
    make_routing_rule(
        school.institution, school.mail_room,
        actions=[
            {"do": "unit", "value": school.counsel}, {"do": "case_type", "value": foreign},
        ],
    )  # fmt: skip


def test_rules_are_put_in_order_and_deleted_without_losing_what_they_did(school: School) -> None:
    rules = [make_routing_rule(school.institution, school.mail_room, name=name) for name in "abc"]
    with school.institution.transaction() as session:
        move_routing_rule(session, school.boss, rule_row(session, rules[2]), by=-1)
        move_routing_rule(session, school.boss, rule_row(session, rules[0]), by=-5)
        move_routing_rule(session, school.boss, rule_row(session, rules[0]), by=9)
        assert [one.name for one in rules_of(session, school.mail_room)] == ["c", "b", "a"]
        assert [one.position for one in rules_of(session, school.mail_room)] == [1, 2, 3]
    letter_id = school.letter(title="Faktura")
    run_route(school, letter_id)
    with school.institution.transaction() as session:
        delete_routing_rule(session, school.boss, rule_row(session, rules[2]))
    with school.institution.reading() as session:
        assert session.get(RoutingRule, rules[2]) is None
        incoming = about(session, letter_id)
        assert incoming.rule_id is None
        assert incoming.routed_reason is not None
        assert session.scalars(sa.select(Assignment.rule_id)).all() == [None]
        assert session.get_one(Letter, letter_id).status is LetterStatus.NEW


def test_only_a_supervisor_of_the_unit_has_a_say_in_its_rules(school: School) -> None:
    rule = make_routing_rule(school.institution, school.mail_room, on=False)
    with school.institution.transaction() as session:
        row = rule_row(session, rule)
        for act in (
            lambda: try_rule(session, school.clerk, row),
            lambda: switch_routing_rule(session, school.clerk, row, on=False),
            lambda: move_routing_rule(session, school.clerk, row, by=1),
            lambda: delete_routing_rule(session, school.clerk, row),
        ):
            with pytest.raises(Refused, match="Din rolle"):
                act()
        try_rule(session, SYSTEM, row)

"""Routing rules: what they ask, in which order, and that the same letter gets the same answer."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digitalpost.errors import Refused
from digitalpost.identifiers import IdentifierKind
from digitalpost.incoming.conditions import (
    CHOICES,
    TESTS,
    Field,
    Look,
    Test,
    read_condition,
    write_condition,
)
from digitalpost.incoming.facts import Facts
from digitalpost.incoming.rule_words import lines_of
from digitalpost.incoming.rules import Action, Do, Rule, evaluate, read_actions

WORDS = ["SU", "su-lån", "Ågård", "Aagaard", "eksamen", "eksamensplan", "åben skole", "faktura 7"]
LETTER = Facts(
    sender_kind=IdentifierKind.CVR,
    sender_index="ab12",
    sender_name="Eksempel Maskinfabrik A/S",
    contact_point="Bogholderi",
    contact_point_id="cp-7",
    attention="Mette Kirk",
    title="Rykker for faktura nr. 4711",
    text="Kære skole\nVi mangler betaling. Eksamensplanen er en anden sag.",
    attachment_names=("Rykker_2.pdf", "kontoudtog.pdf"),
    sent_at=datetime(2026, 6, 8, 20, 30, tzinfo=UTC),  # a Monday, 22.30 in Denmark
)


def ask(field: str, test: str, *values: str) -> dict[str, Any]:
    return {"field": field, "test": test, "value": list(values)}


def holds(stored: dict[str, Any], facts: Facts = LETTER) -> bool:
    return Look(facts).holds(read_condition(stored))


@pytest.mark.parametrize(
    ("stored", "expected"),
    [
        (ask("title", "contains", "FAKTURA"), True),
        (ask("title", "contains", "fakt"), False),
        (ask("title", "contains", "fakt*"), True),
        (ask("title", "contains", "for faktura"), True),
        (ask("title", "contains", "faktura for"), False),
        (ask("title", "contains", "SU", "rykker"), True),
        (ask("title", "begins", "rykker"), True),
        (ask("title", "begins", "faktura"), False),
        (ask("title", "is", "rykker for faktura nr. 4711"), True),
        (ask("text", "contains", "eksamensplan*"), True),
        (ask("text", "contains", "skole vi"), True),
        (ask("attachments", "contains", "rykker"), True),
        (ask("attachments", "is", "KONTOUDTOG.pdf"), True),
        (ask("sender_name", "contains", "maskinfabrik"), True),
        (ask("sender_number", "is", "cd34", "ab12"), True),
        (ask("sender_number", "is", "cd34"), False),
        (ask("sender_kind", "is", "cvr"), True),
        (ask("sender_kind", "is", "cpr"), False),
        (ask("contact_point", "is", "bogholderi"), True),
        (ask("contact_point", "is", "cp-7"), True),
        (ask("attention", "begins", "mette"), True),
        (ask("is_answer", "is", "no"), True),
        (ask("clock", "between", "22:00", "06:00"), True),
        (ask("clock", "between", "08:00", "16:00"), False),
        (ask("weekday", "is", "0"), True),
        (ask("weekday", "is", "5", "6"), False),
        (ask("day", "between", "2026-06-01", "2026-06-08"), True),
        (ask("day", "between", "2026-06-09", "2026-06-30"), False),
    ],
)
def test_a_line_asks_one_thing_of_a_letter(stored: dict[str, Any], expected: bool) -> None:
    assert holds(stored) is expected
    assert holds({"not": stored}) is not expected
    assert holds({"all": [stored, stored]}) is expected
    assert holds({"any": [{"not": stored}, stored]}) is True
    assert all(str(line) for line in lines_of(read_condition({"not": stored})))


def test_danish_names_are_the_same_in_either_spelling() -> None:
    assert holds(ask("sender_name", "contains", "ågård"), Facts(sender_name="Bo AAGAARD"))
    assert holds(ask("title", "contains", "A\u030aBEN"), Facts(title="Åben skole"))


@pytest.mark.parametrize(
    "stored",
    [
        {},
        {"all": []},
        {"all": [{"any": []}]},
        {"not": {}},
        {"field": "title"},
        ask("title", "contains"),
        ask("title", "contains", "***"),
        ask("title", "between", "a", "b"),
        ask("weather", "is", "rain"),
        ask("weekday", "is", "7"),
        ask("clock", "between", "25:00", "26:00"),
        ask("clock", "between", "10:00"),
        ask("day", "between", "2026-06-30", "2026-06-01"),
        {"field": "title", "test": "contains", "value": [7]},
        "title",
        None,
        {"all": [ask("title", "contains", "x")] * 60},
        {"not": {"not": {"not": {"not": {"not": {"not": {"not": ask("title", "is", "x")}}}}}}},
    ],
)
def test_what_is_no_condition_is_refused_in_danish(stored: Any) -> None:
    with pytest.raises(Refused) as refused:
        read_condition(stored)
    assert refused.value.sentences


@pytest.mark.parametrize(
    "stored",
    [
        [],
        None,
        [{"do": "shred", "value": 1}],
        [{"do": "tag", "value": "x" * 60}],
        [{"do": "deadline", "value": -1}],
        [{"do": "deadline", "value": 4000}],
        [{"do": "person", "value": "3"}],
        [{"do": "person", "value": 3}, {"do": "unit", "value": 2}],
    ],
)
def test_what_is_no_action_is_refused(stored: Any) -> None:
    with pytest.raises(Refused):
        read_actions(stored)


def rule(number: int, position: int, *, stops: bool = True, do: Do = Do.PERSON) -> Rule:
    condition = read_condition(ask("title", "contains", "faktura"))
    value: int | str = f"mærke {number}" if do is Do.TAG else number
    return Rule(number, f"Regel {number}", position, condition, (Action(do, value),), stops)


def test_the_first_rule_that_stops_is_the_last_that_is_asked() -> None:
    ruling = evaluate([rule(1, 3), rule(2, 1, stops=False, do=Do.TAG), rule(3, 2)], LETTER)
    assert [one.id for one in ruling.rules] == [2, 3]
    assert ruling.tags == ("mærke 2",)
    assert ruling.value(Do.PERSON) == 3
    assert str(ruling.why) == "Reglen «Regel 2»: emnet indeholder «faktura»."


def test_what_an_earlier_rule_said_stands() -> None:
    first, second = rule(1, 1, stops=False), rule(2, 2, do=Do.UNIT)
    ruling = evaluate([second, first], LETTER)
    assert [(one.do, one.value) for one in ruling.actions] == [(Do.PERSON, 1)]


# Properties

texts = st.lists(st.sampled_from([*WORDS, "om", "x"]), max_size=5).map(" ".join)
letters = st.builds(
    Facts,
    sender_kind=st.sampled_from([None, *IdentifierKind]),
    sender_index=st.sampled_from(["", "ab", "cd"]),
    sender_name=texts,
    contact_point=texts,
    contact_point_id=st.sampled_from(["", "cp-1", "cp-2"]),
    attention=texts,
    title=texts | st.text(max_size=20),
    text=texts | st.text(max_size=60),
    attachment_names=st.lists(texts, max_size=2).map(tuple),
    is_answer=st.booleans(),
    sent_at=st.none() | st.datetimes(timezones=st.just(UTC)).filter(lambda at: 2 < at.year < 9990),
)


@st.composite
def asks(draw: st.DrawFn) -> dict[str, Any]:
    field = draw(st.sampled_from(list(Field)))
    test = draw(st.sampled_from(sorted(TESTS[field])))
    if test is Test.BETWEEN:
        values = (
            st.dates().map(str) if field is Field.DAY else st.times().map(lambda t: f"{t:%H:%M}")
        )
        found = sorted(draw(st.lists(values, min_size=2, max_size=2)))
        return ask(field.value, test.value, *found)
    values = st.sampled_from(list(CHOICES.get(field, [*WORDS, "eksa*", "ab"])))
    chosen = draw(st.lists(values, min_size=1, max_size=3))
    return ask(field.value, test.value, *chosen)


conditions = st.recursive(
    asks(),
    lambda inner: (
        st.builds(lambda parts: {"all": parts}, st.lists(inner, min_size=1, max_size=3))
        | st.builds(lambda parts: {"any": parts}, st.lists(inner, min_size=1, max_size=3))
        | st.builds(lambda part: {"not": part}, inner)
    ),
    max_leaves=6,
)


@st.composite
def rule_sets(draw: st.DrawFn) -> list[Rule]:
    found = []
    for number in range(1, draw(st.integers(0, 6)) + 1):
        stored = draw(conditions)
        try:
            condition = read_condition(stored)
        except Refused:  # deeper than a rule may be
            continue
        do = draw(st.sampled_from(list(Do)))
        value: int | str = "mærke" if do is Do.TAG else number
        position = draw(st.integers(1, 4))
        stops = draw(st.booleans())
        found.append(Rule(number, f"R{number}", position, condition, (Action(do, value),), stops))
    return found


@given(rule_sets(), letters, st.randoms(use_true_random=False))
def test_the_order_of_asking_is_the_positions_whatever_order_rules_are_handed_over_in(
    rules: list[Rule], facts: Facts, shuffle: random.Random
) -> None:
    first = evaluate(rules, facts)
    mixed = list(rules)
    shuffle.shuffle(mixed)
    assert evaluate(mixed, facts) == first
    places = [(one.position, one.id) for one in first.rules]
    assert places == sorted(places)
    assert all(not one.stops for one in first.rules[:-1])


@given(rule_sets(), letters)
def test_asking_twice_gives_the_same_and_rules_that_took_nothing_change_nothing(
    rules: list[Rule], facts: Facts
) -> None:
    first = evaluate(rules, facts)
    assert evaluate(rules, facts) == first
    assert evaluate(first.rules, facts) == first
    slots = [action.slot for action in first.actions]
    assert len(slots) == len(set(slots))
    assert (first.why is None) == (not first.rules)


@given(conditions, letters)
def test_a_condition_is_the_same_after_being_written_and_read(
    stored: dict[str, Any], facts: Facts
) -> None:
    try:
        condition = read_condition(stored)
    except Refused:
        return
    again = read_condition(write_condition(condition))
    assert again == condition
    assert Look(facts).holds(again) == Look(facts).holds(condition)
    assert [str(line) for line in lines_of(again)]

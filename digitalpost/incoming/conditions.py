"""What a routing rule asks of a letter: conditions as values, read from JSON and put to the facts.

``{"all": [...]}``, ``{"any": [...]}``, ``{"not": ...}`` or ``{"field", "test", "value"}``, where
``value`` is a list of texts. There are no patterns that could run for ever: only words, beginnings
and whole values, compared as `folding` spells them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum
from functools import cached_property
from typing import Any

from digitalpost.danish_time import local
from digitalpost.errors import Refused
from digitalpost.incoming.facts import Facts
from digitalpost.incoming.folding import fold, may_stand_in, parts_of_folded, stands_in

DEEPEST, MOST_TESTS, MOST_VALUES, LONGEST_VALUE = 6, 50, 200, 200


class Field(StrEnum):
    """What about a letter is looked at."""

    TITLE = "title"
    TEXT = "text"
    ATTACHMENTS = "attachments"
    SENDER_NAME = "sender_name"
    SENDER_NUMBER = "sender_number"
    SENDER_KIND = "sender_kind"
    CONTACT_POINT = "contact_point"
    ATTENTION = "attention"
    IS_ANSWER = "is_answer"
    CLOCK = "clock"
    WEEKDAY = "weekday"
    DAY = "day"


class Test(StrEnum):
    """How it is looked at."""

    __test__ = False  # not for pytest

    CONTAINS = "contains"  # one of the words or phrases stands in it
    BEGINS = "begins"
    IS = "is"  # the whole of it, or one of several
    BETWEEN = "between"  # two clock times, or two days, both included


_WORDS = frozenset({Test.CONTAINS, Test.BEGINS, Test.IS})
TESTS: dict[Field, frozenset[Test]] = {
    Field.TITLE: _WORDS,
    Field.TEXT: frozenset({Test.CONTAINS}),
    Field.ATTACHMENTS: _WORDS,
    Field.SENDER_NAME: _WORDS,
    Field.SENDER_NUMBER: frozenset({Test.IS}),  # the blind index, as hex
    Field.SENDER_KIND: frozenset({Test.IS}),  # cpr or cvr
    Field.CONTACT_POINT: _WORDS,
    Field.ATTENTION: _WORDS,
    Field.IS_ANSWER: frozenset({Test.IS}),  # yes or no
    Field.CLOCK: frozenset({Test.BETWEEN}),
    Field.WEEKDAY: frozenset({Test.IS}),  # 0 is Monday
    Field.DAY: frozenset({Test.BETWEEN}),
}


# Values of the fields that have only a few.
CHOICES: dict[Field, tuple[str, ...]] = {
    Field.SENDER_KIND: ("cpr", "cvr"),
    Field.IS_ANSWER: ("yes", "no"),
    Field.WEEKDAY: tuple("0123456"),
}


@dataclass(frozen=True)
class Ask:
    """One question to one fact. ``shown`` stands for values that must not be shown (numbers)."""

    field: Field
    test: Test
    values: tuple[str, ...]
    shown: tuple[str, ...] = ()


@dataclass(frozen=True)
class All:
    """Every part holds."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True)
class Some:
    """At least one part holds."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True)
class Not:
    """The part does not hold."""

    part: Condition


Condition = Ask | All | Some | Not


class Look:
    """One letter as conditions see it: everything that is folded is folded once."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self._folded: dict[Field, tuple[str, ...]] = {}
        self._parts: dict[str, tuple[str, ...]] = {}

    def holds(self, condition: Condition) -> bool:
        """Whether the condition holds for this letter. Never raises for what `read_condition` let
        through."""
        if isinstance(condition, Ask):
            return self._answers(condition)
        if isinstance(condition, All):
            return all(self.holds(part) for part in condition.parts)
        if isinstance(condition, Some):
            return any(self.holds(part) for part in condition.parts)
        return not self.holds(condition.part)

    def first_reason(self, condition: Condition) -> Ask | None:
        """The first question that was answered with yes, to tell people why."""
        if isinstance(condition, Ask):
            return condition if self._answers(condition) else None
        if isinstance(condition, Not):
            return None
        found = (self.first_reason(part) for part in condition.parts if self.holds(part))
        return next((one for one in found if one is not None), None)

    def _answers(self, ask: Ask) -> bool:
        if ask.test is Test.BETWEEN:
            return self._between(ask)
        if ask.test is Test.CONTAINS:
            return any(
                may_stand_in(value, text) and stands_in(value, self._parts_of(text))
                for text in self._texts_of(ask.field)
                for value in ask.values
            )
        texts = self._texts_of(ask.field)
        wanted = [fold(value) for value in ask.values]
        if ask.test is Test.BEGINS:
            return any(text.startswith(value) for text in texts for value in wanted if value)
        return any(text == value for text in texts for value in wanted)

    def _between(self, ask: Ask) -> bool:
        moment = self._sent
        if moment is None:
            return False
        if ask.field is Field.DAY:
            first, last = (date.fromisoformat(value) for value in ask.values)
            return first <= moment.date() <= last
        start, end = (time.fromisoformat(value) for value in ask.values)
        clock = moment.time().replace(second=0, microsecond=0)
        if start <= end:
            return start <= clock <= end
        return clock >= start or clock <= end  # over midnight

    @cached_property
    def _sent(self) -> datetime | None:
        moment = self.facts.sent_at or self.facts.arrived_at
        return local(moment) if moment is not None else None

    def _raw(self, field: Field) -> tuple[str, ...]:
        facts = self.facts
        if field is Field.WEEKDAY:
            return (str(self._sent.weekday()),) if self._sent is not None else ()
        found: dict[Field, tuple[str, ...]] = {
            Field.TITLE: (facts.title,),
            Field.TEXT: (facts.text,),
            Field.ATTACHMENTS: facts.attachment_names,
            Field.SENDER_NAME: (facts.sender_name,),
            Field.SENDER_NUMBER: (facts.sender_index,),
            Field.SENDER_KIND: (facts.sender_kind.value if facts.sender_kind else "",),
            Field.CONTACT_POINT: (facts.contact_point, facts.contact_point_id),
            Field.ATTENTION: (facts.attention,),
            Field.IS_ANSWER: ("yes" if facts.is_answer else "no",),
        }
        return tuple(text for text in found[field] if text)

    def _texts_of(self, field: Field) -> tuple[str, ...]:
        if field not in self._folded:
            self._folded[field] = tuple(fold(text) for text in self._raw(field))
        return self._folded[field]

    def _parts_of(self, folded: str) -> tuple[str, ...]:
        if folded not in self._parts:
            self._parts[folded] = parts_of_folded(folded)
        return self._parts[folded]


def asks_about(condition: Condition, field: Field) -> bool:
    """Whether a fact must be known to answer: texts are opened only when they are asked about."""
    if isinstance(condition, Ask):
        return condition.field is field
    if isinstance(condition, Not):
        return asks_about(condition.part, field)
    return any(asks_about(part, field) for part in condition.parts)


def read_condition(stored: Any) -> Condition:
    """The condition in a JSON value. Raises `Refused` when it is none of ours."""
    left = [MOST_TESTS]
    condition = _read(stored, DEEPEST, left)
    if left[0] == MOST_TESTS:
        raise _misunderstood()  # a rule that asks nothing would take everything
    return condition


def write_condition(condition: Condition) -> dict[str, Any]:
    """The JSON value that `read_condition` reads."""
    if isinstance(condition, All):
        return {"all": [write_condition(part) for part in condition.parts]}
    if isinstance(condition, Some):
        return {"any": [write_condition(part) for part in condition.parts]}
    if isinstance(condition, Not):
        return {"not": write_condition(condition.part)}
    written = {
        "field": condition.field.value,
        "test": condition.test.value,
        "value": list(condition.values),
    }
    return {**written, "shown": list(condition.shown)} if condition.shown else written


def _read(stored: Any, depth: int, left: list[int]) -> Condition:
    if not isinstance(stored, dict) or depth == 0:
        raise _misunderstood()
    for word, kind in (("all", All), ("any", Some)):
        if set(stored) == {word} and isinstance(stored[word], list) and stored[word]:
            parts = tuple(_read(part, depth - 1, left) for part in stored[word])
            return kind(parts)
    if set(stored) == {"not"}:
        return Not(_read(stored["not"], depth - 1, left))
    left[0] -= 1
    if left[0] < 0:
        raise Refused("Reglen har for mange linjer. Del den i to regler.")
    return _read_ask(stored)


def _read_ask(stored: dict[str, Any]) -> Ask:
    try:
        field, test = Field(stored["field"]), Test(stored["test"])
        values = tuple(stored["value"])
        shown = tuple(stored.get("shown", ()))
    except (KeyError, ValueError, TypeError):
        raise _misunderstood() from None
    texts = all(isinstance(value, str) and len(value) <= LONGEST_VALUE for value in values + shown)
    if test not in TESTS[field] or not texts or not 0 < len(values) <= MOST_VALUES:
        raise _misunderstood()
    if test is Test.BETWEEN:
        _check_between(field, values)
    elif field in CHOICES:
        if not set(values) <= set(CHOICES[field]):
            raise _misunderstood()
    elif not all(fold(value.rstrip("*")) for value in values):
        raise _misunderstood()
    return Ask(field, test, values, shown)


def _check_between(field: Field, values: tuple[str, ...]) -> None:
    kind = date if field is Field.DAY else time
    try:
        first, last = (kind.fromisoformat(value) for value in values)
    except ValueError:
        raise _misunderstood() from None
    if field is Field.DAY and first > last:  # type: ignore[operator]
        raise Refused("Den første dag skal ligge før den sidste.")


def _misunderstood() -> Refused:
    return Refused(
        "En linje i reglen kan ikke bruges. Vælg, hvad der skal ses på, og skriv et ord."
    )

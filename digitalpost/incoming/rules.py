"""Routing rules asked in order: which of them take a letter, and what is then done with it.

`evaluate` is pure: the same rules and facts give the same ruling, in a trial, in the dry run and
when a letter comes. Rules are asked by position; what an earlier one has said stands, and the first
that matches and stops is the last that is asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from digitalpost.errors import Refused, Sentence
from digitalpost.incoming.conditions import Condition, Look
from digitalpost.incoming.facts import Facts
from digitalpost.incoming.rule_words import because

LONGEST_DEADLINE = 365
LONGEST_TAG = 40


class Do(StrEnum):
    """What a rule does with a letter."""

    PERSON = "person"
    UNIT = "unit"
    TAG = "tag"
    CASE_TYPE = "case_type"
    DEADLINE = "deadline"  # in so many days
    FINISH = "finish"


@dataclass(frozen=True)
class Action:
    """One thing to do. ``value``: an id, a number of days, the tag's text, or 1 for finishing."""

    do: Do
    value: int | str

    @property
    def slot(self) -> str:
        """Actions that share a slot exclude each other: the first one said stands."""
        if self.do is Do.TAG:
            return f"tag:{self.value}"
        return "whom" if self.do in (Do.PERSON, Do.UNIT) else self.do.value


@dataclass(frozen=True)
class Rule:
    """A rule as it is asked. ``problem``: why it can't act, when whom it names is gone."""

    id: int
    name: str
    position: int
    condition: Condition
    actions: tuple[Action, ...]
    stops: bool = True
    problem: Sentence | None = None


@dataclass(frozen=True)
class Ruling:
    """What the rules say of one letter."""

    rules: tuple[Rule, ...] = ()  # that took it, in order
    unable: tuple[Rule, ...] = ()  # that would have taken it, but have a problem
    actions: tuple[Action, ...] = ()
    why: Sentence | None = None

    @property
    def rule(self) -> Rule | None:
        """The rule that the letter is said to be routed by."""
        return self.rules[0] if self.rules else None

    def value(self, do: Do) -> int | str | None:
        """What is to be done of this kind; of tags the first."""
        return next((action.value for action in self.actions if action.do is do), None)

    @property
    def tags(self) -> tuple[str, ...]:
        """Every tag that it gets."""
        return tuple(str(action.value) for action in self.actions if action.do is Do.TAG)


def evaluate(rules: Iterable[Rule], facts: Facts) -> Ruling:
    """What ``rules`` say of a letter, whatever order they are handed over in. Never raises."""
    look = Look(facts)
    taken: list[Rule] = []
    unable: list[Rule] = []
    actions: dict[str, Action] = {}
    for rule in sorted(rules, key=lambda one: (one.position, one.id)):
        if not look.holds(rule.condition):
            continue
        if rule.problem is not None:
            unable.append(rule)
            continue
        taken.append(rule)
        for action in rule.actions:
            actions.setdefault(action.slot, action)
        if rule.stops:
            break
    why = None
    if taken:
        reason = look.first_reason(taken[0].condition)
        why = (
            Sentence("Reglen «%(rule)s»: %(because)s.", {"rule": taken[0].name,
                                                         "because": because(reason)})
            if reason is not None
            else Sentence("Reglen «%(rule)s».", {"rule": taken[0].name})
        )  # fmt: skip
    elif unable:
        why = Sentence(
            "Reglen «%(rule)s» passer, men den kan ikke følges: %(problem)s",
            {"rule": unable[0].name, "problem": unable[0].problem},
        )
    return Ruling(tuple(taken), tuple(unable), tuple(actions.values()), why)


def read_actions(stored: Any) -> tuple[Action, ...]:
    """The actions in a JSON value. Raises `Refused` when they are none of ours, or none at all."""
    if not isinstance(stored, list) or not stored:
        raise Refused("Vælg, hvad der skal ske med brevet.")
    try:
        actions = tuple(Action(Do(one["do"]), one["value"]) for one in stored)
    except (KeyError, ValueError, TypeError):
        raise Refused("Vælg, hvad der skal ske med brevet.") from None
    for action in actions:
        _check(action)
    if len({action.slot for action in actions}) < len(actions):
        raise Refused("Et brev kan kun fordeles ét sted hen.")
    return actions


def write_actions(actions: Sequence[Action]) -> list[dict[str, Any]]:
    """The JSON value that `read_actions` reads."""
    return [{"do": action.do.value, "value": action.value} for action in actions]


def _check(action: Action) -> None:
    if action.do is Do.TAG:
        if not isinstance(action.value, str) or not 0 < len(action.value.strip()) <= LONGEST_TAG:
            raise Refused("Et mærke må højst fylde %(most)s tegn.", most=LONGEST_TAG)
    elif type(action.value) is not int or action.value < 0:
        raise Refused("Vælg, hvad der skal ske med brevet.")
    elif action.do is Do.DEADLINE and action.value > LONGEST_DEADLINE:
        raise Refused("En frist må højst være %(most)s dage.", most=LONGEST_DEADLINE)

"""The form of a routing rule: what was typed in plain Danish, to a rule and back again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from werkzeug.datastructures import MultiDict

from admin_views.routing_values import (
    chosen_words,
    clocks,
    days_between,
    numbers_typed,
    parts_of_list,
)
from admin_views.texts import mark
from digitalpost.errors import Sentence
from digitalpost.incoming.conditions import (
    TESTS,
    All,
    Ask,
    Condition,
    Field,
    Not,
    Some,
    Test,
    write_condition,
)
from digitalpost.incoming.rule_words import WEEKDAYS
from digitalpost.incoming.rules import Action, Do, write_actions
from digitalpost.vault import Vault

ALL, ANY = "all", "any"
FIRST_LINES = {ALL: 3, ANY: 2}  # empty ones included
MOST_LINES = 12
FIELDS = {
    Field.TITLE: mark("Emnet"),
    Field.TEXT: mark("Teksten i brevet"),
    Field.ATTACHMENTS: mark("Navnet på et bilag"),
    Field.SENDER_NAME: mark("Afsenderens navn"),
    Field.SENDER_NUMBER: mark("Afsenderens CPR- eller CVR-nummer"),
    Field.SENDER_KIND: mark("Afsenderen (person eller virksomhed)"),
    Field.CONTACT_POINT: mark("Kontaktpunktet"),
    Field.ATTENTION: mark("Den person, brevet er stilet til"),
    Field.IS_ANSWER: mark("Er brevet et svar? (ja eller nej)"),
    Field.CLOCK: mark("Klokkeslættet, brevet er sendt"),
    Field.WEEKDAY: mark("Ugedagen, brevet er sendt"),
    Field.DAY: mark("Datoen, brevet er sendt"),
}
# "not:" before a test turns it round.
TEST_WORDS = {
    "contains": mark("indeholder"),
    "not:contains": mark("indeholder ikke"),
    "begins": mark("begynder med"),
    "not:begins": mark("begynder ikke med"),
    "is": mark("er"),
    "not:is": mark("er ikke"),
}
_WORDS: dict[Field, dict[str, str]] = {
    Field.SENDER_KIND: {"person": "cpr", "virksomhed": "cvr"},
    Field.IS_ANSWER: {"ja": "yes", "nej": "no"},
    Field.WEEKDAY: {name: str(number) for number, name in enumerate(WEEKDAYS)},
}


@dataclass(frozen=True)
class Line:
    """One line of the form as it was typed; ``problem`` what is wrong with it."""

    field: str = Field.TITLE.value
    test: str = "contains"
    value: str = ""
    problem: Sentence | None = None


@dataclass(frozen=True)
class RuleForm:
    """The whole form as it was typed."""

    name: str = ""
    all: tuple[Line, ...] = ()
    any: tuple[Line, ...] = ()
    whom: str = ""  # "user:3", "unit:2" or nobody
    case_type: str = ""
    tags: str = ""
    days: str = ""
    finish: bool = False
    stops: bool = True

    def lines(self, group: str) -> tuple[Line, ...]:
        """What is shown of a group: its lines, and empty ones to type in."""
        typed = self.all if group == ALL else self.any
        return (*typed, *[Line()] * max(2, FIRST_LINES[group] - len(typed)))[:MOST_LINES]


def read_form(typed: MultiDict[str, str]) -> RuleForm:
    """The form as it was sent, lines without a value left out."""
    return RuleForm(
        name=typed.get("name", ""),
        all=tuple(_lines(typed, ALL)),
        any=tuple(_lines(typed, ANY)),
        whom=typed.get("whom", ""),
        case_type=typed.get("case_type", ""),
        tags=typed.get("tags", ""),
        days=typed.get("days", ""),
        finish=typed.get("finish") == "1",
        stops=typed.get("stops") == "1",
    )


def condition_of(
    form: RuleForm, vault: Vault, kept: Mapping[str, str]
) -> tuple[dict[str, Any], RuleForm, list[Sentence]]:
    """The condition that was typed, the form with its problems, and those problems.

    ``kept``: numbers of the rule as they are shown, and their blind indexes.
    """
    problems: list[Sentence] = []
    groups: dict[str, list[Condition]] = {ALL: [], ANY: []}
    lines: dict[str, list[Line]] = {ALL: [], ANY: []}
    for group, typed in ((ALL, form.all), (ANY, form.any)):
        for line in typed:
            found = _ask(line, vault, kept)
            problem = found if isinstance(found, Sentence) else None
            lines[group].append(replace(line, problem=problem))
            if isinstance(found, Sentence):
                problems.append(found)
            else:
                groups[group].append(found)
    parts = [*groups[ALL], *([Some(tuple(groups[ANY]))] if groups[ANY] else [])]
    if not parts and not problems:
        problems.append(Sentence("Skriv mindst én linje om, hvilke breve reglen gælder."))
    shown = replace(form, all=tuple(lines[ALL]), any=tuple(lines[ANY]))
    return (write_condition(All(tuple(parts))) if parts else {}), shown, problems


def actions_of(form: RuleForm) -> tuple[list[dict[str, Any]], list[Sentence]]:
    """The actions that were chosen, and what is wrong with them."""
    actions, problems = [], []
    kind, _, number = form.whom.partition(":")
    if kind in ("user", "unit") and number.isdecimal():
        actions.append(Action(Do.PERSON if kind == "user" else Do.UNIT, int(number)))
    if form.case_type.isdecimal():
        actions.append(Action(Do.CASE_TYPE, int(form.case_type)))
    actions += [Action(Do.TAG, tag) for tag in dict.fromkeys(parts_of_list(form.tags))]
    if form.days.strip().isdecimal():
        actions.append(Action(Do.DEADLINE, int(form.days)))
    elif form.days.strip():
        problems.append(Sentence("Skriv fristen som et helt antal dage.", code="days"))
    if form.finish:
        actions.append(Action(Do.FINISH, 1))
    return write_actions(actions), problems


def form_of(
    name: str, condition: Condition, actions: Sequence[Action], stops: bool
) -> RuleForm | None:
    """The form of a rule that is there; None for one that the form can't show."""
    parts = condition.parts if isinstance(condition, All) else (condition,)
    lines: dict[str, list[Line]] = {ALL: [], ANY: []}
    for part in parts:
        some = part.parts if isinstance(part, Some) else (part,)
        group = ANY if isinstance(part, Some) else ALL
        if group == ANY and lines[ANY]:
            return None
        for one in some:
            line = _line(one)
            if line is None:
                return None
            lines[group].append(line)
    by_kind = {action.do: str(action.value) for action in actions}
    whom = f"user:{by_kind[Do.PERSON]}" if Do.PERSON in by_kind else ""
    return RuleForm(
        name=name,
        all=tuple(lines[ALL]),
        any=tuple(lines[ANY]),
        whom=f"unit:{by_kind[Do.UNIT]}" if Do.UNIT in by_kind else whom,
        case_type=by_kind.get(Do.CASE_TYPE, ""),
        tags=", ".join(str(one.value) for one in actions if one.do is Do.TAG),
        days=by_kind.get(Do.DEADLINE, ""),
        finish=Do.FINISH in by_kind,
        stops=stops,
    )


def kept_numbers(condition: Condition) -> dict[str, str]:
    """The numbers in a condition: as they are shown, and their blind indexes."""
    if isinstance(condition, Ask):
        return dict(zip(condition.shown, condition.values, strict=False))
    if isinstance(condition, Not):
        return kept_numbers(condition.part)
    found: dict[str, str] = {}
    for part in condition.parts:
        found |= kept_numbers(part)
    return found


def _lines(typed: MultiDict[str, str], group: str) -> list[Line]:
    columns = [typed.getlist(f"{group}-{name}")[:MOST_LINES] for name in ("field", "test", "value")]
    return [
        Line(field, test, value.strip())
        for field, test, value in zip(*columns, strict=False)
        if value.strip()
    ]


def _line(condition: Condition) -> Line | None:
    turned = isinstance(condition, Not)
    ask = condition.part if isinstance(condition, Not) else condition
    if not isinstance(ask, Ask):
        return None
    words = {value: name for name, value in _WORDS.get(ask.field, {}).items()}
    values = list(ask.shown or [words.get(value, value) for value in ask.values])
    if ask.field is Field.DAY:
        days = [date.fromisoformat(value) for value in ask.values]
        values = [f"{day.day}.{day.month}.{day.year}" for day in days]
    text = " - ".join(values) if ask.test is Test.BETWEEN else ", ".join(values)
    test = "is" if ask.test is Test.BETWEEN else ask.test.value
    return Line(ask.field.value, f"not:{test}" if turned else test, text)


def _ask(line: Line, vault: Vault, kept: Mapping[str, str]) -> Condition | Sentence:
    """The question in a line, or what is wrong with it."""
    try:
        field, test = Field(line.field), Test(line.test.removeprefix("not:"))
    except ValueError:
        return Sentence("Vælg noget fra listen.")
    if field in (Field.CLOCK, Field.DAY):
        test = Test.BETWEEN
    elif test not in TESTS[field]:
        test = next(iter(TESTS[field]))  # what has one way only is asked in that way
    readers: dict[Field, Callable[[str], list[str] | Sentence]] = {
        Field.CLOCK: clocks,
        Field.DAY: days_between,
    }
    shown: list[str] = []
    if field is Field.SENDER_NUMBER:
        read = numbers_typed(line.value, vault, kept)
        values, shown = ([], []) if isinstance(read, Sentence) else read
        problem = read if isinstance(read, Sentence) else None
    else:
        words = _WORDS.get(field)
        got = readers[field](line.value) if field in readers else chosen_words(line.value, words)
        values = [] if isinstance(got, Sentence) else got
        problem = got if isinstance(got, Sentence) else None
    if problem is not None:
        return problem
    ask = Ask(field, test, tuple(values), tuple(shown))
    return Not(ask) if line.test.startswith("not:") else ask

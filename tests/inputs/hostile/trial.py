"""Sends a hostile file the way that every file goes, and says what became of it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path

from digitalpost.conversion.convert import to_pdf
from digitalpost.errors import Refused, Sentence
from digitalpost.pdf.orders import letter_orders
from digitalpost.pdf.owners import plan_letters
from digitalpost.pdf.pool import Workers, inspect_pdf, prepare_letters, read_pages
from digitalpost.verdict import Verdict
from tests.inputs import engines
from tests.inputs.hostile.kit import Case, Expected
from tests.inputs.people import make_person
from tests.make import make_settings

_FEWEST_ENGINES = 3
MAX_PAGES = 60_000  # as settings.py has it


@dataclass
class Outcome:
    """What became of one file. ``failures`` are sentences; there must be none."""

    result: Expected = Expected.CLEAN
    said: list[str] = field(default_factory=list)
    codes: list[str] = field(default_factory=list)
    engines: int = 0
    letters: int = 0
    seconds: float = 0.0
    failures: list[str] = field(default_factory=list)


def keep(data: bytes) -> bytes:
    """The sink of a trial: the finished file itself."""
    return data


def try_case(case: Case, path: Path, workers: Workers) -> Outcome:
    """Make the file at ``path`` and prepare it in child processes, as the product does."""
    person = make_person()
    case.write(path, person.cpr)
    outcome = Outcome()
    start = time.monotonic()
    try:
        given = to_pdf(
            path,
            name="brev",
            settings=make_settings(path.parent),
            workers=workers,
            folder=path.parent,
        )
        _prepare(given.path, workers, outcome)
    except Refused as refusal:
        outcome.result = Expected.FILE
        _hear(outcome, refusal.sentences)
    outcome.seconds = time.monotonic() - start
    if case.expected not in (Expected.HELD, outcome.result):
        outcome.failures.append(f"came out {outcome.result}, not {case.expected}")
    return outcome


def _hear(outcome: Outcome, sentences: list[Sentence] | tuple[Sentence, ...]) -> None:
    for sentence in sentences:
        outcome.codes.append(sentence.code)
        outcome.said.append(str(sentence))
        if engines.find_number(make_person().cpr, str(sentence)):
            outcome.failures.append("a sentence tells the number")


def _prepare(path: Path, workers: Workers, outcome: Outcome) -> None:
    facts = inspect_pdf(path, max_pages=MAX_PAGES, workers=workers)
    readings = read_pages(path, facts.pages, workers=workers)
    plan = plan_letters(readings)
    orders = letter_orders(plan, readings, title="Brev")
    placed = sum(len(one.pages) for one in plan.letters) + len(plan.left_out)
    if placed != facts.pages:
        outcome.failures.append(f"{placed} pages were placed of {facts.pages}")
    for letter in prepare_letters(path, orders, workers=workers, sink=keep):
        planned = plan.letters[letter.index]
        outcome.letters += 1
        stopped = [reason for reason in planned.reasons if planned.verdict is Verdict.RED]
        if letter.problem:
            stopped.append(letter.problem)
        if stopped:
            outcome.result = Expected.PAGE
            _hear(outcome, stopped)
            if not planned.pages:
                outcome.failures.append("no page is named")
        elif planned.number is None or letter.stored is None:
            outcome.failures.append("a letter to nobody is not stopped")
        else:
            _check(outcome, letter.stored, planned.number)


def _check(outcome: Outcome, data: bytes, number: str) -> None:
    found = ["strings"] if engines.find_number(number, engines.raw_strings(data)) else []
    read_by = set()
    for name, read in engines.READERS.items():
        try:
            text = read(data)
        except Exception:  # whatever it is: an engine that gives up shows nobody the number
            continue
        read_by.add(name)
        if engines.find_number(number, text):
            found.append(name)
    outcome.engines = min(outcome.engines or len(read_by), len(read_by))
    if found:
        outcome.failures.append(f"the number is left: {', '.join(found)}")
    if len(read_by) < _FEWEST_ENGINES:
        outcome.failures.append(f"only {', '.join(sorted(read_by))} could read the letter")

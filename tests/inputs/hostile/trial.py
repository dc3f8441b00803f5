"""Sends a hostile file the way that every file goes, and says what became of it."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from digitalpost.conversion.convert import to_pdf
from digitalpost.errors import Refused, Sentence
from digitalpost.pdf.finish import FinishedLetter
from digitalpost.pdf.orders import letter_orders
from digitalpost.pdf.owners import PlannedLetter, plan_letters
from digitalpost.pdf.pool import Workers, draw_pages, inspect_pdf, prepare_letters, read_pages
from digitalpost.pdf.previews import draw_letter
from digitalpost.verdict import Verdict
from tests.inputs import engines
from tests.inputs.hostile.kit import Case, Expected
from tests.inputs.people import make_person
from tests.make import make_settings

_FEWEST_ENGINES = 3
_DRAWN = 3  # pages of a source, and of each letter, that are drawn
_WIDTH = 320


@dataclass
class Outcome:
    """What became of one file. ``failures`` are sentences; there must be none.

    ``engines`` is how many engines read every letter that goes out; ``pages`` are those named;
    ``seconds`` is what the product took, without those engines.
    """

    result: Expected = Expected.CLEAN
    codes: set[str] = field(default_factory=set)
    pages: set[int] = field(default_factory=set)
    engines: int = 0
    letters: int = 0
    seconds: float = 0.0
    failures: list[str] = field(default_factory=list)


def keep(data: bytes) -> bytes:
    """The sink of a trial: the finished file itself."""
    return data


def try_case(case: Case, folder: Path, workers: Workers, **environ: str) -> Outcome:
    """Make the file in ``folder`` and prepare it in child processes, as the product does.

    ``environ`` are settings other than the product's own.
    """
    path = folder / "hostile"
    case.write(path, make_person().cpr)
    outcome = Outcome()
    start = time.monotonic()
    try:
        settings = make_settings(folder, **environ)
        given = to_pdf(path, name="brev", settings=settings, workers=workers, folder=folder)
        _prepare(given.path, settings.max_pages, workers, outcome)
    except Refused as refusal:
        outcome.result = Expected.FILE
        _hear(outcome, refusal.sentences)
    outcome.seconds += time.monotonic() - start
    if case.expected not in (Expected.HELD, outcome.result):
        outcome.failures.append(f"came out {outcome.result}, not {case.expected}")
    return outcome


def _hear(outcome: Outcome, sentences: Iterable[Sentence]) -> None:
    for sentence in sentences:
        outcome.codes.add(sentence.code)
        if sentence.page:
            outcome.pages.add(sentence.page)
        if engines.find_number(make_person().cpr, str(sentence)):
            outcome.failures.append("a sentence tells the number")


def _prepare(path: Path, max_pages: int, workers: Workers, outcome: Outcome) -> None:
    facts = inspect_pdf(path, max_pages=max_pages, workers=workers)
    readings = read_pages(path, facts.pages, workers=workers)
    plan = plan_letters(readings)
    orders = letter_orders(plan, readings, title="Brev")
    placed = sum(len(one.pages) for one in plan.letters) + len(plan.left_out)
    if placed != facts.pages:
        outcome.failures.append(f"{placed} pages were placed of {facts.pages}")
    for letter in prepare_letters(path, orders, workers=workers, sink=keep):
        outcome.letters += 1
        _look(letter, plan.letters[letter.index], workers, outcome)
    # A page that can't be drawn has no picture; what must not happen is anything else.
    draw_pages(path, range(1, min(facts.pages, _DRAWN) + 1), width=_WIDTH, workers=workers)


def _look(
    letter: FinishedLetter[bytes], planned: PlannedLetter, workers: Workers, outcome: Outcome
) -> None:
    stopped = list(planned.reasons) if planned.verdict is Verdict.RED else []
    if letter.problem:
        stopped.append(letter.problem)
    if stopped:
        outcome.result = Expected.PAGE
        outcome.pages.update(planned.pages)  # a letter that is stopped is shown with its pages
        _hear(outcome, stopped)
    elif planned.number is None or letter.stored is None:
        outcome.failures.append("a letter to nobody is not stopped")
    else:
        start = time.monotonic()
        _check(letter.stored, planned.number, outcome)
        outcome.seconds -= time.monotonic() - start  # not the product's
    for page in range(1, min(len(letter.pages), _DRAWN) + 1) if letter.stored else ():
        try:
            draw_letter(letter.stored, page, width=_WIDTH, workers=workers)
        except ValueError:
            continue


def _check(data: bytes, number: str, outcome: Outcome) -> None:
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

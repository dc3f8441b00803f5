"""The letters list of a large archive, against a plain Flask-Admin view of the same table.

    python -m benchmarks.run letters_list [--rows=1000000] [--small=10000] [--sqlite]

Both are asked for what one page needs (50 letters with their cases and units, and the count), and
then for the whole page. On SQLite, and on PostgreSQL where it is installed. A ratio is ours to the
plain view.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlalchemy.orm import selectinload

from benchmarks.letters_pages import (
    SIZE,
    Asked,
    console_pages,
    plain_pages,
    plain_view,
    searches,
)
from benchmarks.many_letters import institution_on, make_many_letters
from benchmarks.measure import Line, interleaved, print_table, ratio_of_rounds, timed, work_folder
from digitalpost.access import EVERYTHING, Scope
from digitalpost.archive.search import match_letters
from digitalpost.models import Letter
from digitalpost.paging import LAST, capped_count, page
from tests.services import TOOLS, PostgresServer

NEWEST = [(Letter.created_at, True), (Letter.id, True)]
ONE_UNIT = Scope(frozenset({1}))
# At most this share of the plain view's time, and of our own time in a small archive.
GOALS = {"last page": 1 / 30, "search, common word": 1 / 20, "search, rare": 1 / 20,
         "search, no hit": 1 / 20}  # fmt: skip
GOALS_FROM = 1_000_000  # a small list is quick in any way
GROWTH_GOAL = 3.0


def main(arguments: Sequence[str]) -> None:
    """Prints the ratios."""
    parser = argparse.ArgumentParser(prog="letters_list")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--small", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--sqlite", action="store_true", help="leave PostgreSQL out")
    options = parser.parse_args(list(arguments))
    for kind, urls in databases(sqlite_only=options.sqlite):
        with work_folder() as folder:
            large = make_many_letters(urls(folder, "large"), options.rows)
            small = make_many_letters(urls(folder, "small"), options.small)
            _compare(kind, large, small, options)
            large.dispose()
            small.dispose()


def _compare(kind: str, large: Engine, small: Engine, options: argparse.Namespace) -> None:
    rows = f"{options.rows:,}".replace(",", ".")
    with (
        _ours(large, options.rows) as ours,
        _ours(small, options.small) as ours_small,
        _plain(large, options.rows) as plain,
    ):
        seconds = _measure({"ours": ours, "small": ours_small, "plain": plain}, options.rounds)
    goals = GOALS if options.rows >= GOALS_FROM else {}
    print_table(f"Asking for a list of {rows} letters, {kind}", _against(seconds, goals))
    growth = [
        Line(
            name,
            f"{options.small} letters",
            ratio_of_rounds(mine, seconds["small"][name]),
            GROWTH_GOAL,
            _took(mine),
        )
        for name, mine in seconds["ours"].items()
    ]
    print_table(f"Growth of what our list asks, {kind}", growth)
    with (
        console_pages(large, options.rows) as ours,
        plain_pages(large, options.rows) as plain,
    ):
        seconds = _measure({"ours": ours, "plain": plain}, options.rounds)
    print_table(f"The whole page over {rows} letters, {kind}", _against(seconds, {}))


def _measure(parties: dict[str, Asked], rounds: int) -> dict[str, dict[str, list[float]]]:
    """Seconds by party and question. A question to the plain view is asked once a round."""
    cases: dict[str, Callable[[], float]] = {}
    for party, asked in parties.items():
        times = 1 if party == "plain" else 5
        for name, question in asked.items():
            cases[f"{party}|{name}"] = partial(_median_of, question, times)
            question()  # warm
    seconds: dict[str, dict[str, list[float]]] = {party: {} for party in parties}
    for case, taken in interleaved(cases, rounds).items():
        party, _, name = case.partition("|")
        seconds[party][name] = taken
    return seconds


def _against(seconds: dict[str, dict[str, list[float]]], goals: dict[str, float]) -> list[Line]:
    lines = []
    for name, theirs in seconds["plain"].items():
        mine = seconds["ours"][name]
        ratio = ratio_of_rounds(mine, theirs)
        note = f"{1 / ratio:.1f} times as fast, {_took(mine)}"
        lines.append(Line(name, "plain Flask-Admin", ratio, goals.get(name), note))
    return lines


def _took(seconds: list[float]) -> str:
    return f"{min(seconds) * 1000:.1f} ms"


def _median_of(question: Callable[[], object], times: int) -> float:
    return sorted(timed(question) for _ in range(times))[times // 2]


@contextmanager
def _ours(engine: Engine, rows: int) -> Iterator[Asked]:
    """Our list's questions, each in a session of its own as a request has it."""
    with tempfile.TemporaryDirectory() as home:
        institution = institution_on(engine, Path(home))
        with institution.reading() as session:
            skipped = min(SIZE * 999, rows - SIZE)
            deep = page(session, sa.select(Letter.id), order=NEWEST, size=skipped).older

        def ask(query: str = "", scope: Scope = EVERYTHING, **where: Any) -> Callable[[], object]:
            order = [(Letter.id, True)] if query else where.pop("order", NEWEST)

            def question() -> object:
                with institution.reading(scope) as session:
                    stmt = sa.select(Letter).options(
                        selectinload(Letter.case), selectinload(Letter.unit)
                    )
                    stmt = match_letters(stmt, session, query)
                    shown = page(session, stmt, order=order, size=SIZE, **where)
                    return shown, capped_count(session, stmt)

            return question

        by_title = [(Letter.title, False), (Letter.id, False)]
        yield {
            "first page": ask(),
            "page 1.000": ask(after=deep),
            "last page": ask(before=LAST),
            "by title": ask(order=by_title),
            **{name: ask(text) for name, text in searches(rows).items()},
            "one unit, first page": ask(scope=ONE_UNIT),
            "one unit, common word": ask("brev", scope=ONE_UNIT),
        }
        institution.close()


@contextmanager
def _plain(engine: Engine, rows: int) -> Iterator[Asked]:
    """The plain view's own list query for the same questions."""
    with plain_view(engine) as (app, view):

        def ask(number: int = 0, search: str | None = None, sort: str | None = None) -> Any:
            def question() -> object:
                with app.test_request_context("/admin/letter/"):
                    return view.get_list(number, sort, False, search, None)

            return question

        yield {
            "first page": ask(),
            "page 1.000": ask(min(999, rows // SIZE - 1)),
            "last page": ask(rows // SIZE - 1),
            "by title": ask(sort="title"),
            **{name: ask(search=text) for name, text in searches(rows).items()},
        }


def databases(*, sqlite_only: bool) -> Iterator[tuple[str, Callable[[str, str], str]]]:
    """Each kind of database, and what names a new one in a folder."""
    yield "SQLite", lambda folder, name: f"sqlite:///{folder}/{name}.db"
    initdb = TOOLS["postgresql"].find()
    if initdb is None or sqlite_only:
        return
    server = PostgresServer(Path(initdb).parent)
    server.start()
    try:
        yield "PostgreSQL", lambda _folder, _name: server.new_database()
    finally:
        server.stop()


if __name__ == "__main__":
    import sys

    main(sys.argv[1:])

"""The letters list of a large archive, against a plain Flask-Admin view of the same table.

    python -m benchmarks.run letters_list [--rows=1000000] [--small=10000]

Both are asked for what one page of the list needs: 50 letters with their cases and units, and the
count. On SQLite, and on PostgreSQL where it is installed. A ratio is ours to the plain view.
"""

from __future__ import annotations

import argparse
import base64
import tempfile
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import Flask
from flask_admin import Admin
from flask_admin.contrib.sqla import ModelView
from flask_babel import Babel
from sqlalchemy.engine import Engine
from sqlalchemy.orm import scoped_session, selectinload, sessionmaker

from benchmarks.many_letters import LETTERS_PER_RECIPIENT, make_many_letters
from benchmarks.measure import Line, interleaved, print_table, ratio_of_rounds, timed, work_folder
from digitalpost.access import EVERYTHING, Scope
from digitalpost.archive.search import match_letters
from digitalpost.db import Session
from digitalpost.institution import Institution, open_institution
from digitalpost.models import Letter
from digitalpost.paging import LAST, capped_count, page
from digitalpost.settings import Settings
from tests.services import TOOLS, PostgresServer

SIZE = 50
NEWEST = [(Letter.created_at, True), (Letter.id, True)]
ONE_UNIT = Scope(frozenset({1}))
# At most this share of the plain view's time, and of our own time in a small archive.
GOALS = {"last page": 1 / 30, "search, common word": 1 / 20, "search, rare": 1 / 20,
         "search, no hit": 1 / 20}  # fmt: skip
GOALS_FROM = 1_000_000  # a small list is quick in any way
GROWTH_GOAL = 3.0

Asked = dict[str, Callable[[], object]]


def main(arguments: Sequence[str]) -> None:
    """Prints the ratios."""
    parser = argparse.ArgumentParser(prog="letters_list")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--small", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args(list(arguments))
    for kind, urls in _databases():
        with work_folder() as folder:
            large = make_many_letters(urls(folder, "large"), options.rows)
            small = make_many_letters(urls(folder, "small"), options.small)
            _compare(kind, large, small, options)
            large.dispose()
            small.dispose()


def _compare(kind: str, large: Engine, small: Engine, options: argparse.Namespace) -> None:
    with (
        _ours(large, options.rows) as ours,
        _ours(small, options.small) as ours_small,
        _plain(large, options.rows) as plain,
    ):
        cases: dict[str, Callable[[], float]] = {}
        for name, ask in ours.items():
            for party, question in (("ours", ask), ("small", ours_small[name])):
                cases[f"{party} {name}"] = lambda question=question: _median_of(question)
            if name in plain:
                cases[f"plain {name}"] = lambda question=plain[name]: timed(question)
        for run in cases.values():
            run()  # warm
        seconds = interleaved(cases, options.rounds)
    rows = f"{options.rows:,}".replace(",", ".")
    against, growth = [], []
    for name in ours:
        mine = seconds[f"ours {name}"]
        note = took = f"{min(mine) * 1000:.1f} ms"
        if theirs := seconds.get(f"plain {name}"):
            ratio = ratio_of_rounds(mine, theirs)
            note = f"{1 / ratio:.0f} times as fast, {note}"
            goal = GOALS.get(name) if options.rows >= GOALS_FROM else None
            against.append(Line(name, "plain Flask-Admin", ratio, goal, note))
        ratio = ratio_of_rounds(mine, seconds[f"small {name}"])
        growth.append(Line(name, f"{options.small} letters", ratio, GROWTH_GOAL, took))
    print_table(f"Letters list, {rows} letters, {kind}", against)
    print_table(f"Growth of our list, {kind}", growth)


def _median_of(question: Callable[[], object], times: int = 5) -> float:
    return sorted(timed(question) for _ in range(times))[times // 2]


@contextmanager
def _ours(engine: Engine, rows: int) -> Iterator[Asked]:
    """Our list's questions, each in a session of its own as a request has it."""
    with tempfile.TemporaryDirectory() as home:
        institution = _institution(engine, Path(home))
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
        case = rows // LETTERS_PER_RECIPIENT // 2 + 1
        yield {
            "first page": ask(),
            "page 1.000": ask(after=deep),
            "last page": ask(before=LAST),
            "by title": ask(order=by_title),
            "search, common word": ask("brev"),
            "search, word start": ask("karakt"),
            "search, rare": ask(f"2026-{case:06d}"),
            "search, no hit": ask("findesikke"),
            "one unit, first page": ask(scope=ONE_UNIT),
            "one unit, common word": ask("brev", scope=ONE_UNIT),
        }
        institution.close()


def _institution(engine: Engine, home: Path) -> Institution:
    return open_institution(
        Settings.from_env(
            {
                "DIGITALPOST_HOME": str(home),
                "DIGITALPOST_MASTER_KEY": base64.b64encode(b"k" * 32).decode(),
                "DATABASE_URL": engine.url.render_as_string(hide_password=False),
            }
        )
    )


class _PlainLetters(ModelView):
    """What the documentation of Flask-Admin says to write for such a list."""

    page_size = SIZE
    column_list = ("title", "recipient_name", "status", "case", "unit", "created_at")
    column_searchable_list = ("search_text",)
    column_default_sort = ("created_at", True)
    column_sortable_list = ("title", "created_at")
    form_columns = ("title",)


@contextmanager
def _plain(engine: Engine, rows: int) -> Iterator[Asked]:
    """The plain view's own list query for the same questions."""
    app = Flask(__name__)
    app.secret_key = "benchmark"
    Babel(app, default_locale="da")
    sessions = scoped_session(sessionmaker(engine, class_=Session, info={"scope": EVERYTHING}))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        view = _PlainLetters(Letter, sessions)
        Admin(app).add_view(view)
    case = rows // LETTERS_PER_RECIPIENT // 2 + 1

    def ask(number: int = 0, search: str | None = None, sort: str | None = None) -> Any:
        def question() -> object:
            with app.test_request_context("/admin/letter/"), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                found = view.get_list(number, sort, False, search, None)
                sessions.remove()
                return found

        return question

    yield {
        "first page": ask(),
        "page 1.000": ask(min(999, rows // SIZE - 1)),
        "last page": ask(rows // SIZE - 1),
        "by title": ask(sort="title"),
        "search, common word": ask(search="brev"),
        "search, word start": ask(search="karakt"),
        "search, rare": ask(search=f"2026-{case:06d}"),
        "search, no hit": ask(search="findesikke"),
    }
    sessions.remove()


def _databases() -> Iterator[tuple[str, Callable[[str, str], str]]]:
    yield "SQLite", lambda folder, name: f"sqlite:///{folder}/{name}.db"
    initdb = TOOLS["postgresql"].find()
    if initdb is None:
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

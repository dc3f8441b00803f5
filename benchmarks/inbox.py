"""The inbox page over a large archive, against a plain Flask-Admin view of the same letters.

    python -m benchmarks.run inbox [--rows=1000000] [--small=10000] [--sqlite]

Whole pages as a browser asks for them: p95 of a number of requests. One letter of fifty is open in
somebody's inbox, a third of all came in and are done. The plain view lists the open letters without
owner, as its documentation says to narrow a list down.
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import sqlalchemy as sa
from flask import Flask
from flask_admin import Admin
from flask_babel import Babel
from sqlalchemy.engine import Engine
from sqlalchemy.orm import scoped_session, sessionmaker

from admin_views import create_console, search_words
from benchmarks.letters_list import databases
from benchmarks.letters_pages import PlainLetters, get, user_of_every_unit
from benchmarks.many_letters import institution_on, make_many_letters
from benchmarks.measure import Line, print_table, timed, work_folder
from digitalpost.access import EVERYTHING
from digitalpost.db import Session
from digitalpost.models import OPEN_INCOMING, Letter, LetterStatus

STATUSES = [
    LetterStatus.NEW,
    *([LetterStatus.DONE] * 17),
    *([LetterStatus.DELIVERED] * 32),
]
GOAL = 1 / 3  # of the plain view's p95, over as many letters as its goal is for
GOAL_FROM = 1_000_000
GROWTH_GOAL = 3.0
_WARM = 3


class PlainInbox(PlainLetters):
    """The open letters without owner, oldest first."""

    column_default_sort = ("created_at", False)

    def get_query(self) -> sa.Select[tuple[Letter]]:
        """As the documentation says to narrow a list down."""
        return super().get_query().where(*self._open())

    def get_count_query(self) -> sa.Select[tuple[int]]:
        """Likewise."""
        return super().get_count_query().where(*self._open())

    def _open(self) -> tuple[sa.ColumnElement[bool], ...]:
        return Letter.status.in_(OPEN_INCOMING), Letter.owner_id.is_(None)


def main(arguments: Sequence[str]) -> None:
    """Prints the ratios."""
    parser = argparse.ArgumentParser(prog="inbox")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--small", type=int, default=10_000)
    parser.add_argument("--requests", type=int, default=40)
    parser.add_argument("--sqlite", action="store_true", help="leave PostgreSQL out")
    options = parser.parse_args(list(arguments))
    for kind, urls in databases(sqlite_only=options.sqlite):
        with work_folder() as folder, ExitStack() as stack:
            large = make_many_letters(urls(folder, "large"), options.rows, STATUSES)
            small = make_many_letters(urls(folder, "small"), options.small, STATUSES)
            ours = _p95(stack.enter_context(_console(large)), options.requests)
            before = _p95(stack.enter_context(_console(small)), options.requests)
            plain = _p95({"plain": stack.enter_context(_plain(large))}, options.requests)["plain"]
            goal = GOAL if options.rows >= GOAL_FROM else None
            rows = f"{options.rows:,}".replace(",", ".")
            print_table(
                f"The inbox over {rows} letters, p95, {kind}",
                [
                    Line(name, "plain Flask-Admin", mine / plain,
                         goal if name == "without owner" else None, f"{mine * 1000:.0f} ms")
                    for name, mine in ours.items()
                ],
            )  # fmt: skip
            print_table(
                f"Growth of the inbox, {kind}",
                [
                    Line(name, f"{options.small} letters", mine / before[name], GROWTH_GOAL,
                         f"{mine * 1000:.0f} ms")
                    for name, mine in ours.items()
                ],
            )  # fmt: skip
            large.dispose()
            small.dispose()


def _p95(asked: dict[str, Callable[[], object]], requests: int) -> dict[str, float]:
    """Seconds: 19 of 20 requests are answered in less."""
    found = {}
    for name, question in asked.items():
        for _ in range(_WARM):
            question()
        taken = sorted(timed(question) for _ in range(requests))
        found[name] = taken[min(int(requests * 0.95), requests - 1)]
    return found


@contextmanager
def _console(engine: Engine) -> Iterator[dict[str, Callable[[], object]]]:
    """Pages of the inbox, for a user who has every unit."""
    with TemporaryDirectory() as home:
        institution = institution_on(engine, Path(home))
        with institution.transaction() as session:
            user = user_of_every_unit(session)
            token = f"{user.id}:{user.session_number}"
        client = create_console(institution).test_client()
        with client.session_transaction() as cookie:
            cookie.update({"_user_id": token, "_fresh": True, "seen": time.time()})
        words = search_words.sealed(institution.vault, "karakterudskrift")
        yield {
            name: get(client, "/inbox/", **arguments)
            for name, arguments in {
                "without owner": {"q": "unowned"},
                "mine": {"q": "mine"},
                "a unit's": {"q": "unit", "unit": 1},
                "done": {"q": "done", "unit": 1},
                "a word": {"q": "unowned", "s": words},
                "a week old": {"q": "unowned", "days": 7},
            }.items()
        }
        institution.close()


@contextmanager
def _plain(engine: Engine) -> Iterator[Callable[[], object]]:
    """The plain view's page."""
    app = Flask(__name__)
    app.secret_key = "benchmark"
    Babel(app, default_locale="da")
    sessions = scoped_session(sessionmaker(engine, class_=Session, info={"scope": EVERYTHING}))
    app.teardown_appcontext(lambda _error: sessions.remove())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        Admin(app).add_view(PlainInbox(Letter, sessions))
        yield get(app.test_client(), "/admin/letter/")
    sessions.remove()


if __name__ == "__main__":
    import sys

    main(sys.argv[1:])

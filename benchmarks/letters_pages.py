"""The whole page of the letters list, as a browser asks for it: our console and a plain view."""

from __future__ import annotations

import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from flask_admin import Admin
from flask_admin.contrib.sqla import ModelView
from flask_babel import Babel
from sqlalchemy.engine import Engine
from sqlalchemy.orm import scoped_session, sessionmaker

from admin_views import create_console, search_words
from admin_views.listing import SEARCH
from benchmarks.many_letters import LETTERS_PER_RECIPIENT, UNITS, institution_on
from digitalpost.access import EVERYTHING
from digitalpost.db import Session, now
from digitalpost.models import Letter, Unit, User
from digitalpost.models.user import Role
from digitalpost.paging import LAST, page

SIZE = 50
Asked = dict[str, Callable[[], object]]


class PlainLetters(ModelView):
    """What the documentation of Flask-Admin says to write for such a list."""

    page_size = SIZE
    column_list = ("title", "recipient_name", "status", "case", "unit", "created_at")
    column_searchable_list = ("search_text",)
    column_default_sort = ("created_at", True)
    column_sortable_list = ("title", "created_at")
    form_columns = ("title",)


@contextmanager
def plain_view(engine: Engine) -> Iterator[tuple[Flask, PlainLetters]]:
    """An application with nothing but the plain view."""
    app = Flask(__name__)
    app.secret_key = "benchmark"
    Babel(app, default_locale="da")
    sessions = scoped_session(sessionmaker(engine, class_=Session, info={"scope": EVERYTHING}))
    app.teardown_appcontext(lambda _error: sessions.remove())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        view = PlainLetters(Letter, sessions)
        Admin(app).add_view(view)
        yield app, view
    sessions.remove()


@contextmanager
def console_pages(engine: Engine, rows: int) -> Iterator[Asked]:
    """The console's list, for a user who has every unit."""
    with tempfile.TemporaryDirectory() as home:
        institution = institution_on(engine, Path(home))
        with institution.transaction() as session:
            user = user_of_every_unit(session)
            token = f"{user.id}:{user.session_number}"
            stmt = sa.select(Letter.id).order_by(Letter.id)
            skipped = min(SIZE * 999, rows - SIZE)
            deep = page(session, stmt, order=[(Letter.id, True)], size=skipped).older
        client = create_console(institution).test_client()
        with client.session_transaction() as cookie:
            cookie.update({"_user_id": token, "_fresh": True, "seen": time.time()})
        yield {
            name: get(client, "/letters/", **arguments)
            for name, arguments in {
                "first page": {},
                "page 1.000": {"after": deep},
                "last page": {"before": LAST},
                "by title": {"sort": "title"},
                **{
                    name: {SEARCH: search_words.sealed(institution.vault, text)}
                    for name, text in searches(rows).items()
                },
            }.items()
        }
        institution.close()


@contextmanager
def plain_pages(engine: Engine, rows: int) -> Iterator[Asked]:
    """The plain view's list."""
    with plain_view(engine) as (app, _view):
        yield {
            name: get(app.test_client(), "/admin/letter/", **arguments)
            for name, arguments in {
                "first page": {},
                "page 1.000": {"page": min(999, rows // SIZE - 1)},
                "last page": {"page": rows // SIZE - 1},
                "by title": {"sort": 0},
                **{name: {"search": text} for name, text in searches(rows).items()},
            }.items()
        }


def searches(rows: int) -> dict[str, str]:
    """What is searched for: in every letter, in one of five, in ten, in none."""
    case = rows // LETTERS_PER_RECIPIENT // 2 + 1
    return {
        "search, common word": "brev",
        "search, word start": "karakt",
        "search, rare": f"2026-{case:06d}",
        "search, no hit": "findesikke",
    }


def get(client: FlaskClient, path: str, **arguments: object) -> Callable[[], object]:
    """A question that asks for a page, and insists that it comes."""
    address = f"{path}?{urlencode(arguments)}"

    def question() -> object:
        answer = client.get(address)
        if answer.status_code != 200:
            raise RuntimeError(f"{path} answered {answer.status_code}")
        return answer

    return question


def user_of_every_unit(session: Session) -> User:
    """Who asks: made once."""
    found = session.scalars(sa.select(User)).first()
    if found is not None:
        return found
    units = session.scalars(sa.select(Unit).limit(UNITS)).all()
    user = User(
        email="maaler@example.dk",
        name="Maja Måler",
        role=Role.ADMINISTRATOR,
        created_at=now(),
        units=list(units),
    )
    session.add(user)
    session.flush()
    return user

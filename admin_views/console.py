"""The base of every page: sign-in, permission, use cases and their refusals."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from flask import Response, abort, flash, g, make_response, redirect, request, url_for
from flask_admin import BaseView
from flask_babel import gettext
from sqlalchemy.exc import IntegrityError
from werkzeug.wrappers import Response as AnyResponse

from admin_views import unfinished
from admin_views.texts import mark, say_all
from admin_views.visitor import Visitor, current_visitor, institution, request_session
from digitalpost.access import EVERYTHING, Actor
from digitalpost.db import Base, Session
from digitalpost.errors import Forbidden, Refused
from digitalpost.institution import Institution

POST, ARCHIVE, CONTROL = mark("Post"), mark("Arkiv"), mark("Styring")
MAX_ID = 2**31 - 1
Row = TypeVar("Row", bound=Base)


@dataclass(frozen=True)
class Outcome:
    """What came of a use case. True when it was done; else ``reasons`` says why not."""

    value: Any = None  # what the use case returned; for a row, its id
    reasons: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()  # beside each reason: the field it is about, or nothing

    def __bool__(self) -> bool:
        return not self.reasons


class ConsoleView(BaseView):
    """A page or a family of pages. Set ``permission`` and ``icon``; write ``@expose``d methods."""

    permission: str | None = None  # None: everyone who is signed in
    icon: str = "circle"
    in_menu: bool = True
    home: str | None = None  # endpoint of the view whose line in the menu lights up

    @property
    def visitor(self) -> Visitor:
        """Who is signed in."""
        visitor = current_visitor()
        if visitor is None:
            raise RuntimeError("a console page without a visitor")
        return visitor

    @property
    def actor(self) -> Actor:
        """The visitor as the domain knows it."""
        return self.visitor.actor

    @property
    def institution(self) -> Institution:
        """Settings, keys and document store."""
        return institution()

    @property
    def db(self) -> Session:
        """The request's session for reading; rows of other units are not there."""
        return request_session()

    def row(self, model: type[Row], row_id: int | str, *, session: Session | None = None) -> Row:
        """The row with this id, or 404: the same answer for a hidden row and a missing one."""
        if isinstance(row_id, str):
            row_id = whole_number(row_id)
        if not 0 < row_id <= MAX_ID:
            abort(404)
        found = (self.db if session is None else session).get(model, row_id)
        if found is None or not self.may_see(found):
            abort(404)
        return found

    def may_see(self, row: Any) -> bool:
        """The second wall behind the session's scope: is the row in one of the visitor's units?"""
        unit_id = getattr(row, "unit_id", None)
        return unit_id is None or self.actor.scope.holds(unit_id)

    def act(
        self,
        use_case: Callable[..., Any],
        *arguments: Any,
        row: tuple[type[Base], int | str] | None = None,
        done: str | None = None,
        quiet: bool = False,
        everything: bool = False,
        **options: Any,
    ) -> Outcome:
        """Run ``use_case(session, actor, [row,] *arguments, **options)`` in one transaction.

        ``row`` is loaded in that transaction, or the answer is 404. A refusal is rolled back and
        flashed (not when ``quiet``), `Forbidden` is answered with 403, and ``done`` is flashed
        after the commit. ``everything`` runs a use case that asks for a session that sees all rows.
        """
        if "db" in g:
            g.db.rollback()  # what was read before the change is read anew after it
        scope = EVERYTHING if everything else self.actor.scope
        try:
            with self.institution.transaction(scope) as session:
                session.info["request_id"] = g.get("request_id")
                before = () if row is None else (self.row(*row, session=session),)
                value = use_case(session, self.actor, *before, *arguments, **options)
                if isinstance(value, Base):
                    session.flush()
                    value = getattr(value, "id", None)
        except Forbidden:
            raise
        except Refused as refused:
            reasons = tuple(say_all(refused))
            codes = tuple(sentence.code for sentence in refused.sentences)
            return _not_done(Outcome(reasons=reasons, codes=codes), quiet)
        except IntegrityError:
            # Two at once: the database kept one of them. What the other typed is still there.
            sentence = gettext("En anden har lige gemt noget, der strider mod det. Prøv igen.")
            return _not_done(Outcome(reasons=(sentence,), codes=("",)), quiet)
        if done:
            flash(done, "success")
        return Outcome(value)

    def answer(self, template: str, status: int = 200, **values: Any) -> Response:
        """A rendered page as an answer whose headers can be set."""
        return make_response(self.render(template, **values), status)

    def is_accessible(self) -> bool:
        """Whether the visitor may open this view at all."""
        visitor = current_visitor()
        if visitor is None:
            return False
        return self.permission is None or visitor.actor.may(self.permission)

    def is_visible(self) -> bool:
        """Whether the view stands in the menu."""
        return self.in_menu

    def _handle_view(self, name: str, **kwargs: Any) -> Any:
        visitor = current_visitor()
        if visitor is not None and visitor.must_change_password and not self._always_open(name):
            return redirect(url_for("account.password", next=here()))
        return super()._handle_view(name, **kwargs)

    def _always_open(self, name: str) -> bool:
        """Pages that work before a first password has been replaced."""
        return False

    def inaccessible_callback(self, name: str, **kwargs: Any) -> AnyResponse | str:
        """Ask who it is, or say no."""
        return ask_who_it_is() if current_visitor() is None else abort(403)

    def _run_view(self, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        # The stock method calls again when a TypeError comes up, and hides the real fault.
        return fn(self, *args, **kwargs)


def _not_done(outcome: Outcome, quiet: bool) -> Outcome:
    if not quiet:
        for reason in outcome.reasons:
            flash(reason, "error")
    return outcome


def whole_number(text: str) -> int:
    """A number that somebody sent, or 0 for anything that is no number of ours."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 12 else 0


def here() -> str:
    """The path of this request, to come back to."""
    return request.full_path.rstrip("?") if request.method == "GET" else request.path


def ask_who_it_is() -> AnyResponse | str:
    """Send someone who is not signed in to the sign-in page; what they sent is kept."""
    if request.headers.get("Sec-Fetch-Dest") == "empty" and request.method != "POST":
        abort(401)
    if request.method == "POST":
        from admin_views.account import sign_in_page

        return sign_in_page(target=request.path, kept=unfinished.seal_request(), status=401)
    return redirect(url_for("account.sign_in", next=here()))


def see_other(endpoint: str, **values: Any) -> Response:
    """Answer a POST by sending the browser to another page with GET."""
    return redirect(url_for(endpoint, **values), code=303)  # type: ignore[return-value]

"""Fravær: from when to when somebody is away, and who gets their mail meanwhile."""

from __future__ import annotations

from datetime import date

from flask import abort, redirect, request, url_for
from flask_admin import expose
from flask_babel import gettext
from werkzeug.wrappers import Response as AnyResponse

from admin_views.console import ConsoleView, whole_number
from admin_views.texts import mark
from digitalpost.access import Actor
from digitalpost.db import Session
from digitalpost.errors import Refused, Sentence
from digitalpost.incoming.absence import absence_of, end_absence, set_absence, units_in_common
from digitalpost.models import Absence, User


class AbsenceView(ConsoleView):
    """One's own absence, and for administrators everybody's."""

    permission = "incoming.assign"
    in_menu = False

    def __init__(self) -> None:
        self._default_view = "show"
        super().__init__(name=mark("Fravær"), endpoint="absence", url="/absence")

    @expose("/<int:user_id>", methods=("GET", "POST"))
    def show(self, user_id: int) -> AnyResponse | str | tuple[str, int]:
        """The form, and keeping it."""
        user = self._user(user_id)
        reasons: tuple[str, ...] = ()
        if request.method == "POST":
            outcome = self.act(
                be_away, user_id, dict(request.form), quiet=True,
                done=gettext("Fraværet er gemt. Ny post går til stedfortræderen."),
            )  # fmt: skip
            if outcome:
                return redirect(self._home(user_id), code=303)
            reasons = outcome.reasons
            user = self._user(user_id)
        absence = absence_of(self.db, user)
        page = self.render(
            "console/absence.html",
            user=user,
            absence=absence,
            first_day=_typed("first_day", absence),
            last_day=_typed("last_day", absence),
            deputy_id=whole_number(request.form.get("deputy", ""))
            or (absence.deputy_id if absence else 0),
            people=units_in_common(self.db, user),
            reasons=reasons,
            home=self._home(user_id),
        )
        return (page, 422) if reasons else page

    @expose("/<int:user_id>/end", methods=("POST",))
    def end(self, user_id: int) -> AnyResponse:
        """Mail comes to the user again."""
        self._user(user_id)
        self.act(be_back, user_id, done=gettext("Fraværet er slettet."))
        return redirect(self._home(user_id), code=303)

    def _user(self, user_id: int) -> User:
        if user_id != self.actor.user_id and not self.actor.may("user.manage"):
            abort(403)
        return self.row(User, user_id)

    def _home(self, user_id: int) -> str:
        if user_id == self.actor.user_id:
            return url_for("account.index")
        return url_for("users.details_view", row_id=user_id)


def be_away(session: Session, actor: Actor, user_id: int, form: dict[str, str]) -> Absence:
    """Read what was typed, and keep it. Raises `Refused` with every reason."""
    days: dict[str, date] = {}
    problems = []
    for name, sentence in (
        ("first_day", Sentence("Vælg den første dag.", code="first_day")),
        ("last_day", Sentence("Vælg den sidste dag.", code="last_day")),
    ):
        try:
            days[name] = date.fromisoformat(form.get(name, "")[:10])
        except ValueError:
            problems.append(sentence)
    deputy = session.get(User, whole_number(form.get("deputy", "")))
    if deputy is None:
        problems.append(Sentence("Vælg, hvem der får posten imens.", code="deputy"))
    if problems or deputy is None:
        raise Refused(problems)
    return set_absence(session, actor, session.get_one(User, user_id), deputy=deputy, **days)


def be_back(session: Session, actor: Actor, user_id: int) -> None:
    """Take the absence away."""
    end_absence(session, actor, session.get_one(User, user_id))


def _typed(name: str, absence: Absence | None) -> str:
    kept = getattr(absence, name).isoformat() if absence is not None else ""
    return request.form.get(name, kept)[:10]

"""Brugere: who may do what, where. Switched off, never deleted."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, url_for
from flask_admin import expose
from flask_babel import gettext
from markupsafe import Markup
from sqlalchemy.orm import selectinload
from werkzeug.wrappers import Response
from wtforms import PasswordField, validators

from admin_views import cells
from admin_views.console import CONTROL
from admin_views.filters import FlagFilter, KindFilter
from admin_views.model_view import ConsoleModelView
from admin_views.texts import mark
from digitalpost import signin, users
from digitalpost.db import now
from digitalpost.models import Role, User


class UserView(ConsoleModelView):
    """The register of users."""

    permission = "user.manage"
    change_permission = "user.manage"
    offers = frozenset({"details", "create", "edit"})
    icon = "people"
    lead = mark("En rolle siger, hvad man må. Afdelingerne siger hvor.")
    new_label = mark("Opret bruger")
    search_hint = mark("Søg efter navn eller e-mail")
    main_column = "name"
    newest_first = False
    column_list = ("name", "role", "units", "is_active")
    column_details_list = ("name", "email", "role", "units", "is_active", "created_at")
    column_labels = {
        "name": mark("Navn"),
        "email": mark("E-mail"),
        "role": mark("Rolle"),
        "units": mark("Afdelinger"),
        "is_active": mark("Adgang"),
        "created_at": mark("Oprettet"),
    }
    column_searchable_list = (User.name, User.email)
    column_formatters = {
        "role": lambda _view, _context, row, _name: gettext(row.role.label),
        "units": lambda _view, _context, row, _name: ", ".join(unit.name for unit in row.units),
        "is_active": lambda _view, _context, row, _name: _access(row),
        "created_at": lambda _view, _context, row, _name: cells.when(row.created_at),
    }
    form_columns = ("name", "email", "role", "units")
    form_args = {
        "email": {"validators": []},  # checked by the use case, which knows who has it
        "units": {
            "description": mark("Brugeren ser kun sager, breve og modtagere i disse afdelinger."),
            "validators": [],
        },
    }
    load = (selectinload(User.units),)
    filters = (
        KindFilter("role", mark("Rolle"), User.role, kind=Role),
        FlagFilter("active", mark("Adgang"), User.is_active, yes=mark("Aktiv"), no=mark("Spærret")),
    )
    create = staticmethod(users.create_user)
    change = staticmethod(users.change_user)
    history_subject = "user"

    def __init__(self) -> None:
        super().__init__(User, mark("Brugere"), CONTROL, "users")

    def get_create_form(self) -> Any:
        """With a first password."""
        form = super().get_create_form()
        form.password = PasswordField(
            mark("Første adgangskode"),
            [validators.InputRequired()],
            description=mark(
                "Mindst 12 tegn. Giv den til brugeren på en sikker måde. "
                "Brugeren skal vælge sin egen ved første log-in."
            ),
            render_kw={"autocomplete": "new-password"},
        )
        return form

    def form_values(self, form: Any) -> dict[str, Any]:
        """Units by their ids."""
        values = super().form_values(form)
        values["unit_ids"] = values.pop("units")
        return values

    def under_main(self, row: User) -> Markup:
        """The e-mail address."""
        return Markup('<span class="under">{}</span>').format(row.email)

    def row_acts(self, row: User) -> list[tuple[str, str, str]]:
        """A new password, absence, and switching off or on."""
        acts = [(url_for("users.password", row_id=row.id), gettext("Giv ny adgangskode"), "get")]
        if row.is_active:
            acts.append((url_for("absence.show", user_id=row.id), gettext("Meld fravær"), "get"))
        if not row.is_active:
            acts.append((url_for("users.activate", row_id=row.id), gettext("Giv adgang"), "post"))
        elif row.id != self.actor.user_id:
            acts.append((url_for("users.deactivate", row_id=row.id), gettext("Spær"), "post"))
        return acts

    @expose("/<row_id>/password", methods=("GET", "POST"))
    def password(self, row_id: str) -> str | Response:
        """Give a user a new password to begin with."""
        row = self.row(User, row_id)
        reasons: tuple[str, ...] = ()
        if request.method == "POST":
            outcome = self.act(
                signin.set_password,
                row=(User, row_id),
                quiet=True,
                new=request.form.get("password", "")[:1000],
            )
            if outcome:
                flash(gettext("Adgangskoden er skiftet."), "success")
                return redirect(url_for("users.details_view", row_id=row_id), code=303)
            reasons = outcome.reasons
            row = self.row(User, row_id)
        return self.render("console/user_password.html", row=row, reasons=reasons)

    @expose("/<row_id>/deactivate", methods=("POST",))
    def deactivate(self, row_id: str) -> Response:
        """Switch off."""
        done = gettext("Brugeren er spærret og logget ud alle steder.")
        self.act(users.deactivate_user, row=(User, row_id), done=done)
        return redirect(url_for("users.details_view", row_id=row_id), code=303)

    @expose("/<row_id>/activate", methods=("POST",))
    def activate(self, row_id: str) -> Response:
        """Switch on."""
        self.act(users.activate_user, row=(User, row_id), done=gettext("Brugeren har adgang igen."))
        return redirect(url_for("users.details_view", row_id=row_id), code=303)


def _access(user: User) -> Markup:
    if user.is_active and user.locked_until is not None and user.locked_until > now():
        return cells.pill(gettext("Spærret for en tid"), "wait")
    return cells.yes_no(user.is_active, mark("Aktiv"), mark("Spærret"))

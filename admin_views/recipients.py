"""Modtagere: the register. Numbers are typed once and masked from then on."""

from __future__ import annotations

from typing import Any

from flask import request, url_for
from flask_admin import expose
from flask_babel import gettext
from sqlalchemy import Select, select
from wtforms import validators

from admin_views import cells
from admin_views.console import ARCHIVE, Outcome
from admin_views.filters import KindFilter
from admin_views.forms import ConsoleForm, ConsoleString, ConsoleText, RowField
from admin_views.model_view import ConsoleModelView
from admin_views.texts import mark
from admin_views.visitor import current_visitor, request_session
from digitalpost.archive.search import match_recipients
from digitalpost.identifiers import IdentifierKind
from digitalpost.models import Attention, Recipient, Unit
from digitalpost.registers import edit
from digitalpost.registers.attention import attentions_of
from digitalpost.registers.edit import RevealReason


def _own_units() -> list[Unit]:
    """The units that the visitor may put a recipient into."""
    visitor = current_visitor()
    scope = visitor.actor.scope.unit_ids if visitor is not None else frozenset()
    stmt = select(Unit).order_by(Unit.name)
    if scope is not None:
        stmt = stmt.where(Unit.id.in_(scope))
    return list(request_session().scalars(stmt))


class NewRecipientForm(ConsoleForm):
    """What is asked about a new recipient."""

    number = ConsoleString(
        mark("CPR- eller CVR-nummer"),
        [validators.InputRequired()],
        description=mark("10 cifre for en person, 8 for en virksomhed. Det vises ikke igen."),
    )
    name = ConsoleString(mark("Navn"), [validators.Length(max=200)])
    address = ConsoleText(
        mark("Adresse"), [validators.Length(max=400)], description=mark("Én linje ad gangen.")
    )
    unit_id = RowField(_own_units, label=mark("Afdeling"), validators=[validators.InputRequired()])


class RecipientView(ConsoleModelView):
    """The register of recipients."""

    permission = "recipient.read"
    change_permission = "recipient.change"
    offers = frozenset({"details", "create", "edit"})
    icon = "person"
    lead = mark("Alle, jeres afdelinger har skrevet til. CPR-numre er skjult.")
    new_label = mark("Opret modtager")
    empty_title = mark("Der er ingen modtagere endnu")
    search_hint = mark("Søg efter navn, eller skriv et helt CPR- eller CVR-nummer")
    main_column = "name"
    column_list = ("name", "number_masked", "kind", "address")
    column_details_list = ("name", "number_masked", "kind", "address", "created_at")
    column_labels = {
        "name": mark("Navn"),
        "number_masked": mark("Nummer"),
        "kind": mark("Slags"),
        "address": mark("Adresse"),
        "created_at": mark("Oprettet"),
    }
    column_sortable_list = ("name",)
    column_formatters = {
        "name": lambda _view, _context, row, _name: row.display_name,
        "kind": lambda _view, _context, row, _name: gettext(
            "Person" if row.kind is IdentifierKind.CPR else "Virksomhed"
        ),
        "address": lambda _view, _context, row, _name: ", ".join(row.address.splitlines()) or "–",
        "created_at": lambda _view, _context, row, _name: cells.when(row.created_at),
    }
    form_columns = ("name", "address")
    form_args = {"name": {"validators": []}, "address": {"validators": []}}
    filters = (KindFilter("kind", mark("Nummer"), Recipient.kind, kind=IdentifierKind),)
    create = staticmethod(edit.create_recipient)
    change = staticmethod(edit.change_recipient)
    history_subject = "recipient"
    details_template = "console/recipient.html"

    def __init__(self) -> None:
        super().__init__(Recipient, mark("Modtagere"), ARCHIVE, "recipients")

    def search(self, stmt: Select[Any], text: str) -> Select[Any]:
        """Full text, and whole numbers by blind index."""
        return match_recipients(stmt, self.db, text)

    def get_create_form(self) -> type[NewRecipientForm]:
        """The number is asked for here, and nowhere else."""
        return NewRecipientForm

    def save_new(self, form: Any) -> Outcome:
        """Somebody whom another unit writes to is the same person, so all rows are looked at."""
        return self.act(
            edit.create_recipient, quiet=True, everything=True, **self.form_values(form)
        )

    def attention_of(self, row: Recipient) -> Attention | None:
        """Whom in a company its letters are for, as was chosen last."""
        return attentions_of(self.db, [row.id]).get(row.id)

    def row_acts(self, row: Recipient) -> list[tuple[str, str, str]]:
        """Whole number, with a reason."""
        if row.kind is not IdentifierKind.CPR or not self.actor.may("recipient.reveal"):
            return []
        return [(url_for("recipients.reveal", row_id=row.id), gettext("Vis CPR-nummer"), "get")]

    @expose("/<row_id>/number", methods=("GET", "POST"))
    def reveal(self, row_id: str) -> Any:
        """Ask why, log it, and show the number once."""
        self._must(self.actor.may("recipient.reveal"))
        row = self.row(Recipient, row_id)
        number, problems = None, []
        if request.method == "POST":
            asked = request.form.get("reason", "")
            if asked in {reason.value for reason in RevealReason}:
                outcome = self.act(
                    edit.reveal_number, row=(Recipient, row.id), reason=RevealReason(asked)
                )
                number = outcome.value
                row = self.row(Recipient, row_id)
            else:
                problems = [gettext("Vælg, hvorfor du har brug for at se nummeret.")]
        answer = self.answer(
            "console/reveal.html", row=row, number=number, problems=problems, reasons=RevealReason
        )
        answer.headers["Cache-Control"] = "no-store"
        return answer

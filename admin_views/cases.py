"""Sager: the list of all cases, and closing several at once. One case is in `case_page`."""

from __future__ import annotations

from typing import Any

from flask import url_for
from markupsafe import Markup
from sqlalchemy import Select
from sqlalchemy.orm import selectinload

from admin_views import cells
from admin_views.console import ARCHIVE
from admin_views.filters import DayFilter, KindFilter, RowFilter
from admin_views.model_view import ConsoleModelView
from admin_views.row_changes import BulkAct
from admin_views.texts import mark
from digitalpost.archive import cases
from digitalpost.archive.search import match_cases
from digitalpost.models import Case, CaseStatus, CaseType, Unit


class CasesView(ConsoleModelView):
    """The register of cases."""

    permission = "case.read"
    offers = frozenset()
    icon = "folder"
    lead = mark("Én sag for hver modtager og sagstype. Sager oprettes af sig selv, når der sendes.")
    empty_title = mark("Der er ingen sager endnu")
    search_hint = mark("Søg i sagsnummer og titel, eller skriv et helt CPR- eller CVR-nummer")
    main_column = "title"
    column_list = ("title", "recipient", "case_type", "status", "unit", "opened_at")
    column_labels = {
        "title": mark("Sag"),
        "recipient": mark("Modtager"),
        "case_type": mark("Sagstype"),
        "status": mark("Status"),
        "unit": mark("Afdeling"),
        "opened_at": mark("Oprettet"),
    }
    column_sortable_list = ("opened_at",)
    column_formatters = {
        "status": lambda _view, _context, row, _name: cells.status_pill(row.status),
        "recipient": lambda _view, _context, row, _name: row.recipient.display_name,
        "opened_at": lambda _view, _context, row, _name: cells.when(row.opened_at),
    }
    load = (
        selectinload(Case.recipient),
        selectinload(Case.case_type),
        selectinload(Case.unit),
    )
    filters = (
        KindFilter("status", mark("Status"), Case.status, kind=CaseStatus),
        RowFilter("type", mark("Sagstype"), Case.case_type_id, model=CaseType),
        RowFilter("unit", mark("Afdeling"), Case.unit_id, model=Unit),
        DayFilter("since", mark("Fra"), Case.opened_at),
    )
    bulk_acts = (
        BulkAct(
            "close",
            mark("Luk sager"),
            mark("Vil du lukke sagerne?"),
            mark("Sagerne er lukket."),
            cases.close_case,
            "case.change",
        ),
    )

    def __init__(self) -> None:
        super().__init__(Case, mark("Sager"), ARCHIVE, "cases")

    def search(self, stmt: Select[Any], text: str) -> Select[Any]:
        """Full text, and whole numbers by blind index."""
        return match_cases(stmt, self.db, text)

    def under_main(self, row: Case) -> Markup:
        """The case number."""
        return Markup('<span class="under number">{}</span>').format(row.number)

    def bulk_line(self, row: Case) -> str:
        """Number and title."""
        return f"{row.number} · {row.title}"

    def row_url(self, row: Case) -> str:
        """The case's own page."""
        return url_for("case.show", case_id=row.id)

"""Breve: the list of all letters, by words, status and date. One letter is in `letter_page`."""

from __future__ import annotations

from typing import Any

from flask import url_for
from flask_babel import gettext
from markupsafe import Markup
from sqlalchemy import Select
from sqlalchemy.orm import selectinload

from admin_views import cells
from admin_views.console import ARCHIVE
from admin_views.filters import DayFilter, KindFilter, RowFilter
from admin_views.model_view import ConsoleModelView
from admin_views.texts import mark
from digitalpost.archive.search import match_letters
from digitalpost.models import INCOMING_STATUSES, Letter, LetterStatus, Unit


class LettersView(ConsoleModelView):
    """The register of letters. Nothing is changed here: letters are made by mailings."""

    permission = "letter.read"
    offers = frozenset()
    icon = "letter"
    lead = mark("Alle breve i de afdelinger, du har adgang til.")
    empty_title = mark("Der er ingen breve endnu")
    search_hint = mark("Søg i titel, modtager og sagsnummer")
    main_column = "title"
    column_list = ("title", "recipient_name", "case", "status", "unit", "created_at")
    column_labels = {
        "title": mark("Titel"),
        "recipient_name": mark("Modtager"),
        "case": mark("Sag"),
        "status": mark("Status"),
        "unit": mark("Afdeling"),
        "created_at": mark("Oprettet"),
    }
    column_sortable_list = ("title", "recipient_name", "created_at")
    column_formatters = {
        "status": lambda _view, _context, row, _name: cells.status_pill(row.status),
        "recipient_name": lambda _view, _context, row, _name: _recipient(row),
        "case": lambda _view, _context, row, _name: (
            cells.number(row.case.number) if row.case else "–"
        ),
        "created_at": lambda _view, _context, row, _name: cells.when(row.created_at),
    }
    load = (
        selectinload(Letter.case),
        selectinload(Letter.unit),
        selectinload(Letter.recipient),
    )
    filters = (
        KindFilter(
            "status",
            mark("Status"),
            Letter.status,
            kind=LetterStatus,
        ),
        RowFilter("unit", mark("Afdeling"), Letter.unit_id, model=Unit),
        DayFilter("since", mark("Fra"), Letter.created_at),
        DayFilter("until", mark("Til"), Letter.created_at, until=True),
    )

    def __init__(self) -> None:
        super().__init__(Letter, mark("Breve"), ARCHIVE, "letters")

    def search(self, stmt: Select[Any], text: str) -> Select[Any]:
        """Full text, and whole numbers by blind index."""
        return match_letters(stmt, self.db, text)

    def row_url(self, row: Letter) -> str:
        """The letter's own page."""
        return url_for("letter.show", letter_id=row.id)


def _recipient(letter: Letter) -> Markup | str:
    """The name that the letter was sent to, or came from; the masked number until it is known."""
    if letter.status in INCOMING_STATUSES and letter.recipient_name:
        return gettext("Fra %(name)s", name=letter.recipient_name)
    if letter.recipient_name or letter.recipient is None:
        return letter.recipient_name or "–"
    return letter.recipient.display_name

"""Hændelseslog: every look and every act, for reading only."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext
from markupsafe import Markup
from sqlalchemy import Select, or_, select

from admin_views import cells
from admin_views.console import CONTROL
from admin_views.filters import DayFilter, Filter, KindFilter
from admin_views.model_view import ConsoleModelView
from admin_views.texts import mark
from digitalpost.events import EventKind
from digitalpost.models import Event, RecipientUnit


class EventView(ConsoleModelView):
    """The event log. Nobody can change it, so there are no routes that could."""

    permission = "log.read"
    offers: frozenset[str] = frozenset()  # type: ignore[misc]
    icon = "list"
    lead = mark("Hvem gjorde hvad, og hvornår. Oplysninger om personer er krypteret i loggen.")
    empty_title = mark("Der er ingen hændelser endnu")
    main_column = "kind"
    column_list = ("kind", "actor_name", "subject", "at")
    column_labels = {
        "kind": mark("Hændelse"),
        "actor_name": mark("Hvem"),
        "subject": mark("Vedrører"),
        "at": mark("Tidspunkt"),
    }
    column_formatters = {
        "kind": lambda _view, _context, row, _name: cells.event_label(row),
        "subject": lambda _view, _context, row, _name: _about(row),
        "at": lambda _view, _context, row, _name: cells.when(row.at),
    }
    filters: tuple[Filter, ...] = (  # type: ignore[misc]
        KindFilter("kind", mark("Hændelse"), Event.kind, kind=EventKind),
        DayFilter("since", mark("Fra"), Event.at),
        DayFilter("until", mark("Til"), Event.at, until=True),
    )
    list_template = "console/event_log.html"

    def __init__(self) -> None:
        super().__init__(Event, mark("Hændelseslog"), CONTROL, "events")

    def list_statement(self) -> Select[Any]:
        """Lines about recipients have no unit: only those whom the visitor may know of."""
        units = self.actor.scope.unit_ids
        if units is None:
            return select(Event)
        known = select(RecipientUnit.recipient_id).where(RecipientUnit.unit_id.in_(units))
        return select(Event).where(or_(Event.subject != "recipient", Event.subject_id.in_(known)))


# Where the page of each subject is, for subjects that have one.
_PAGES = {
    "case": ("case.show", "case_id", mark("Sag")),
    "letter": ("letter.show", "letter_id", mark("Brev")),
    "recipient": ("recipients.details_view", "row_id", mark("Modtager")),
    "user": ("users.details_view", "row_id", mark("Bruger")),
    "rule": ("retention.details_view", "row_id", mark("Kassationsregel")),
    "mailing": ("mailings.show", "mailing_id", mark("Forsendelse")),
    "unit": (None, "", mark("Afdeling")),
    "channel": (None, "", mark("Kanal")),
    "sending": (None, "", mark("Afsendelse")),
    "receipt": (None, "", mark("Kvittering")),
    "alarm": (None, "", mark("Alarm")),
}


def _about(event: Event) -> Markup | str:
    """What the line is about, as a link where there is a page. Ids say nothing about a person."""
    endpoint, argument, word = _PAGES.get(event.subject, (None, "", event.subject))
    shown = f"{gettext(word)} {event.subject_id}" if event.subject_id else gettext(word)
    if endpoint is None or event.subject_id is None:
        return shown
    return cells.link(endpoint, shown, **{argument: event.subject_id})

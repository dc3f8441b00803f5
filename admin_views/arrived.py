"""Kvitteringer: what others sent us about letters, and what became of it. For reading only."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext

from admin_views import cells
from admin_views.console import CONTROL
from admin_views.filters import DayFilter, Filter, KindFilter
from admin_views.model_view import ConsoleModelView
from admin_views.texts import mark, say
from digitalpost.channels.base import OutcomeKind
from digitalpost.deliveries.arrived import READERS, outcome_of
from digitalpost.errors import sentence_of
from digitalpost.models import ArrivedReceipt, ArrivedStatus, ChannelName

_SAYS = {
    OutcomeKind.DELIVERED: mark("Leveret"),
    OutcomeKind.PAPER: mark("Sendt på papir"),
    OutcomeKind.FIX_LETTER: mark("Ikke leveret"),
    OutcomeKind.ACCEPTED: mark("På vej"),
    OutcomeKind.ALREADY_USED: mark("Sendt før"),
}


class ArrivedReceiptView(ConsoleModelView):
    """Receipts that were pushed to us. Nothing on the page is about a person."""

    permission = "channel.manage"
    offers = frozenset({"details"})
    icon = "check"
    lead = mark(
        "Beskeder fra Serviceplatformen og Digital Post om breve, vi har sendt. De finder selv "
        "deres brev. Se på dem, der er afvist, og dem, hvis brev ikke er fundet."
    )
    empty_title = mark("Der er ikke kommet nogen kvitteringer endnu")
    main_column = "says"
    column_list = ("says", "channel", "status", "arrived_at")
    column_details_list = (
        *("says", "channel", "status", "reason", "arrived_at", "times"),
        *("message_id", "transmission_id", "code", "joined_at", "sent_by"),
    )
    column_labels = {
        "says": mark("Beskeden siger"),
        "channel": mark("Fra"),
        "status": mark("Hvad der er sket"),
        "reason": mark("Forklaring"),
        "arrived_at": mark("Kommet"),
        "times": mark("Antal gange"),
        "message_id": mark("Brevets id"),
        "transmission_id": mark("Afsendelsens id"),
        "code": mark("Ordret"),
        "joined_at": mark("Lagt ved brevet"),
        "sent_by": mark("Afsenderens certifikat"),
    }
    column_formatters = {
        "says": lambda _view, _context, row, _name: says(row),
        "channel": lambda _view, _context, row, _name: row.channel.label,
        "status": lambda _view, _context, row, _name: cells.status_pill(row.status),
        "reason": lambda _view, _context, row, _name: (
            say(sentence_of(row.reason)) if row.reason else "–"
        ),
        "arrived_at": lambda _view, _context, row, _name: cells.when(row.arrived_at),
        "joined_at": lambda _view, _context, row, _name: cells.when(row.joined_at),
        "message_id": lambda _view, _context, row, _name: row.message_id or "–",
        "transmission_id": lambda _view, _context, row, _name: row.transmission_id or "–",
        "code": lambda _view, _context, row, _name: verbatim(row),
        "sent_by": lambda _view, _context, row, _name: grouped(row.sent_by),
    }
    filters: tuple[Filter, ...] = (  # type: ignore[misc]
        KindFilter("status", mark("Hvad der er sket"), ArrivedReceipt.status, kind=ArrivedStatus),
        KindFilter("channel", mark("Fra"), ArrivedReceipt.channel, members=tuple(READERS)),
        DayFilter("since", mark("Fra den"), ArrivedReceipt.arrived_at),
        DayFilter("until", mark("Til"), ArrivedReceipt.arrived_at, until=True),
    )

    def __init__(self) -> None:
        super().__init__(ArrivedReceipt, mark("Kvitteringer"), CONTROL, "receipts")

    def is_visible(self) -> bool:
        """In the menu only where somebody may send us receipts."""
        return super().is_visible() and self.institution.settings.channels.push.is_set_up


def says(row: ArrivedReceipt) -> str:
    """What a receipt says about its letter, in our words."""
    if row.channel not in READERS or not row.said:
        return gettext("Kan ikke læses")
    kind = outcome_of(ChannelName(row.channel), row.said).kind
    return gettext(_SAYS[kind]) if kind in _SAYS else gettext("Ukendt besked")


def verbatim(row: ArrivedReceipt) -> Any:
    """What stood in it, in the sender's words."""
    names = ("status", "receiptStatus", "error", "errorCode", "text", "errorMessage")
    return ": ".join(str(row.said[name]) for name in names if row.said.get(name)) or "–"


def grouped(fingerprint: str) -> str:
    """A fingerprint in groups, so that it can be compared by eye and broken over lines."""
    return " ".join(fingerprint[at : at + 8] for at in range(0, len(fingerprint), 8))

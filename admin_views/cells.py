"""What stands in the cells of lists and details: pills, times, links, a second line."""

from __future__ import annotations

from typing import Any

from flask import Flask, url_for
from flask_babel import gettext
from markupsafe import Markup

from admin_views import formatting
from digitalpost.deliveries.standing import who_gets
from digitalpost.events import EventKind
from digitalpost.models import (
    ArrivedStatus,
    CaseStatus,
    ChannelName,
    DeliveryStatus,
    Event,
    Letter,
    LetterStatus,
    MailingStatus,
    SigningStatus,
    Verdict,
)

# good: done and well; wait: by plan; work: going on; bad: somebody must act; calm: over or idle.
# By type first: members of two enumerations with the same text are equal keys.
_TONES: dict[type, dict[Any, str]] = {
    LetterStatus: {
        LetterStatus.DRAFT: "calm",
        LetterStatus.WAITING: "wait",
        LetterStatus.SENDING: "work",
        LetterStatus.AWAITING_RECEIPT: "work",
        LetterStatus.DELIVERED: "good",
        LetterStatus.ACTION: "bad",
        LetterStatus.CANCELLED: "calm",
        LetterStatus.PAPER: "good",
        LetterStatus.NEW: "wait",
        LetterStatus.ASSIGNED: "work",
        LetterStatus.DONE: "good",
    },
    MailingStatus: {
        MailingStatus.PREPARING: "work",
        MailingStatus.REVIEW: "wait",
        MailingStatus.HOLDING: "wait",
        MailingStatus.SENDING: "work",
        MailingStatus.SENT: "good",
        MailingStatus.CANCELLED: "calm",
        MailingStatus.FAILED: "bad",
    },
    CaseStatus: {
        CaseStatus.OPEN: "good",
        CaseStatus.CLOSED: "calm",
    },
    SigningStatus: {
        SigningStatus.WAITING: "wait",
        SigningStatus.OPENED: "wait",
        SigningStatus.SIGNED: "good",
        SigningStatus.DECLINED: "bad",
        SigningStatus.LATE: "bad",
        SigningStatus.CANCELLED: "calm",
    },
    DeliveryStatus: {
        DeliveryStatus.WAITING: "wait",
        DeliveryStatus.CLAIMED: "work",
        DeliveryStatus.ACCEPTED: "work",
        DeliveryStatus.DELIVERED: "good",
        DeliveryStatus.PAPER: "good",
        DeliveryStatus.FAILED: "bad",
    },
    ArrivedStatus: {
        ArrivedStatus.NEW: "work",
        ArrivedStatus.PARKED: "wait",
        ArrivedStatus.JOINED: "good",
        ArrivedStatus.REFUSED: "bad",
        ArrivedStatus.ORPHAN: "bad",
    },
    Verdict: {
        Verdict.GREEN: "good",
        Verdict.YELLOW: "wait",
        Verdict.RED: "bad",
    },
}


def tone(status: Any) -> str:
    """The colour of a status."""
    return _TONES.get(type(status), {}).get(status, "calm")


def pill(label: str, colour: str = "calm") -> Markup:
    """A word with a dot."""
    return Markup('<span class="pill {}">{}</span>').format(colour, label)


def status_pill(status: Any) -> Markup:
    """A status of any noun, in its colour."""
    return pill(gettext(status.label), tone(status))


def yes_no(value: bool, yes: str, no: str) -> Markup:
    """A flag in words, as a pill."""
    return pill(gettext(yes), "good") if value else pill(gettext(no), "calm")


def when(value: Any) -> Markup | str:
    """A time: Danish to read, exact for machines."""
    if value is None:
        return "–"
    shown = formatting.moment(value)
    return Markup('<time datetime="{}">{}</time>').format(value.isoformat(), shown)


def row_label(row: Any) -> str:
    """A row of a short register in a select: with its unit, as two units may use one name."""
    unit = getattr(row, "unit", None)
    return str(row) if unit is None else f"{row} ({unit.name})"


def number(text: str) -> Markup:
    """A case number or the like, never broken over two lines."""
    return Markup('<span class="number">{}</span>').format(text)


def link(endpoint: str, text: Any, **values: Any) -> Markup:
    """A link to a page of ours."""
    return Markup('<a href="{}">{}</a>').format(url_for(endpoint, **values), text)


def event_label(event: Event) -> str:
    """What happened, in the words that staff read."""
    try:
        return gettext(EventKind(event.kind).label)
    except ValueError:  # a kind that a later version wrote
        return str(event.kind)


def part_heads(letter: Letter) -> dict[int, str]:
    """What stands above the pages where the parts of a letter's file begin, by page from 1."""
    heads: dict[int, str] = {}
    at, number = 1, 0
    for part in letter.parts or ():
        if part["pages"] and number == 0:
            heads[at] = gettext("Brev")
        elif part["pages"]:
            heads[at] = gettext("Bilag %(number)s: %(title)s", number=number, title=part["title"])
        at, number = at + part["pages"], number + bool(part["pages"])
    return heads


def channel_label(name: str) -> str:
    """The word for a channel that a stored report names."""
    return ChannelName(name).label if name in set(ChannelName) else name


def attach(app: Flask) -> None:
    """The same cells in templates."""
    app.jinja_env.globals.update(
        status_pill=status_pill,
        tone=tone,
        event_label=event_label,
        part_heads=part_heads,
        channel_label=channel_label,
        signer_of=who_gets,
    )

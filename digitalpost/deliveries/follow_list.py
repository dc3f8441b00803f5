"""The follow-up list as a file for a spreadsheet: every letter that needs a look, one line each."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator

from digitalpost import events
from digitalpost.access import Actor, require
from digitalpost.danish_time import local
from digitalpost.db import Session
from digitalpost.deliveries.follow import Entry, count_to_follow, follow_page
from digitalpost.errors import Refused, Sentence, word
from digitalpost.events import EventKind
from digitalpost.models import Mailing
from digitalpost.post_days import Calendar

_AT_ONCE = 500
_BYTE_ORDER_MARK = "\ufeff"  # or Excel takes the file for another alphabet
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")

HEADS = (
    word("Brev"),
    word("Modtager"),
    word("Nummer"),
    word("Får brevet som"),
    word("Kanal"),
    word("Status"),
    word("Hvorfor"),
    word("Hvad nu"),
    word("Sidst ændret"),
)


def note_listed(session: Session, actor: Actor, mailing: Mailing, calendar: Calendar) -> int:
    """Write in the log that the list was taken out. Returns how many letters it has.

    Raises `Refused` before approval, when there is nothing to follow up.
    """
    require(actor, "letter.read", mailing)
    if mailing.approved_at is None:
        raise Refused("Forsendelsen er ikke godkendt, så der er ikke noget at følge op på.")
    letters = count_to_follow(session, mailing, calendar)
    events.record(session, actor, EventKind.MAILING_LISTED, mailing, data={"letters": letters})
    return letters


def follow_csv(
    session: Session,
    actor: Actor,
    mailing: Mailing,
    calendar: Calendar,
    *,
    say: Callable[[Sentence | str], str],
) -> Iterator[str]:
    """The list in pieces: semicolons, a byte order mark, masked numbers, no formulas.

    ``say`` puts sentences and words into the reader's language. Call `note_listed` first.
    """
    require(actor, "letter.read", mailing)
    yield _BYTE_ORDER_MARK + _row([say(head) for head in HEADS])
    after: str | None = None
    while True:
        found = follow_page(session, mailing, calendar, after=after, size=_AT_ONCE)
        for entry in found.items:
            yield "".join(_row(cells) for cells in _lines(entry, say))
        after = found.older
        if after is None:
            return


def safe_cell(text: str) -> str:
    """A cell that a spreadsheet shows as it is: what would be a formula gets an apostrophe."""
    plain = " ".join(text.split())
    return f"'{plain}" if text.startswith(_FORMULA) or plain.startswith(_FORMULA) else plain


def _lines(entry: Entry, say: Callable[[Sentence | str], str]) -> Iterator[list[str]]:
    letter = entry.letter
    for line in entry.lines:
        delivery = line.delivery
        recipient = delivery.recipient if delivery is not None else letter.recipient
        nameless = delivery is not None and bool((delivery.attention or {}).get("name"))
        changed = delivery.settled_at or delivery.accepted_at if delivery is not None else None
        yield [
            str(letter.position),
            line.name,
            recipient.number_masked if recipient is not None and not nameless else "",
            say(delivery.purpose.label) if delivery is not None else "",
            say(delivery.channel.label) if delivery is not None else "",
            say(line.status),
            say(line.why) if line.why is not None else "",
            say(line.advice) if line.advice is not None else "",
            f"{local(changed):%d.%m.%Y %H.%M}" if changed is not None else "",
        ]


def _row(cells: list[str]) -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=";", lineterminator="\r\n").writerow(map(safe_cell, cells))
    return out.getvalue()

"""Deadlines of a mailing: when letters count as received, what comes too late, when to print."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from digitalpost.danish_time import local
from digitalpost.errors import Sentence
from digitalpost.models import Delivery, DeliveryStatus, Mailing
from digitalpost.post_days import Calendar, closed_for, first_day


def received_on(delivery: Delivery, calendar: Calendar) -> date | None:
    """The day in Denmark from which a delivery counts as received; None while it does not.

    A digital letter counts when it is available in the mailbox, whatever the day or the hour
    (lov om Digital Post fra offentlige afsendere, section 10). A posted one counts when post
    that left the same day is certain to be there.
    """
    if delivery.settled_at is None:
        return None
    day = local(delivery.settled_at).date()
    if delivery.status is DeliveryStatus.DELIVERED:
        return day
    return calendar.arrives(day) if delivery.status is DeliveryStatus.PAPER else None


def too_late(
    mailing: Mailing, calendar: Calendar, at: datetime, *, digital: int, paper: int
) -> list[Sentence]:
    """What of a mailing in review will not be there in time; ``digital`` and ``paper`` letters.

    Warnings only: letters that come late are still better than none.
    """
    by = mailing.arrive_by
    if by is None:
        return []
    send_day = local(max(at, mailing.send_at or at)).date()
    found: list[Sentence] = []
    if digital and send_day > by:
        found.append(
            Sentence(
                "Brevene bliver først sendt %(day)s. De skulle være fremme senest %(by)s.",
                {"day": danish(send_day), "by": danish(by)},
            )
        )
    elif digital and send_day == by:
        found.append(
            Sentence(
                "Brevene bliver først sendt den dag, de skal være fremme (%(by)s). Går noget "
                "galt, er der ikke tid til at sende dem på en anden måde.",
                {"by": danish(by)},
            )
        )
    holiday = closed_for(by)
    if paper and holiday is not None:
        values = {"by": danish(by), "name": holiday}
        found.append(Sentence("Der kommer ikke post ud %(by)s (%(name)s).", values))
    posted = first_day(send_day, timedelta(days=1), calendar.is_open)
    if paper and calendar.arrives(posted) > by:
        found.append(
            Sentence(
                "Breve på papir: %(letters)s. De når frem %(day)s, men skulle være der senest "
                "%(by)s. De skulle have været printet senest %(print)s.",
                {
                    "letters": paper,
                    "day": danish(calendar.arrives(posted)),
                    "by": danish(by),
                    "print": danish(calendar.print_by(by)),
                },
            )
        )
    return found


def print_advice(arrive_by: date, calendar: Calendar, today: date) -> Sentence:
    """What to do with a letter that is not there yet: print in time, or that it is too late."""
    latest = calendar.print_by(arrive_by)
    if today <= latest:
        return Sentence("Print senest %(day)s.", {"day": danish(latest)})
    return Sentence(
        "Det er for sent at nå %(by)s med posten. Ring eller skriv til modtageren.",
        {"by": danish(arrive_by)},
    )


def danish(day: date) -> str:
    """A day as it stands in sentences: ``09.06.2026``."""
    return f"{day:%d.%m.%Y}"

"""What is wrong with the mail that comes in: nothing comes, some can't be read, some lies still."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from digitalpost.danish_time import local
from digitalpost.db import Session
from digitalpost.errors import Sentence
from digitalpost.incoming.overview import Overview, overview
from digitalpost.models import AlarmKind
from digitalpost.oversight.conditions import Condition
from digitalpost.settings import Settings

UNFILED_FOR = timedelta(minutes=30)  # filing is tried again for five minutes, then given up
SOON = 7  # days before the cutoff: a graver alarm


def incoming_conditions(session: Session, settings: Settings, at: datetime) -> list[Condition]:
    """Everything that is wrong with incoming mail. Needs a session that sees all rows."""
    found = overview(session, settings)
    return [] if found is None else list(_conditions(found, at))


def _conditions(found: Overview, at: datetime) -> Iterator[Condition]:
    if found.is_silent(at) and found.since is not None:
        yield _silent(found, found.since, at)
    if found.unreadable:
        yield Condition(
            AlarmKind.INCOMING,
            "unreadable",
            Sentence(
                "Modtaget post, der ikke kan læses: %(messages)s", {"messages": found.unreadable}
            ),
            Sentence(
                "En administrator skal se på den under Modtaget post, der ikke kan læses. "
                "Afsenderen har ikke fået besked."
            ),
        )
    oldest = found.oldest_unfiled_at
    if oldest is not None and at - oldest > UNFILED_FOR:
        yield Condition(
            AlarmKind.INCOMING,
            "unfiled",
            Sentence(
                "Modtaget post, der ikke er lagt på en sag: %(messages)s",
                {"messages": found.unfiled},
            ),
            Sentence(
                "Posten er gemt, men ingen kan se den endnu. Giv besked til den, der driver "
                "DigitalPost, hvis det varer ved."
            ),
        )


def _silent(found: Overview, since: datetime, at: datetime) -> Condition:
    days = found.days_left(at)
    return Condition(
        AlarmKind.INCOMING,
        "silent",
        Sentence(
            "Der er ikke hentet post siden %(when)s.",
            {"when": f"{local(since):%d.%m.%Y kl. %H.%M}"},
        ),
        Sentence(
            "Posten ligger i Digital Post og er ikke tabt. Giv besked til den, der driver "
            "DigitalPost: om %(days)s dage kan Digital Post lukke for jeres post.",
            {"days": days},
        ),
        level=1 if days <= SOON else 0,
    )

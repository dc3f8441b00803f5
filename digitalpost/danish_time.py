"""Danish local time: what staff read on the clock, and what day it is for the law."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from digitalpost.db import now

COPENHAGEN = ZoneInfo("Europe/Copenhagen")


def local(moment: datetime) -> datetime:
    """An aware point in time as a Danish clock shows it."""
    return moment.astimezone(COPENHAGEN)


def today() -> date:
    """The date in Denmark: ages, case years and deadlines are counted by it."""
    return local(now()).date()

"""Days with post and days without: holidays, closing days, and how long a letter is on its way.

Public holidays come from the package `holidays`; days on which post and offices rest without being
holidays are data here, and an institution adds its own (DIGITALPOST_CLOSED_DAYS).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

import holidays

from digitalpost.errors import word

_DAY = timedelta(days=1)
_SATURDAY = 5
_NEAR = 2  # open days before the latest day to print: then the page begins to remind
_AFTER_ASCENSION = "Kristi himmelfartsdag"  # the Friday after it

# Month and day on which nobody carries post here, though the law calls them no holidays.
_CLOSED_EACH_YEAR = {
    (6, 5): word("Grundlovsdag"),
    (12, 24): word("Juleaftensdag"),
    (12, 31): word("Nytårsaftensdag"),
}


@dataclass(frozen=True)
class Calendar:
    """How long post takes, and which days the institution itself is closed."""

    post_days: int = 5  # days with post from a letter is posted until it is certain to be there
    closed: frozenset[date] = frozenset()

    def is_open(self, day: date) -> bool:
        """Whether somebody here can print and post on that day."""
        return is_post_day(day) and day not in self.closed

    def arrives(self, posted: date) -> date:
        """The day on which a letter posted then is certain to have arrived.

        On a day without post the letter lies in the box until the next that has.
        """
        day = first_day(posted, _DAY, is_post_day)
        for _ in range(self.post_days):
            day = first_day(day + _DAY, _DAY, is_post_day)
        return day

    def print_by(self, arrive_by: date) -> date:
        """The latest day to print and post so that paper has arrived by ``arrive_by``."""
        day = first_day(arrive_by, -_DAY, is_post_day)
        for _ in range(self.post_days):
            day = first_day(day - _DAY, -_DAY, is_post_day)
        return first_day(day, -_DAY, self.is_open)

    def nears(self, arrive_by: date, today: date) -> bool:
        """Whether it is time to look after letters that are not there yet."""
        day = self.print_by(arrive_by)
        for _ in range(_NEAR):
            day = first_day(day - _DAY, -_DAY, self.is_open)
        return today >= day


def closed_for(day: date) -> str | None:
    """The Danish name of the holiday or closing day; None for any other day, also a Sunday."""
    public = _holidays(day.year)
    if day in public:
        return public[day]
    if public.get(day - _DAY) == _AFTER_ASCENSION:
        return word("Dagen efter Kristi himmelfartsdag")
    return _CLOSED_EACH_YEAR.get((day.month, day.day))


def is_post_day(day: date) -> bool:
    """Whether post is carried: Monday to Friday, but for holidays and closing days."""
    return day.weekday() < _SATURDAY and closed_for(day) is None


def first_day(day: date, step: timedelta, wanted: Callable[[date], bool]) -> date:
    """The first day that is ``wanted``, from ``day`` on and in steps."""
    while not wanted(day):
        day += step
    return day


@lru_cache(maxsize=64)
def _holidays(year: int) -> dict[date, str]:
    return dict(holidays.country_holidays("DK", years=year, language="da"))

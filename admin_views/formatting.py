"""Dates, numbers and sizes as Danes write them, for the templates."""

from __future__ import annotations

from datetime import date, datetime

from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal
from flask import Flask
from flask_babel import get_locale, gettext, ngettext

from digitalpost.danish_time import COPENHAGEN
from digitalpost.db import now

_DAY = {"da": "d. MMM y", "en": "d MMM y"}
_MOMENT = {"da": "d. MMM y 'kl.' HH.mm", "en": "d MMM y, HH:mm"}
_CLOCK = {"da": "'kl.' HH.mm", "en": "HH:mm"}


def _language() -> str:
    locale = get_locale()
    return locale.language if locale is not None and locale.language in _DAY else "da"


def moment(value: datetime | None) -> str:
    """Date and time: ``9. jun. 2026 kl. 06.05``."""
    if value is None:
        return "–"
    language = _language()
    return format_datetime(value.astimezone(COPENHAGEN), _MOMENT[language], locale=language)


def day(value: date | datetime | None) -> str:
    """The date alone: ``9. jun. 2026``."""
    if value is None:
        return "–"
    if isinstance(value, datetime):
        value = value.astimezone(COPENHAGEN).date()
    language = _language()
    return format_date(value, _DAY[language], locale=language)


def moment_of(text: str | None) -> str:
    """Date and time of a stored ISO text."""
    return moment(datetime.fromisoformat(text) if text else None)


def day_of(text: str | None) -> str:
    """The date of a stored ISO text."""
    return day(date.fromisoformat(text) if text else None)


def clock(value: datetime | None) -> str:
    """The time alone: ``kl. 06.05``."""
    if value is None:
        return "–"
    language = _language()
    return format_datetime(value.astimezone(COPENHAGEN), _CLOCK[language], locale=language)


def number(value: int | float | None) -> str:
    """A number: ``1.628``."""
    return "–" if value is None else format_decimal(value, locale=_language())


def kroner(ore: int | None) -> str:
    """An amount in øre as kroner: ``1.628,50 kr.``."""
    if ore is None:
        return "–"
    amount = format_decimal(ore / 100, format="#,##0.00", locale=_language())
    return gettext("%(amount)s kr.", amount=amount)


def month(value: date) -> str:
    """A month by its name: ``juni 2026``."""
    return format_date(value, "MMMM y", locale=_language())


def size(value: int | None) -> str:
    """Bytes in the unit that people think in: ``214 kB``, ``1,2 MB``."""
    if value is None:
        return "–"
    if value < 1000:
        return gettext("%(count)s byte", count=value)
    for unit, step in (("kB", 1000), ("MB", 1000**2), ("GB", 1000**3)):
        if value < step * 1000 or unit == "GB":
            amount = value / step
            rounded = round(amount, 1) if amount < 10 else round(amount)
            return f"{format_decimal(rounded, locale=_language())} {unit}"
    raise AssertionError("every size has a unit")


def relative(value: datetime | None) -> str:
    """How far off: ``om 4 min.``, ``for 2 timer siden``; from a week on, the date."""
    if value is None:
        return "–"
    seconds = (value - now()).total_seconds()
    away = abs(seconds)
    if away < 45:
        return gettext("om lidt") if seconds > 0 else gettext("lige nu")
    if away < 45 * 60:
        length = gettext("%(count)s min.", count=max(1, round(away / 60)))
    elif away < 22 * 3600:
        count = max(1, round(away / 3600))
        length = ngettext("%(num)s time", "%(num)s timer", count)
    elif away < 7 * 86400:
        count = max(1, round(away / 86400))
        length = ngettext("%(num)s dag", "%(num)s dage", count)
    else:
        return moment(value)
    if seconds > 0:
        return gettext("om %(length)s", length=length)
    return gettext("for %(length)s siden", length=length)


def attach(app: Flask) -> None:
    """Make the functions available as filters: ``{{ letter.created_at | moment }}``."""
    functions = (moment, moment_of, day, day_of, month, clock, number, kroner, size, relative)
    for function in functions:
        app.jinja_env.filters[function.__name__] = function

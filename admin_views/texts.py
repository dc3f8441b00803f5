"""Texts that are written down before a request says in which language to show them."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from babel.dates import get_month_names
from babel.numbers import format_decimal
from flask import Flask
from flask_babel import get_locale, gettext

from admin_views.formatting import day
from digitalpost.errors import Refused, Sentence, sentence_of

_NAMES = frozenset({"mailing", "letter", "status"})  # numbers that are names, not counts
_DAY = re.compile(  # as the domain writes it: 09.06.2026 or 9. juni 2026
    r"(?P<day>\d{1,2})\.(?:(?P<month>\d\d)\.| (?P<name>[a-z]+) )(?P<year>\d{4})"
)


def mark(text: str) -> str:
    """Danish text that `gettext` translates when shown. Found by `make translations`."""
    return text


def say(sentence: Sentence) -> str:
    """A domain sentence in the reader's language, with where it belongs in front."""
    text = gettext(sentence.text)
    if sentence.values:
        text %= {name: _readable(name, value) for name, value in sentence.values.items()}
    page = None if "%(page)s" in sentence.text else sentence.page  # said once is enough
    if sentence.file and page:
        return gettext(
            "%(file)s, side %(page)s: %(text)s",
            file=sentence.file, page=page, text=text,
        )  # fmt: skip
    if sentence.file:
        return gettext("%(file)s: %(text)s", file=sentence.file, text=text)
    if page:
        return gettext("Side %(page)s: %(text)s", page=page, text=text)
    return text


def _readable(name: str, value: Any) -> Any:
    """Counts and dates as the reader writes them, words of ours in the reader's language.

    What names a thing (a year, a mailing) stays as it is.
    """
    if isinstance(value, Sentence):
        return say(value)
    if type(value) is int and name not in _NAMES:
        return format_decimal(value, locale=str(get_locale()))
    if isinstance(value, str) and value:
        return _day_elsewhere(value) or gettext(value)
    return value


def _day_elsewhere(value: str) -> str | None:
    """A date that the domain wrote in Danish, as other languages write it."""
    found = _DAY.fullmatch(value)
    if found is None or get_locale().language == "da":
        return None
    months = [name for _, name in sorted(get_month_names(locale="da").items())]
    month = months.index(found["name"]) + 1 if found["name"] in months else int(found["month"] or 0)
    return day(date(int(found["year"]), month, int(found["day"]))) if month else None


def say_stored(stored: dict[str, Any] | None) -> str:
    """A sentence that was stored in a row (status_reason, problem), in the reader's language."""
    if not stored:
        return ""
    return say(sentence_of(stored))


def say_all(refused: Refused) -> list[str]:
    """Every reason of a refusal."""
    return [say(sentence) for sentence in refused.sentences]


def attach(app: Flask) -> None:
    """Sentences from the domain in templates: ``{{ line.what | say }}``."""
    app.jinja_env.filters.update(say=say, say_stored=say_stored)

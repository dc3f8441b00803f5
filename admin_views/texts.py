"""Texts that are written down before a request says in which language to show them."""

from __future__ import annotations

from typing import Any

from babel.numbers import format_decimal
from flask import Flask
from flask_babel import get_locale, gettext

from digitalpost.errors import Refused, Sentence

_NAMES = frozenset({"mailing", "letter"})  # numbers that are names, not counts


def mark(text: str) -> str:
    """Danish text that `gettext` translates when shown. Extracted with ``pybabel -k mark``."""
    return text


def say(sentence: Sentence) -> str:
    """A domain sentence in the reader's language, with where it belongs in front."""
    text = gettext(sentence.text)
    text = text % _readable(sentence.values) if sentence.values else text
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


def _readable(values: dict[str, Any]) -> dict[str, Any]:
    """Counts as Danes write them; what names a thing (a year, a mailing) stays as it is."""
    return {
        name: format_decimal(value, locale=str(get_locale()))
        if type(value) is int and name not in _NAMES
        else value
        for name, value in values.items()
    }


def say_stored(stored: dict[str, object] | None) -> str:
    """A sentence that was stored in a row (status_reason, problem), in the reader's language."""
    if not stored:
        return ""
    values = stored.get("values")
    page, file = stored.get("page"), stored.get("file")
    return say(
        Sentence(
            str(stored.get("text", "")),
            dict(values) if isinstance(values, dict) else {},
            page=page if isinstance(page, int) else None,
            file=file if isinstance(file, str) else None,
        )
    )


def say_all(refused: Refused) -> list[str]:
    """Every reason of a refusal."""
    return [say(sentence) for sentence in refused.sentences]


def attach(app: Flask) -> None:
    """Sentences from the domain in templates: ``{{ line.what | say }}``."""
    app.jinja_env.filters.update(say=say, say_stored=say_stored)

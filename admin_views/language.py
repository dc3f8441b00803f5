"""In which language a visitor reads: Danish, until they choose another at the foot of the page.

The choice lies in a cookie of its own, so it holds for the sign-in page too and outlives a session.
What the browser would rather have is not asked: many Danish offices have English browsers.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from flask import Flask, current_app, request
from flask_babel import Babel, get_locale
from werkzeug.wrappers import Response

from admin_views.visitor import institution

DANISH = "da"
TRANSLATIONS = Path(__file__).resolve().parent.parent / "translations"
_NAMES = {"da": "Dansk", "en": "English"}  # each in its own language
_COOKIE = "language"
_KEPT = timedelta(days=365)


def attach(app: Flask, translations: Path) -> None:
    """Danish, and every language that has a compiled catalogue in ``translations``."""
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = str(translations)
    found = {path.parent.parent.name for path in translations.glob("*/LC_MESSAGES/messages.mo")}
    app.extensions["languages"] = (DANISH, *sorted(found & _NAMES.keys() - {DANISH}))
    Babel(
        app,
        default_locale=DANISH,
        default_timezone="Europe/Copenhagen",
        locale_selector=lambda: known(request.cookies.get(_COOKIE)) or DANISH,
    )
    app.jinja_env.globals.update(
        language=lambda: str(get_locale()),
        other_languages=other_languages,
        language_return=_page_to_return_to,
    )


def known(language: str | None) -> str | None:
    """The language when we have it, else None."""
    return language if language in current_app.extensions["languages"] else None


def other_languages() -> list[tuple[str, str]]:
    """Code and name of the languages that the page is not in."""
    now = str(get_locale())
    return [(code, _NAMES[code]) for code in current_app.extensions["languages"] if code != now]


def remember(answer: Response, language: str) -> None:
    """Keep the choice in the browser."""
    answer.set_cookie(
        _COOKIE,
        language,
        max_age=_KEPT,
        httponly=True,
        samesite="Lax",
        secure=institution().settings.secure_cookies,
    )


def _page_to_return_to() -> str:
    """This page; after a form that was sent, the page that it stood on."""
    if request.method == "GET":
        return request.full_path.rstrip("?")
    came_from = urlsplit(request.referrer or "")
    if came_from.netloc != request.host:
        return "/"
    return came_from.path + (f"?{came_from.query}" if came_from.query else "")

"""Pages for when something went wrong: what, what to do, and a reference; never a stack trace."""

from __future__ import annotations

import logging
import traceback

from flask import Flask, g, render_template, request
from flask_babel import gettext
from werkzeug.exceptions import HTTPException

from admin_views.guard import ExpiredForm, expired_text
from admin_views.texts import mark, say_all
from admin_views.visitor import current_visitor, institution
from digitalpost.errors import Forbidden, Refused

log = logging.getLogger("digitalpost.console")

_PAGES = {
    400: (
        mark("Adressen eller formularen er ikke hel"),
        mark("Vi kunne ikke læse det, der blev sendt. Gå tilbage, og prøv igen."),
    ),
    401: (mark("Du er logget ud"), mark("Log ind igen for at fortsætte.")),
    403: (
        mark("Det har du ikke adgang til"),
        mark(
            "Din rolle giver ikke adgang til siden. Spørg en administrator, hvis du skal bruge den."
        ),
    ),
    404: (
        mark("Siden findes ikke"),
        mark("Adressen er forkert, eller det, du leder efter, er ikke i dine afdelinger."),
    ),
    405: (mark("Siden findes ikke"), mark("Gå tilbage, og brug knapperne på siden.")),
    413: (
        mark("Det, du sendte, er for stort"),
        mark("En fil må højst fylde %(limit)s MB. Del filen op, og send den i flere omgange."),
    ),
    429: (
        mark("Der blev prøvet for mange gange"),
        mark("Vent et par minutter, og prøv så igen."),
    ),
    500: (
        mark("Noget gik galt hos os"),
        mark(
            "Det er ikke din fejl. Prøv igen om lidt. Sker det igen, så giv supporten referencen."
        ),
    ),
}


def attach(app: Flask) -> None:
    """Answer every error with a page in the house look."""
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Refused, _refused)
    app.register_error_handler(Exception, _fault)


def error_page(status: int, title: str, text: str) -> tuple[str, int]:
    """The page itself. Works for visitors who are not signed in too."""
    reference = g.get("request_id", "")
    body = render_template(
        "console/error.html", title=title, text=text, reference=reference,
        signed_in=current_visitor() is not None,
    )  # fmt: skip
    return body, status


def _http_error(error: HTTPException) -> object:
    if error.code is None or error.code < 400:
        return error
    if isinstance(error, ExpiredForm):
        return _expired_form(error)
    known = _PAGES.get(error.code)
    title, text = known or (_PAGES[400] if error.code < 500 else _PAGES[500])
    limit = institution().settings.max_upload_bytes // 1_000_000
    shown = gettext(text, limit=limit) if "%(limit)s" in text else gettext(text)
    if error.code >= 500:
        log.error("%s: %s", g.get("request_id"), error.code)
    answer = error_page(error.code, gettext(title), shown)
    retry = getattr(error, "retry_after", None)
    return (*answer, {"Retry-After": str(retry)}) if isinstance(retry, int) else answer


def _expired_form(error: ExpiredForm) -> object:
    """Not a dead end: the same fields with a fresh token and one button.

    Only for what came from a page of ours: a stranger's form must not be one click from being sent.
    """
    again = error.ours and current_visitor() is not None
    fields = [
        (name, value)
        for name, value in request.form.items(multi=True)
        if name != "csrf_token" and "password" not in name
    ]
    body = render_template(
        "console/expired.html",
        text=expired_text(),
        action=request.full_path.rstrip("?"),
        fields=fields if again else [],
        again=again,
        had_files=bool(request.files),
        reference=g.get("request_id", ""),
        signed_in=current_visitor() is not None,
    )
    return body, 400


def _refused(error: Refused) -> object:
    if isinstance(error, Forbidden):
        return error_page(403, gettext(_PAGES[403][0]), " ".join(say_all(error)))
    return error_page(409, gettext("Det kan ikke lade sig gøre"), " ".join(say_all(error)))


def _fault(error: Exception) -> object:
    """Log where it broke, without the message: a message may quote what a person typed."""
    where: list[str] = []
    at: BaseException | None = error
    while at is not None:
        where += [f"{type(at).__name__}\n", *traceback.format_tb(at.__traceback__)]
        at = at.__cause__ or at.__context__
    log.error("%s %s: %s", g.get("request_id"), request.endpoint, "".join(where))
    return error_page(500, gettext(_PAGES[500][0]), gettext(_PAGES[500][1]))

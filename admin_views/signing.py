"""Underskrift: the page where an addressee signs a letter, and where the signing service answers.

For people who have no account here. Nothing about a person stands on these pages: the signing
service asks who it is, and shows the letter to nobody else.
"""

from __future__ import annotations

import logging
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Flask, Response, abort, g, make_response, redirect, request
from flask import render_template as render
from flask_babel import gettext
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from admin_views import guard
from admin_views.texts import mark, say_all
from admin_views.visitor import institution
from digitalpost.db import now
from digitalpost.errors import Damaged, Refused
from digitalpost.models import SigningStatus
from digitalpost.pdf.pool import Workers
from digitalpost.signing import answers
from digitalpost.signing.answers import Answered
from digitalpost.signing.child import LIMITS
from digitalpost.signing.service import HttpSigningService, ServiceUnavailable

log = logging.getLogger("digitalpost.signing")

LOOKS = "60 per minute; 1000 per hour"  # per address; a school may share one
BEGINNINGS = "20 per minute; 100 per hour"
ANSWERS = "300 per minute"  # the signing service has one address for everybody
MORE_THAN_A_LETTER = 15_000_000

_TITLES = {
    400: mark("Siden har stået åben for længe"),
    404: mark("Linket virker ikke"),
    429: mark("Der blev prøvet for mange gange"),
}
_TEXTS = {
    400: mark("Åbn linket i brevet igen, og prøv en gang til."),
    404: mark("Åbn linket fra brevet i din digitale postkasse. Virker det stadig ikke, så kontakt "
              "afsenderen."),
    429: mark("Vent et par minutter, og prøv så igen."),
}  # fmt: skip

blueprint = Blueprint("signing", __name__, url_prefix="/sign")


def attach(app: Flask) -> None:
    """Put the pages into the application, each with a brake per address."""
    limiter = app.extensions["limiter_of_addresses"]
    app.register_blueprint(blueprint)
    for endpoint, limit in (("show", LOOKS), ("begin", BEGINNINGS), ("answer", ANSWERS)):
        name = f"signing.{endpoint}"
        view = limiter.shared_limit(limit, scope=name)(app.view_functions[name])
        app.view_functions[name] = view


@blueprint.get("/<token>")
def show(token: str) -> Response:
    """What is to be signed, by when, and how it stands."""
    with institution().reading() as session:
        task = answers.find_task(session, token)
        if task is None:
            abort(404)
        stage = _stage(task.status, is_late=answers.is_too_late(task, now()))
        return _page(
            stage,
            token=token,
            title=task.letter.title,
            last_day=task.last_day,
            settled_at=task.settled_at,
            why=task.why,
        )


@blueprint.post("/<token>/begin")
def begin(token: str) -> AnyResponse:
    """Lead the addressee to the signing service."""
    settings = institution().settings.signing
    if not settings.is_set_up:
        abort(404)
    service = HttpSigningService(settings)
    try:
        address = answers.begin(institution(), service, token, base=settings.url)
    except Refused as refused:
        return _page("refused", 409, token=token, reasons=say_all(refused))
    except ServiceUnavailable as fault:
        log.warning("%s: the signing service gave no answer: %s", g.get("request_id"), fault)
        return _page("unavailable", 503, token=token)
    if address is None:
        abort(404)
    return _guarded(redirect(address, code=303))


@blueprint.post("/answer")
def answer() -> tuple[dict[str, str], int]:
    """The signing service's answer: a signed file, or that the addressee declined."""
    kind, _, state = request.headers.get("Authorization", "").partition(" ")
    with institution().reading() as session:
        if kind != "Bearer" or not answers.is_awaited(session, state):
            return {"status": Answered.UNKNOWN.value}, 409
    # Only who has the word may send us something big.
    most = institution().settings.channels.digital_post.max_bytes + MORE_THAN_A_LETTER
    request.max_content_length = most
    result, file = request.form.get("result"), request.files.get("document")
    if result not in ("signed", "declined") or (result == "signed") != (file is not None):
        return {"status": "not_understood"}, 400
    content = file.read() if file is not None else None
    try:
        with Workers(1, limits=LIMITS) as workers:
            answered, kind_of = answers.take_answer(institution(), state, content, workers=workers)
    except Damaged:
        log.warning("%s: the letter that was signed can't be read", g.get("request_id"))
        return {"status": "try_again"}, 503
    if answered is Answered.UNKNOWN:
        return {"status": answered.value}, 409
    if answered is Answered.NOT_ACCEPTED and kind_of is not None:
        return {"status": answered.value, "kind": kind_of.value}, 422
    return {"status": answered.value}, 200


@blueprint.errorhandler(HTTPException)
def _error(error: HTTPException) -> Any:
    """A plain page: nobody here has an account to sign in to."""
    code = error.code or 500
    if code < 400:
        return error
    if request.endpoint == "signing.answer":
        return {"status": "not_understood"}, code
    shown = code if code in _TITLES else 400 if code < 500 else 429
    return _page("error", code, title=gettext(_TITLES[shown]), text=gettext(_TEXTS[shown]))


def _stage(status: SigningStatus, *, is_late: bool) -> str:
    if is_late:
        return "late"
    return "ask" if status is SigningStatus.WAITING else status.value


def _page(stage: str, code: int = 200, **values: Any) -> Response:
    sender = institution().settings.institution_name
    body = render("signing/page.html", stage=stage, sender=sender, **values)
    return _guarded(make_response(body, code))


def _guarded(page: Any) -> Any:
    """Kept nowhere, found by no search engine, and the address is told to nobody else.

    A form may lead on to the signing service, and nowhere else.
    """
    service = urlsplit(institution().settings.signing.service_url or "")
    onwards = f"form-action 'self' {service.scheme}://{service.netloc}".removesuffix(" ://")
    page.headers["Content-Security-Policy"] = guard.POLICY.replace("form-action 'self'", onwards)
    page.headers["Cache-Control"] = "no-store"
    page.headers["Referrer-Policy"] = "no-referrer"
    page.headers["X-Robots-Tag"] = "noindex, nofollow"
    return page

"""What holds for every request: its number, security headers, and a check on each form sent.

The token of a form is bound to the browser, not to the session: it lives twelve hours and outlives
a session that ran out, so the form can still be sent after signing in again.
"""

from __future__ import annotations

import secrets
from hashlib import sha256
from urllib.parse import urlsplit

from flask import Flask, Response, g, request
from flask_babel import gettext
from itsdangerous import BadData, URLSafeTimedSerializer
from markupsafe import Markup
from werkzeug.exceptions import BadRequest

from admin_views.visitor import current_visitor, institution

TOKEN_SECONDS = 12 * 3600
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
ANONYMOUS_BYTES = 1_000_000  # what someone who is not signed in may send us
# Posted by other systems and not by a page of ours: these ask for a word of their own instead.
FROM_OTHER_SYSTEMS = frozenset({"signing.answer"})

POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "frame-src 'self'",  # of a letter from outside; no other page of ours lets itself be framed
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    ]
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


class ExpiredForm(BadRequest):
    """The form's token is missing, too old or from another browser. Shown as a page of its own.

    ``ours`` tells that the form did come from a page of ours, so it may be sent again.
    """

    ours = False


def csrf_token() -> str:
    """A fresh token for a form on the page that is being made."""
    return str(_serializer().dumps(_fingerprint(_browser_seed())))


def csrf_field() -> Markup:
    """The hidden field that every form with method POST carries."""
    return Markup('<input type="hidden" name="csrf_token" value="{}">').format(csrf_token())


def attach(app: Flask) -> None:
    """Put the guard before and after every request."""
    app.jinja_env.globals.update(csrf_token=csrf_token, csrf_field=csrf_field)
    app.before_request(_number_request)
    app.after_request(_add_headers)


def check_form() -> None:
    """Refuse a POST whose token does not hold. Registered after the visitor is known."""
    if request.method in SAFE_METHODS or request.endpoint in FROM_OTHER_SYSTEMS:
        return
    if current_visitor() is None:
        request.max_content_length = ANONYMOUS_BYTES
    origin = request.headers.get("Origin")
    if origin not in (None, "null") and urlsplit(origin).netloc != request.host:
        raise ExpiredForm
    if request.headers.get("Sec-Fetch-Site", "same-origin") in {"cross-site", "same-site"}:
        raise ExpiredForm
    expired = ExpiredForm()
    expired.ours = origin not in (None, "null")
    token = request.headers.get("X-CSRF-Token") or request.form.get("csrf_token", "")
    seed = request.cookies.get(_cookie_name(), "")
    try:
        signed = _serializer().loads(token, max_age=TOKEN_SECONDS)
    except BadData:
        raise expired from None
    if not seed or not secrets.compare_digest(str(signed), _fingerprint(seed)):
        raise expired


def _number_request() -> None:
    """A short reference that staff can read aloud and that stands in our log."""
    drawn = secrets.token_hex(4).upper()
    g.request_id = f"{drawn[:4]}-{drawn[4:]}"


def _add_headers(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if institution().settings.secure_cookies:
        response.headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
    if "Cache-Control" not in response.headers:
        # Kept for the Back button, asked for anew otherwise; never in a shared cache.
        response.headers["Cache-Control"] = "private, no-cache"
    response.headers["X-Request-Id"] = g.get("request_id", "")
    if "new_seed" in g:
        response.set_cookie(
            _cookie_name(),
            g.new_seed,
            httponly=True,
            samesite="Lax",
            secure=institution().settings.secure_cookies,
        )
    return response


def _browser_seed() -> str:
    """The random value in this browser's cookie; drawn now when it has none."""
    if "new_seed" in g:
        return str(g.new_seed)
    seed = request.cookies.get(_cookie_name(), "")
    if not seed:
        seed = g.new_seed = secrets.token_urlsafe(24)
    return seed


def _cookie_name() -> str:
    return "__Host-form" if institution().settings.secure_cookies else "form"


def _fingerprint(seed: str) -> str:
    return sha256(seed.encode()).hexdigest()[:32]


def _serializer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(institution().vault.derive("form tokens"), salt="form")


def expired_text() -> str:
    """What the page says when a token did not hold."""
    return gettext("Formularen har stået åben for længe, eller den kom ikke herfra.")

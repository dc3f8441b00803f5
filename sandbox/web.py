"""The two Flask applications of the sandbox: the stand-ins, and the pages and API about them."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from flask import Flask, Response, abort, jsonify, render_template, request
from werkzeug.exceptions import HTTPException

from sandbox import (
    api,
    contacts,
    cpr,
    digital_post,
    digital_post_receive,
    eboks,
    line_page,
    mailbox_page,
    people_api,
    print_page,
    sf1601,
    signing,
    signing_page,
    virk,
    wording,
    write_page,
)
from sandbox.database import Database
from sandbox.faults import mailbox_salt
from sandbox.line import watch_the_line

LOOPBACK_NAMES = ("127.0.0.1", "localhost")

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self';"
    " base-uri 'none'; frame-ancestors 'none'"
)


def make_stand_ins(database: Database) -> Flask:
    """The application behind the TLS port, where clients meet the outside world."""
    app = Flask("sandbox.stand_ins", static_folder=None)
    app.json.sort_keys = False  # fields stay in the order of the protocol page
    app.config.update(
        DATABASE=database,
        MAILBOX_SALT=mailbox_salt(database),
        MAX_CONTENT_LENGTH=eboks.LARGEST_BODY,
    )
    watch_the_line(app)
    for stand_in in (eboks, digital_post, digital_post_receive, sf1601, contacts, virk, cpr):
        app.register_blueprint(stand_in.blueprint)
    app.register_error_handler(HTTPException, _answer_error_as_json)
    return app


def make_pages(database: Database, certificates: Path) -> Flask:
    """The application behind the plain loopback port: mailboxes, faults, signing, and the API."""
    app = Flask("sandbox")
    app.config.update(
        DATABASE=database,
        MAILBOX_SALT=mailbox_salt(database),
        CLIENT_CERTIFICATE=certificates / "client.crt",
    )
    app.before_request(_refuse_other_sites)
    app.after_request(_add_headers)
    app.register_blueprint(api.blueprint)
    app.register_blueprint(people_api.blueprint)
    app.register_blueprint(mailbox_page.blueprint)
    app.register_blueprint(write_page.blueprint)
    app.register_blueprint(line_page.blueprint)
    app.register_blueprint(print_page.blueprint)
    app.register_blueprint(signing.blueprint)
    app.register_blueprint(signing_page.blueprint)
    app.add_template_filter(signing.on_this_machine)
    app.register_error_handler(HTTPException, _show_error)
    app.add_template_filter(wording.fault_label)
    app.add_template_filter(wording.masked)
    app.add_template_filter(wording.when)
    app.add_template_filter(wording.size)
    app.add_template_filter(wording.number)
    return app


def _answer_error_as_json(error: HTTPException) -> tuple[Response, int]:
    return jsonify({"error": error.name}), error.code or 500


def _show_error(error: HTTPException) -> tuple[Response | str, int]:
    code = error.code or 500
    if request.path.startswith("/api/"):
        return jsonify({"error": error.name}), code
    return render_template("error.html", code=code), code


def _refuse_other_sites() -> None:
    # Any web page can send a form to a loopback port, and a name of its own may point there.
    if urlsplit(f"//{request.host}").hostname not in LOOPBACK_NAMES:
        abort(403)
    origin = request.headers.get("Origin")
    if request.method not in ("GET", "HEAD") and origin not in (None, request.host_url[:-1]):
        abort(403)


def _add_headers(response: Response) -> Response:
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "same-origin"
    if response.mimetype == "text/html":
        response.headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
        response.headers["Cache-Control"] = "no-store"
    return response

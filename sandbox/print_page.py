"""The page *Printede breve*: what the print provider got, as envelopes; and the same as JSON."""

from __future__ import annotations

from dataclasses import asdict

from flask import Blueprint, Response, abort, jsonify, render_template
from flask.typing import ResponseReturnValue

from sandbox import printer
from sandbox.line import the_database

SHOWN = 100

blueprint = Blueprint("prints", __name__)


@blueprint.get("/print/")
def show_prints() -> ResponseReturnValue:
    """The letters on paper, newest first."""
    found = printer.prints(the_database())
    return render_template("prints.html", prints=found[:SHOWN], total=len(found))


@blueprint.get("/print/<message_id>")
def show_print(message_id: str) -> ResponseReturnValue:
    """One letter as it was printed."""
    content = printer.content_of(the_database(), message_id)
    if content is None:
        abort(404)
    answer = Response(content, mimetype="application/pdf")
    answer.headers["Content-Disposition"] = f'inline; filename="{message_id}.pdf"'
    return answer


@blueprint.get("/api/prints")
def list_prints() -> Response:
    """The same for tests and scripts."""
    return jsonify([asdict(one) for one in printer.prints(the_database())])


@blueprint.delete("/api/prints")
def empty_prints() -> Response:
    """Forget every print, between tests."""
    printer.empty(the_database())
    return Response(status=204)

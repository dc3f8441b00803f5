"""JSON for tests and scripts: who the registers know, and setting by hand what is true of them.

A number stands in no address: POST it to ``/api/people`` and go on with the name in the answer.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from flask import Blueprint, Response, current_app, jsonify, request

from digitalpost.identifiers import InvalidIdentifier
from sandbox import register
from sandbox.line import the_database
from sandbox.register import NobodyThere
from sandbox.register_changes import InvalidFact

blueprint = Blueprint("people", __name__, url_prefix="/api/people")


@blueprint.errorhandler(InvalidFact)
def say_what_is_wrong(error: InvalidFact) -> tuple[Response, int]:
    """A request that makes no sense changes nothing."""
    return jsonify({"error": str(error)}), 400


@blueprint.errorhandler(NobodyThere)
def say_that_nobody_is_there(error: NobodyThere) -> tuple[Response, int]:
    """Names are given out by the POST."""
    return jsonify({"error": "no such person; POST the number to /api/people first"}), 404


@blueprint.get("")
def list_people() -> Response:
    """Everybody who was asked for or changed, as the registers know them now."""
    return jsonify([_shown(name) for name in register.remembered(the_database())])


@blueprint.post("")
def look_up() -> Response:
    """Whoever has the ``number`` in the body."""
    number = _json_object().get("number")
    try:
        if not isinstance(number, str):
            raise InvalidFact("number must be a CPR or CVR number, as text")
        name = register.remember(the_database(), number, salt=current_app.config["MAILBOX_SALT"])
    except InvalidIdentifier:
        raise InvalidFact("number is no CPR or CVR number") from None
    return jsonify(_shown(name))


@blueprint.get("/<name>")
def show_person(name: str) -> Response:
    """Somebody, as the registers know them now."""
    return jsonify(_shown(name))


@blueprint.put("/<name>")
def change_person(name: str) -> Response:
    """Let the body be all that is set by hand; ``{}`` undoes it."""
    register.change(the_database(), name, _json_object())
    return jsonify(_shown(name))


@blueprint.delete("/<name>")
def forget_person(name: str) -> Response:
    """Undo what was set by hand for one person."""
    register.forget(the_database(), name)
    return Response(status=204)


@blueprint.delete("")
def forget_people() -> Response:
    """Undo what was set by hand for everybody, between tests."""
    register.forget(the_database())
    return Response(status=204)


def _shown(name: str) -> dict[str, Any]:
    number = register.number_of(the_database(), name)
    find = register.find_person if len(number) == 10 else register.find_company
    found = find(the_database(), number)
    facts = None if found is None else json.loads(json.dumps(asdict(found), default=str))
    return {
        "id": name,
        "number": number,
        "known": found is not None,
        "set": register.set_by_hand(the_database(), name),
        "facts": facts,
    }


def _json_object() -> Mapping[str, Any]:
    values = request.get_json(silent=True)
    if not isinstance(values, dict):
        raise InvalidFact("the body must be a JSON object")
    return values

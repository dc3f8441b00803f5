"""JSON for tests and scripts: what arrived, how often, and which faults are switched on.

Loopback only and all people are invented, so recipients are given in full.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, abort, jsonify, request

from sandbox import faults, memo_store, outbox, sf1601_push, sf1601_tokens, storage
from sandbox.database import Database
from sandbox.faults import InvalidSetting
from sandbox.line import the_database
from sandbox.storage import Dispatch

LATEST_REQUESTS = 1000

# Only these are shown in the browser; anything else is handed over as a file to save.
SHOWN_TYPES = {"pdf": "application/pdf"}

blueprint = Blueprint("api", __name__, url_prefix="/api")


@blueprint.errorhandler(InvalidSetting)
def say_what_is_wrong(error: InvalidSetting) -> tuple[Response, int]:
    """A request that makes no sense changes nothing."""
    return jsonify({"error": str(error)}), 400


@blueprint.get("/dispatches")
def list_dispatches() -> Response:
    """Every dispatch, oldest first."""
    return jsonify([_shown(one) for one in storage.all_dispatches(the_database())])


@blueprint.delete("/dispatches")
def empty_storage() -> Response:
    """Forget every dispatch and request, between tests."""
    storage.empty(the_database())
    return Response(status=204)


@blueprint.get("/dispatches/<message_id>/content")
def show_content(message_id: str) -> Response:
    """The file that was sent."""
    return content_response(the_database(), message_id)


@blueprint.get("/memos/<message_uuid>")
def show_memo(message_uuid: str) -> Response:
    """What a message to Digital Post said, without the bytes of its files."""
    facts = memo_store.facts_of(the_database(), message_uuid)
    if facts is None:
        abort(404)
    return jsonify(facts)


@blueprint.get("/memos/<message_uuid>/files/<int:position>")
def show_memo_file(message_uuid: str, position: int) -> Response:
    """One file of a message, from 0."""
    content = memo_store.read_file(the_database(), message_uuid, position)
    if content is None:
        abort(404)
    return Response(content, mimetype="application/octet-stream")


@blueprint.get("/counts")
def show_counts() -> Response:
    """How much has arrived."""
    return jsonify(storage.counts(the_database()))


@blueprint.get("/requests")
def list_requests() -> Response:
    """The newest requests to the stand-ins, oldest of them first."""
    return jsonify(storage.latest_requests(the_database(), limit=LATEST_REQUESTS))


@blueprint.get("/faults")
def list_faults() -> Response:
    """The faults that the next calls will meet."""
    return jsonify([asdict(fault) for fault in faults.active_faults(the_database())])


@blueprint.put("/faults")
def switch_on() -> Response:
    """Switch on a ``kind`` of fault for a ``count`` or ``for_seconds``."""
    values = _json_object()
    known = {"kind", "target", "count", "for_seconds", "seconds"}
    if not {"kind"} <= values.keys() <= known:
        raise InvalidSetting(f"kind is needed, and only {', '.join(sorted(known))} are known")
    faults.switch_on(the_database(), **values)
    return list_faults()


@blueprint.delete("/faults")
def switch_off() -> Response:
    """Switch off every fault, or those of ``?target=`` and ``?kind=``."""
    faults.switch_off(
        the_database(), target=request.args.get("target"), kind=request.args.get("kind")
    )
    return list_faults()


@blueprint.get("/pushes")
def list_pushes() -> Response:
    """What was pushed, or will be, oldest first; with how often it was tried and the answer."""
    return jsonify(sf1601_push.pushes(the_database()))


@blueprint.post("/pushes")
def push() -> Response:
    """Push a body of one's own to where receipts are pushed."""
    sf1601_push.push_now(the_database(), request.get_data())
    return list_pushes()


@blueprint.get("/outbox")
def list_outbox() -> Response:
    """The mail for the school, oldest first: how often it was read, when it was acknowledged."""
    return jsonify(outbox.everything(the_database()))


@blueprint.post("/outbox")
def put_in_outbox() -> Response:
    """Let a message wait for the school: any bytes. ``?message-uuid=`` where they don't say it."""
    body = request.get_data()
    message_uuid = request.args.get("message-uuid") or outbox.uuid_in(body)
    outbox.put_in_outbox(the_database(), message_uuid, body)
    return jsonify({"message_uuid": message_uuid})


@blueprint.delete("/outbox")
def empty_outbox() -> Response:
    """Forget the mail for the school."""
    outbox.empty(the_database())
    return Response(status=204)


@blueprint.delete("/tokens")
def expire_tokens() -> Response:
    """Let every access token of the Serviceplatform end now."""
    sf1601_tokens.expire(the_database())
    return Response(status=204)


@blueprint.get("/settings")
def show_settings() -> Response:
    """The settings in force."""
    return jsonify(asdict(faults.read_settings(the_database())))


@blueprint.put("/settings")
def change_settings() -> Response:
    """Change the settings that are named."""
    faults.change_settings(the_database(), **_json_object())
    return show_settings()


def content_response(database: Database, message_id: str) -> Response:
    """A stored file for the browser: a PDF is shown, anything else is saved."""
    dispatch = storage.find_dispatch(database, message_id)
    content = storage.read_content(database, message_id)
    if dispatch is None or content is None:
        abort(404)
    return file_response(content, f"{message_id}.{dispatch.extension}")


def file_response(content: bytes, name: str) -> Response:
    """A file for the browser: a PDF is shown, anything else is saved."""
    shown = SHOWN_TYPES.get(name.rpartition(".")[2].lower())
    response = Response(content, mimetype=shown or "application/octet-stream")
    safe = "".join(
        one if one.isascii() and (one.isalnum() or one in ".-_") else "_" for one in name
    )
    response.headers["Content-Disposition"] = (
        f'{"inline" if shown else "attachment"}; filename="{safe}"'
    )
    return response


def _shown(dispatch: Dispatch) -> dict[str, object]:
    received_at = datetime.fromtimestamp(dispatch.received_at, UTC)
    return {
        "message_id": dispatch.message_id,
        "recipient": dispatch.recipient,
        "recipient_type": dispatch.recipient_type,
        "title": dispatch.title,
        "extension": dispatch.extension,
        "sha256": dispatch.content_sha256,
        "body_sha256": dispatch.body_sha256,
        "bytes": dispatch.content_bytes,
        "mode": dispatch.mode,
        "status": dispatch.status,
        "reject_reason": dispatch.reject_reason,
        "post_processing_status": dispatch.post_processing_status,
        "received_at": received_at.isoformat(timespec="milliseconds"),
        "received": dispatch.received,
        "other_bodies": dispatch.other_bodies,
    }


def _json_object() -> dict[str, Any]:
    values = request.get_json(silent=True)
    if not isinstance(values, dict):
        raise InvalidSetting("the body must be a JSON object")
    return values

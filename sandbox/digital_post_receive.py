"""Stand-in for the mail that Digital Post keeps for the school: list, read, acknowledge, remove.

Written only from protocols/digital-post-rest.md section 4 (REST_PULL). The page leaves these open,
and the choice here is ours: whether the receipt alone takes a message off the list is a setting;
a second receipt is answered with 409, a receipt for another id with 422.
"""

from __future__ import annotations

import time
import uuid
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, current_app, jsonify, request

from sandbox import contacts, faults, outbox
from sandbox.database import Database
from sandbox.fault_kinds import (
    AFTER_STORING,
    BEFORE_STORING,
    DIGITAL_POST_ACKNOWLEDGE,
    DIGITAL_POST_RECEIVE,
    FaultKind,
)
from sandbox.line import answer_with

MOST_ON_A_PAGE = 1000
STATUSES = ("COMPLETED", "INVALID")

Answer = Response | tuple[Response, int]

blueprint = Blueprint("digital_post_receive", __name__, url_prefix=contacts.PATH)


@blueprint.before_request
def know_the_system() -> tuple[Response, int] | None:
    """Only the school's own system may call."""
    if request.headers.get("Authorization") != f"Basic {contacts.TOKEN}":
        return _error(401, "unauthorized", "Unknown system")
    return None


@blueprint.get("/memos/")
def list_memos() -> Answer:
    """The ids that wait, a page at a time, oldest first."""
    met = _meet_a_fault(DIGITAL_POST_RECEIVE, BEFORE_STORING + AFTER_STORING)
    if met is not None:
        return met
    database = _database()
    page = max(request.args.get("page", 0, type=int), 0)
    size = min(max(request.args.get("size", 100, type=int), 1), MOST_ON_A_PAGE)
    shown = outbox.waiting(database, page, size, receipt_removes=_receipt_removes())
    total = outbox.count_waiting(database, receipt_removes=_receipt_removes())
    if faults.take_fault(database, DIGITAL_POST_RECEIVE, (FaultKind.LISTED_BUT_GONE,)):
        shown = [str(uuid.uuid4()), *shown]
    if faults.take_fault(database, DIGITAL_POST_RECEIVE, (FaultKind.LISTED_TWICE,)):
        shown = [one for one in shown for _ in range(2)]
    pages = -(-total // size)
    following = {"page": page + 1, "size": size, "ordering": []} if page + 1 < pages else None
    before = {"page": page - 1, "size": size, "ordering": []} if page else None
    return jsonify(
        {
            "content": shown,
            "number": page,
            "size": size,
            "previous": before,
            "next": following,
            "totalElements": total,
            "totalPages": pages,
        }
    )


@blueprint.get("/memos/<message_id>")
def read_memo(message_id: str) -> Answer:
    """One message. Reading does not remove it."""
    met = _meet_a_fault(DIGITAL_POST_RECEIVE, BEFORE_STORING + AFTER_STORING)
    if met is not None:
        return met
    xml = outbox.read(_database(), message_id)
    if xml is None:
        return _gone()
    return Response(xml, mimetype="application/xml")


@blueprint.post("/memos/<message_id>/receipt")
def take_receipt(message_id: str) -> Answer:
    """The business receipt: from now on the message is the school's."""
    met = _meet_a_fault(DIGITAL_POST_ACKNOWLEDGE, BEFORE_STORING)
    if met is not None:
        return met
    said = request.get_json(silent=True)
    wrong = _wrong_in(said, message_id)
    if wrong is not None:
        return wrong
    code = str(said.get("errorCode") or "")
    what = outbox.acknowledge(_database(), message_id, said["receiptStatus"], code)
    met = _meet_a_fault(DIGITAL_POST_ACKNOWLEDGE, AFTER_STORING)
    if met is not None:
        return met
    if what == "gone":
        return _gone()
    if what == "again":
        return _error(409, "receipt.exists", "There is a receipt for this message")
    return jsonify(said)


@blueprint.delete("/memos/<message_id>")
def delete_memo(message_id: str) -> Answer:
    """Take a message off the list for good."""
    met = _meet_a_fault(DIGITAL_POST_ACKNOWLEDGE, BEFORE_STORING)
    if met is not None:
        return met
    is_deleted = outbox.delete(_database(), message_id, receipt_removes=_receipt_removes())
    met = _meet_a_fault(DIGITAL_POST_ACKNOWLEDGE, AFTER_STORING)
    if met is not None:
        return met
    return Response(status=204) if is_deleted else _gone()


def _wrong_in(said: Any, message_id: str) -> tuple[Response, int] | None:
    """What is wrong with a business receipt, as the answer to it."""
    if not isinstance(said, dict):
        return _error(400, "receipt.invalid", "The receipt must be a JSON object")
    status = said.get("receiptStatus")
    try:
        uuid.UUID(str(said.get("transmissionId")))
        datetime.fromisoformat(str(said.get("timeStamp")))
    except ValueError:
        return _error(400, "receipt.invalid", "transmissionId and timeStamp are needed")
    if status not in STATUSES:
        return _error(400, "receipt.invalid", "receiptStatus must be COMPLETED or INVALID")
    if str(said.get("messageUUID")).lower() != message_id.lower():
        return _error(422, "receipt.invalid", "messageUUID is another")
    if (status == "INVALID") != bool(said.get("errorCode")):
        return _error(422, "receipt.invalid", "errorCode goes with INVALID, and only with that")
    return None


def _meet_a_fault(target: str, kinds: tuple[FaultKind, ...]) -> Response | None:
    fault = faults.take_fault(_database(), target, kinds)
    if fault is None:
        return None
    if fault.kind is FaultKind.SLOW_AFTER_STORING:
        time.sleep(fault.seconds)
        return None
    return answer_with(fault)


def _receipt_removes() -> bool:
    return bool(faults.read_settings(_database()).receipt_removes)


def _gone() -> tuple[Response, int]:
    return _error(404, "memo.not.found", "No such message")


def _error(status: int, code: str, message: str) -> tuple[Response, int]:
    return jsonify({"code": code, "message": message, "fieldErrors": []}), status


def _database() -> Database:
    database: Database = current_app.config["DATABASE"]
    return database

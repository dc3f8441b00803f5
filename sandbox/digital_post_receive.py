"""Stand-in for the mail that Digital Post keeps for the school: list, read, acknowledge, remove.

Written only from protocols/digital-post-rest.md section 4 (REST_PULL). The page leaves these open,
and the choice here is ours: whether the receipt alone takes a message off the list is a setting;
a second receipt is answered with 409, a receipt for another id with 422.
"""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, jsonify, request

from sandbox import faults, outbox
from sandbox.digital_post_door import PATH, a_page, no, only_our_system
from sandbox.fault_kinds import (
    BEFORE_STORING,
    DIGITAL_POST_ACKNOWLEDGE,
    DIGITAL_POST_RECEIVE,
    FaultKind,
)
from sandbox.line import Answer, after_storing, meet_a_fault, the_database

MOST_ON_A_PAGE = 1000
STATUSES = ("COMPLETED", "INVALID")

blueprint = Blueprint("digital_post_receive", __name__, url_prefix=PATH)
only_our_system(blueprint)


@blueprint.get("/memos/")
def list_memos() -> Answer:
    """The ids that wait, a page at a time, oldest first."""
    met = meet_a_fault(DIGITAL_POST_RECEIVE)
    if met is not None:
        return met
    database = the_database()
    page = max(request.args.get("page", 0, type=int), 0)
    size = min(max(request.args.get("size", 100, type=int), 1), MOST_ON_A_PAGE)
    shown = outbox.waiting(database, page, size, receipt_removes=_receipt_removes())
    total = outbox.count_waiting(database, receipt_removes=_receipt_removes())
    if faults.take_fault(database, DIGITAL_POST_RECEIVE, (FaultKind.LISTED_BUT_GONE,)):
        shown = [str(uuid.uuid4()), *shown]
    if faults.take_fault(database, DIGITAL_POST_RECEIVE, (FaultKind.LISTED_TWICE,)):
        shown = [one for one in shown for _ in range(2)]
    return a_page(shown, page=page, size=size, total=total)


@blueprint.get("/memos/<message_id>")
def read_memo(message_id: str) -> Answer:
    """One message. Reading does not remove it."""
    met = meet_a_fault(DIGITAL_POST_RECEIVE)
    if met is not None:
        return met
    xml = outbox.read(the_database(), message_id)
    if xml is None:
        return _gone()
    return Response(xml, mimetype="application/xml")


@blueprint.post("/memos/<message_id>/receipt")
def take_receipt(message_id: str) -> Answer:
    """The business receipt: from now on the message is the school's."""
    met = meet_a_fault(DIGITAL_POST_ACKNOWLEDGE, BEFORE_STORING)
    if met is not None:
        return met
    said = request.get_json(silent=True)
    wrong = _wrong_in(said, message_id)
    if wrong is not None:
        return wrong
    code = str(said.get("errorCode") or "")
    what = outbox.acknowledge(the_database(), message_id, said["receiptStatus"], code)
    answers = {
        "gone": _gone(),
        "again": no(409, "receipt.exists", "There is a receipt for this message"),
    }
    return after_storing(DIGITAL_POST_ACKNOWLEDGE, answers.get(what) or jsonify(said))


@blueprint.delete("/memos/<message_id>")
def delete_memo(message_id: str) -> Answer:
    """Take a message off the list for good."""
    met = meet_a_fault(DIGITAL_POST_ACKNOWLEDGE, BEFORE_STORING)
    if met is not None:
        return met
    is_deleted = outbox.delete(the_database(), message_id, receipt_removes=_receipt_removes())
    return after_storing(DIGITAL_POST_ACKNOWLEDGE, Response(status=204) if is_deleted else _gone())


def _wrong_in(said: Any, message_id: str) -> tuple[Response, int] | None:
    """What is wrong with a business receipt, as the answer to it."""
    if not isinstance(said, dict):
        return no(400, "receipt.invalid", "The receipt must be a JSON object")
    status = said.get("receiptStatus")
    try:
        uuid.UUID(str(said.get("transmissionId")))
        datetime.fromisoformat(str(said.get("timeStamp")))
    except ValueError:
        return no(400, "receipt.invalid", "transmissionId and timeStamp are needed")
    if status not in STATUSES:
        return no(400, "receipt.invalid", "receiptStatus must be COMPLETED or INVALID")
    if str(said.get("messageUUID")).lower() != message_id.lower():
        return no(422, "receipt.invalid", "messageUUID is another")
    if (status == "INVALID") != bool(said.get("errorCode")):
        return no(422, "receipt.invalid", "errorCode goes with INVALID, and only with that")
    return None


def _receipt_removes() -> bool:
    return bool(faults.read_settings(the_database()).receipt_removes)


def _gone() -> tuple[Response, int]:
    return no(404, "memo.not.found", "No such message")

"""Stand-in for e-Boks: takes dispatches by PUT and answers the status poll.

Written only from protocols/eboks-dispatch.md. Refuses what that page does not allow, remembers
every message id, and never stores one twice.

What becomes of a letter follows from the recipient in the `register`, so e-Boks says the same as
the other stand-ins. At the proxy some go on to post-processing:

    exempt   pending   -> later 'remote printed', or 'address resolved' for the digits 0005
    invalid  pending   -> later 'address not found'
    dead
    minor              under 15
"""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime

from flask import Blueprint, Response, abort, current_app, jsonify, request

from sandbox import eboks_xml, faults, register, storage
from sandbox.fault_kinds import (
    BEFORE_STORING,
    EBOKS_DISPATCH,
    EBOKS_POLL,
)
from sandbox.faults import Mode
from sandbox.line import Answer, after_storing, meet_a_fault, the_database
from sandbox.people import EXEMPT_AND_FOUND, OWN_MAILBOX_AGE, Mailbox, Person
from sandbox.storage import Dispatch, NewDispatch, Outcome

# The agreement that the invented school has with e-Boks.
SYSTEM_ID = "3994"
CLIENT_ID = "12"

# Not known of e-Boks. Digital Post takes 99.5 MB a letter, which is 133 MB as base64.
LARGEST_BODY = 140_000_000

MOST_IDS_IN_A_POLL = 50


blueprint = Blueprint("eboks", __name__)


@blueprint.put("/int/rest/srv.svc/3/dispatchsystem/<system_id>/dispatches/<message_id>")
def receive_dispatch(system_id: str, message_id: str) -> Answer:
    """Take one letter: check it, store it once, say what becomes of it."""
    body = request.get_data(cache=False)
    met = meet_a_fault(EBOKS_DISPATCH, BEFORE_STORING)
    if met is not None:
        return met
    settings = _settings()
    try:
        _check_ids(system_id, message_id, settings.mode)
        if request.mimetype != "application/xml":
            raise eboks_xml.NotADispatch("Content-Type must be application/xml")
        sent = eboks_xml.read_dispatch(body)
    except eboks_xml.NotADispatch as reason:
        return _refuse(400, str(reason))
    new = NewDispatch(
        message_id=message_id,
        recipient=sent.recipient,
        recipient_type=sent.recipient_type,
        nationality=sent.nationality,
        title=sent.title,
        content=sent.content,
        extension=sent.extension,
        body_sha256=hashlib.sha256(body).hexdigest(),
        mode=settings.mode,
        outcome=_outcome(sent.recipient, sent.recipient_type, settings.mode),
    )
    is_new = storage.store_dispatch(
        the_database(),
        new,
        salt=current_app.config["MAILBOX_SALT"],
        postprocessing_seconds=settings.postprocessing_seconds,
    )
    return after_storing(
        EBOKS_DISPATCH,
        _accepted(new) if is_new else _refuse(settings.duplicate_status, "message id already used"),
    )


@blueprint.get("/rest/messages/<client_id>/")
def poll_messages(client_id: str) -> Answer:
    """Say where the asked letters are now. Only the proxy has this."""
    _require_proxy()
    met = meet_a_fault(EBOKS_POLL, BEFORE_STORING)
    if met is not None:
        return met
    message_ids = request.args.getlist("message_id")
    if not 1 <= len(message_ids) <= MOST_IDS_IN_A_POLL:
        return _refuse(400, f"ask for 1 to {MOST_IDS_IN_A_POLL} message_id at a time")
    found = storage.find_dispatches(the_database(), message_ids)
    polled = [_polled(one) for one in found if _client_of(one.message_id) == client_id]
    return after_storing(EBOKS_POLL, jsonify(polled))


@blueprint.get("/rest/client/<client_id>/")
def show_client(client_id: str) -> Response:
    """The client's own registration. Its fields are not known from any source; these are ours."""
    _require_proxy()
    if client_id != CLIENT_ID:
        abort(404)
    return jsonify({"client_id": CLIENT_ID, "system_id": SYSTEM_ID, "name": "Øvelsesskolen"})


def _accepted(new: NewDispatch) -> Response:
    if new.mode == Mode.DIRECT:
        # 201, because a client must take any 2xx without a body.
        response = Response(status=201)
        del response.headers["Content-Type"]
        return response
    recipient = _recipient(new, new.outcome.status, new.outcome.post_processing_status)
    recipient["reject_reason"] = new.outcome.reject_reason
    return jsonify({"message_id": new.message_id, "recipients": [recipient]})


def _polled(dispatch: Dispatch) -> dict[str, object]:
    modified_at = datetime.fromtimestamp(dispatch.modified_at, UTC)
    recipient = _recipient(dispatch, dispatch.status, dispatch.post_processing_status)
    # Null here and empty in the answer to the PUT: both were seen, so clients must take both.
    recipient["reject_reason"] = dispatch.reject_reason or None
    return {
        "message_id": dispatch.message_id,
        "proxy_response_code": 200,
        "proxy_error": None,
        "modified_at": modified_at.isoformat(timespec="seconds"),
        "recipients": [recipient],
    }


def _recipient(
    letter: NewDispatch | Dispatch, status: str, post_processing_status: str
) -> dict[str, object]:
    return {
        "nr": letter.recipient,
        "recipient_type": letter.recipient_type,
        "nationality": letter.nationality,
        "status": status,
        "reject_reason": "",
        "post_processing_status": post_processing_status,
    }


def _outcome(recipient: str, recipient_type: str, mode: Mode) -> Outcome:
    outcome = _outcome_of(recipient, recipient_type)
    # Looking up addresses and printing is done by the proxy, not by e-Boks itself.
    return outcome if mode is Mode.PROXY else Outcome(outcome.status)


def _outcome_of(recipient: str, recipient_type: str) -> Outcome:
    if recipient_type not in ("P", "V"):
        return Outcome()
    find = register.find_person if recipient_type == "P" else register.find_company
    found = find(the_database(), recipient)
    if found is None:
        return Outcome("invalid", "", "pending", "address not found")
    if found.mailbox is Mailbox.REGISTERED:
        return Outcome()
    if found.mailbox is Mailbox.CLOSED:
        return Outcome("dead" if recipient_type == "P" else "invalid")
    if found.mailbox is Mailbox.EXEMPT:
        resolved = recipient.endswith(EXEMPT_AND_FOUND)
        return Outcome(
            "exempt", "", "pending", "address resolved" if resolved else "remote printed"
        )
    if isinstance(found, Person) and found.age < OWN_MAILBOX_AGE:
        return Outcome("minor")
    return Outcome("invalid", "", "pending", "address not found")


def _check_ids(system_id: str, message_id: str, mode: Mode) -> None:
    if system_id != SYSTEM_ID:
        raise eboks_xml.NotADispatch(f"the dispatch system of this sandbox is {SYSTEM_ID}")
    # What a direct sender puts between system and GUID is its own business; one source has nothing.
    client = CLIENT_ID if mode is Mode.PROXY else "[0-9]{0,20}"
    if not re.fullmatch(rf"{SYSTEM_ID.zfill(6)}{client}[0-9a-fA-F]{{32}}", message_id):
        raise eboks_xml.NotADispatch(
            "a message id is the dispatch system in six digits, the client id (at the proxy only)"
            " and 32 hexadecimal digits"
        )


def _client_of(message_id: str) -> str:
    return message_id[6:-32]


def _refuse(status: int, reason: str) -> Response:
    response: Response = jsonify({"error": reason})
    response.status_code = status
    return response


def _require_proxy() -> None:
    if _settings().mode is not Mode.PROXY:
        abort(404)


def _settings() -> faults.Settings:
    return faults.read_settings(the_database())

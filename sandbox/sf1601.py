"""Stand-in for KOMBIT's Serviceplatform: tokens, SF1601 (KombiPostAfsend) and PostForespoerg.

Written only from protocols/sf1601.md. What becomes of a letter follows from the `register`.

The page leaves these open, and the choice here is ours: a message id that was used before is taken
again with RECEIVED, or refused with the code ``memo.message.uuid.exists`` (the same setting as in
Digital Post); who has no mailbox is taken, and *Fejlet* with ``recipient.not.registered`` follows;
a letter on paper whose address says *Ukendt* fails with ``recipient.address.unknown``.
"""

from __future__ import annotations

import base64
import hashlib
import json
import time
import uuid

from flask import Blueprint, Response, current_app, jsonify, request

from digitalpost.identifiers import InvalidIdentifier, parse
from sandbox import faults, memo_store, register, sf1601_push, sf1601_tokens
from sandbox.digital_post import LARGEST_MEMO, NOT_REGISTERED
from sandbox.fault_kinds import (
    BEFORE_STORING,
    SF1601_LOOK_UP,
    SF1601_SEND,
    SF1601_TOKEN,
)
from sandbox.line import Answer, after_storing, meet_a_fault, the_database
from sandbox.memo_xml import InvalidMemo, ReceivedMemo, read_memo
from sandbox.people import Mailbox
from sandbox.sf1601_xml import InvalidRequest, PrintOrder, read_request, refused, taken

STS_PATH = "/runtime/api/rest/wstrust/v1/issue"
SEND_ENTITY = "http://entityid.kombit.dk/service/kombipostafsend/1"
LOOK_UP_ENTITY = "http://entityid.kombit.dk/service/postforespoerg/1"
_WS_TRUST = "http://docs.oasis-open.org/ws-sx/ws-trust/200512"
USED = "memo.message.uuid.exists"

blueprint = Blueprint("sf1601", __name__)


@blueprint.post(STS_PATH)
def issue() -> Answer:
    """A SAML token, for the certificate that asks and no other."""
    met = meet_a_fault(SF1601_TOKEN)
    if met is not None:
        return met
    said = request.get_json(silent=True)
    try:
        entity = said["AppliesTo"]["EndpointReference"]["Address"]
        cvr, shown = said["AnvenderKontekst"]["Cvr"], said["UseKey"]
        kinds = (said["RequestType"], said["KeyType"])
    except (KeyError, TypeError):
        return jsonify({"Message": "The request is incomplete"}), 400
    certificate = _certificate()
    if kinds != (f"{_WS_TRUST}/Issue", f"{_WS_TRUST}/PublicKey"):
        return jsonify({"Message": "RequestType or KeyType is unknown"}), 400
    if shown != base64.b64encode(certificate).decode():
        return jsonify({"Message": "UseKey is not the certificate of the connection"}), 403
    if entity not in (SEND_ENTITY, LOOK_UP_ENTITY):
        return jsonify({"Message": "No agreement for this service"}), 403
    assertion, lifetime = sf1601_tokens.issue_assertion(
        the_database(), entity=entity, cvr=str(cvr), certificate=certificate
    )
    answer = {
        "TokenType": said.get("TokenType"),
        "RequestedSecurityToken": {"Assertion": assertion},
        "Lifetime": lifetime,
    }
    return jsonify(answer)


@blueprint.post("/service/AccessTokenService_1/token")
def access_token() -> Answer:
    """An access token for a SAML token."""
    met = meet_a_fault(SF1601_TOKEN)
    if met is not None:
        return met
    seconds = faults.read_settings(the_database()).token_seconds
    token = sf1601_tokens.issue_access(
        the_database(),
        request.form.get("saml-token", ""),
        certificate=_certificate(),
        seconds=seconds,
    )
    if token is None:
        return jsonify({"error": "invalid_grant"}), 401
    answer = {"access_token": token, "token_type": "Holder-of-key", "expires_in": seconds}
    return jsonify(answer)


@blueprint.post("/service/KombiPostAfsend_1/kombi")
@blueprint.post("/service/KombiPostAfsend_1/memos")
def receive() -> Answer:
    """Take one letter. On paper only through /kombi."""
    body = request.get_data(cache=False)
    met = meet_a_fault(SF1601_SEND, BEFORE_STORING)
    if met is not None:
        return met
    cvr = _who_calls(SEND_ENTITY)
    if cvr is None:
        return _xml(refused("unauthorized", "The token does not hold"), 401)
    if not _has_headers():
        return _xml(refused("header.missing", "x-TransaktionsId or x-TransaktionsTid"), 400)
    if len(body) > LARGEST_MEMO:
        return _xml(refused("memo.too.large", "The message is too large"), 400)
    try:
        asked = read_request(body)
        if asked.order is not None and asked.choice == "Fysisk Post":
            if request.path.endswith("/memos"):
                raise InvalidRequest("paper goes through /kombi")
            return after_storing(SF1601_SEND, _print(asked.order, cvr))
        if asked.memo is None:
            raise InvalidRequest("there is no message")
        memo = read_memo(asked.memo, today=register.today())
        if memo.sender != cvr:
            raise InvalidMemo("the sender is another", code="sender.not.allowed")
        return after_storing(SF1601_SEND, _take(memo, asked.memo, cvr))
    except (InvalidRequest, InvalidMemo) as wrong:
        return _xml(refused(wrong.code, str(wrong)), 400)


@blueprint.get("/service/PostForespoerg_1/digitalpost")
def look_up() -> Answer:
    """Whether one person or company can get Digital Post."""
    met = meet_a_fault(SF1601_LOOK_UP)
    if met is not None:
        return met
    if _who_calls(LOOK_UP_ENTITY) is None:
        return jsonify({"error": "unauthorized"}), 401
    if not _has_headers():
        return jsonify({"error": "header.missing"}), 400
    asked = [request.args[one] for one in ("cprNumber", "cvrNumber") if one in request.args]
    if len(asked) != 1:
        return jsonify({"error": "ask with either cprNumber or cvrNumber"}), 400
    return jsonify({"result": _is_registered(asked[0])})


def _take(memo: ReceivedMemo, body: bytes, cvr: str) -> Response:
    database = the_database()
    has_mailbox = _is_registered(memo.recipient)
    is_new = memo_store.store_memo(
        database,
        memo,
        hashlib.sha256(body).hexdigest(),
        status="" if has_mailbox else "invalid",
        salt=current_app.config["MAILBOX_SALT"],
    )
    if not is_new and faults.read_settings(database).duplicate_memo == "error":
        return _xml(refused(USED, "The message id was used before"), 400)
    transmission_id = str(uuid.uuid4())
    if is_new:
        last = ("Afleveret Digital Post", "") if has_mailbox else ("Fejlet", NOT_REGISTERED)
        sf1601_push.plan(
            database,
            [("Modtaget Digital Post", ""), last],
            channel="Digital Post",
            message_uuid=memo.message_uuid,
            transmission_id=transmission_id,
            cvr=cvr,
        )
    return _xml(taken(transmission_id))


def _print(order: PrintOrder, cvr: str) -> Response:
    database = the_database()
    now = time.time()
    fails = any("ukendt" in line.lower() for line in order.lines)
    row = (
        *(order.identifier, now, now, json.dumps(order.lines), 0),
        *(hashlib.sha256(order.content).hexdigest(), "rejected" if fails else "printed"),
        order.content,
    )
    with database.write() as connection:
        is_new = connection.execute(
            "INSERT INTO prints (message_id, received_at, due_at, lines, pages, sha256, result,"
            " content) VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            row,
        ).rowcount
        if not is_new:
            connection.execute(
                "UPDATE prints SET times = times + 1 WHERE message_id = ?", (order.identifier,)
            )
    if not is_new and faults.read_settings(database).duplicate_memo == "error":
        return _xml(refused(USED, "The identifier was used before"), 400)
    if is_new:
        last = ("Fejlet", "recipient.address.unknown") if fails else ("Afsendt", "")
        sf1601_push.plan(
            database,
            [("Modtaget Fjern-print", ""), ("Klar", ""), last],
            channel="Fysisk Post",
            message_uuid=order.identifier,
            transmission_id=request.headers.get("x-TransaktionsId", ""),
            cvr=cvr,
        )
    return _xml(taken(""))


def _is_registered(number: str) -> bool:
    """Nonsense is nobody, and no error."""
    try:
        found = parse(number).number
    except InvalidIdentifier:
        return False
    find = register.find_person if len(found) == 10 else register.find_company
    one = find(the_database(), found)
    return one is not None and one.mailbox is Mailbox.REGISTERED


def _who_calls(entity: str) -> str | None:
    return sf1601_tokens.who_calls(
        the_database(),
        request.headers.get("Authorization", ""),
        entity=entity,
        certificate=_certificate(),
    )


def _has_headers() -> bool:
    try:
        uuid.UUID(request.headers.get("x-TransaktionsId", ""))
    except ValueError:
        return False
    return request.headers.get("x-TransaktionsTid", "").endswith("Z")


def _certificate() -> bytes:
    return sf1601_tokens.certificate_of(request.environ["gunicorn.socket"])


def _xml(body: bytes, status: int = 200) -> Response:
    return Response(body, status, mimetype="application/xml")

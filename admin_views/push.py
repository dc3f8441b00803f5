"""Where others send us receipts and mail: no session, no form, and nothing done but storing.

An address answers 404 until the settings say who may call it (PUSH_*). What is stored is joined to
its letter later (`deliveries.join`): the answer is fast, and a receipt that was answered is kept.
"""

from __future__ import annotations

import logging

from flask import Blueprint, Flask, Response, abort, jsonify, request
from sqlalchemy.exc import SQLAlchemyError

from admin_views.client_certificate import fingerprint_of
from admin_views.ports import wake
from admin_views.visitor import institution
from digitalpost.channels.digital_post import is_message_uuid
from digitalpost.channels.told import MOST_BYTES
from digitalpost.deliveries.arrived import take_receipt
from digitalpost.errors import Refused
from digitalpost.incoming.store import store_message
from digitalpost.incoming.when import ask_to_fetch
from digitalpost.models import ChannelName

log = logging.getLogger("digitalpost.push")

_TAKEN, _FAILED = 20, 40  # StatusKode in the message broker's answer (protocols/sf1601.md)
_ANSWER = """<?xml version="1.0" encoding="UTF-8"?>
<ns2:ModtagBeskedOutput xmlns="urn:oio:sagdok:3.0.0" xmlns:ns2="urn:oio:sts:1.0.0">
  <StandardRetur><StatusKode>{code}</StatusKode><FejlbeskedTekst>{text}</FejlbeskedTekst></StandardRetur>
</ns2:ModtagBeskedOutput>
"""

blueprint = Blueprint("push", __name__, url_prefix="/push")


def attach(app: Flask) -> None:
    """Add the addresses."""
    app.register_blueprint(blueprint)


def is_push() -> bool:
    """Whether the request is one of these."""
    return request.blueprint == "push"


@blueprint.post("/sf1601/status")
def sf1601_status() -> Response:
    """A PostStatus from KOMBIT's message broker."""
    try:
        is_good = _store(ChannelName.SF1601)
    except SQLAlchemyError as error:
        log.error("A receipt could not be stored: %s", type(error).__name__)
        return _standard_answer(_FAILED, "Kan ikke modtage lige nu")
    return _standard_answer(_TAKEN, "Ok") if is_good else _standard_answer(_FAILED, "Afvist")


@blueprint.post("/digital-post/receipts")
def digital_post_receipt() -> Response:
    """A business receipt from Digital Post to our ``receiptEndpoint``."""
    try:
        is_good = _store(ChannelName.DIGITAL_POST)
    except SQLAlchemyError as error:
        log.error("A receipt could not be stored: %s", type(error).__name__)
        return _json({"code": "service.unavailable"}, 503)
    return _json({"code": "ok"}, 200) if is_good else _json({"code": "receipt.invalid"}, 400)


@blueprint.post("/digital-post/memos")
def digital_post_memo() -> Response:
    """A message to us (REST_PUSH): part ``file``, whose file name is the messageUUID.

    200 is answered when it lies safe. Filing it, and the business receipt, are a job's.
    """
    _know_the_caller(ChannelName.DIGITAL_POST)
    # The largest message, and what the form puts around it.
    request.max_content_length = institution().settings.incoming.max_bytes + 100_000
    file = request.files.get("file")
    if file is None or not file.filename or not is_message_uuid(file.filename):
        return _json({"code": "file.missing"}, 400)
    try:
        store_message(institution(), file.stream, file.filename, ChannelName.DIGITAL_POST)
        with institution().transaction() as session:
            ask_to_fetch(session, ChannelName.DIGITAL_POST)
    except (SQLAlchemyError, OSError, Refused) as error:
        log.error("A message could not be stored: %s", type(error).__name__)
        return _json({"code": "service.unavailable"}, 503)
    wake("file_incoming", "due")
    wake("fetch_incoming", ChannelName.DIGITAL_POST.value)
    return _json({"code": "ok"}, 200)


def _know_the_caller(channel: ChannelName) -> str:
    """The fingerprint of the caller's certificate, if it is one that may send us something."""
    settings = institution().settings.channels.push
    accepted = settings.sf1601 if channel is ChannelName.SF1601 else settings.digital_post
    if not settings.certificate_header or not accepted:
        abort(404)
    sent_by = fingerprint_of(request.headers.get(settings.certificate_header, ""))
    if sent_by is None or sent_by not in accepted:
        log.warning("A call came from a certificate that is not accepted: %s", sent_by)
        abort(403)
    return sent_by


def _store(channel: ChannelName) -> bool:
    """Store the body, whatever it says; False when it is refused."""
    settings = institution().settings.channels.push
    sent_by = _know_the_caller(channel)
    request.max_content_length = MOST_BYTES
    body = request.get_data(cache=False)
    with institution().transaction() as session:
        is_good = take_receipt(session, channel, body, sent_by=sent_by, own_cvr=settings.own_cvr)
    wake("join_receipts", channel.value)
    return is_good


def _standard_answer(code: int, text: str) -> Response:
    return Response(_ANSWER.format(code=code, text=text), mimetype="application/xml")


def _json(body: dict[str, str], status: int) -> Response:
    answer = jsonify(body)
    answer.status_code = status
    return answer


@blueprint.errorhandler(403)
@blueprint.errorhandler(404)
@blueprint.errorhandler(413)
def _no_page(error: Exception) -> tuple[str, int]:
    """A number is enough for a program; our pages are for people."""
    return "", int(getattr(error, "code", 400))

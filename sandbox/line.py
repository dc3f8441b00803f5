"""The line to the stand-ins: every request is counted, may be slow, and may meet a fault."""

from __future__ import annotations

import socket
import time

from flask import Blueprint, Flask, Response, current_app, g, jsonify, request

from sandbox import faults, storage
from sandbox.database import Database
from sandbox.fault_kinds import (
    AFTER_STORING,
    BEFORE_STORING,
    INSTEAD_OF_THE_ANSWER,
    FaultKind,
)
from sandbox.faults import Fault

Answer = Response | tuple[Response, int]

_STATUS = {
    FaultKind.ANSWER_400: 400,
    FaultKind.ANSWER_429: 429,
    FaultKind.ANSWER_500: 500,
    FaultKind.ANSWER_500_AFTER_STORING: 500,
    FaultKind.ANSWER_503: 503,
}


def watch_the_line(app: Flask) -> None:
    """Count every request of ``app``, also those that nothing answers, and add the latency."""
    app.before_request(_note_the_request)
    app.after_request(_note_the_answer)


def let_look_ups_fail(blueprint: Blueprint, target: str) -> None:
    """Let every call of a register meet the faults of ``target``. A look-up stores nothing."""

    def meet_one() -> Response | None:
        return meet_a_fault(target)

    blueprint.before_request(meet_one)


def meet_a_fault(
    target: str, kinds: tuple[FaultKind, ...] = AFTER_STORING + BEFORE_STORING
) -> Response | None:
    """What the caller meets now instead of an answer; None when nothing is wrong, or only slow."""
    fault = faults.take_fault(the_database(), target, kinds)
    if fault is None:
        return None
    if fault.kind is FaultKind.SLOW_AFTER_STORING:
        time.sleep(fault.seconds)
        return None
    return answer_with(fault)


def after_storing(target: str, answer: Answer) -> Answer:
    """``answer``, or what the caller meets instead, now that all is done that was asked for."""
    # Looked at before waiting: what is switched on in the meantime is for the next call.
    slow = faults.take_fault(the_database(), target, (FaultKind.SLOW_AFTER_STORING,))
    instead = faults.take_fault(the_database(), target, INSTEAD_OF_THE_ANSWER)
    if slow is not None:
        time.sleep(slow.seconds)
    return answer if instead is None else answer_with(instead)


def answer_with(fault: Fault) -> Response:
    """What the caller meets. A slow answer is not made here: it ends as the ordinary answer."""
    if fault.kind in (FaultKind.DROP_BEFORE_STORING, FaultKind.DROP_AFTER_STORING):
        return _drop_connection()
    if fault.kind is FaultKind.WRONG_BODY:
        return Response("<html><body>Logget ud</body></html>", 200, mimetype="text/html")
    response = jsonify({"error": "a fault is switched on in the sandbox"})
    response.status_code = _STATUS[fault.kind]
    if fault.kind is FaultKind.ANSWER_429:
        response.headers["Retry-After"] = str(round(fault.seconds))
    return response


def the_database() -> Database:
    """Of the sandbox that serves this request."""
    database: Database = current_app.config["DATABASE"]
    return database


def _note_the_request() -> None:
    # Before anything else: a request whose answer is lost must be counted too.
    database = the_database()
    message_id = str((request.view_args or {}).get("message_id", ""))
    g.request_number = storage.begin_request(database, request.method, request.path, message_id)
    time.sleep(faults.read_settings(database).latency_ms / 1000)


def _note_the_answer(response: Response) -> Response:
    answer = "dropped" if g.get("dropped") else str(response.status_code)
    storage.end_request(the_database(), g.request_number, answer)
    return response


def _drop_connection() -> Response:
    # Cut without a word. The empty answer that is returned never reaches anybody.
    g.dropped = True
    connection: socket.socket = request.environ["gunicorn.socket"]
    connection.shutdown(socket.SHUT_RDWR)
    return Response(status=500)

"""Stand-in for the national Digital Post (NgDP REST): takes messages, gives receipts for them.

Written only from protocols/digital-post-rest.md sections 1 to 3 and protocols/memo.md. What becomes
of a letter follows from the `register`, as in every stand-in.

The page leaves these open, and the choice here is ours: a message id that was used before is
answered with the receipt of then, or with 409 (a setting); who has no mailbox is taken, and a
receipt NOT_ALLOWED with the code ``recipient.not.registered`` follows.
"""

from __future__ import annotations

import hashlib
import io
import lzma
import tarfile
from collections.abc import Iterator

from flask import Blueprint, Response, current_app, jsonify, request

from digitalpost.identifiers import InvalidIdentifier, parse
from sandbox import faults, memo_store, register
from sandbox.digital_post_door import PATH, a_page, no, only_our_system
from sandbox.fault_kinds import (
    BEFORE_STORING,
    DIGITAL_POST_RECEIPTS,
    DIGITAL_POST_SEND,
    FaultKind,
)
from sandbox.line import Answer, after_storing, answer_with, meet_a_fault, the_database
from sandbox.memo_xml import InvalidMemo, ReceivedMemo, read_memo
from sandbox.people import OWN_MAILBOX_AGE, Mailbox, Person

LARGEST_MEMO = 99_500_000
MOST_IN_A_CONTAINER = 10_000
LARGEST_CONTAINER = 1_000_000_000  # unpacked
NOT_REGISTERED = "recipient.not.registered"  # ours: the full list of codes was not retrievable
ID_USED = "memo.message.uuid.exists"  # ours as well

blueprint = Blueprint("digital_post", __name__, url_prefix=PATH)
only_our_system(blueprint)


@blueprint.post("/memos/")
def receive() -> Answer:
    """Take one message, or a container of many."""
    body = request.get_data(cache=request.mimetype == "multipart/form-data")
    fault = faults.take_fault(the_database(), DIGITAL_POST_SEND, BEFORE_STORING)
    if fault is not None:
        return _closed() if fault.kind is FaultKind.ANSWER_503 else answer_with(fault)
    if request.mimetype in ("application/x-lzma", "multipart/form-data"):
        return after_storing(DIGITAL_POST_SEND, _receive_container(body))
    if request.mimetype not in ("application/xml", "text/xml"):
        return no(400, "content.type.invalid", "Content-Type must be application/xml")
    try:
        memo = _read(body)
        if request.args.get("memo-message-uuid", "").lower() != memo.message_uuid:
            raise InvalidMemo("memo-message-uuid is another", where="memo-message-uuid")
    except InvalidMemo as wrong:
        return _invalid(wrong)
    return after_storing(DIGITAL_POST_SEND, _take(memo, body))


@blueprint.get("/receipts/")
def list_receipts() -> Answer:
    """The ids of the receipts that wait, a page at a time."""
    met = meet_a_fault(DIGITAL_POST_RECEIPTS)
    if met is not None:
        return met
    page = max(request.args.get("page", 0, type=int), 0)
    size = min(max(request.args.get("size", 100, type=int), 1), 1000)
    waiting = [one.id for one in memo_store.waiting_receipts(the_database())]
    shown = waiting[page * size : (page + 1) * size]
    return a_page(shown, page=page, size=size, total=len(waiting))


@blueprint.get("/receipts-bulk/")
def read_all_receipts() -> Answer:
    """All the receipts that wait, whole, in one answer; none is deleted."""
    met = meet_a_fault(DIGITAL_POST_RECEIPTS)
    if met is not None:
        return met
    waiting = memo_store.waiting_receipts(the_database())
    return jsonify(
        {
            "currentPage": 0,
            "totalPages": 1,
            "elementsOnPage": len(waiting),
            "totalElements": len(waiting),
            "receipts": [{**one.body, "id": one.id} for one in waiting],
        }
    )


@blueprint.get("/receipts/<receipt_id>")
def read_receipt(receipt_id: str) -> Answer:
    """One receipt, deleted afterwards unless ``delete=false``."""
    delete = request.args.get("delete", "true") != "false"
    found = memo_store.take_receipt(the_database(), receipt_id, delete=delete)
    if found is None:
        return no(404, "receipt.not.found", "No such receipt")
    return jsonify(found.body)


@blueprint.delete("/receipts/<receipt_id>")
def delete_receipt(receipt_id: str) -> Answer:
    """Forget one receipt."""
    if memo_store.take_receipt(the_database(), receipt_id, delete=True) is None:
        return no(404, "receipt.not.found", "No such receipt")
    return Response(status=204)


def _read(body: bytes) -> ReceivedMemo:
    if len(body) > LARGEST_MEMO:
        raise InvalidMemo("the message is too large", code="memo.too.large")
    return read_memo(body, today=register.today())


def _take(memo: ReceivedMemo, body: bytes) -> tuple[Response, int]:
    database = the_database()
    settings = faults.read_settings(database)
    status = _standing(memo)
    is_new = memo_store.store_memo(
        database,
        memo,
        hashlib.sha256(body).hexdigest(),
        status=status,
        salt=current_app.config["MAILBOX_SALT"],
    )
    if not is_new and settings.duplicate_memo == "error":
        return no(409, ID_USED, "The message id was used before")
    if is_new:
        _let_receipts_come(memo, is_reachable=not status, seconds=settings.postprocessing_seconds)
    return jsonify(memo_store.make_receipt(memo.message_uuid, memo.message_id, "RECEIVED")), 201


def _let_receipts_come(memo: ReceivedMemo, *, is_reachable: bool, seconds: float) -> None:
    database = the_database()
    if faults.take_fault(database, DIGITAL_POST_SEND, (FaultKind.RECEIPT_LOST,)):
        return
    late = faults.take_fault(database, DIGITAL_POST_SEND, (FaultKind.RECEIPT_LATE,))
    times = 2 if faults.take_fault(database, DIGITAL_POST_SEND, (FaultKind.RECEIPT_TWICE,)) else 1
    status, code = ("COMPLETED", None) if is_reachable else ("NOT_ALLOWED", NOT_REGISTERED)
    body = memo_store.make_receipt(memo.message_uuid, memo.message_id, status, code)
    for _ in range(times):
        memo_store.keep_receipt(
            database, body, after_seconds=seconds + (late.seconds if late else 0)
        )


def _receive_container(body: bytes) -> tuple[Response, int]:
    """Many messages at once. Each gets its own answer as a receipt; the container gets one."""
    if request.mimetype == "multipart/form-data":
        file = request.files.get("file")
        if file is None or file.mimetype != "application/x-lzma":
            return no(400, "file.missing", "There must be one part named file")
        body = file.read()
    try:
        entries = list(_entries(body))
    except (lzma.LZMAError, tarfile.TarError, EOFError):
        return no(400, "container.invalid", "The container is not a tar.lzma")
    for name, content in entries:
        try:
            memo = _read(content)
            if name != f"{memo.message_uuid}.xml":
                raise InvalidMemo("the entry has another name than its message")
        except InvalidMemo as wrong:
            uuid = name.removesuffix(".xml")
            refused = memo_store.make_receipt(uuid, "", "INVALID", wrong.code)
            memo_store.keep_receipt(the_database(), refused, after_seconds=0)
            continue
        _, status = _take(memo, content)
        if status == 409:
            again = memo_store.make_receipt(memo.message_uuid, memo.message_id, "INVALID", ID_USED)
            memo_store.keep_receipt(the_database(), again, after_seconds=0)
    return jsonify(memo_store.make_receipt("", "", "RECEIVED")), 201


def _entries(body: bytes) -> Iterator[tuple[str, bytes]]:
    # The legacy "alone" format of LZMA; .xz is taken as well.
    plain = lzma.LZMADecompressor(lzma.FORMAT_AUTO).decompress(body, max_length=LARGEST_CONTAINER)
    with tarfile.open(fileobj=io.BytesIO(plain)) as archive:
        for number, entry in enumerate(archive):
            content = archive.extractfile(entry) if entry.isfile() else None
            if content is None or number >= MOST_IN_A_CONTAINER:
                raise tarfile.TarError("not a container of messages")
            yield entry.name, content.read()


def _standing(memo: ReceivedMemo) -> str:
    """Empty when the recipient has a mailbox, else why not, in the words of e-Boks's answer."""
    try:
        number = parse(memo.recipient).number
    except InvalidIdentifier:
        return "invalid"
    is_person = memo.id_type == "CPR"
    find = register.find_person if is_person else register.find_company
    found = find(the_database(), number)
    if found is not None and found.mailbox is Mailbox.REGISTERED:
        return ""
    if found is not None and found.mailbox is Mailbox.EXEMPT:
        return "exempt"
    if isinstance(found, Person) and found.mailbox is Mailbox.CLOSED:
        return "dead"
    if isinstance(found, Person) and found.age < OWN_MAILBOX_AGE:
        return "minor"
    return "invalid"


def _closed() -> tuple[Response, int]:
    """503 comes with a receipt (section 2)."""
    uuid = request.args.get("memo-message-uuid", "")
    return jsonify(memo_store.make_receipt(uuid, "", "INVALID", "service.unavailable")), 503


def _invalid(wrong: InvalidMemo) -> tuple[Response, int]:
    field_error = {
        "resource": "memo",
        "field": wrong.where,
        "code": wrong.code,
        "message": str(wrong),
        "rejectedValue": None,
    }
    return no(400, "memo.invalid", "MeMo could not be validated", [field_error])

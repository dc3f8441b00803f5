"""A recipient writes to the school, answers a letter, or signs one and sends it back.

What is written waits in the stand-in for Digital Post until the school fetches it. Numbers are
typed into forms only; answers are written from the letter that they answer.
"""

from __future__ import annotations

import mimetypes
import re
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flask import Blueprint, abort, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from digitalpost.identifiers import Identifier, IdentifierKind, InvalidIdentifier, mask, parse
from sandbox import memo_store, register, storage
from sandbox.certificates import make_signing_authority
from sandbox.line import the_database
from sandbox.memo_write import File, Message, write_message
from sandbox.outbox import put_in_outbox
from sandbox.sample import CVR
from sandbox.storage import Dispatch

LONGEST_TITLE, LONGEST_TEXT = 200, 20_000
LARGEST_FILES = 10_000_000  # bytes: what citizens and companies may send (protocols/memo.md)
_BAD_IN_NAMES = re.compile(r'[<>:"/\\|?*\s\u00a0\u2000-\u200a\u2028\u205f\u2060\u3000]+')

blueprint = Blueprint("write", __name__)


@blueprint.get("/skriv")
def new_message() -> ResponseReturnValue:
    """The form for whoever writes first."""
    return _page(sent="sendt" in request.args)


@blueprint.post("/skriv")
def send_new() -> ResponseReturnValue:
    """Send it, as the citizen or company with the number that was typed."""
    try:
        sender = parse(request.form.get("number", ""))
    except InvalidIdentifier as reason:
        return _page(problem=str(reason)), 422
    problem = _problem()
    if problem:
        return _page(problem=problem), 422
    _send(sender, title=_typed("title"), main=_text(), attachments=_files())
    return redirect(url_for("write.new_message", sendt=1), code=303)


@blueprint.get("/breve/<message_id>/svar")
def new_answer(message_id: str) -> ResponseReturnValue:
    """The form for an answer to a letter that may be answered."""
    letter, facts = _letter(message_id)
    return _page(letter, may_sign=_may_sign(letter, facts))


@blueprint.post("/breve/<message_id>/svar")
def send_answer(message_id: str) -> ResponseReturnValue:
    """Send it; ReplyData says what it answers. With ``sign`` the letter goes back, signed."""
    letter, facts = _letter(message_id)
    may_sign = _may_sign(letter, facts)
    problem = _problem()
    if problem:
        return _page(letter, may_sign=may_sign, problem=problem), 422
    sender = parse(letter.recipient)
    signed = [_signed(letter, sender)] if may_sign and "sign" in request.form else []
    _send(
        sender,
        title=_typed("title"),
        main=_text(),
        attachments=[*signed, *_files()],
        school=str(facts["sender"]),
        reply_to=message_id,
    )
    address = storage.mailbox_address(letter.recipient, current_app.config["MAILBOX_SALT"])
    return redirect(url_for("mailbox.show_mailbox", address=address, sendt=1), code=303)


def _letter(message_id: str) -> tuple[Dispatch, dict[str, Any]]:
    """A letter in Digital Post that its recipient may answer; else 404."""
    letter = storage.find_dispatch(the_database(), message_id)
    facts = memo_store.facts_of(the_database(), message_id)
    if letter is None or facts is None or not (facts["reply"] or facts["actions"]):
        abort(404)
    return letter, facts


def _may_sign(letter: Dispatch, facts: dict[str, Any]) -> bool:
    asked = any(one["code"] == "UNDERSKRIV" for one in facts["actions"])
    return asked and letter.extension == "pdf"


def _send(
    sender: Identifier,
    *,
    title: str,
    main: File,
    attachments: Sequence[File],
    school: str = CVR,
    reply_to: str = "",
) -> None:
    message = Message(
        message_uuid=str(uuid.uuid4()),
        sender=sender.number,
        id_type=sender.kind.value.upper(),
        sender_name=_name_of(sender),
        recipient=school,
        title=title,
        sent_at=datetime.now(UTC),
        main=[main],
        attachments=attachments,
        reply_to=reply_to,
    )
    put_in_outbox(the_database(), message.message_uuid, write_message(message))


def _signed(letter: Dispatch, signer: Identifier) -> File:
    """The letter with the recipient's signature on top."""
    # Here and not above: most exercises sign nothing, and pyHanko takes a second to load.
    from sandbox.signing_pdf import sign_pdf

    content = storage.read_content(the_database(), letter.message_id) or b""
    folder: Path = current_app.config["CLIENT_CERTIFICATE"].parent
    signed = sign_pdf(content, name=_name_of(signer), authority=make_signing_authority(folder))
    return File("underskrevet.pdf", "application/pdf", signed)


def _problem() -> str | None:
    """What is wrong with what was typed."""
    if not _typed("title") or len(_typed("title")) > LONGEST_TITLE:
        return f"Skriv et emne, højst {LONGEST_TITLE} tegn."
    if not _typed("text") or len(_typed("text")) > LONGEST_TEXT:
        return f"Skriv en besked, højst {LONGEST_TEXT} tegn."
    if sum(len(one.content) for one in _files()) > LARGEST_FILES:
        return f"Filerne fylder for meget. De må højst fylde {LARGEST_FILES // 1_000_000} MB."
    return None


def _text() -> File:
    return File("besked.txt", "text/plain", _typed("text").replace("\r\n", "\n").encode())


def _files() -> list[File]:
    found = []
    for upload in request.files.getlist("files"):
        content = upload.stream.read()
        upload.stream.seek(0)
        if upload.filename and content:
            name = _BAD_IN_NAMES.sub("_", upload.filename)[-100:]
            kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
            found.append(File(name, kind, content))
    return found


def _typed(name: str) -> str:
    return request.form.get(name, "").strip()


def _name_of(sender: Identifier) -> str:
    """The sender as the registers name them."""
    if sender.kind is IdentifierKind.CPR:
        person = register.find_person(the_database(), sender.number)
        return person.name if person is not None else "Ukendt person"
    company = register.find_company(the_database(), sender.number)
    return company.name if company is not None else "Ukendt virksomhed"


def _page(
    letter: Dispatch | None = None,
    *,
    may_sign: bool = False,
    problem: str | None = None,
    sent: bool = False,
) -> str:
    about = letter.title.removeprefix("Svar: ") if letter is not None else ""
    first = f"Svar: {about}"[:LONGEST_TITLE] if letter is not None else ""
    return render_template(
        "write.html",
        letter=letter,
        who=mask(letter.recipient) if letter is not None else "",
        may_sign=may_sign,
        problem=problem,
        sent=sent,
        title=request.form.get("title", first),
        text=request.form.get("text", ""),
    )

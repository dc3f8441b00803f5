"""The page *Modtagerens postkasse*: see, as the recipient, what has arrived."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from digitalpost.identifiers import InvalidIdentifier, digits, mask, parse
from sandbox import api, memo_store, storage, wording
from sandbox.line import the_database

SHOWN_MAILBOXES = 100
SHOWN_OUTSIDE = 50

blueprint = Blueprint("mailbox", __name__)


@blueprint.get("/")
def show_mailboxes() -> ResponseReturnValue:
    """Who got something, latest first."""
    return _mailboxes()


@blueprint.post("/find")
def find_mailbox() -> ResponseReturnValue:
    """Open the mailbox of a number; sent as a form, so that the number is in no URL."""
    typed = request.form.get("number", "")
    try:
        number = parse(typed).number
    except InvalidIdentifier as reason:
        return _mailboxes(problem=str(reason)), 422
    address = storage.mailbox_address(number, current_app.config["MAILBOX_SALT"])
    if not storage.letters_in(the_database(), address):
        problem = f"Der er ikke sendt noget til {mask(digits(typed))}."
        return _mailboxes(problem=problem), 404
    return redirect(url_for("mailbox.show_mailbox", address=address), code=303)


@blueprint.get("/postkasse/<address>")
def show_mailbox(address: str) -> ResponseReturnValue:
    """One recipient's letters, and what was sent but never got this far."""
    letters = storage.letters_in(the_database(), address)
    if not letters:
        return render_template("error.html", code=404), 404
    return render_template(
        "mailbox.html",
        recipient=letters[0].recipient,
        delivered=[letter for letter in letters if not letter.status],
        outside=[letter for letter in letters if letter.status],
        standing=wording.standing,
        memo=_memo,
        sent="sendt" in request.args,
    )


@blueprint.get("/breve/<message_id>")
def show_letter(message_id: str) -> ResponseReturnValue:
    """The letter as it was received."""
    return api.content_response(the_database(), message_id)


@blueprint.get("/breve/<message_id>/filer/<int:position>")
def show_file(message_id: str, position: int) -> ResponseReturnValue:
    """An attachment of a message in Digital Post."""
    content = memo_store.read_file(the_database(), message_id, position)
    facts = memo_store.facts_of(the_database(), message_id)
    if content is None or facts is None:
        return render_template("error.html", code=404), 404
    return api.file_response(content, facts["files"][position]["filename"])


def _memo(letter: storage.Dispatch) -> dict[str, Any] | None:
    """What a message in Digital Post said besides the letter itself; None for other channels."""
    if letter.mode != memo_store.MODE:
        return None
    return memo_store.facts_of(the_database(), letter.message_id)


def _mailboxes(problem: str | None = None) -> str:
    database = the_database()
    return render_template(
        "mailboxes.html",
        mailboxes=storage.mailboxes(database, limit=SHOWN_MAILBOXES),
        total=storage.count_mailboxes(database),
        outside=storage.letters_outside_mailboxes(database, limit=SHOWN_OUTSIDE),
        standing=wording.standing,
        memo=_memo,
        problem=problem,
    )

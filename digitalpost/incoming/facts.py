"""The facts of one incoming letter that rules and suggestions look at.

Most stand in its rows. What the letter says is read once, when it is filed, and kept as
`IncomingText`: the first 8,000 and the last 1,000 signs, sealed under the key of the case, so that
destroying that key erases it with the rest. See `keep_text` for who must call what.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from digitalpost.db import Session
from digitalpost.documents import read_document
from digitalpost.errors import Damaged
from digitalpost.identifiers import IdentifierKind
from digitalpost.incoming.files import HTML
from digitalpost.incoming.files import TEXT as PLAIN
from digitalpost.incoming.reading import read_text, shortened
from digitalpost.keys import open_data_key
from digitalpost.models import (
    Case,
    DataKey,
    FileRole,
    IncomingFile,
    IncomingLetter,
    IncomingText,
    Letter,
    Recipient,
)
from digitalpost.vault import seal, unseal

_PURPOSE = b"text of an incoming letter"


@dataclass(frozen=True)
class Facts:
    """What is known of a letter. Texts are as they came; comparing them folds them."""

    sender_kind: IdentifierKind | None = None
    sender_index: str = ""  # the blind index of the sender's number, as hex
    sender_name: str = ""
    contact_point: str = ""  # its label, else its id
    contact_point_id: str = ""
    attention: str = ""
    title: str = ""
    text: str = ""
    attachment_names: tuple[str, ...] = ()
    is_answer: bool = False
    sent_at: datetime | None = None
    arrived_at: datetime | None = None


def keep_text(session: Session, letter: Letter, case: Case, text: str) -> None:
    """Keep what a letter says, sealed under its case's key. Filing calls it before routing.

    ``text`` is what `reading.read_text` found while no transaction was open. Filing the same
    letter again replaces it.
    """
    # Sealed before there is a row: opening the key may write out what waits.
    sealed = seal(open_data_key(session, case.key_id), shortened(text).encode(), _PURPOSE)
    row = _text_row(session, letter) or IncomingText(letter_id=letter.id)
    row.unit_id, row.key_id, row.sealed = letter.unit_id, case.key_id, sealed
    session.add(row)


def move_text(session: Session, row: IncomingText, key_id: int) -> None:
    """Let a text be guarded by another case's key, as `move_to_key` does for documents."""
    if row.key_id == key_id:
        return
    text = open_text(session, row.key_id, row.sealed)
    row.sealed = seal(open_data_key(session, key_id), text.encode(), _PURPOSE)
    row.key_id = key_id


def open_text(session: Session, key_id: int, sealed: bytes) -> str:
    """The text of a row. Raises `Damaged` when the case's key was destroyed."""
    return unseal(open_data_key(session, key_id), sealed, _PURPOSE).decode()


def texts_between(session: Session, first: int, last: int) -> dict[int, str]:
    """The texts of the letters with these ids, opened at once; erased ones are left out."""
    found = {}
    for row in session.execute(
        select(IncomingText.letter_id, IncomingText.sealed, DataKey.wrapped)
        .join(DataKey, DataKey.id == IncomingText.key_id)
        .where(IncomingText.letter_id.between(first, last), DataKey.wrapped.is_not(None))
    ):
        key = session.vault.unwrap_data_key(row.wrapped)
        found[row.letter_id] = unseal(key, row.sealed, _PURPOSE).decode()
    return found


def facts_of(session: Session, letter: Letter, incoming: IncomingLetter) -> Facts:
    """The facts of a letter that is filed. An erased text is empty."""
    names = session.scalars(
        select(IncomingFile.file_name)
        .where(IncomingFile.letter_id == letter.id, IncomingFile.role == FileRole.ATTACHMENT)
        .order_by(IncomingFile.position)
    )
    return assemble(letter, incoming, letter.recipient, names, _text_of(session, letter))


def assemble(
    letter: Letter,
    incoming: IncomingLetter,
    sender: Recipient | None,
    attachment_names: Iterable[str],
    text: str,
) -> Facts:
    """The facts from rows that were read already."""
    return Facts(
        sender_kind=sender.kind if sender else None,
        sender_index=sender.number_index.hex() if sender else "",
        sender_name=letter.recipient_name,
        contact_point=incoming.contact_point or incoming.contact_point_id,
        contact_point_id=incoming.contact_point_id,
        attention=incoming.attention,
        title=letter.title,
        text=text,
        attachment_names=tuple(attachment_names),
        is_answer=letter.answers_id is not None or incoming.reply_message_uuid is not None,
        sent_at=incoming.sent_at,
        arrived_at=incoming.arrived_at,
    )


def _text_row(session: Session, letter: Letter) -> IncomingText | None:
    return session.scalars(
        select(IncomingText).where(IncomingText.letter_id == letter.id)
    ).one_or_none()


def _text_of(session: Session, letter: Letter) -> str:
    """The kept text; else, of a letter filed before texts were kept, its text or html file."""
    row = _text_row(session, letter)
    try:
        if row is not None:
            return open_text(session, row.key_id, row.sealed)
        main = session.scalars(
            select(IncomingFile)
            .where(
                IncomingFile.letter_id == letter.id,
                IncomingFile.role == FileRole.MAIN,
                IncomingFile.media_type.in_((HTML, PLAIN)),
            )
            .order_by(IncomingFile.position)
        ).first()
        if main is None:
            return ""
        return read_text(read_document(session, main.document), main.media_type, workers=None)
    except Damaged:
        return ""

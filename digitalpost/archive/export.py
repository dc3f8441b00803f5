"""Taking a mailing's finished letters out of the house, as files with a manifest."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from digitalpost import events
from digitalpost.access import Actor, require
from digitalpost.db import Session
from digitalpost.documents import read_document
from digitalpost.errors import sentence_of
from digitalpost.events import EventKind
from digitalpost.models import Delivery, Document, Letter, LetterStatus, Mailing, Verdict
from digitalpost.registers.recipients import number_of


def export_mailing(
    session: Session, actor: Actor, mailing: Mailing, folder: Path
) -> dict[str, Any]:
    """Write ``<letter>.pdf`` for each finished letter, and ``manifest.json``; returns the manifest.

    Letters that were taken out or can't be sent are named in the manifest without a file. The
    bytes are verified as they are read: raises `Damaged` before a wrong file is written. Files are
    readable by their owner only: the manifest holds whole numbers.
    """
    require(actor, "mailing.read", mailing)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    letters = session.scalars(
        select(Letter)
        .where(Letter.mailing_id == mailing.id)
        .order_by(Letter.position)
        .options(selectinload(Letter.recipient), selectinload(Letter.document))
    ).all()
    receipts = _receipts(session, mailing)
    manifest: dict[str, Any] = {"mailing": mailing.id, "title": mailing.title, "letters": []}
    not_exported = []
    for letter in letters:
        if letter.document is None or letter.verdict is Verdict.RED or _taken_out(letter):
            reasons = [str(sentence_of(reason)) for reason in letter.reasons]
            not_exported.append({"letter": letter.id, "pages": letter.pages, "reasons": reasons})
            continue
        name = f"{letter.id}.pdf"
        _write(folder / name, read_document(session, letter.document))
        manifest["letters"].append(
            {
                "letter": letter.id,
                "file": name,
                "recipient": _number(session, letter),
                "pages": letter.pages,
                "sha256": letter.document.sha256,
                "documents": [
                    _facts(document) for document in (letter.document, *receipts.get(letter.id, ()))
                ],
            }
        )
    manifest["not_exported"] = not_exported
    text = json.dumps(manifest, ensure_ascii=False, indent=2)
    _write(folder / "manifest.json", text.encode())
    events.record(
        session,
        actor,
        EventKind.MAILING_EXPORTED,
        mailing,
        data={"letters": len(manifest["letters"])},
    )
    return manifest


def _receipts(session: Session, mailing: Mailing) -> dict[int, list[Document]]:
    found: dict[int, list[Document]] = {}
    for letter_id, document in session.execute(
        select(Delivery.letter_id, Document)
        .join(Document, Document.id == Delivery.receipt_id)
        .where(Delivery.mailing_id == mailing.id)
    ):
        found.setdefault(letter_id, []).append(document)
    return found


def _taken_out(letter: Letter) -> bool:
    return letter.status is LetterStatus.CANCELLED


def _number(session: Session, letter: Letter) -> str | None:
    if letter.recipient is None:
        return None
    return number_of(session.vault, letter.recipient).number


def _facts(document: Document) -> dict[str, Any]:
    return {
        "kind": document.kind.value,
        "media_type": document.media_type,
        "sha256": document.sha256,
        "size": document.size,
    }


def _write(path: Path, data: bytes) -> None:
    path.touch(mode=0o600)
    path.write_bytes(data)

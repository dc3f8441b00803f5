"""From a stored message to a letter in a case: once, whatever happens on the way.

The world and the files are dealt with first, with no transaction open; all rows are written in one.
Killed in between, the message is filed anew later; what the first try left in the store nobody can
read, since its keys were never written down.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from digitalpost import events
from digitalpost.access import SYSTEM
from digitalpost.archive.filing import search_text
from digitalpost.db import Session, lock
from digitalpost.documents import content_key, move_to_key
from digitalpost.errors import Damaged, Refused, Sentence
from digitalpost.events import EventKind
from digitalpost.incoming.assign import assign
from digitalpost.incoming.cases import case_for
from digitalpost.incoming.facts import keep_text
from digitalpost.incoming.files import LookedAt, add_files, look_and_store
from digitalpost.incoming.reading import main_text
from digitalpost.incoming.route import route
from digitalpost.incoming.sender import find_or_make_sender
from digitalpost.incoming.signed import Signature, check_signatures, settle_tasks
from digitalpost.incoming.store import mark_unreadable
from digitalpost.incoming.thread import find_answered, join, who_wrote
from digitalpost.incoming.unpack import Unpacked, Unreadable, unpack
from digitalpost.incoming.words import index_words
from digitalpost.incoming_settings import IncomingSettings
from digitalpost.institution import Institution
from digitalpost.models import (
    Case,
    Delivery,
    Document,
    IncomingLetter,
    IncomingMessage,
    IncomingStatus,
    Letter,
    LetterStatus,
    Recipient,
    RoutedBy,
)
from digitalpost.pdf.pool import Workers
from digitalpost.signing.child import LIMITS

LOOK_DAYS = 5  # a letter that asks for nothing is to be dealt with after so many days
FOLDER = "incoming"  # in the document store


@dataclass(frozen=True)
class _Raw:
    """What reading the message needs, with no transaction open."""

    path: str
    sha256: str
    message_uuid: str
    key: bytes = field(repr=False)


@dataclass(frozen=True)
class _Ready:
    """A message that was read, its files stored and checked: only the rows are missing."""

    message: Unpacked
    files: Sequence[LookedAt]
    signatures: Mapping[int, Signature]  # by the place of the file
    text: str = field(repr=False)  # what the letter says, for rules and suggestions


def file_message(
    institution: Institution, message_id: int, workers: Workers | None = None
) -> int | None:
    """Make a letter of a stored message and hand it on; the letter's id.

    None for one that can't be read: it is marked so, with the reason, for an administrator. Twice,
    or by two at once, makes one letter. Raises `Refused` when the virus scanner gives no answer;
    everything is as before then, and the message can be filed later. ``workers`` are children to
    open its files in, for who files many; else they are started and ended here.
    """
    if workers is None:
        with Workers(1, limits=LIMITS) as own:
            return file_message(institution, message_id, own)
    with institution.reading() as session:
        row = session.get(IncomingMessage, message_id)
        if row is None or row.status is not IncomingStatus.STORED:
            return row.letter_id if row is not None else None
        document = session.get_one(Document, row.document_id)
        try:
            key = content_key(session, document)
        except Damaged as damaged:
            _give_up(institution, message_id, Sentence(str(damaged)))
            return None
        raw = _Raw(document.path, document.sha256, row.message_uuid, key)
    folder = f"{FOLDER}/{uuid.uuid4().hex}"
    try:
        with TemporaryDirectory(prefix="digitalpost-") as name:
            ready = _make_ready(institution, raw, Path(name), folder, workers)
        letter_id, is_ours = _write_down(institution, message_id, ready)
    except BaseException as error:
        _sweep(institution, folder)
        if isinstance(error, Unreadable):
            _give_up(institution, message_id, error.sentence)
            return None
        if isinstance(error, Damaged):
            _give_up(institution, message_id, Sentence(str(error)))
            return None
        raise
    if not is_ours:
        _sweep(institution, folder)
    return letter_id


def _make_ready(
    institution: Institution, raw: _Raw, beside: Path, folder: str, workers: Workers
) -> _Ready:
    """Read the message, store its files in ``folder``, and check what is signed."""
    source = beside / "message.xml"
    institution.store.get_file(raw.path, raw.key, raw.sha256, source)
    message = unpack(source, beside)
    source.unlink()
    if message.message_uuid != raw.message_uuid:
        raise Unreadable(Sentence("Meddelelsen har et andet id end det, Digital Post gav den."))
    looked = look_and_store(institution, folder, message.files, workers)
    signatures = check_signatures(institution, message.sender, looked, workers)
    text = main_text(looked, workers)
    institution.store.make_durable([one.stored.path for one in looked])
    return _Ready(message, looked, signatures, text)


def _write_down(
    institution: Institution, message_id: int, ready: _Ready
) -> tuple[int | None, bool]:
    """All rows, and whether it was we who wrote them; two who meet the same new sender or case

    type take turns.
    """
    for last_try in (False, False, True):
        try:
            with institution.transaction() as session:
                row = session.get_one(IncomingMessage, message_id)
                lock(session, row)
                if row.status is not IncomingStatus.STORED:
                    return row.letter_id, False  # somebody was faster
                return _file(session, row, ready, institution.settings.incoming), True
        except IntegrityError:
            if last_try:
                raise
    raise AssertionError("unreachable")


def _file(session: Session, row: IncomingMessage, ready: _Ready, how: IncomingSettings) -> int:
    message = ready.message
    raw = session.get_one(Document, row.document_id)
    answered = find_answered(session, message.answers, message.sender)
    answered = answered or _signed_letter(session, ready.signatures)
    unit_id = answered.unit_id if answered is not None else raw.unit_id
    sender = find_or_make_sender(session, message.sender, name=message.sender_name, unit_id=unit_id)
    case = case_for(session, answered, sender, unit_id, how.case_type)
    letter = _letter(session, row, message, sender, case)
    if answered is not None:
        join(session, letter, answered)
    incoming = _incoming(session, row, letter, message)
    key_id = case.key_id
    files = add_files(
        session,
        letter,
        ready.files,
        key_id=key_id,
        signatures={at: one.as_json() for at, one in ready.signatures.items()},
    )
    move_to_key(session, raw, key_id)
    raw.unit_id = unit_id
    row.status, row.letter_id, row.problem = IncomingStatus.FILED, letter.id, None
    hashes = {"sha256": raw.sha256, "files": [one.stored.sha256 for one in ready.files]}
    events.record(session, SYSTEM, EventKind.LETTER_ARRIVED, letter, case=case, data=hashes)
    settle_tasks(session, files, ready.signatures)
    keep_text(session, letter, case, ready.text)
    index_words(session, letter, ready.text)
    if answered is None or not _to_the_sender(session, letter, answered):
        route(session, letter, incoming, naming=how.named)
    session.flush()
    return letter.id


def _letter(
    session: Session, row: IncomingMessage, message: Unpacked, sender: Recipient, case: Case
) -> Letter:
    soon = row.stored_at + timedelta(days=LOOK_DAYS)
    letter = Letter(
        mailing_id=None,
        unit_id=case.unit_id,
        title=message.title,
        status=LetterStatus.NEW,
        recipient_id=sender.id,
        recipient_name=message.sender_name or sender.name,
        case_id=case.id,
        due_at=min(message.reply_by, soon) if message.reply_by else soon,
        created_at=row.stored_at,
    )
    letter.search_text = search_text(letter, case)
    session.add(letter)
    session.flush()
    return letter


def _incoming(
    session: Session, row: IncomingMessage, letter: Letter, message: Unpacked
) -> IncomingLetter:
    said = message.answers[0] if message.answers else None
    incoming = IncomingLetter(
        letter_id=letter.id,
        unit_id=letter.unit_id,
        message_id=row.id,
        message_uuid=row.message_uuid,
        sent_at=message.sent_at,
        arrived_at=row.stored_at,
        contact_person=message.contact_person,
        p_number=message.p_number,
        attention=message.attention,
        contact_point_id=message.contact_point_id,
        contact_point=message.contact_point,
        can_be_answered=message.can_be_answered,
        reply_by=message.reply_by,
        reply_message_uuid=said.message_uuid if said else None,
        reply_uuid=said.reply_uuid or None if said else None,
        reply_case_id=said.case_id or None if said else None,
    )
    session.add(incoming)
    session.flush()
    return incoming


def _signed_letter(session: Session, signatures: Mapping[int, Signature]) -> Letter | None:
    """The letter of ours that came home signed."""
    ids = [one.delivery_ids[0] for one in signatures.values() if one.delivery_ids]
    delivery = session.get(Delivery, ids[0]) if ids else None
    return delivery.letter if delivery is not None else None


def _to_the_sender(session: Session, letter: Letter, answered: Letter) -> bool:
    """Hand an answer to whoever wrote what it answers; False when they are not here any more."""
    owner = who_wrote(session, answered)
    if owner is None:
        return False
    reason = Sentence(
        "Svar på «%(title)s», som %(name)s har sendt.",
        {"title": answered.title, "name": owner.name},
    )
    try:
        assign(session, SYSTEM, [letter], owner=owner, how=RoutedBy.REPLY, reason=reason)
    except Refused:
        return False  # who takes their letters meanwhile can't have it
    return True


def _give_up(institution: Institution, message_id: int, why: Sentence) -> None:
    """Leave the message to a person. Nothing is acknowledged by this."""
    with institution.transaction() as session:
        row = session.get_one(IncomingMessage, message_id)
        lock(session, row)
        if row.status is IncomingStatus.STORED:
            mark_unreadable(session, row, why)


def _sweep(institution: Institution, folder: str) -> None:
    """Remove what was stored for nothing, but not what a commit of unknown outcome did keep."""
    with institution.reading() as session:
        paths = list(institution.store.list_folder(folder))
        kept = set(session.scalars(select(Document.path).where(Document.path.in_(paths))))
    institution.store.delete([path for path in paths if path not in kept])

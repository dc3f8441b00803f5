"""An addressee goes to the signing service, and the service answers: once, and checked.

The world is never called with a transaction open: what is needed is read and written down first,
and an answer is checked and stored before the row hears of it. Killed in between, the service's
next try with the same word finds everything as before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from digitalpost import events
from digitalpost.access import Actor, Scope
from digitalpost.db import Session, lock, now
from digitalpost.documents import PDF, add_document, content_key
from digitalpost.errors import Damaged, Refused
from digitalpost.events import EventKind
from digitalpost.institution import Institution
from digitalpost.models import (
    OPEN_SIGNING,
    Delivery,
    Document,
    DocumentKind,
    Letter,
    SigningStatus,
    SigningTask,
)
from digitalpost.pdf.pool import Workers
from digitalpost.registers.recipients import number_of
from digitalpost.signing.child import check_signed
from digitalpost.signing.links import can_be_one, hash_of, new_seed, state_of
from digitalpost.signing.service import SigningRequest, SigningService
from digitalpost.signing.verdicts import Checked, SignatureKind
from digitalpost.storage import StoredObject

# In the log this is who acts; it has no rights.
ADDRESSEE = Actor(None, "Modtageren", None, Scope(frozenset()))
TIME_TO_SIGN = timedelta(hours=1)  # from the click until the answer must be there
_SAME_ATTEMPT = timedelta(minutes=50)  # a second click within it leads to the same answer
_MORE_THAN_SENT = 10_000_000  # bytes that signatures may add to a letter


class Answered(StrEnum):
    """What became of an answer."""

    SIGNED = "signed"
    DECLINED = "declined"
    NOT_ACCEPTED = "not_accepted"  # what came is no valid signature on our letter
    UNKNOWN = "unknown"  # nobody waits for it: answered already, too late, or never asked


@dataclass(frozen=True)
class _Awaited:
    """What checking an answer needs, with no transaction open."""

    path: str
    sha256: str
    key: bytes = field(repr=False)


def find_task(session: Session, token: str) -> SigningTask | None:
    """The task that a link leads to."""
    return _by(session, SigningTask.token_hash, token) if can_be_one(token) else None


def is_too_late(task: SigningTask, at: datetime) -> bool:
    """Whether its last day is over, whether or not we have looked since."""
    return task.status is SigningStatus.LATE or (
        task.status in OPEN_SIGNING and task.deadline is not None and at >= task.deadline
    )


def begin(
    institution: Institution, service: SigningService, token: str, *, base: str
) -> str | None:
    """The address where the addressee signs; None when there is no such task.

    ``base`` is our public address. Raises `Refused` when it can't be signed now, and
    `ServiceUnavailable`; then everything is as before and the addressee can try again.
    """
    with institution.transaction() as session:
        task = find_task(session, token)
        if task is None:
            return None
        state, until = _open(session, task)
        letter = task.letter
        try:
            key = content_key(session, task.delivery.document)
            signer = number_of(session.vault, task.delivery.recipient)
        except Damaged as damaged:
            raise Refused("Brevet kan ikke vises lige nu. Kontakt afsenderen.") from damaged
        document, title = task.delivery.document, letter.title
        path, sha256 = document.path, document.sha256
    try:
        content = institution.store.get(path, key, sha256)
    except Damaged as damaged:
        raise Refused("Brevet kan ikke vises lige nu. Kontakt afsenderen.") from damaged
    return service.begin(
        SigningRequest(
            state=state,
            title=title,
            sender=institution.settings.institution_name,
            document=content,
            signer=signer,
            answer_url=f"{base}/sign/answer",
            return_url=f"{base}/sign/{token}",
            until=until,
        )
    )


def is_awaited(session: Session, state: str) -> bool:
    """Whether an answer with this word would be taken: asked before its body is read."""
    task = _by(session, SigningTask.state_hash, state) if can_be_one(state) else None
    return task is not None and _waits(task, now())


def take_answer(
    institution: Institution, state: str, content: bytes | None, *, workers: Workers
) -> tuple[Answered, SignatureKind | None]:
    """What the signing service posted: a signed file, or None when the addressee declined.

    A valid one is filed with the letter in its case; of any other the reason is kept, the file is
    not, and the addressee may try again. Each word counts once.
    """
    if content is None:
        return _settle(institution, state, Checked(SignatureKind.NONE), None, declined=True)
    awaited = _awaited(institution, state)
    if awaited is None:
        return Answered.UNKNOWN, None
    checked = _check(institution, awaited, content, workers)
    stored = None
    if checked.kind is SignatureKind.VALID:
        stored = institution.store.put("signed", content)
        institution.store.make_durable([stored.path])
    answered = _settle(institution, state, checked, stored)
    if stored is not None and answered[0] is not Answered.SIGNED:
        institution.store.delete([stored.path])  # somebody was faster with the same word
    return answered


def _open(session: Session, task: SigningTask) -> tuple[str, datetime]:
    """Let one answer be awaited; a second click within the hour awaits the same one."""
    lock(session, task)
    at = now()
    if task.status not in OPEN_SIGNING or is_too_late(task, at):
        raise Refused("Brevet kan ikke underskrives. Genindlæs siden for at se hvorfor.")
    same = task.state_hash is not None and task.state_until is not None
    if not (same and task.state_until and task.state_until - at > TIME_TO_SIGN - _SAME_ATTEMPT):
        task.state_seed = new_seed()
        task.state_until = at + TIME_TO_SIGN
    assert task.state_seed is not None
    assert task.state_until is not None
    state = state_of(session.vault, task.state_seed)
    task.state_hash = hash_of(state)
    if task.status is SigningStatus.WAITING:
        task.status, task.opened_at = SigningStatus.OPENED, at
        events.record(session, ADDRESSEE, EventKind.LETTER_SIGNING_OPENED, task.letter)
    return state, task.state_until


def _awaited(institution: Institution, state: str) -> _Awaited | None:
    with institution.reading() as session:
        if not is_awaited(session, state):
            return None
        task = _by(session, SigningTask.state_hash, state)
        assert task is not None
        document = task.delivery.document
        return _Awaited(document.path, document.sha256, content_key(session, document))


def _check(
    institution: Institution, awaited: _Awaited, content: bytes, workers: Workers
) -> Checked:
    original = institution.store.get(awaited.path, awaited.key, awaited.sha256)
    roots = institution.settings.signing.trust_roots
    if roots is None or len(content) > len(original) + _MORE_THAN_SENT:
        return Checked(SignatureKind.BROKEN)
    return check_signed(content, original, roots.read_bytes(), workers=workers)


def _settle(
    institution: Institution,
    state: str,
    checked: Checked,
    stored: StoredObject | None,
    *,
    declined: bool = False,
) -> tuple[Answered, SignatureKind | None]:
    """Write down what came, for whoever is first with this word."""
    with institution.transaction() as session:
        task = _by(session, SigningTask.state_hash, state) if can_be_one(state) else None
        if task is not None:
            lock(session, task)
        at = now()
        if task is None or task.state_hash != hash_of(state) or not _waits(task, at):
            return Answered.UNKNOWN, None
        task.state_hash = task.state_seed = task.state_until = None
        if declined:
            _finish(task, SigningStatus.DECLINED, at)
            events.record(session, ADDRESSEE, EventKind.LETTER_SIGNING_DECLINED, task.letter)
            return Answered.DECLINED, None
        if stored is None:
            task.why = checked.kind.sentence.as_json()
            kind = EventKind.LETTER_SIGNATURE_REFUSED
            data = {"kind": checked.kind.value}
            events.record(session, ADDRESSEE, kind, task.letter, data=data)
            return Answered.NOT_ACCEPTED, checked.kind
        _sign(session, task, _file(session, task, stored), checked.signers, at)
        return Answered.SIGNED, checked.kind


def settle_with_copy(
    session: Session, task: SigningTask, copy: Document, signers: Sequence[str]
) -> bool:
    """Settle a task by a valid signed copy of its letter that its addressee sent us in a letter.

    Late or declined before does not matter: now it is signed. False when it was signed already, or
    nobody asks for it any more.
    """
    lock(session, task)
    if task.status in {SigningStatus.SIGNED, SigningStatus.CANCELLED}:
        return False
    task.state_hash = task.state_seed = task.state_until = None
    _sign(session, task, copy, signers, now())
    return True


def _sign(
    session: Session, task: SigningTask, copy: Document, signers: Sequence[str], at: datetime
) -> None:
    _finish(task, SigningStatus.SIGNED, at)
    task.document_id = copy.id
    task.signer = ", ".join(signers)[:200]
    events.record(
        session,
        ADDRESSEE,
        EventKind.LETTER_SIGNED,
        task.letter,
        data={"sha256": copy.sha256},
        personal={"signer": task.signer},
    )


def _file(session: Session, task: SigningTask, stored: StoredObject) -> Document:
    """Into the case of the letter, under the case's key."""
    case = task.letter.case
    key_id = case.key_id if case is not None else task.delivery.document.key_id
    document = add_document(
        session,
        stored,
        kind=DocumentKind.SIGNED,
        media_type=PDF,
        unit_id=task.unit_id,
        key_id=key_id,
        pages=task.delivery.document.pages,
    )
    session.flush()
    return document


def _finish(task: SigningTask, status: SigningStatus, at: datetime) -> None:
    task.status, task.settled_at, task.due_at, task.why = status, at, None, None


def _waits(task: SigningTask, at: datetime) -> bool:
    """Whether its one answer may still come. Who began in time may end after the last day."""
    begun = task.status in OPEN_SIGNING or task.status is SigningStatus.LATE
    return begun and task.state_until is not None and at <= task.state_until


def _by(session: Session, column: Any, word: str) -> SigningTask | None:
    found: Sequence[SigningTask] = session.scalars(
        select(SigningTask)
        .where(column == hash_of(word))
        .options(
            selectinload(SigningTask.letter).selectinload(Letter.case),
            selectinload(SigningTask.delivery).selectinload(Delivery.document),
            selectinload(SigningTask.delivery).selectinload(Delivery.recipient),
        )
    ).all()
    return found[0] if found else None

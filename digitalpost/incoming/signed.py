"""Signed PDF files that came in a letter: is one of them a letter of ours, and is it signed?

What a signature is worth is decided in `signing/check.py`, in a child process. Here is found which
letter of ours the file could be: one that we sent to this sender and that the file begins with.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from digitalpost.db import Session
from digitalpost.identifiers import Identifier
from digitalpost.incoming.files import LookedAt, is_pdf
from digitalpost.institution import Institution
from digitalpost.models import Delivery, Document, IncomingFile, SigningStatus, SigningTask
from digitalpost.pdf.pool import Workers
from digitalpost.registers.recipients import find_recipients
from digitalpost.signing.answers import settle_with_copy
from digitalpost.signing.child import check_signed
from digitalpost.signing.verdicts import SignatureKind

# The place of a signature's bytes stands in clear in every signed file (ISO 32000-1, 12.8.1).
_MARK = b"/ByteRange"
_NEWEST = 2_000  # letters to one recipient that a signed file is compared with
_SETTLED = (SigningStatus.SIGNED, SigningStatus.CANCELLED)


@dataclass(frozen=True)
class Signature:
    """What was found out about one PDF."""

    kind: SignatureKind
    signers: tuple[str, ...] = ()
    delivery_ids: tuple[int, ...] = ()  # by which we sent this very letter, the newest first

    def as_json(self) -> dict[str, Any]:
        """For the file's row."""
        return {"verdict": self.kind.value, "signers": list(self.signers)}


def check_signatures(
    institution: Institution, sender: Identifier, looked: Sequence[LookedAt], workers: Workers
) -> dict[int, Signature]:
    """How it stands with each PDF, by its place in ``looked``. No transaction is open meanwhile."""
    found: dict[int, Signature] = {}
    sent: Mapping[tuple[int, str], Sequence[int]] | None = None
    for at, one in enumerate(looked):
        if not is_pdf(one):
            continue
        content = one.file.path.read_bytes()
        if _MARK not in content:
            found[at] = Signature(SignatureKind.NONE)
            continue
        if sent is None:
            with institution.reading() as session:
                sent = _sent_to(session, sender)
        found[at] = _check(institution, content, sent, workers)
    return found


def settle_tasks(
    session: Session, files: Sequence[IncomingFile], signatures: Mapping[int, Signature]
) -> None:
    """Let the signed letters that came home settle what was asked of their signer."""
    for at, signature in signatures.items():
        if signature.kind is not SignatureKind.VALID:
            continue
        tasks = session.scalars(
            select(SigningTask)
            .where(
                SigningTask.delivery_id.in_(signature.delivery_ids),
                SigningTask.status.not_in(_SETTLED),
            )
            .order_by(SigningTask.id)
        ).all()
        for task in tasks:
            settle_with_copy(session, task, files[at].document, signature.signers)


def _check(
    institution: Institution,
    content: bytes,
    sent: Mapping[tuple[int, str], Sequence[int]],
    workers: Workers,
) -> Signature:
    size, delivery_ids = _begins_with(content, sent)
    roots = institution.settings.signing.trust_roots
    if roots is None:
        return Signature(SignatureKind.UNTRUSTED)
    checked = check_signed(content, content[:size], roots.read_bytes(), workers=workers)
    is_ours = checked.kind is SignatureKind.VALID
    return Signature(checked.kind, checked.signers, delivery_ids if is_ours else ())


def _sent_to(session: Session, sender: Identifier) -> dict[tuple[int, str], list[int]]:
    """The newest letters to somebody by size and hash, with the deliveries that carried them."""
    known = find_recipients(session, [sender]).get(sender)
    found: dict[tuple[int, str], list[int]] = {}
    if known is None:
        return found
    rows = session.execute(
        select(Document.size, Document.sha256, Delivery.id)
        .join(Document, Document.id == Delivery.document_id)
        .where(Delivery.recipient_id == known.id)
        .order_by(Delivery.id.desc())
        .limit(_NEWEST)
    )
    for size, sha256, delivery_id in rows:
        found.setdefault((size, sha256), []).append(delivery_id)
    return found


def _begins_with(
    content: bytes, sent: Mapping[tuple[int, str], Sequence[int]]
) -> tuple[int, tuple[int, ...]]:
    """The longest of our letters that the file begins with: its size, and its deliveries."""
    best: tuple[int, tuple[int, ...]] = (0, ())
    so_far, at = hashlib.sha256(), 0
    for size in sorted({size for size, _ in sent if size < len(content)}):
        so_far.update(memoryview(content)[at:size])
        at = size
        delivery_ids = sent.get((size, so_far.hexdigest()))
        if delivery_ids is not None:
            best = (size, tuple(delivery_ids))
    return best

"""What staff do with the attachments of a mailing in review: add, remove, name, order and match.

Only rows change here. The letters are made again by `remake.finish_letters`, which the caller wakes
after the commit; until then the mailing can't be approved.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Select, func, select

from digitalpost import events
from digitalpost.access import Actor, require
from digitalpost.db import Session, lock, now
from digitalpost.errors import Refused, Sentence
from digitalpost.events import EventKind
from digitalpost.institution import Institution
from digitalpost.mailings.attachment_intake import (
    GivenAttachment,
    add_attachments,
    look_over,
    store_attachments,
)
from digitalpost.mailings.attachment_match import Doubt
from digitalpost.mailings.files import UploadedFile
from digitalpost.models import (
    AttachmentStatus,
    Letter,
    Mailing,
    MailingAttachment,
    MailingStatus,
    MatchedBy,
)
from digitalpost.wording import clean_title

_MOST_NAMED = 3  # files that a sentence names


def attach(
    institution: Institution,
    actor: Actor,
    mailing_id: int,
    files: Sequence[UploadedFile],
    *,
    is_common: bool,
) -> list[int]:
    """Store files as attachments of a mailing in review. Returns their ids, in order.

    ``is_common``: they go with every letter; else each with the letter that it belongs to. Raises
    `Refused` with a sentence for every file that can't be taken; nothing is kept then.
    """
    with institution.reading(actor.scope) as session:
        mailing = session.get(Mailing, mailing_id)
        if mailing is None:
            raise Refused("Forsendelsen findes ikke.")
        require(actor, "mailing.change", mailing)
        _require_status(mailing)
        folder = mailing.folder
    problems: list[Sentence] = []
    if not files:
        problems.append(Sentence("Vælg den fil, der skal med som bilag."))
    given = [GivenAttachment(file, is_common) for file in files]
    kinds = look_over(given, institution.settings, problems)
    if problems:
        raise Refused(problems)
    stored = store_attachments(institution.store, folder, given, kinds)
    try:
        institution.store.make_durable([one.stored.path for one in stored])
        with institution.transaction(actor.scope) as session:
            mailing = session.get_one(Mailing, mailing_id)
            _hold(session, actor, mailing)
            rows = add_attachments(session, mailing, stored)
            session.flush()
            events.record(
                session,
                actor,
                EventKind.MAILING_ATTACHED,
                mailing,
                data={"files": len(rows), "common": is_common},
            )
            return [row.id for row in rows]
    except BaseException:
        institution.store.delete([one.stored.path for one in stored])
        raise


def remove(session: Session, actor: Actor, attachment: MailingAttachment) -> list[str]:
    """Take an attachment away. Returns the objects to delete once that is committed."""
    mailing = attachment.mailing
    _hold(session, actor, mailing)
    return _remove(session, actor, mailing, [attachment])


def remove_unmatched(session: Session, actor: Actor, mailing: Mailing) -> list[str]:
    """Send without the individual attachments that belong to no letter. As `remove`, for all."""
    _hold(session, actor, mailing)
    rows = session.scalars(_unmatched(mailing)).all()
    if not rows:
        raise Refused("Alle bilag hører til et brev. Der er ikke noget at fjerne.")
    return _remove(session, actor, mailing, rows)


def rename(session: Session, actor: Actor, attachment: MailingAttachment, title: str) -> None:
    """Give an attachment the title that recipients see."""
    _hold(session, actor, attachment.mailing)
    attachment.title = clean_title(title)
    _changed(session, actor, attachment.mailing, "attachment_title")


def move(session: Session, actor: Actor, attachment: MailingAttachment, by: int) -> None:
    """Move an attachment ``by`` places in the order in which they follow the letter."""
    mailing = attachment.mailing
    _hold(session, actor, mailing)
    rows = _in_order(session, mailing)
    at = rows.index(attachment)
    rows.insert(max(0, min(len(rows) - 1, at + by)), rows.pop(at))
    _number(rows)
    _changed(session, actor, mailing, "attachment_order")


def reorder(session: Session, actor: Actor, mailing: Mailing, ids: Sequence[int]) -> None:
    """Put some attachments in this order among the places that they have now."""
    _hold(session, actor, mailing)
    rows = _in_order(session, mailing)
    by_id = {row.id: row for row in rows}
    if len(set(ids)) != len(ids) or not set(ids) <= set(by_id):
        raise Refused("Bilagene er ændret imens. Se rækkefølgen igen, og prøv så.")
    places = [at for at, row in enumerate(rows) if row.id in set(ids)]
    for at, one in zip(places, ids, strict=True):
        rows[at] = by_id[one]
    _number(rows)
    _changed(session, actor, mailing, "attachment_order")


def match_by_hand(
    session: Session, actor: Actor, attachment: MailingAttachment, position: int
) -> None:
    """A person says which letter an individual attachment belongs to, by its number in the list."""
    mailing = attachment.mailing
    _hold(session, actor, mailing)
    if attachment.is_common or attachment.status is not AttachmentStatus.READY:
        raise Refused("Bilaget kan ikke vælges til ét brev.")
    letter = _letter(session, mailing, position)
    if letter is None:
        raise Refused("Der er ikke noget brev med det nummer. Tjek nummeret på listen.")
    _give(session, actor, mailing, attachment, letter)


def unmatch(session: Session, actor: Actor, attachment: MailingAttachment) -> None:
    """Take back what a person said. The numbers decide again, where they can."""
    mailing = attachment.mailing
    _hold(session, actor, mailing)
    if attachment.matched_by is not MatchedBy.HAND:
        raise Refused("Bilaget er fundet ved sit nummer. Fjern det, hvis det ikke skal med.")
    attachment.letter_id = attachment.matched_by = None
    _changed(session, actor, mailing, "attachment_match")


def accept_several(session: Session, actor: Actor, mailing: Mailing) -> int:
    """Yes to all attachments whose letter is sure but has more than one. Returns how many."""
    _hold(session, actor, mailing)
    accepted = 0
    for row in session.scalars(_unmatched(mailing)).all():
        if row.why is None or row.why["code"] != Doubt.SEVERAL_FILES.value:
            continue
        letter = _letter(session, mailing, row.why["values"]["letter"])
        if letter is not None:
            _give(session, actor, mailing, row, letter)
            accepted += 1
    if not accepted:
        raise Refused("Der er ikke flere bilag til samme brev.")
    return accepted


def unsettled(session: Session, mailing: Mailing) -> list[Sentence]:
    """What must be settled about attachments before approval; empty when nothing is."""
    rows = session.execute(
        select(MailingAttachment.status, MailingAttachment.file_name).where(
            MailingAttachment.mailing_id == mailing.id,
            MailingAttachment.status != AttachmentStatus.READY,
        )
    ).all()
    reasons = []
    failed = [name for status, name in rows if status is AttachmentStatus.FAILED]
    if len(failed) < len(rows):
        reasons.append(Sentence("Bilag bliver gjort klar. Vent et øjeblik, og prøv så igen."))
    for name in failed[:_MOST_NAMED]:
        text = "Bilaget kan ikke bruges. Fjern det, eller læg en ny fil op i stedet."
        reasons.append(Sentence(text, file=name, code="attachment_failed"))
    if len(failed) > _MOST_NAMED:
        text = "Yderligere %(count)s bilag kan ikke bruges. Fjern dem først."
        reasons.append(Sentence(text, {"count": len(failed) - _MOST_NAMED}))
    left = session.scalar(select(func.count()).select_from(_unmatched(mailing).subquery())) or 0
    if left == 1:
        text = "1 bilag hører ikke til noget brev. Vælg brevet, eller fjern bilaget."
        reasons.append(Sentence(text, code="attachment_unmatched"))
    elif left:
        text = "%(count)s bilag hører ikke til noget brev. Vælg brevene, eller fjern bilagene."
        reasons.append(Sentence(text, {"count": left}, code="attachment_unmatched"))
    return reasons


def _give(
    session: Session,
    actor: Actor,
    mailing: Mailing,
    attachment: MailingAttachment,
    letter: Letter,
) -> None:
    attachment.letter_id, attachment.matched_by = letter.id, MatchedBy.HAND
    attachment.why = None
    events.record(
        session,
        actor,
        EventKind.MAILING_CHANGED,
        mailing,
        letter=letter,
        data={"what": "attachment_match", "letter": letter.position},
    )


def _letter(session: Session, mailing: Mailing, position: int) -> Letter | None:
    at = (Letter.mailing_id == mailing.id, Letter.position == position)
    return session.scalars(select(Letter).where(*at)).first()


def _unmatched(mailing: Mailing) -> Select[MailingAttachment]:
    """Individual attachments that are ready and go to nobody."""
    return (
        select(MailingAttachment)
        .where(
            MailingAttachment.mailing_id == mailing.id,
            MailingAttachment.is_common.is_(False),
            MailingAttachment.status == AttachmentStatus.READY,
            MailingAttachment.letter_id.is_(None),
        )
        .order_by(MailingAttachment.position, MailingAttachment.id)
    )


def _remove(
    session: Session, actor: Actor, mailing: Mailing, rows: Sequence[MailingAttachment]
) -> list[str]:
    """The rows, and with them the only keys to their bytes. The letters are made without them."""
    documents = {
        document.id: document
        for row in rows
        for document in (row.original_document, row.document)
        if document is not None
    }
    for row in rows:
        session.delete(row)
    session.flush()
    for document in documents.values():
        session.delete(document)
    events.record(session, actor, EventKind.MAILING_DETACHED, mailing, data={"files": len(rows)})
    return [document.path for document in documents.values()]


def _in_order(session: Session, mailing: Mailing) -> list[MailingAttachment]:
    return list(
        session.scalars(
            select(MailingAttachment)
            .where(MailingAttachment.mailing_id == mailing.id)
            .order_by(MailingAttachment.position, MailingAttachment.id)
        )
    )


def _number(rows: Sequence[MailingAttachment]) -> None:
    for position, row in enumerate(rows, start=1):
        row.position = position


def _changed(session: Session, actor: Actor, mailing: Mailing, what: str) -> None:
    events.record(session, actor, EventKind.MAILING_CHANGED, mailing, data={"what": what})


def _hold(session: Session, actor: Actor, mailing: Mailing) -> None:
    """Check and lock; from now on the mailing waits for its letters to be looked over."""
    require(actor, "mailing.change", mailing)
    lock(session, mailing)
    _require_status(mailing)
    mailing.mended_at = now()
    mailing.attempts = 0


def _require_status(mailing: Mailing) -> None:
    if mailing.status is not MailingStatus.REVIEW:
        raise Refused(
            "Bilag kan ikke ændres nu. Forsendelsen står som «%(status)s».",
            status=mailing.status.label,
        )

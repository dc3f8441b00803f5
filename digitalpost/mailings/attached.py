"""Which attachments each letter should have, and which letters must be made again to have them.

The rows decide: whatever was changed, moved or matched since a letter was made shows as a
difference between its parts and what it should be made of.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import select, update

from digitalpost.db import Session, change_rows
from digitalpost.errors import Sentence, word
from digitalpost.mailings.attachment_match import Doubt, File, Match, match_files
from digitalpost.mailings.mended import mark_reassembled
from digitalpost.models import (
    AttachmentStatus,
    Letter,
    Mailing,
    MailingAttachment,
    MatchedBy,
    Recipient,
)

_AT_A_TIME = 500
_MOST_NAMED = 5  # letters that a sentence names

_DOUBTS = {
    Doubt.NOBODY: word(
        "Ingen modtagers nummer står i filnavnet eller i bilaget. Vælg brevet, eller fjern bilaget."
    ),
    Doubt.UNKNOWN_NAME: word(
        "Filnavnet har et CPR-nummer, som ingen af brevene er til. "
        "Vælg brevet, eller fjern bilaget."
    ),
    Doubt.SEVERAL_LETTERS: word(
        "Bilaget passer til flere breve: nr. %(letters)s. Vælg, hvilket det hører til."
    ),
    Doubt.CONTRADICTION: word(
        "Filnavnet og indholdet peger på hver sit brev: nr. %(letters)s. "
        "Se bilaget igennem, og vælg brevet."
    ),
    Doubt.SEVERAL_FILES: word(
        "Flere bilag passer til brev %(letter)s. Sig ja til dem, der skal med, og fjern resten."
    ),
}


def is_being_made_ready(session: Session, mailing: Mailing) -> bool:
    """Whether a file waits to be made ready."""
    waiting = select(MailingAttachment.id).where(
        MailingAttachment.mailing_id == mailing.id,
        MailingAttachment.status == AttachmentStatus.WAITING,
    )
    return session.scalar(waiting.limit(1)) is not None


def has_attachments(session: Session, mailing_id: int) -> bool:
    """Whether anything was attached to the mailing."""
    found = select(MailingAttachment.id).where(MailingAttachment.mailing_id == mailing_id)
    return session.scalar(found.limit(1)) is not None


def settle(session: Session, mailing: Mailing) -> None:
    """Find whose each attachment is, and mark every letter that is not made of what it should be.

    For the holder of the lease, with the mailing locked. Does nothing while a file waits: all
    letters are then made again once, when the last file is ready.
    """
    if is_being_made_ready(session, mailing):
        return
    attachments = session.scalars(
        select(MailingAttachment)
        .where(
            MailingAttachment.mailing_id == mailing.id,
            MailingAttachment.status == AttachmentStatus.READY,
        )
        .order_by(MailingAttachment.position, MailingAttachment.id)
    ).all()
    _match(session, mailing, [one for one in attachments if not one.is_common])
    session.flush()
    outdated = _outdated(session, mailing, attachments)
    for start in range(0, len(outdated), _AT_A_TIME):
        part = outdated[start : start + _AT_A_TIME]
        letters = session.scalars(select(Letter).where(Letter.id.in_(part))).all()
        mark_reassembled(session, mailing, letters)


def give_up_waiting(session: Session, mailing_id: int, why: Sentence) -> None:
    """Files that could not be made ready in several tries say so, and stop the approval."""
    change_rows(
        session,
        update(MailingAttachment)
        .where(
            MailingAttachment.mailing_id == mailing_id,
            MailingAttachment.status == AttachmentStatus.WAITING,
        )
        .values(status=AttachmentStatus.FAILED, why=why.as_json()),
    )


def letters_by_number(
    session: Session, mailing_id: int
) -> tuple[dict[str, list[int]], dict[int, int]]:
    """The ids of the letters to each recipient's number, and the position of each letter."""
    by_number: dict[str, list[int]] = defaultdict(list)
    positions: dict[int, int] = {}
    for letter_id, position, kind, index in session.execute(
        select(Letter.id, Letter.position, Recipient.kind, Recipient.number_index)
        .join(Recipient, Recipient.id == Letter.recipient_id)
        .where(Letter.mailing_id == mailing_id)
        .order_by(Letter.position, Letter.id)
    ):
        by_number[f"{kind.value}:{index.hex()}"].append(letter_id)
        positions[letter_id] = position
    return by_number, positions


def _match(session: Session, mailing: Mailing, files: Sequence[MailingAttachment]) -> None:
    if not files:
        return
    by_number, positions = letters_by_number(session, mailing.id)
    matches = match_files(
        [
            File(
                one.id,
                frozenset(one.name_numbers),
                frozenset(one.content_numbers),
                one.letter_id if one.matched_by is MatchedBy.HAND else None,
            )
            for one in files
        ],
        by_number,
    )
    for one in files:
        match = matches[one.id]
        one.letter_id, one.matched_by = match.letter, match.by
        one.why = _why(match, positions)


def _why(match: Match, positions: Mapping[int, int]) -> dict[str, object] | None:
    if match.doubt is None:
        return None
    numbers = [positions[letter] for letter in match.letters]
    values: dict[str, object] = {}
    if match.doubt is Doubt.SEVERAL_FILES:
        values["letter"] = numbers[0]
    elif match.doubt in (Doubt.SEVERAL_LETTERS, Doubt.CONTRADICTION):
        more = " …" if len(numbers) > _MOST_NAMED else ""
        values["letters"] = ", ".join(map(str, numbers[:_MOST_NAMED])) + more
    return Sentence(_DOUBTS[match.doubt], values, code=match.doubt.value).as_json()


def _outdated(
    session: Session, mailing: Mailing, attachments: Sequence[MailingAttachment]
) -> list[int]:
    """Letters whose file is made of other parts than it should be."""
    common = [one for one in attachments if one.is_common]
    own: dict[int, list[MailingAttachment]] = defaultdict(list)
    for one in attachments:
        if one.letter_id is not None:
            own[one.letter_id].append(one)
    outdated = []
    for letter_id, parts, document_id, mended_at in session.execute(
        select(Letter.id, Letter.parts, Letter.document_id, Letter.mended_at)
        .where(Letter.mailing_id == mailing.id)
        .order_by(Letter.position, Letter.id)
    ):
        if mended_at is not None or (parts is None and document_id is None):
            continue  # it is made again as it is, or could not be made at all
        wanted = in_order([*common, *own[letter_id]])
        has = [(part["attachment"], part["title"]) for part in (parts or [])[1:]]
        if has != [(one.id, one.title) for one in wanted]:
            outdated.append(letter_id)
    return outdated


def in_order(attachments: Iterable[MailingAttachment]) -> list[MailingAttachment]:
    """Attachments as they follow the letter."""
    return sorted(attachments, key=lambda one: (one.position, one.id))

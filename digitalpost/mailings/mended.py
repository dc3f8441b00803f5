"""The rows of letters that are mended: pages that go from one to the other, documents that go.

For `mend`, which checks and locks; nothing here does.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import delete, func, select

from digitalpost.db import Session, change_rows, now
from digitalpost.errors import Refused, Sentence
from digitalpost.mailings.drafts import REVIEW_DAYS
from digitalpost.models import (
    Document,
    Letter,
    LetterCopy,
    LetterStatus,
    LetterWay,
    Mailing,
    Verdict,
)

BEING_MADE = Sentence(
    "Brevet er rettet og bliver lavet igen. Det tager et øjeblik.", code="being_made"
)


def set_pages(letter: Letter, pages: Sequence[int]) -> None:
    """The pages of a letter, in the order that it has them."""
    letter.pages = list(pages)
    letter.page_count = len(letter.pages)


def add_pages(letter: Letter, pages: Sequence[int]) -> None:
    """More pages: as they come in the file, or last where somebody has put the pages otherwise.

    Whoever has said whose letter it is has not seen it with these.
    """
    in_file_order = letter.pages == sorted(letter.pages)
    together = [*letter.pages, *pages]
    set_pages(letter, sorted(together) if in_file_order else together)
    letter.recipient_chosen_at = None


def take_pages_from(
    session: Session, mailing: Mailing, letter: Letter, pages: Sequence[int]
) -> None:
    """What is left of a letter without these pages; without any page it is gone."""
    rest = [page for page in letter.pages if page not in pages]
    if not rest:
        remove(session, mailing, letter)
        return
    set_pages(letter, rest)
    mark_mended(session, mailing, letter)


def mark_mended(session: Session, mailing: Mailing, letter: Letter) -> None:
    """From now on the letter waits to be made again; what was made of it before is worth nothing.

    The old document's row goes, and with it the only key to its bytes; the object itself is swept
    by `remake.finish_letters`, after the commit.
    """
    mailing.mended_at = letter.mended_at = now()
    mailing.attempts = 0
    letter.verdict, letter.risk = Verdict.RED, Verdict.RED.risk
    letter.reasons = [BEING_MADE.as_json()]
    letter.removed_numbers = 0
    letter.judged = letter.parts = None
    document, letter.document = letter.document, None
    session.flush()
    if document is not None:
        _drop(session, mailing, document)


def give_to(session: Session, letter: Letter, recipient_id: int | None, name: str) -> None:
    """The letter is for somebody else now. What was chosen because of the last one falls.

    A way around digital post was chosen for the one who could not get it; a letter that is held
    back stays so. Nobody gets a copy of their own letter.
    """
    if recipient_id == letter.recipient_id:
        return
    letter.recipient_id, letter.recipient_name = recipient_id, name
    if letter.way is not LetterWay.HOLD:
        letter.way = LetterWay.DIGITAL
    own = LetterCopy.recipient_id == recipient_id
    change_rows(session, delete(LetterCopy).where(LetterCopy.letter_id == letter.id, own))


def mark_reassembled(session: Session, mailing: Mailing, letters: Sequence[Letter]) -> None:
    """What goes with these letters has changed: they wait to be made again, judged as they were.

    Their files can be seen until the new ones are there. A letter that waits already because it was
    mended is still judged anew.
    """
    mailing.mended_at = at = now()
    for letter in letters:
        if letter.mended_at is None:
            letter.judged = letter.judged or {
                "verdict": letter.verdict.value,
                "reasons": letter.reasons,
                "witnesses": (letter.proof or {}).get("witnesses", []),
            }
        letter.mended_at = at
        letter.verdict, letter.risk = Verdict.RED, Verdict.RED.risk
        letter.reasons = [BEING_MADE.as_json()]
    session.flush()


def remove(session: Session, mailing: Mailing, letter: Letter) -> None:
    """A letter without pages is no letter. The log keeps what happened to it.

    Raises `Refused` while somebody gets a copy of it: the copy would be lost with it.
    """
    copied = select(LetterCopy.id).where(LetterCopy.letter_id == letter.id)
    if session.scalar(copied.limit(1)) is not None:
        raise Refused(
            "Brev %(letter)s går med som kopi til en anden. Fjern kopien først.",
            letter=letter.position,
        )
    mark_mended(session, mailing, letter)
    session.delete(letter)
    mailing.letters_total = mailing.letters_finished = mailing.letters_total - 1
    session.flush()


def _drop(session: Session, mailing: Mailing, document: Document) -> None:
    others = select(Letter.id).where(
        Letter.mailing_id == mailing.id, Letter.document_id == document.id
    )
    if session.scalar(others.limit(1)) is None:
        session.delete(document)


def new_letter(
    session: Session, mailing: Mailing, source_id: int | None, pages: Sequence[int]
) -> Letter:
    """A letter for pages that left another one. Its number is the next: the others keep theirs."""
    last = session.scalar(select(func.max(Letter.position)).where(Letter.mailing_id == mailing.id))
    letter = Letter(
        mailing_id=mailing.id,
        unit_id=mailing.unit_id,
        owner_id=mailing.owner_id,
        position=(last or 0) + 1,
        title=mailing.title,
        status=LetterStatus.DRAFT,
        source_id=source_id,
        due_at=now() + timedelta(days=REVIEW_DAYS),
        created_at=now(),
        search_text=mailing.title,
    )
    set_pages(letter, pages)
    session.add(letter)
    mailing.letters_total = mailing.letters_finished = mailing.letters_total + 1
    mark_mended(session, mailing, letter)
    return letter

"""The rows of a letter that has just been made: its document and the draft itself."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from digitalpost.archive.filing import search_text
from digitalpost.db import Session, now
from digitalpost.documents import PDF, add_document
from digitalpost.errors import Sentence
from digitalpost.mailings.parts import judged_with, pages_behind, parts_of
from digitalpost.mailings.split import SplitLetter
from digitalpost.mailings.work import Source, Work
from digitalpost.models import Document, DocumentKind, Letter, LetterStatus, Verdict
from digitalpost.pdf.finish import FinishedLetter
from digitalpost.storage import StoredObject

REVIEW_DAYS = 5  # a draft that nobody reviewed is asked about after so many days


def draft_letter(
    session: Session,
    work: Work,
    source: Source,
    finished: FinishedLetter[StoredObject],
    *,
    position: int,
    letter: SplitLetter,
    recipient: tuple[int, str] | None,
    max_bytes: int,
) -> Letter:
    """A draft with its finished document. ``recipient``: id and name, None if unsure."""
    draft = Letter(
        mailing_id=work.mailing_id,
        unit_id=work.unit_id,
        owner_id=work.owner_id,
        position=position,
        title=work.title,
        status=LetterStatus.DRAFT,
        source_id=source.id,
        due_at=now() + timedelta(days=REVIEW_DAYS),
        created_at=now(),
    )
    put_finished(
        session, work, draft, finished, letter=letter, recipient=recipient, max_bytes=max_bytes
    )
    return draft


def put_finished(
    session: Session,
    work: Work,
    draft: Letter,
    finished: FinishedLetter[StoredObject],
    *,
    letter: SplitLetter,
    recipient: tuple[int, str] | None,
    max_bytes: int,
) -> None:
    """Give a draft what was made of it: recipient, verdict with its reasons, pages and document.

    A file that could not be proved clean, or is over ``max_bytes``, makes the letter red.
    """
    verdict, reasons = judged_with(letter.verdict, letter.reasons, letter.behind)
    if finished.problem is not None:
        reasons.insert(0, finished.problem)
        verdict = Verdict.RED
    if finished.size > max_bytes:
        reasons.insert(0, _too_big(letter, finished.pages[0], max_bytes))
        verdict = Verdict.RED
    draft.recipient_id, draft.recipient_name = recipient if recipient is not None else (None, "")
    draft.verdict, draft.risk = verdict, verdict.risk
    draft.reasons = [reason.as_json() for reason in reasons]
    draft.pages = list(finished.pages)
    draft.page_count = len(finished.pages)
    draft.removed_numbers = sum(times for _, times in finished.removed)
    if letter.behind or draft.parts:
        draft.parts = parts_of(draft.title, len(finished.pages), letter.behind)
        draft.removed_numbers += sum(one.removed for one in letter.behind)
    if (verdict, tuple(reasons)) != (letter.verdict, letter.reasons):
        draft.judged = _judged_alone(letter)
    draft.proof = _proof(letter, finished)
    before = draft.document
    draft.document = _document(session, work, finished, pages_behind(letter.behind))
    if before is not None:  # seen until now; its object is swept by `remake`
        session.flush()
        session.delete(before)
    draft.search_text = search_text(draft, None)


def _proof(letter: SplitLetter, finished: FinishedLetter[StoredObject]) -> dict[str, Any] | None:
    """What was taken out where, who read the result, and the witnesses who confirm the owner."""
    if finished.proof is None:
        return None
    proof = {**finished.proof.as_json(), "witnesses": list(letter.agreed)}
    if letter.behind:
        proof["attachments"] = [{"attachment": one.id, "proof": one.proof} for one in letter.behind]
    return proof


def _judged_alone(letter: SplitLetter) -> dict[str, Any]:
    """What is said of the letter itself, without its attachments and how it came out."""
    return {
        "verdict": letter.verdict.value,
        "reasons": [reason.as_json() for reason in letter.reasons],
        "witnesses": list(letter.agreed),
    }


def _document(
    session: Session, work: Work, finished: FinishedLetter[StoredObject], pages_more: int
) -> Document | None:
    if finished.stored is None:
        return None
    return add_document(
        session,
        finished.stored,
        kind=DocumentKind.MAIN,
        media_type=PDF,
        unit_id=work.unit_id,
        key_id=work.key_id,
        pages=len(finished.pages) + pages_more,
    )


def _too_big(letter: SplitLetter, page: int, most: int) -> Sentence:
    values = {"page": page, "most": most // 1_000_000}
    if letter.behind:
        text = (
            "Brevet fra side %(page)s fylder mere end %(most)s MB med sine bilag. "
            "Fjern et bilag, eller gør billederne i det mindre."
        )
        return Sentence(text, values, page=page, code="letter_too_big")
    return Sentence(
        "Brevet fra side %(page)s fylder mere end %(most)s MB. "
        "Gør billederne i det mindre, eller send det på papir.",
        values,
        page=page,
        code="letter_too_big",
    )

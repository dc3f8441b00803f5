"""What approving an answer means for the letter that it answers: its case, its thread, its end."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from digitalpost import events
from digitalpost.access import Actor, across_units
from digitalpost.db import Session
from digitalpost.events import EventKind
from digitalpost.incoming.assign import finish
from digitalpost.incoming.thread import join
from digitalpost.models import Answer, Case, CaseStatus, Letter, LetterStatus, Mailing


def case_of_answer(session: Session, mailing: Mailing) -> Case | None:
    """The case that an answer is filed in: that of the letter it answers, while it is open.

    A guardian's question lies in the pupil's case, and so does the answer to it. None for a mailing
    that answers nothing, or something that another unit has taken over since.
    """
    answer = _answer(session, mailing)
    question = session.get(Letter, answer.letter_id) if answer is not None else None
    case = question.case if question is not None else None
    if case is None or case.status is not CaseStatus.OPEN or case.unit_id != mailing.unit_id:
        return None
    return case


def note_answered(
    session: Session, actor: Actor, mailing: Mailing, letters: Sequence[Letter]
) -> None:
    """Tie the approved letters to the one that they answer, which is done if that was chosen."""
    answer = _answer(session, mailing)
    if answer is None:
        return
    with across_units(session):  # another unit may have taken the letter over since
        question = session.get_one(Letter, answer.letter_id)
        for letter in letters:
            join(session, letter, question)
    events.record(session, actor, EventKind.LETTER_ANSWERED, question)
    is_open = question.status is not LetterStatus.DONE
    if answer.finishes and is_open and actor.scope.holds(question.unit_id):
        finish(session, actor, [question])


def _answer(session: Session, mailing: Mailing) -> Answer | None:
    return session.scalars(select(Answer).where(Answer.mailing_id == mailing.id)).one_or_none()

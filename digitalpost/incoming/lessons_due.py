"""Which of people's acts the suggestions have not learned from yet: asked by the clock."""

from __future__ import annotations

from sqlalchemy import Select, select
from sqlalchemy.orm import aliased

from digitalpost.db import Session
from digitalpost.models import Assignment, LearnedLetter, RoutedBy

_BY_PEOPLE = (RoutedBy.PERSON, RoutedBy.LEARNED)


def lessons_due(session: Session) -> bool:
    """Whether `lessons.learn_due` has anything to do."""
    undone = lessons_undone().with_only_columns(LearnedLetter.id).limit(1)
    new = corrections_not_learned(session).with_only_columns(Assignment.id).limit(1)
    return session.scalar(undone) is not None or session.scalar(new) is not None


def lessons_undone() -> Select[LearnedLetter]:
    """Lessons whose act was undone."""
    return (
        select(LearnedLetter)
        .join(Assignment, Assignment.id == LearnedLetter.assignment_id)
        .where(Assignment.undone_at.is_not(None))
        .order_by(LearnedLetter.id)
    )


def corrections_not_learned(session: Session) -> Select[Assignment]:
    """People's acts after the last one learned that gave a letter to somebody else."""
    last = session.scalar(
        select(LearnedLetter.assignment_id).order_by(LearnedLetter.assignment_id.desc()).limit(1)
    )
    later = aliased(Assignment)
    return select(Assignment).where(
        Assignment.id > (last or 0),
        Assignment.how.in_(_BY_PEOPLE),
        Assignment.by_id.is_not(None),
        Assignment.undone_at.is_(None),
        (Assignment.to_owner_id.is_not(None)) | (Assignment.to_unit_id != Assignment.from_unit_id),
        Assignment.to_owner_id.is_distinct_from(Assignment.from_owner_id)
        | (Assignment.to_unit_id != Assignment.from_unit_id),
        # Of several acts on a letter in one unit, the last is what people meant.
        ~select(later.id)
        .where(
            later.letter_id == Assignment.letter_id,
            later.id > Assignment.id,
            later.from_unit_id == Assignment.from_unit_id,
            later.how.in_(_BY_PEOPLE),
            later.undone_at.is_(None),
            later.to_owner_id.is_not(None),
        )
        .exists(),
    )

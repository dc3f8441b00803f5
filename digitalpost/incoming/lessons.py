"""Takes people's routing in as lessons for the suggestions, one letter at a time, and out again.

Each lesson is first an examination: what would have been suggested just before it is kept beside
it, so the accuracy that supervisors see is that of suggestions made without knowing the answer.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from digitalpost import events
from digitalpost.access import Actor, require
from digitalpost.danish_time import local
from digitalpost.db import Session, change_rows, now
from digitalpost.errors import Refused
from digitalpost.events import EventKind
from digitalpost.incoming.facts import facts_of
from digitalpost.incoming.features import Feature, features_of
from digitalpost.incoming.learn import EVERYTHING, scores
from digitalpost.incoming.lessons_due import corrections_not_learned, lessons_undone
from digitalpost.incoming.words import forget_words
from digitalpost.institution import Institution
from digitalpost.models import (
    Assignment,
    IncomingLetter,
    LearnedCount,
    LearnedLetter,
    Letter,
    NeverSuggested,
)
from digitalpost.models.learned import FEATURE_BYTES
from digitalpost.vault import seal, unseal

_AT_ONCE = 50  # letters in one transaction
_PURPOSE = "never suggested"


def learn_due(institution: Institution) -> int:
    """Take in every correction that is not learned yet; how many. The rows say which are due."""
    learned = 0
    while True:
        with institution.transaction() as session:
            done = learn_some(session)
        learned += done
        if done < _AT_ONCE:
            return learned


def learn_some(session: Session) -> int:
    """Forget what was undone and learn the oldest corrections that are new; how many letters."""
    done = 0
    for lesson in session.scalars(lessons_undone().limit(_AT_ONCE)):
        _forget(session, lesson)
        done += 1
    new = corrections_not_learned(session).order_by(Assignment.id).limit(_AT_ONCE - done)
    for assignment in session.scalars(new):
        _learn(session, assignment)
        done += 1
    return done


def forget_letters(session: Session, letter_ids: Iterable[int]) -> None:
    """Count these letters out again, as when their case is destroyed; no word finds them then."""
    ids = list(letter_ids)
    for lesson in session.scalars(select(LearnedLetter).where(LearnedLetter.letter_id.in_(ids))):
        _forget(session, lesson)
    forget_words(session, ids)


@dataclass(frozen=True)
class Accuracy:
    """How the suggestions did in one month: letters that people routed, and what was suggested."""

    month: date  # its first day
    routed: int
    suggested: int
    right: int

    @property
    def share(self) -> float | None:
        """Right ones among all that were routed; None without any."""
        return self.right / self.routed if self.routed else None


def accuracy(session: Session, actor: Actor, *, months: int = 12) -> list[Accuracy]:
    """The latest months in which people routed letters, newest first."""
    require(actor, "routing.read")
    found: dict[date, list[int]] = {}
    for row in session.execute(
        select(LearnedLetter.learned_at, LearnedLetter.target, LearnedLetter.suggested)
        .order_by(LearnedLetter.learned_at.desc())
        .execution_options(yield_per=1000)
    ):
        month = local(row.learned_at).date().replace(day=1)
        if month not in found and len(found) == months:
            break
        counts = found.setdefault(month, [0, 0, 0])
        counts[0] += 1
        counts[1] += row.suggested is not None
        counts[2] += row.suggested == row.target
    return [Accuracy(month, *counts) for month, counts in found.items()]


def never_suggest(
    session: Session,
    actor: Actor,
    letter: Letter,
    *,
    feature: Feature | None = None,
    target: str = "",
) -> None:
    """Never give this feature as a reason again, or never suggest this target, in the unit."""
    require(actor, "incoming.assign", letter)
    if (feature is None) == (not target):
        raise Refused("Vælg enten en grund eller en modtager, der ikke skal foreslås.")
    index = feature.index if feature is not None else b""
    if session.scalar(
        select(NeverSuggested.id).where(
            NeverSuggested.unit_id == letter.unit_id,
            NeverSuggested.feature == index,
            NeverSuggested.target == target,
        )
    ):
        return
    shown = None
    if feature is not None:
        key = session.vault.derive(_PURPOSE)
        text = f"{feature.kind.value}:{feature.shown}"
        shown = seal(key, text.encode(), _PURPOSE.encode())
    row = NeverSuggested(
        unit_id=letter.unit_id, feature=index, target=target, shown=shown,
        by_id=actor.user_id, created_at=now(),
    )  # fmt: skip
    session.add(row)
    session.flush()
    events.record(session, actor, EventKind.ROUTING_NEVER, row, data={"never": True})


def suggest_again(session: Session, actor: Actor, row: NeverSuggested) -> None:
    """Take back a "never"."""
    require(actor, "routing.manage", row)
    events.record(session, actor, EventKind.ROUTING_NEVER, row, data={"never": False})
    session.delete(row)


def shown_never(session: Session, row: NeverSuggested) -> tuple[str, str]:
    """Kind and words of a feature that is never a reason; empty for a target."""
    if row.shown is None:
        return "", ""
    text = unseal(session.vault.derive(_PURPOSE), row.shown, _PURPOSE.encode()).decode()
    kind, _, shown = text.partition(":")
    return kind, shown


def _learn(session: Session, assignment: Assignment) -> None:
    letter = session.get_one(Letter, assignment.letter_id)
    unit_id = assignment.from_unit_id
    before = session.scalars(
        select(LearnedLetter).where(
            LearnedLetter.letter_id == letter.id, LearnedLetter.unit_id == unit_id
        )
    ).one_or_none()
    if before is not None:
        _forget(session, before)
    incoming = session.scalars(
        select(IncomingLetter).where(IncomingLetter.letter_id == letter.id)
    ).one()
    facts = facts_of(session, letter, incoming)
    best = next(iter(scores(session, unit_id, facts)), None)
    target = (
        f"user:{assignment.to_owner_id}"
        if assignment.to_owner_id is not None
        else f"unit:{assignment.to_unit_id}"
    )
    indexes = [one.index for one in features_of(session.vault, facts)]
    indexes = list(dict.fromkeys(indexes))
    session.add(
        LearnedLetter(
            unit_id=unit_id, letter_id=letter.id, assignment_id=assignment.id, target=target,
            suggested=best.target if best is not None else None,
            features=b"".join(indexes), learned_at=assignment.at,
        )
    )  # fmt: skip
    _count(session, unit_id, indexes, target)
    session.flush()


def _forget(session: Session, lesson: LearnedLetter) -> None:
    kept = bytes(lesson.features)
    indexes = [kept[at : at + FEATURE_BYTES] for at in range(0, len(kept), FEATURE_BYTES)]
    of_lesson = (
        LearnedCount.unit_id == lesson.unit_id,
        LearnedCount.target == lesson.target,
        LearnedCount.feature.in_([EVERYTHING, *indexes]),
    )
    change_rows(
        session, update(LearnedCount).where(*of_lesson).values(count=LearnedCount.count - 1)
    )
    change_rows(session, delete(LearnedCount).where(*of_lesson, LearnedCount.count <= 0))
    session.delete(lesson)
    session.flush()


def _count(session: Session, unit_id: int, indexes: list[bytes], target: str) -> None:
    """One more letter for each feature; in their order, so that two who count do not wait in a
    ring."""
    rows: list[dict[str, Any]] = [
        {"unit_id": unit_id, "feature": index, "target": target, "count": 1}
        for index in sorted([EVERYTHING, *indexes])
    ]
    is_sqlite = session.connection().dialect.name == "sqlite"
    insert = (sqlite.insert if is_sqlite else postgresql.insert)(LearnedCount)
    session.execute(
        insert.on_conflict_do_update(
            index_elements=["unit_id", "feature", "target"],
            set_={"count": LearnedCount.count + 1},
        ),
        rows,
    )

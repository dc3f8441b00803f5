"""Suggested copies to guardians as a page reads them: in heaps, counted, and a page at a time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select
from sqlalchemy.orm import selectinload

from digitalpost.db import Session
from digitalpost.identifiers import IdentifierKind
from digitalpost.models import (
    AgeRule,
    CopyDecision,
    GuardianSuggestion,
    Letter,
    LetterStatus,
    Recipient,
)
from digitalpost.paging import Page, page
from digitalpost.registers.guardians import OF_AGE

_CODE = func.coalesce(GuardianSuggestion.basis["code"].as_string(), "")


class Heap(StrEnum):
    """What is to be done about a suggestion; each is in one heap, doubt first."""

    UNSURE = "unsure"  # the register's answer leaves something to the clerk
    UNDER_15 = "under_15"
    FROM_15_TO_17 = "15_17"
    DECIDED = "decided"

    @property
    def label(self) -> str:
        """The words that staff see."""
        return {
            Heap.UNSURE: "Skal afklares",
            Heap.UNDER_15: "Under 15 år",
            Heap.FROM_15_TO_17: "15-17 år",
            Heap.DECIDED: "Besluttet",
        }[self]


@dataclass(frozen=True)
class Heaps:
    """How many suggestions are in each heap, and what one yes may cover."""

    counts: dict[Heap, int]
    newest_plain: datetime | None  # when the last of the plain ones was fetched

    @property
    def plain(self) -> int:
        """How many follow from the rules alone: they may be accepted in one go."""
        return self.counts[Heap.UNDER_15] + self.counts[Heap.FROM_15_TO_17]

    @property
    def waiting(self) -> int:
        """How many the clerk has to decide about."""
        return self.plain + self.counts[Heap.UNSURE]


def undecided_of(mailing_id: int) -> Select[GuardianSuggestion]:
    """The suggestions that wait for somebody, for drafts that are still to the same recipient.

    One that says that the pupil alone gets the letter waits for nobody, unless something is odd.
    """
    return _of(mailing_id).where(
        GuardianSuggestion.decision == CopyDecision.PROPOSED,
        or_(GuardianSuggestion.rule != AgeRule.FROM_18, _CODE != ""),
    )


def plain_of(mailing_id: int) -> Select[GuardianSuggestion]:
    """Those of `undecided_of` that leave nothing to the clerk but a yes."""
    return undecided_of(mailing_id).where(_CODE == "")


def count_heaps(session: Session, mailing_id: int) -> Heaps:
    """Count the suggestions of a mailing in one walk; empty heaps are there with 0."""
    heap = case(
        *((_is_in(one), one.value) for one in Heap),
        else_="",  # of age, and nothing odd: nobody has to decide
    ).label("heap")
    rows = session.execute(
        _of(mailing_id)
        .with_only_columns(
            heap, func.count(GuardianSuggestion.id), func.max(GuardianSuggestion.fetched_at)
        )
        .group_by(heap)
    ).all()
    counts = {name: count for name, count, _ in rows}
    newest = {name: at for name, _, at in rows}
    plain = (newest.get(Heap.UNDER_15.value), newest.get(Heap.FROM_15_TO_17.value))
    return Heaps(
        {one: counts.get(one.value, 0) for one in Heap},
        max((at for at in plain if at is not None), default=None),
    )


def suggestions_in(
    session: Session,
    mailing_id: int,
    heap: Heap,
    *,
    after: str | None = None,
    before: str | None = None,
    size: int = 20,
) -> Page[GuardianSuggestion]:
    """Some suggestions of one heap in the order of the letters, with copies, letter, decider."""
    statement: Select[Any] = (
        _of(mailing_id)
        .where(_is_in(heap))
        .options(
            selectinload(GuardianSuggestion.copies),
            selectinload(GuardianSuggestion.letter),
            selectinload(GuardianSuggestion.recipient),
            selectinload(GuardianSuggestion.decided_by),
        )
    )
    order = [(Letter.position, False), (Letter.id, False)]
    return page(session, statement, order=order, after=after, before=before, size=size)


def count_unanswered(session: Session, mailing_id: int, on: date) -> int:
    """Letters to somebody who may be under 18 and of whom the CPR register has said nothing.

    By the year in the masked number alone, so a few who are a hundred years older count as well.
    """
    years = sorted({f"{(on.year - back) % 100:02}" for back in range(OF_AGE + 1)})
    answered = (
        select(GuardianSuggestion.id)
        .where(
            GuardianSuggestion.letter_id == Letter.id,
            GuardianSuggestion.recipient_id == Letter.recipient_id,
        )
        .exists()
    )
    counted = (
        select(func.count(Letter.id))
        .join(Recipient, Recipient.id == Letter.recipient_id)
        .where(
            Letter.mailing_id == mailing_id,
            Letter.status == LetterStatus.DRAFT,
            Recipient.kind == IdentifierKind.CPR,
            Recipient.number_masked < "4",  # a replacement number is in no register
            func.substr(Recipient.number_masked, 5, 2).in_(years),
            ~answered,
        )
    )
    return session.scalar(counted) or 0


def _of(mailing_id: int) -> Select[GuardianSuggestion]:
    return (
        select(GuardianSuggestion)
        .join(Letter, Letter.id == GuardianSuggestion.letter_id)
        .where(
            GuardianSuggestion.mailing_id == mailing_id,
            Letter.status == LetterStatus.DRAFT,
            Letter.recipient_id == GuardianSuggestion.recipient_id,
        )
    )


def _is_in(heap: Heap) -> ColumnElement[bool]:
    if heap is Heap.DECIDED:
        return GuardianSuggestion.decision != CopyDecision.PROPOSED
    waits = GuardianSuggestion.decision == CopyDecision.PROPOSED
    if heap is Heap.UNSURE:
        return and_(waits, _CODE != "")
    rule = AgeRule.UNDER_15 if heap is Heap.UNDER_15 else AgeRule.FROM_15_TO_17
    return and_(waits, _CODE == "", GuardianSuggestion.rule == rule)

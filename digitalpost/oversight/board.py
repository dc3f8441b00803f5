"""The board: every letter that was made stands somewhere, for each mailing and for each day.

created = delivered + on paper + failed + cancelled + open, counted in the database: as many queries
for twenty thousand letters as for one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from sqlalchemy import and_, or_, select

from digitalpost.access import Actor, require
from digitalpost.danish_time import COPENHAGEN, local
from digitalpost.db import Session, now
from digitalpost.mailings.books import HEAPS
from digitalpost.models import FINAL_STATUSES, Letter, Mailing, MailingStatus
from digitalpost.oversight.books_rows import counted_when, created, in_heap
from digitalpost.oversight.checks import Finding, Weight, run_checks
from digitalpost.oversight.stuck_rows import DUE_FOR

DAYS = 7
MOST_DAYS = 366


@dataclass(frozen=True)
class Books:
    """Letters that were made, where they stand, and how many of those are behind their time."""

    created: int = 0
    heaps: dict[str, int] = field(default_factory=lambda: dict.fromkeys(HEAPS, 0))
    overdue: int = 0

    @property
    def difference(self) -> int:
        """Letters that were made and stand nowhere; below zero: more than were made."""
        return self.created - sum(self.heaps.values())

    def __add__(self, other: Books) -> Books:
        heaps = {heap: count + other.heaps[heap] for heap, count in self.heaps.items()}
        return Books(self.created + other.created, heaps, self.overdue + other.overdue)


@dataclass(frozen=True)
class MailingBooks:
    """The books of one mailing."""

    mailing_id: int
    title: str
    status: MailingStatus
    approved_on: date | None  # in Denmark
    books: Books


@dataclass(frozen=True)
class DayBooks:
    """The books of all mailings that were approved on one Danish day."""

    day: date
    mailings: int
    books: Books


@dataclass(frozen=True)
class Board:
    """Everything on the board at one moment."""

    at: datetime
    mailings: Sequence[MailingBooks]  # those with anything open, what is wrong first
    days: Sequence[DayBooks]  # the last ones, newest first
    total: Books  # of all mailings that are on the board, each once
    findings: Sequence[Finding]

    @property
    def balances(self) -> bool:
        """Whether every mailing adds up and no row contradicts another."""
        wrong = any(one.check.weight is Weight.BOOKS for one in self.findings)
        return not wrong and not any(one.books.difference for one in self.mailings)

    @property
    def missing(self) -> int:
        """By how many letters the books are out, mailings that lack and have too many alike."""
        return sum(abs(one.books.difference) for one in self.mailings)


def read_board(session: Session, actor: Actor, *, days: int = DAYS) -> Board:
    """Count everything that the actor may see now; ``days`` is how many days back, with today."""
    require(actor, "board.read")
    at = now()
    today = local(at).date()
    first = today - timedelta(days=min(max(days, 1), MOST_DAYS) - 1)
    rows = _mailings(session, at, _midnight(first))
    by_day: dict[date, list[MailingBooks]] = {
        today - timedelta(days=back): [] for back in range((today - first).days + 1)
    }
    for one in rows:
        if one.approved_on is not None and one.approved_on in by_day:
            by_day[one.approved_on].append(one)
    is_open = [one for one in rows if one.books.heaps["open"] or one.books.difference]
    return Board(
        at=at,
        mailings=sorted(is_open, key=_worst_first),
        days=[DayBooks(day, len(found), _sum(found)) for day, found in by_day.items()],
        total=_sum(rows),
        findings=run_checks(session, at),
    )


def _mailings(session: Session, at: datetime, since: datetime) -> list[MailingBooks]:
    """The books of mailings that were approved since then, or have letters that are open."""
    open_letters = select(Letter.mailing_id).where(
        Letter.status.in_(HEAPS["open"]), Letter.mailing_id.is_not(None)
    )
    late = and_(Letter.status.not_in(FINAL_STATUSES), Letter.due_at < at - DUE_FOR)
    found = session.execute(
        select(
            Mailing.id,
            Mailing.title,
            Mailing.status,
            Mailing.approved_at,
            created().label("created"),
            *(in_heap(heap).label(heap) for heap in HEAPS),
            counted_when(late).label("overdue"),
        )
        .outerjoin(Letter, Letter.mailing_id == Mailing.id)
        .where(
            or_(
                Mailing.approved_at >= since,
                Mailing.status.in_([MailingStatus.REVIEW, MailingStatus.HOLDING]),
                and_(Mailing.id.in_(open_letters), Mailing.status != MailingStatus.PREPARING),
            )
        )
        .group_by(Mailing.id)
        .order_by(Mailing.id.desc())
    )
    return [
        MailingBooks(
            mailing_id=row.id,
            title=row.title,
            status=row.status,
            approved_on=local(row.approved_at).date() if row.approved_at else None,
            books=Books(
                int(row.created), {heap: int(getattr(row, heap)) for heap in HEAPS}, row.overdue
            ),
        )
        for row in found
    ]


def _sum(found: Iterable[MailingBooks]) -> Books:
    return sum((one.books for one in found), Books())


def _worst_first(one: MailingBooks) -> tuple[bool, bool, int]:
    return not one.books.difference, not one.books.overdue, -one.mailing_id


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=COPENHAGEN)

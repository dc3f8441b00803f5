"""What staff see of a mailing on its way: the letters by risk, the counts, and real progress."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import selectinload

from digitalpost.db import Session, now
from digitalpost.events import EventKind
from digitalpost.mailings.books import balance
from digitalpost.mailings.copies import count_copies
from digitalpost.mailings.shown import shown
from digitalpost.models import (
    Event,
    LeftOutPage,
    Letter,
    LetterStatus,
    LetterWay,
    Mailing,
    MailingSource,
    MailingStatus,
    Verdict,
)
from digitalpost.paging import Page, page

PAGE_SIZE = 40


@dataclass(frozen=True)
class ReviewCounts:
    """How many letters of a mailing in review stand where. They add up to ``found``."""

    ready: int  # nothing to remark
    look: int  # can be sent, but somebody should look first
    stopped: int  # can't be sent as they are
    held: int  # could be sent, but somebody chose to hold them back
    taken_out: int
    left_out_pages: int
    being_made: int = 0  # of those stopped: mended, and made again just now
    remote_print: int = 0  # of those that would be sent
    local_print: int = 0  # of those that would be sent: the house prints them itself
    copies: int = 0  # besides the letters that would be sent
    no_way: int = 0  # nothing is wrong with them, but there is no way to send them

    @property
    def found(self) -> int:
        """Every letter that was made."""
        return self.ready + self.look + self.stopped + self.held + self.taken_out

    @property
    def sendable(self) -> int:
        """What approval would send."""
        return self.ready + self.look - self.no_way


@dataclass(frozen=True)
class Progress:
    """How far a mailing has come, by count; rates and time left only when they mean something."""

    done: int
    total: int
    share: float  # 0 to 1
    per_second: float | None
    seconds_left: int | None
    reading: bool = False  # preparing: pages are still being read


def review_counts(session: Session, mailing: Mailing, *, no_way: int = 0) -> ReviewCounts:
    """Count the drafts of a mailing by what can become of them: a few counts over an index.

    ``no_way`` of them have no way out (`deliveries/forecast.py`).
    """
    is_whole = Letter.recipient_id.is_not(None) & Letter.document_id.is_not(None)
    rows = session.execute(
        select(Letter.status, Letter.verdict, is_whole, Letter.way, func.count())
        .where(Letter.mailing_id == mailing.id)
        .group_by(Letter.status, Letter.verdict, is_whole, Letter.way)
    ).all()
    ready = look = stopped = held = taken_out = 0
    ways: dict[LetterWay, int] = dict.fromkeys(LetterWay, 0)
    for status, verdict, whole, way, count in rows:
        if status is not LetterStatus.DRAFT:
            taken_out += count
        elif verdict is Verdict.RED or not whole:
            stopped += count
        elif way is LetterWay.HOLD:
            held += count
        else:
            ways[way] += count
            if verdict is Verdict.YELLOW:
                look += count
            else:
                ready += count
    left_out = session.scalar(
        select(func.count(LeftOutPage.id)).where(LeftOutPage.mailing_id == mailing.id)
    )
    being_made = 0
    if mailing.mended_at is not None:
        mended = select(func.count(Letter.id)).where(
            Letter.mailing_id == mailing.id,
            Letter.status == LetterStatus.DRAFT,
            Letter.mended_at.is_not(None),
        )
        being_made = session.scalar(mended) or 0
    return ReviewCounts(
        ready,
        look,
        stopped,
        held,
        taken_out,
        left_out or 0,
        being_made,
        ways[LetterWay.REMOTE_PRINT],
        ways[LetterWay.LOCAL_PRINT],
        count_copies(session, mailing),
        no_way,
    )


def letters_by_risk(
    session: Session,
    mailing: Mailing,
    *,
    show: str = "",
    after: str | None = None,
    before: str | None = None,
    size: int = PAGE_SIZE,
) -> Page[Letter]:
    """The letters of a mailing, doubt first, then in the order of the file.

    ``show`` narrows as `shown.shown` says; anything else shows all.
    """
    return page(
        session,
        shown(mailing, show).options(selectinload(Letter.recipient), selectinload(Letter.document)),
        order=[(Letter.risk, True), (Letter.position, False), (Letter.id, False)],
        after=after,
        before=before,
        size=size,
    )


def letter_of(session: Session, mailing: Mailing, letter_id: int) -> Letter | None:
    """The letter with this id if it is one of the mailing's."""
    return session.scalars(
        select(Letter)
        .where(Letter.mailing_id == mailing.id, Letter.id == letter_id)
        .options(selectinload(Letter.recipient), selectinload(Letter.document))
    ).one_or_none()


def left_out_pages(
    session: Session, mailing: Mailing, *, most: int = 20
) -> Sequence[tuple[LeftOutPage, str]]:
    """Pages that are in no letter on purpose, with the name of their file; the first ``most``."""
    return [
        (row[0], row[1])
        for row in session.execute(
            select(LeftOutPage, MailingSource.file_name)
            .join(MailingSource, MailingSource.id == LeftOutPage.source_id)
            .where(LeftOutPage.mailing_id == mailing.id)
            .order_by(LeftOutPage.source_id, LeftOutPage.page)
            .limit(most)
        )
    ]


def outcome_counts(session: Session, mailing: Mailing) -> list[tuple[LetterStatus, int]]:
    """Letters by status, in the order of a letter's life; statuses with none are left out."""
    by_status = balance(session, mailing).by_status
    return [(status, by_status[status]) for status in LetterStatus if by_status.get(status)]


def preparing_progress(session: Session, mailing: Mailing) -> Progress:
    """How far preparing has come: pages read first, then letters finished.

    The time left is what the work so far took, scaled to what is left; None until a tenth is done
    or five seconds have passed, because a guess from nothing helps nobody.
    """
    read = _part(mailing.pages_read, mailing.pages_total)
    made = _part(mailing.letters_finished, mailing.letters_total)
    share = (read + made) / 2
    reading = mailing.pages_read < mailing.pages_total or not mailing.letters_total
    done, total = (
        (mailing.pages_read, mailing.pages_total)
        if reading
        else (mailing.letters_finished, mailing.letters_total)
    )
    elapsed = (now() - _began(session, mailing)).total_seconds()
    if share <= 0 or (share < 0.1 and elapsed < 5):
        return Progress(done, total, share, None, None, reading)
    work = mailing.letters_finished or mailing.pages_read
    return Progress(
        done,
        total,
        share,
        work / elapsed if elapsed > 1 else None,
        round(elapsed * (1 - share) / share),
        reading,
    )


def sending_progress(session: Session, mailing: Mailing) -> Progress:
    """How many of the approved letters have left the house, and how fast the rest goes."""
    heaps = balance(session, mailing)
    waiting = sum(
        heaps.by_status.get(status, 0) for status in (LetterStatus.WAITING, LetterStatus.SENDING)
    )
    total = heaps.created - heaps.heaps["cancelled"]
    done = total - waiting
    elapsed = (now() - (mailing.hold_until or now())).total_seconds()
    # Of a mailing that was sent before, only some letters go again: their rate is not known.
    first_time = mailing.finished_at is None
    rate = done / elapsed if first_time and done and elapsed > 1 else None
    left = round(waiting / rate) if rate and elapsed > 3 else None
    return Progress(done, total, _part(done, total), rate, left)


def seconds_of_hold(mailing: Mailing, at: datetime | None = None) -> tuple[int, int]:
    """(seconds left, seconds in all) of the undo window; zero left when it is over."""
    if mailing.hold_until is None or mailing.approved_at is None:
        return 0, 0
    left = mailing.hold_until - (at or now())
    whole = mailing.hold_until - mailing.approved_at
    return max(0, -(-left // timedelta(seconds=1))), max(1, round(whole.total_seconds()))


def can_still_arrive(session: Session, mailing: Mailing) -> bool:
    """Whether a mailing that was sent still waits for receipts."""
    return bool(
        session.scalar(
            select(Letter.id)
            .where(Letter.mailing_id == mailing.id, Letter.status == LetterStatus.AWAITING_RECEIPT)
            .limit(1)
        )
    )


def pulse(session: Session, mailing: Mailing) -> str:
    """The stage of the mailing's page, in a word: when it has changed, the page is loaded anew."""
    if mailing.status is MailingStatus.REVIEW and mailing.mended_at is not None:
        return f"{mailing.status.value}-mending"
    sent = mailing.status is MailingStatus.SENT
    waits = sent and can_still_arrive(session, mailing)
    return f"{mailing.status.value}-waiting" if waits else mailing.status.value


def _began(session: Session, mailing: Mailing) -> datetime:
    """When this round of preparing was asked for: at upload, or when numbers were chosen anew."""
    changed = session.scalar(
        select(func.max(Event.id)).where(
            Event.subject == "mailing",
            Event.subject_id == mailing.id,
            Event.kind.in_([EventKind.MAILING_CREATED.value, EventKind.MAILING_CHANGED.value]),
        )
    )
    event = session.get(Event, changed) if changed is not None else None
    return event.at if event is not None else mailing.created_at


def _part(done: int, total: int) -> float:
    return min(1.0, done / total) if total else 0.0

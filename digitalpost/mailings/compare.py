"""Before you send: what differs from the last mailing that looks like this one, and when to stop.

The surest sign of a wrong file is that it differs from the one sent last time: half the letters,
three pages instead of two, recipients nobody has written to before.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher

from sqlalchemy import Select, func, or_, select

from digitalpost.db import Session
from digitalpost.errors import Sentence
from digitalpost.models import Letter, LetterStatus, Mailing, MailingStatus, Verdict

DOUBTFUL_PERCENT = 20  # unless the settings say otherwise
LEAST_DOUBTFUL = 5  # fewer red letters than this are looked at one by one
NAMES = 10  # how many new and missing recipients are named
_CANDIDATES = 50
_ALIKE = 0.6  # titles as alike as "Eksamensbreve juni" and "Eksamensbreve maj"
_NOT_WORDS = re.compile(r"[^a-zæøå]+")


@dataclass(frozen=True)
class Difference:
    """This mailing beside the last one like it. Counts are of letters that go or went out."""

    before: Mailing
    letters_then: int
    letters_now: int
    pages_then: int  # of most letters
    pages_now: int
    new: int
    new_names: tuple[str, ...]
    missing: int
    missing_names: tuple[str, ...]

    def sentences(self) -> list[Sentence]:
        """What differs, as the clerk reads it. Empty when nothing does."""
        said = []
        if self.letters_then != self.letters_now:
            said.append(
                Sentence(
                    "Sidst var der %(then)s breve, nu er der %(now)s.",
                    {"then": self.letters_then, "now": self.letters_now},
                    code="letters",
                )
            )
        if self.pages_then != self.pages_now:
            said.append(
                Sentence(
                    "Antal sider i de fleste breve er nu %(now)s. Sidst var det %(then)s.",
                    {"then": self.pages_then, "now": self.pages_now},
                    code="pages",
                )
            )
        if self.new:
            text = (
                "1 modtager er ny i forhold til sidst: %(names)s"
                if self.new == 1
                else "%(count)s modtagere er nye i forhold til sidst: %(names)s"
            )
            said.append(_people(text, self.new, self.new_names, "new"))
        if self.missing:
            text = (
                "1 modtager fra sidst er ikke med: %(names)s"
                if self.missing == 1
                else "%(count)s modtagere fra sidst er ikke med: %(names)s"
            )
            said.append(_people(text, self.missing, self.missing_names, "missing"))
        return said


def compare(session: Session, mailing: Mailing) -> Difference | None:
    """The difference from the last mailing like this one; None when there is none like it."""
    before = last_like(session, mailing)
    if before is None:
        return None
    new, new_names = _only_in(session, mailing, before)
    missing, missing_names = _only_in(session, before, mailing)
    return Difference(
        before,
        _count(session, before),
        _count(session, mailing),
        _usual_pages(session, before),
        _usual_pages(session, mailing),
        new,
        new_names,
        missing,
        missing_names,
    )


def last_like(session: Session, mailing: Mailing) -> Mailing | None:
    """The newest mailing that was sent by the same unit, for the same case type, titled alike."""
    words = _words(mailing.title)
    sent = session.scalars(
        select(Mailing)
        .where(
            Mailing.unit_id == mailing.unit_id,
            Mailing.case_type_id == mailing.case_type_id,
            Mailing.id < mailing.id,
            Mailing.status.in_([MailingStatus.SENDING, MailingStatus.SENT]),
        )
        .order_by(Mailing.id.desc())
        .limit(_CANDIDATES)
    )
    for one in sent:
        if SequenceMatcher(None, words, _words(one.title)).ratio() >= _ALIKE:
            return one
    return None


def doubtful(session: Session, mailing: Mailing, *, percent: int) -> Sentence | None:
    """Why approving needs a supervisor: more than ``percent`` of the letters can't be sent.

    None when there are fewer, or fewer than `LEAST_DOUBTFUL`. Letters taken out do not count.
    """
    can_not = or_(
        Letter.verdict == Verdict.RED,
        Letter.recipient_id.is_(None),
        Letter.document_id.is_(None),
    )
    drafts = select(func.count(Letter.id)).where(
        Letter.mailing_id == mailing.id,
        Letter.status == LetterStatus.DRAFT,
    )
    letters = session.scalar(drafts) or 0
    stopped = session.scalar(drafts.where(can_not)) or 0
    if stopped < LEAST_DOUBTFUL or stopped * 100 <= percent * letters:
        return None
    return Sentence(
        "%(stopped)s af %(letters)s breve kan ikke sendes. Det er så mange, at det måske er en "
        "forkert fil. Ret brevene, eller bed en leder om at godkende.",
        {"stopped": stopped, "letters": letters},
        code="doubtful",
    )


def _words(title: str) -> str:
    """A title without what changes from time to time: dates, years, numbers, capitals."""
    return " ".join(_NOT_WORDS.split(title.casefold())).strip()


def _people(text: str, count: int, names: tuple[str, ...], code: str) -> Sentence:
    named = ", ".join(names)
    if count > len(names):
        named = f"{named} …"
    return Sentence(text, {"count": count, "names": named}, code=code)


def _letters(mailing: Mailing) -> Select[Letter]:
    return select(Letter).where(
        Letter.mailing_id == mailing.id,
        Letter.status != LetterStatus.CANCELLED,
        Letter.recipient_id.is_not(None),
    )


def _count(session: Session, mailing: Mailing) -> int:
    return session.scalar(_letters(mailing).with_only_columns(func.count(Letter.id))) or 0


def _usual_pages(session: Session, mailing: Mailing) -> int:
    counted = (
        _letters(mailing)
        .with_only_columns(Letter.page_count)
        .group_by(Letter.page_count)
        .order_by(func.count().desc(), Letter.page_count)
        .limit(1)
    )
    return session.scalar(counted) or 0


def _only_in(session: Session, one: Mailing, other: Mailing) -> tuple[int, tuple[str, ...]]:
    """How many recipients of ``one`` get nothing in ``other``, and the first of their names."""
    theirs = _letters(other).with_only_columns(Letter.recipient_id)
    only = _letters(one).where(Letter.recipient_id.not_in(theirs))
    count = session.scalar(only.with_only_columns(func.count(Letter.recipient_id.distinct())))
    if not count:
        return 0, ()
    letters = session.scalars(only.order_by(Letter.position).limit(NAMES * 3)).all()
    names = dict.fromkeys(
        letter.recipient_name or (letter.recipient.display_name if letter.recipient else "")
        for letter in letters
    )
    return count, tuple(name for name in names if name)[:NAMES]

"""Changing a mailing while it is reviewed: title, letters taken out, numbers, how it is divided."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select, update

from digitalpost import events
from digitalpost.access import Actor, require
from digitalpost.archive.filing import search_text
from digitalpost.db import Session, change_rows, lock, now
from digitalpost.errors import Refused, Sentence
from digitalpost.events import EventKind
from digitalpost.mailings.drafts import REVIEW_DAYS
from digitalpost.models import (
    Event,
    Letter,
    LetterCopy,
    LetterStatus,
    LetterWay,
    Mailing,
    MailingStatus,
)
from digitalpost.models.event_kind import MENDS
from digitalpost.pdf.splits import SplitMethod, parse_split
from digitalpost.registers.rounds import ask_registers_again
from digitalpost.wording import clean_title

# What a person does to single letters, beside taking them out.
_LOST_ANEW = (
    *MENDS,
    EventKind.LETTER_COPIES_ACCEPTED,
    EventKind.LETTER_COPIES_DECLINED,
)
TAKEN_OUT = "Taget ud af forsendelsen: %(why)s"


def rename_mailing(session: Session, actor: Actor, mailing: Mailing, title: str) -> None:
    """Give the mailing and its drafts the title that recipients see."""
    require(actor, "mailing.change", mailing)
    require_review(session, mailing)
    title = clean_title(title)
    mailing.title = title
    change_rows(
        session,
        update(Letter)
        .where(Letter.mailing_id == mailing.id, Letter.status == LetterStatus.DRAFT)
        .values(title=title, search_text=title + " " + Letter.recipient_name),
    )
    events.record(session, actor, EventKind.MAILING_CHANGED, mailing, data={"what": "title"})


def take_out_letter(session: Session, actor: Actor, letter: Letter, why: str = "") -> None:
    """Leave one letter out of the mailing. Its pages stay accounted for, with the reason."""
    mailing = mailing_of(letter)
    require(actor, "mailing.change", mailing)
    require_review(session, mailing)
    lock(session, letter)
    if letter.status is not LetterStatus.DRAFT:
        raise Refused("Brevet er allerede taget ud.")
    letter.status = LetterStatus.CANCELLED
    letter.status_reason = Sentence(TAKEN_OUT, {"why": why.strip() or "valgt fra"}).as_json()
    letter.due_at = None
    events.record(session, actor, EventKind.LETTER_REMOVED, letter, personal={"why": why})


def put_back_letter(session: Session, actor: Actor, letter: Letter) -> None:
    """Undo `take_out_letter` while the mailing is still reviewed."""
    mailing = mailing_of(letter)
    require(actor, "mailing.change", mailing)
    require_review(session, mailing)
    lock(session, letter)
    if letter.status is not LetterStatus.CANCELLED:
        raise Refused("Brevet er allerede med i forsendelsen.")
    letter.status = LetterStatus.DRAFT
    letter.status_reason = None
    letter.title = mailing.title
    letter.due_at = now() + timedelta(days=REVIEW_DAYS)
    letter.search_text = search_text(letter, None)
    session.flush()
    ask_registers_again(session, mailing.id)
    events.record(
        session, actor, EventKind.MAILING_CHANGED, mailing, letter=letter, data={"what": "put_back"}
    )


def keep_numbers(session: Session, actor: Actor, mailing: Mailing, keep: bool) -> None:
    """Choose whether CPR numbers stay in the letters. The mailing is then prepared anew.

    The caller wakes the preparation after commit. Letters taken out come back: they are new.
    """
    require(actor, "mailing.change", mailing)
    require_review(session, mailing)
    if mailing.keep_numbers == keep:
        return
    if _is_mended(session, mailing):
        raise Refused(
            "Der er rettet breve i forsendelsen, og rettelserne ville gå tabt. "
            "Kassér forsendelsen, upload filen igen, og vælg om CPR-numre, før du retter."
        )
    if _has_choices(session, mailing):
        raise Refused(
            "Der er valgt kopier eller en anden forsendelsesmåde for breve i forsendelsen, og "
            "valgene ville gå tabt. Fjern dem først, og vælg så om CPR-numre."
        )
    _prepare_anew(mailing)
    mailing.keep_numbers = keep
    events.record(
        session,
        actor,
        EventKind.MAILING_CHANGED,
        mailing,
        data={"what": "keep_numbers", "keep": keep},
    )


def divide_anew(session: Session, actor: Actor, mailing: Mailing, split: str) -> None:
    """Divide the files in another way, written as `pdf.splits.parse_split` reads it.

    The mailing is then prepared anew: the caller wakes the preparation after commit. Letters taken
    out come back: they are new.
    """
    require(actor, "mailing.change", mailing)
    require_review(session, mailing)
    choice = parse_split(split)
    if SplitMethod.WHOLE in (choice.method, mailing.split_method):
        raise Refused(
            "Hele filen går til de modtagere, der er skrevet, og kan ikke deles. "
            "Upload filen igen uden modtagere for at dele den."
        )
    if _is_mended(session, mailing) or _has_choices(session, mailing):
        raise Refused(
            "Der er rettet breve i forsendelsen, eller der er valgt kopier eller en anden "
            "forsendelsesmåde, og det ville gå tabt. Kassér forsendelsen, upload filen igen, og "
            "vælg, hvordan den deles, før du retter."
        )
    _prepare_anew(mailing)
    mailing.split_method, mailing.split_options = choice.method.value, choice.options
    events.record(session, actor, EventKind.MAILING_CHANGED, mailing, data={"what": "split"})


def _prepare_anew(mailing: Mailing) -> None:
    """Back to *Klargøres*, as if the files had just been made ready."""
    mailing.status = MailingStatus.PREPARING
    mailing.attempts = mailing.pages_read = mailing.letters_finished = 0
    mailing.lease_owner = mailing.lease_until = None


def _is_mended(session: Session, mailing: Mailing) -> bool:
    """Whether what a person did to letters would be lost if all letters were made anew."""
    done = select(Event.id).where(Event.mailing_id == mailing.id, Event.kind.in_(_LOST_ANEW))
    return session.scalar(done.limit(1)) is not None


def _has_choices(session: Session, mailing: Mailing) -> bool:
    """Whether copies or ways that somebody chose would be lost if all letters were made anew."""
    letters = select(Letter.id).where(Letter.mailing_id == mailing.id)
    chosen = letters.where(Letter.way != LetterWay.DIGITAL)
    copied = letters.join(LetterCopy, LetterCopy.letter_id == Letter.id)
    return any(session.scalar(one.limit(1)) is not None for one in (chosen, copied))


def mailing_of(letter: Letter) -> Mailing:
    """The mailing of a letter in review. Raises `Refused` when it has none."""
    if letter.mailing is None:
        raise Refused("Brevet hører ikke til en forsendelse.")
    return letter.mailing


def require_review(session: Session, mailing: Mailing) -> None:
    """Hold the mailing, and raise `Refused` when it is not to be reviewed any more."""
    lock(session, mailing)
    if mailing.status is not MailingStatus.REVIEW:
        raise Refused(
            "Forsendelsen kan ikke ændres nu. Den står som «%(status)s».",
            status=mailing.status.label,
        )

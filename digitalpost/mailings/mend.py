"""Mending letters in review: who it is for, which pages it has. The pages always add up.

A mended letter loses its document at once and is made again by `remake.finish_letters`, which the
caller wakes after the commit; until then the mailing can't be approved. Letters never span source
files.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from digitalpost import events
from digitalpost.access import Actor, require
from digitalpost.db import Session, lock, now
from digitalpost.errors import Refused, Sentence
from digitalpost.events import EventKind
from digitalpost.identifiers import Identifier, InvalidIdentifier, parse
from digitalpost.mailings.mended import (
    add_pages,
    give_to,
    mark_mended,
    new_letter,
    remove,
    set_pages,
    take_pages_from,
)
from digitalpost.models import (
    LeftOutPage,
    Letter,
    LetterStatus,
    Mailing,
    MailingStatus,
)
from digitalpost.pdf.splits import SplitMethod
from digitalpost.registers.recipients import find_or_make_recipients, find_recipients
from digitalpost.wording import holds_cpr

MOST_REASON = 200  # characters of a reason for leaving a page out

LEFT_OUT = "Side %(page)s er udeladt: %(why)s"


@dataclass(frozen=True)
class Who:
    """Whom a typed number belongs to: masked, with the name if the actor's units know it."""

    number: Identifier
    name: str  # empty when the register does not know the number

    @property
    def is_replacement(self) -> bool:
        """A number that no digital channel knows."""
        return self.number.is_replacement


def who_is(session: Session, actor: Actor, number: str) -> Who:
    """The owner of a typed CPR or CVR number, shown before it counts. Raises `Refused`."""
    require(actor, "mailing.change")
    identifier = _typed(number)
    known = find_recipients(session, [identifier]).get(identifier)
    return Who(identifier, known.name if known is not None else "")


def choose_recipient(session: Session, actor: Actor, letter: Letter, number: str) -> None:
    """A person says whose letter it is, by CPR or CVR number.

    Needs a session that sees everything: a recipient whom another unit knows is the same person.
    """
    mailing = _hold(session, actor, letter)
    identifier = _typed(number)
    found = find_or_make_recipients(session, actor, [identifier], unit_id=mailing.unit_id)
    recipient = found[identifier]
    give_to(session, letter, recipient.id, recipient.name)
    letter.recipient_chosen_at = now()
    mark_mended(session, mailing, letter)
    events.record(session, actor, EventKind.LETTER_RECIPIENT_CHOSEN, letter)


def confirm_letter(session: Session, actor: Actor, letter: Letter) -> None:
    """A person has looked: the letter has the right recipient and the right pages as it is."""
    mailing = _hold(session, actor, letter)
    if letter.recipient_id is None:
        raise Refused("Brevet har ingen modtager. Skriv først, hvem det er til.")
    letter.recipient_chosen_at = now()
    mark_mended(session, mailing, letter)
    events.record(session, actor, EventKind.LETTER_CONFIRMED, letter)


def split_letter(session: Session, actor: Actor, letter: Letter, before_page: int) -> Letter:
    """Cut a letter in two before a page of the source. Returns the new letter, from that page on.

    The first part keeps the recipient; the new one gets its own from the numbers on its pages.
    """
    mailing = _hold(session, actor, letter)
    at = letter.pages.index(before_page) if before_page in letter.pages else 0
    if not at:
        raise Refused("Brevet kan kun deles før en af dets sider, og ikke før den første.")
    new = new_letter(session, mailing, letter.source_id, letter.pages[at:])
    set_pages(letter, letter.pages[:at])
    mark_mended(session, mailing, letter)
    events.record(session, actor, EventKind.LETTER_SPLIT, letter, data={"before": before_page})
    return new


def join_letters(session: Session, actor: Actor, first: Letter, second: Letter) -> None:
    """Put the pages of ``second`` into ``first``; ``second`` is gone.

    The letter goes to the recipient of ``first``, or of ``second`` when the first has none.
    """
    mailing = _hold(session, actor, first, second)
    if first.recipient_id is None:
        give_to(session, first, second.recipient_id, second.recipient_name)
    pages = list(second.pages)
    add_pages(first, pages)
    remove(session, mailing, second)
    mark_mended(session, mailing, first)
    events.record(session, actor, EventKind.LETTER_JOINED, first, data={"pages": pages})


def move_pages(
    session: Session, actor: Actor, letter: Letter, pages: Sequence[int], *, to: Letter | None
) -> Letter:
    """Move pages into another letter of the same file, or into a new one (``to`` None).

    A letter that loses its last page is gone. Returns the letter that the pages are in now.
    """
    mailing = _hold(session, actor, letter, *([to] if to is not None else []))
    chosen = _chosen(letter, pages)
    is_all = len(chosen) == len(letter.pages)
    if to is None and is_all:
        raise Refused("Det er alle brevets sider. De er et brev for sig allerede.")
    if to is None:
        to = new_letter(session, mailing, letter.source_id, chosen)
    else:
        add_pages(to, chosen)
        mark_mended(session, mailing, to)
    events.record(session, actor, EventKind.LETTER_PAGES_MOVED, letter, data={"pages": chosen})
    take_pages_from(session, mailing, letter, chosen)
    return to


def move_page_up(session: Session, actor: Actor, letter: Letter, page: int) -> None:
    """Put a page before the one that it stands behind in its letter: they came the wrong way."""
    mailing = _hold(session, actor, letter)
    _chosen(letter, [page])
    pages = list(letter.pages)
    at = pages.index(page)
    if not at:
        raise Refused("Siden er allerede den første i brevet.")
    pages[at - 1 : at + 1] = page, pages[at - 1]
    set_pages(letter, pages)
    mark_mended(session, mailing, letter)
    events.record(session, actor, EventKind.LETTER_PAGES_ORDERED, letter, data={"pages": [page]})


def leave_out_pages(
    session: Session, actor: Actor, letter: Letter, pages: Sequence[int], why: str
) -> None:
    """Take pages out of the mailing, each with the reason. A letter without pages is gone."""
    mailing = _hold(session, actor, letter)
    chosen = _chosen(letter, pages)
    why = " ".join(why.split())[:MOST_REASON]
    if not why:
        raise Refused("Skriv, hvorfor siden skal udelades.")
    if holds_cpr(why):
        raise Refused("Begrundelsen må ikke indeholde et CPR-nummer.")
    session.add_all(
        LeftOutPage(
            mailing_id=mailing.id,
            unit_id=mailing.unit_id,
            source_id=letter.source_id,
            page=page,
            reason=Sentence(
                LEFT_OUT, {"page": page, "why": why}, page=page, code="by_hand"
            ).as_json(),
        )
        for page in chosen
    )
    events.record(
        session,
        actor,
        EventKind.LETTER_PAGES_LEFT_OUT,
        letter,
        data={"pages": chosen},
        personal={"why": why},
    )
    take_pages_from(session, mailing, letter, chosen)


def take_back_page(
    session: Session, actor: Actor, left_out: LeftOutPage, *, to: Letter | None
) -> Letter:
    """Put a page that was left out into a letter of the same file, or into a new one."""
    mailing = session.get_one(Mailing, left_out.mailing_id)
    require(actor, "mailing.change", mailing)
    _require_mendable(session, mailing)
    if to is None:
        to = new_letter(session, mailing, left_out.source_id, [left_out.page])
    else:
        lock(session, to)
        _require_together(mailing, left_out.source_id, to)
        add_pages(to, [left_out.page])
        mark_mended(session, mailing, to)
    session.delete(left_out)
    events.record(
        session, actor, EventKind.LETTER_PAGE_TAKEN_BACK, to, data={"pages": [left_out.page]}
    )
    return to


def _typed(number: str) -> Identifier:
    try:
        return parse(number, today=date.today())  # noqa: DTZ011 - local birth dates
    except InvalidIdentifier as error:
        raise Refused(str(error)) from None


def _hold(session: Session, actor: Actor, letter: Letter, *others: Letter) -> Mailing:
    """Check and lock what a mend changes: the mailing first, so that two mends take turns."""
    mailing = letter.mailing
    if mailing is None:
        raise Refused("Brevet hører ikke til en forsendelse.")
    require(actor, "mailing.change", mailing)
    _require_mendable(session, mailing)
    if letter in others:
        raise Refused("Vælg et andet brev.")
    for one in (letter, *others):
        lock(session, one)
        _require_together(mailing, letter.source_id, one)
    return mailing


def _require_mendable(session: Session, mailing: Mailing) -> None:
    lock(session, mailing)
    if mailing.status is not MailingStatus.REVIEW:
        raise Refused(
            "Brevene kan ikke rettes nu. Forsendelsen står som «%(status)s».",
            status=mailing.status.label,
        )
    if mailing.split_method == SplitMethod.WHOLE:
        raise Refused(
            "Hele filen går til hver modtager, så siderne kan ikke rettes for én. "
            "Tag brevet ud, eller upload filen igen."
        )


def _require_together(mailing: Mailing, source_id: int | None, letter: Letter) -> None:
    if letter.mailing_id != mailing.id or letter.source_id != source_id:
        raise Refused("Et brev kan ikke have sider fra flere filer.")
    if letter.status is not LetterStatus.DRAFT:
        raise Refused("Brev %(letter)s er taget ud. Læg det tilbage først.", letter=letter.position)


def _chosen(letter: Letter, pages: Sequence[int]) -> list[int]:
    chosen = sorted(set(pages))
    if not chosen:
        raise Refused("Vælg mindst én side.")
    if not set(chosen) <= set(letter.pages):
        raise Refused("Siderne hører ikke længere til brevet. Se, hvor de er nu, og prøv igen.")
    return chosen

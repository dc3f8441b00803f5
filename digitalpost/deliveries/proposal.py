"""What sending letters again would do: which, to whom, by which channel, and why or why not.

Nothing is changed here; `again.send_again` asks the same question before it acts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from digitalpost.channels.base import WayOut
from digitalpost.channels.sequence import Choice
from digitalpost.db import Session
from digitalpost.deliveries.plan import ToPlan, plan_letters
from digitalpost.deliveries.replan import CHOSEN, Again, choose_again, is_dead, may_have_arrived
from digitalpost.deliveries.standing import who_gets
from digitalpost.errors import Refused, Sentence, sentence_of
from digitalpost.models import (
    ChannelName,
    Delivery,
    DeliveryPurpose,
    DeliveryStatus,
    Letter,
    LetterStatus,
    LetterWay,
    Mailing,
    MailingStatus,
    Verdict,
)

MOST = 1000  # letters at a time: somebody is to read the list
GOT_NOWHERE = (DeliveryStatus.FAILED, DeliveryStatus.CANCELLED)
_OPEN = (MailingStatus.HOLDING, MailingStatus.SENDING, MailingStatus.SENT)

_DEAD_ALONE = Sentence(
    "Modtageren er registreret som død. Vælg kun det ene brev, hvis det alligevel skal sendes."
)


@dataclass(frozen=True)
class Step:
    """One letter that would go to one addressee, in place of ``failed`` if it was tried before."""

    letter: Letter
    failed: Delivery | None
    purpose: DeliveryPurpose
    recipient_id: int
    attention: dict[str, Any] | None
    name: str
    choice: Choice
    same_id: bool = False  # the delivery itself is tried again, because it may have come through


@dataclass(frozen=True)
class NotAgain:
    """A letter, or one addressee of it, that can't be sent again, and why."""

    letter: Letter
    name: str
    why: Sentence


@dataclass(frozen=True)
class Proposal:
    """What would be sent again, and what would not."""

    steps: tuple[Step, ...]
    refused: tuple[NotAgain, ...]

    @property
    def channels(self) -> dict[ChannelName, int]:
        """How many go which way."""
        return dict(Counter(step.choice.channel for step in self.steps))


def propose(
    session: Session,
    mailing: Mailing,
    how: Again,
    *,
    letter_ids: Collection[int],
    ways: Sequence[WayOut],
) -> Proposal:
    """What sending these letters again would do. Nothing is changed.

    Raises `Refused` when nothing of the mailing can be sent, or they are too many to read through.
    """
    if mailing.status not in _OPEN or mailing.approved_at is None:
        raise Refused(
            "Forsendelsen står som «%(status)s», så der er ingen breve at sende igen.",
            status=mailing.status.label,
        )
    ids = sorted(set(letter_ids))
    if len(ids) > MOST:
        raise Refused("Der kan højst sendes %(most)s breve igen ad gangen.", most=MOST)
    letters = session.scalars(
        select(Letter)
        .where(Letter.mailing_id == mailing.id, Letter.id.in_(ids))
        .order_by(Letter.position, Letter.id)
        .options(selectinload(Letter.document), selectinload(Letter.recipient))
    ).all()
    by_letter: dict[int, list[Delivery]] = {}
    for delivery in session.scalars(
        select(Delivery)
        .where(Delivery.letter_id.in_(ids), Delivery.replaced_by_id.is_(None))
        .order_by(Delivery.id)
        .options(selectinload(Delivery.document), selectinload(Delivery.recipient))
    ):
        by_letter.setdefault(delivery.letter_id, []).append(delivery)
    found = [
        *_of_the_tried(session, mailing, how, letters, by_letter, ways),
        *_of_the_held(session, mailing, how, [x for x in letters if x.id not in by_letter], ways),
    ]
    found.sort(key=lambda one: (one.letter.position, one.letter.id))
    return Proposal(
        tuple(one for one in found if isinstance(one, Step)),
        tuple(one for one in found if isinstance(one, NotAgain)),
    )


def _of_the_tried(
    session: Session,
    mailing: Mailing,
    how: Again,
    letters: Sequence[Letter],
    by_letter: dict[int, list[Delivery]],
    ways: Sequence[WayOut],
) -> Iterator[Step | NotAgain]:
    """Letters that went to somebody, or should have."""
    nowhere = {
        letter.id: [one for one in by_letter.get(letter.id, ()) if one.status in GOT_NOWHERE]
        for letter in letters
    }
    every = [one for some in nowhere.values() for one in some]
    choices = choose_again(session, mailing, every, how, ways)
    for letter in letters:
        for one in nowhere[letter.id]:
            choice, name = choices[one.id], who_gets(one)
            if is_dead(one) and len(letters) > 1:
                choice = _DEAD_ALONE
            if isinstance(choice, Sentence):
                yield NotAgain(letter, name, choice)
            else:
                yield Step(
                    letter,
                    one,
                    one.purpose,
                    one.recipient_id,
                    one.attention,
                    name,
                    choice,
                    may_have_arrived(one),
                )
        if letter.id in by_letter and not nowhere[letter.id]:
            why = Sentence(
                "Brevet står som «%(status)s» og skal ikke sendes igen.",
                {"status": letter.status.label},
            )
            yield NotAgain(letter, _name(letter), why)


def _of_the_held(
    session: Session,
    mailing: Mailing,
    how: Again,
    letters: Sequence[Letter],
    ways: Sequence[WayOut],
) -> Iterator[Step | NotAgain]:
    """Letters that approval left to their owner: nobody has been sent anything yet."""
    wanted = {one.letter_id: one for one in (_to_plan(letter, how) for letter in letters) if one}
    plans = plan_letters(session, mailing, list(wanted.values()), ways)
    for letter in letters:
        if letter.id not in wanted:
            yield NotAgain(letter, _name(letter), _why_never(letter))
            continue
        plan = plans[letter.id]
        if plan.held is not None:
            yield NotAgain(letter, _name(letter), plan.held)
            continue
        for to in plan.addressees:
            assert isinstance(to.choice, Choice)
            by_hand = how.way is not LetterWay.DIGITAL and to.purpose is DeliveryPurpose.MAIN
            choice = Choice(to.choice.channel, CHOSEN) if by_hand else to.choice
            yield Step(letter, None, to.purpose, to.recipient_id, to.attention, to.name, choice)


def is_sendable(letter: Letter) -> bool:
    """Whether a letter that was never sent could be: it is whole, and was not taken out."""
    return (
        letter.status is LetterStatus.ACTION
        and letter.verdict is not Verdict.RED
        and letter.recipient_id is not None
        and letter.document_id is not None
    )


def _to_plan(letter: Letter, how: Again) -> ToPlan | None:
    if not is_sendable(letter) or letter.recipient_id is None or letter.document is None:
        return None
    size = letter.document.size
    return ToPlan(letter.id, letter.recipient_id, letter.recipient_name, how.way, size)


def _why_never(letter: Letter) -> Sentence:
    reason = sentence_of(letter.status_reason) if letter.status_reason else None
    return reason or Sentence("Brevet kan ikke sendes, som det er. Ret det, og upload det igen.")


def _name(letter: Letter) -> str:
    return letter.recipient_name or (letter.recipient.display_name if letter.recipient else "")

"""Who gets a letter, and through which channel: worked out for many letters in a few queries.

The same answer before sending (what the review shows) and at approval (what is done).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select

from digitalpost.channels.base import WayOut
from digitalpost.channels.sequence import Choice, Wish, choose
from digitalpost.danish_time import today
from digitalpost.db import Session
from digitalpost.errors import Damaged, Sentence
from digitalpost.identifiers import IdentifierKind, age, birth_date
from digitalpost.models import (
    AgeRule,
    Attention,
    CopyDecision,
    DeliveryPurpose,
    GuardianCopy,
    GuardianSuggestion,
    Letter,
    LetterCopy,
    LetterWay,
    Mailbox,
    MailboxStatus,
    Mailing,
    Recipient,
)
from digitalpost.registers.copies import suggestions_of
from digitalpost.registers.guardians import OWN_MAILBOX_AGE
from digitalpost.registers.recipients import number_of
from digitalpost.vault import Vault

BATCH = 500


@dataclass(frozen=True, slots=True)
class ToPlan:
    """What of a letter decides where it goes."""

    letter_id: int
    recipient_id: int
    name: str
    way: LetterWay
    size: int  # bytes of its PDF


@dataclass(frozen=True, slots=True)
class Addressee:
    """One who gets the letter, and how; ``choice`` is a `Sentence` when there is no way."""

    purpose: DeliveryPurpose
    recipient_id: int  # for a guardian without a number: the pupil's, with the name beside
    name: str
    attention: dict[str, Any] | None
    has_address: bool
    choice: Choice | Sentence


@dataclass(frozen=True, slots=True)
class Plan:
    """Everybody who gets one letter. With ``held`` it goes to nobody, and that is why."""

    letter_id: int
    addressees: tuple[Addressee, ...]
    held: Sentence | None


@dataclass(frozen=True, slots=True)
class Person:
    """What is known about one recipient."""

    name: str
    kind: IdentifierKind
    is_replacement: bool
    is_child: bool
    mailbox: MailboxStatus | None
    has_address: bool
    attention: dict[str, Any] | None


def plan_letters(
    session: Session, mailing: Mailing, letters: Sequence[ToPlan], ways: Sequence[WayOut]
) -> dict[int, Plan]:
    """The plan of each letter, by letter id. A handful of queries for each `BATCH` letters.

    A letter is held when one of its addressees can't be reached: nobody is left out in silence.
    """
    plans: dict[int, Plan] = {}
    for start in range(0, len(letters), BATCH):
        part = letters[start : start + BATCH]
        ids = [one.letter_id for one in part]
        suggestions = suggestions_of(session, ids)
        copies = _hand_copies(session, ids)
        people = people_of(session, _everybody(part, suggestions, copies), today())
        for letter in part:
            found = _addressees(
                letter,
                suggestions.get(letter.letter_id),
                copies.get(letter.letter_id, ()),
                people,
                mailing,
                ways,
            )
            plans[letter.letter_id] = Plan(letter.letter_id, found, _held(found))
    return plans


def plans_of_page(
    session: Session, mailing: Mailing, letters: Sequence[Letter], ways: Sequence[WayOut]
) -> dict[int, Plan]:
    """The plans of the letters of one page of a list, by letter id; those without a recipient or

    a finished file are left out. Letters come with ``document`` loaded.
    """
    return plan_letters(session, mailing, [one for one in map(to_plan, letters) if one], ways)


def to_plan(letter: Letter) -> ToPlan | None:
    """What of a letter is to be planned; None for one that has no recipient or no file."""
    if letter.recipient_id is None or letter.document is None:
        return None
    name, size = letter.recipient_name, letter.document.size
    return ToPlan(letter.id, letter.recipient_id, name, letter.way, size)


def may_be_child(masked: str, on: date) -> bool:
    """Whether a masked CPR number may be that of somebody under 15: its year, of any century."""
    year = masked[4:6]
    return year.isdigit() and (on.year - int(year)) % 100 <= OWN_MAILBOX_AGE


def _addressees(
    letter: ToPlan,
    suggestion: GuardianSuggestion | None,
    copies: Iterable[LetterCopy],
    people: Mapping[int, Person],
    mailing: Mailing,
    ways: Sequence[WayOut],
) -> tuple[Addressee, ...]:
    def one(
        purpose: DeliveryPurpose,
        recipient_id: int,
        *,
        name: str = "",
        way: LetterWay = LetterWay.DIGITAL,
        is_child: bool | None = None,
    ) -> Addressee:
        person = people.get(recipient_id)
        if person is None:
            unseen = Sentence("Modtageren kan ikke ses i din afdeling. Spørg en administrator.")
            return Addressee(purpose, recipient_id, name, None, False, unseen)
        wish = Wish(
            way=way,
            kind=person.kind,
            is_replacement=person.is_replacement,
            is_child=person.is_child if is_child is None else is_child,
            mailbox=person.mailbox,
            has_address=person.has_address,
            size=letter.size,
            reply=mailing.can_reply,
            sign=mailing.must_sign,
            attention=person.attention is not None,
        )
        return Addressee(
            purpose,
            recipient_id,
            name or person.name,
            person.attention,
            person.has_address,
            choose(ways, wish),
        )

    main, guardian = DeliveryPurpose.MAIN, DeliveryPurpose.GUARDIAN
    is_child = None if suggestion is None else suggestion.rule is AgeRule.UNDER_15
    guardians = suggestion.copies if suggestion and _is_accepted(suggestion) else []
    found: list[Addressee] = []
    if suggestion is None or suggestion.main_to_child or not guardians:
        way = letter.way
        found.append(one(main, letter.recipient_id, name=letter.name, way=way, is_child=is_child))
    if letter.way is LetterWay.HOLD:
        return tuple(found[:1]) or (one(main, letter.recipient_id, way=LetterWay.HOLD),)
    for copy in guardians:
        if copy.recipient_id is None:
            found.append(_without_number(letter, copy, ways))
        else:
            found.append(one(guardian, copy.recipient_id, name=copy.name))
    has_it = {addressee.recipient_id for addressee in found}
    by_hand = [copy.recipient_id for copy in copies if copy.recipient_id not in has_it]
    return (*found, *(one(DeliveryPurpose.COPY, recipient_id) for recipient_id in by_hand))


def _without_number(letter: ToPlan, copy: GuardianCopy, ways: Sequence[WayOut]) -> Addressee:
    """A guardian whose number nobody knows: on paper, with the name that CPR gives."""
    choice = choose(ways, Wish(kind=None, size=letter.size))
    attention = {"name": copy.name, "relation": copy.relation}
    return Addressee(
        DeliveryPurpose.GUARDIAN, letter.recipient_id, copy.name, attention, False, choice
    )


def _is_accepted(suggestion: GuardianSuggestion) -> bool:
    return suggestion.decision is CopyDecision.ACCEPTED


def _held(addressees: Sequence[Addressee]) -> Sentence | None:
    """Why the letter goes to nobody: the first addressee who can't be reached."""
    for one in addressees:
        if isinstance(one.choice, Sentence):
            if one.purpose is DeliveryPurpose.MAIN:
                return one.choice
            values = {"purpose": one.purpose.label, "name": one.name, "why": one.choice}
            return Sentence("%(purpose)s, %(name)s: %(why)s", values)
    return None


def _hand_copies(session: Session, letter_ids: Sequence[int]) -> dict[int, list[LetterCopy]]:
    found: dict[int, list[LetterCopy]] = {}
    for copy in session.scalars(
        select(LetterCopy).where(LetterCopy.letter_id.in_(letter_ids)).order_by(LetterCopy.id)
    ):
        found.setdefault(copy.letter_id, []).append(copy)
    return found


def _everybody(
    letters: Iterable[ToPlan],
    suggestions: Mapping[int, GuardianSuggestion],
    copies: Mapping[int, Sequence[LetterCopy]],
) -> set[int]:
    ids = {letter.recipient_id for letter in letters}
    ids |= {copy.recipient_id for some in copies.values() for copy in some}
    for suggestion in suggestions.values():
        ids |= {copy.recipient_id for copy in suggestion.copies if copy.recipient_id is not None}
    return ids


def people_of(session: Session, recipient_ids: Iterable[int], on: date) -> dict[int, Person]:
    """What is known on a day about recipients, by id; those that can't be seen are left out."""
    wanted = sorted(recipient_ids)
    found: dict[int, Person] = {}
    for start in range(0, len(wanted), BATCH):
        rows = session.execute(
            select(Recipient, Mailbox.status, Attention)
            .outerjoin(Mailbox, Mailbox.recipient_id == Recipient.id)
            .outerjoin(Attention, Attention.recipient_id == Recipient.id)
            .where(Recipient.id.in_(wanted[start : start + BATCH]))
        )
        for recipient, status, attention in rows:
            found[recipient.id] = Person(
                name=recipient.name,
                kind=recipient.kind,
                is_replacement=is_replacement(recipient),
                is_child=_is_child(session.vault, recipient, status, on),
                mailbox=status,
                has_address=recipient.address != "",
                attention=_snapshot(attention),
            )
    return found


def is_replacement(recipient: Recipient) -> bool:
    """Whether the number is an erstatnings-CPR: its day is raised by 60, masked or not."""
    return recipient.kind is IdentifierKind.CPR and recipient.number_masked[:1] >= "6"


def _is_child(vault: Vault, recipient: Recipient, status: MailboxStatus | None, on: date) -> bool:
    """Under 15 as the contact register says, or by the number itself."""
    if status is MailboxStatus.UNDER_15:
        return True
    if recipient.kind is not IdentifierKind.CPR or not may_be_child(recipient.number_masked, on):
        return False
    try:
        born = birth_date(number_of(vault, recipient).number)
    except Damaged:
        return False  # the letter itself will stop when its number is needed
    return born is not None and age(born, on) < OWN_MAILBOX_AGE


def _snapshot(attention: Attention | None) -> dict[str, Any] | None:
    """Whom at a company, as chosen now: what is chosen later is for later letters."""
    if attention is None:
        return None
    found = {"p_number": attention.p_number, "p_name": attention.p_name, "email": attention.email}
    return {name: value for name, value in found.items() if value} or None

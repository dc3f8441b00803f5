"""Deciding on copies to guardians while a mailing is reviewed: accept, or choose away."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import selectinload

from digitalpost import events
from digitalpost.access import Actor, require
from digitalpost.db import Session, lock, now
from digitalpost.errors import Refused
from digitalpost.events import EventKind
from digitalpost.identifiers import Identifier, IdentifierKind
from digitalpost.models import (
    AgeRule,
    CopyDecision,
    GuardianCopy,
    GuardianSuggestion,
    Letter,
    LetterWay,
    Mailing,
    MailingStatus,
    Recipient,
)
from digitalpost.registers.recipients import find_or_make_recipients, number_key
from digitalpost.registers.rounds import ask_registers_again
from digitalpost.registers.suggestions import plain_of, undecided_of
from digitalpost.vault import Vault, unseal


def accept_copies(
    session: Session,
    actor: Actor,
    mailing: Mailing,
    *,
    letter_ids: Collection[int] | None = None,
    seen: datetime | None = None,
    count: int | None = None,
) -> int:
    """Accept the suggestions of these letters, or of all that leave nothing to the clerk.

    ``seen`` and ``count`` are what the actor looked at: when the (last) suggestion was fetched, and
    how many there were. Guardians with a number become recipients of the letter's unit, so it needs
    a session that sees everything. No letter is made or sent here. Returns how many it was. Raises
    `Refused` when the mailing is not reviewed, the suggestions are other ones now, or one of them
    has nobody to send to.
    """
    suggestions = _to_decide(session, actor, mailing, letter_ids)
    _require_seen(suggestions, seen, count)
    if any(not one.copies for one in suggestions):
        raise Refused(
            "CPR oplyser ingen at sende brevet eller en kopi til. Vælg, hvad der skal ske i stedet."
        )
    _make_recipients(session, actor, suggestions)
    ask_registers_again(session, mailing.id)  # whether the guardians have a mailbox
    for suggestion in suggestions:
        was_declined = suggestion.decision is CopyDecision.DECLINED
        if was_declined and suggestion.rule is AgeRule.UNDER_15:
            _choose_way(session, actor, suggestion.letter, LetterWay.DIGITAL)
        _decide(session, actor, mailing, suggestion, CopyDecision.ACCEPTED)
    return len(suggestions)


def decline_copies(
    session: Session,
    actor: Actor,
    mailing: Mailing,
    *,
    letter_ids: Collection[int],
    seen: datetime | None = None,
    way: LetterWay | None = None,
) -> int:
    """Choose the suggestions of these letters away: the letter is for its recipient alone.

    A child under 15 has no mailbox, so nobody would get the letter digitally: it goes the ``way``
    that was chosen, and is held back when none was. For others ``way`` may be `LetterWay.HOLD`.
    Returns how many it was. Raises `Refused` when the mailing is not reviewed, the suggestions are
    other ones now, or the way is a digital one to a child.
    """
    suggestions = _to_decide(session, actor, mailing, letter_ids)
    _require_seen(suggestions, seen, None)
    for suggestion in suggestions:
        chosen = way
        if suggestion.rule is AgeRule.UNDER_15:
            chosen = way or LetterWay.HOLD
            if chosen is LetterWay.DIGITAL:
                raise Refused(
                    "Modtageren er under 15 år og har ingen digital postkasse. "
                    "Vælg papir, eller hold brevet tilbage."
                )
        for copy in suggestion.copies:
            copy.recipient_id = None
        if chosen is not None:
            _choose_way(session, actor, suggestion.letter, chosen)
        _decide(session, actor, mailing, suggestion, CopyDecision.DECLINED)
    return len(suggestions)


def accepted_copies(session: Session, letter_ids: Collection[int]) -> dict[int, list[GuardianCopy]]:
    """The copies that staff accepted, by letter: each is a delivery of its own.

    A copy without ``recipient_id`` is to a guardian without a number: paper only. Whether the main
    letter goes to the child as well is ``copy.suggestion.main_to_child``.
    """
    rows = session.scalars(
        select(GuardianCopy)
        .join(GuardianSuggestion)
        .join(Letter, Letter.id == GuardianSuggestion.letter_id)
        .where(
            GuardianSuggestion.letter_id.in_(letter_ids),
            # A letter that was given to somebody else is not for these guardians any more.
            GuardianSuggestion.recipient_id == Letter.recipient_id,
            GuardianSuggestion.decision == CopyDecision.ACCEPTED,
        )
        .order_by(GuardianSuggestion.letter_id, GuardianCopy.position)
        .options(selectinload(GuardianCopy.suggestion))
    )
    found: dict[int, list[GuardianCopy]] = {}
    for copy in rows:
        found.setdefault(copy.suggestion.letter_id, []).append(copy)
    return found


def undecided(session: Session, mailing_id: int) -> list[GuardianSuggestion]:
    """Suggestions that wait for somebody: those but for the pupil alone getting the letter."""
    rows = session.scalars(
        undecided_of(mailing_id)
        .order_by(Letter.position)
        .options(selectinload(GuardianSuggestion.copies))
    )
    return list(rows)


def count_undecided(session: Session, mailing_id: int) -> int:
    """How many `undecided` there are: approval waits for them."""
    counted = undecided_of(mailing_id).with_only_columns(func.count(GuardianSuggestion.id))
    return session.scalar(counted) or 0


def number_of_copy(vault: Vault, copy: GuardianCopy) -> Identifier | None:
    """The guardian's whole number; None when the register knows none."""
    if copy.number_sealed is None:
        return None
    number = unseal(number_key(vault), copy.number_sealed, IdentifierKind.CPR.encode())
    return Identifier(IdentifierKind.CPR, number.decode())


def _to_decide(
    session: Session, actor: Actor, mailing: Mailing, letter_ids: Collection[int] | None
) -> Sequence[GuardianSuggestion]:
    require(actor, "mailing.change", mailing)
    lock(session, mailing)  # approval and a choice take turns
    if mailing.status is not MailingStatus.REVIEW:
        raise Refused(
            "Kopier til forældre kan kun vælges, mens forsendelsen er til gennemsyn. Den står som "
            "«%(status)s».",
            status=mailing.status.label,
        )
    if letter_ids is None:
        wanted = plain_of(mailing.id)
    else:
        wanted = (
            select(GuardianSuggestion)
            .join(Letter, Letter.id == GuardianSuggestion.letter_id)
            .where(
                GuardianSuggestion.mailing_id == mailing.id,
                GuardianSuggestion.recipient_id == Letter.recipient_id,
                GuardianSuggestion.letter_id.in_(letter_ids),
            )
        )
    return session.scalars(
        wanted.order_by(GuardianSuggestion.id)
        .options(selectinload(GuardianSuggestion.copies), selectinload(GuardianSuggestion.letter))
        .with_for_update(of=GuardianSuggestion)
    ).all()


def _require_seen(
    suggestions: Sequence[GuardianSuggestion], seen: datetime | None, count: int | None
) -> None:
    """Nobody says yes to a guardian whom the register named after the page was opened."""
    newest = max((one.fetched_at for one in suggestions), default=None)
    if (seen is not None and newest != seen) or (count is not None and count != len(suggestions)):
        raise Refused(
            "Forslagene er hentet igen, siden du åbnede siden. Intet er besluttet. "
            "Se dem igennem, og prøv igen."
        )


def _make_recipients(
    session: Session, actor: Actor, suggestions: Sequence[GuardianSuggestion]
) -> None:
    """Let the register of recipients know the guardians who have a number."""
    numbers: dict[int, dict[Identifier, str]] = {}
    theirs: list[tuple[GuardianCopy, Identifier]] = []
    for suggestion in suggestions:
        for copy in suggestion.copies:
            identifier = number_of_copy(session.vault, copy)
            if identifier is not None:
                numbers.setdefault(suggestion.unit_id, {})[identifier] = copy.name
                theirs.append((copy, identifier))
    found: dict[Identifier, Recipient] = {}
    for unit_id, names in numbers.items():
        found |= find_or_make_recipients(session, actor, names, unit_id=unit_id, names=names)
    for copy, identifier in theirs:
        copy.recipient_id = found[identifier].id


def _choose_way(session: Session, actor: Actor, letter: Letter, way: LetterWay) -> None:
    if letter.way is not way:
        letter.way = way
        data = {"way": way.value}
        events.record(session, actor, EventKind.LETTER_WAY_CHOSEN, letter, data=data)


def _decide(
    session: Session,
    actor: Actor,
    mailing: Mailing,
    suggestion: GuardianSuggestion,
    decision: CopyDecision,
) -> None:
    suggestion.decision = decision
    suggestion.decided_at = now()
    suggestion.decided_by_id = actor.user_id
    kind = (
        EventKind.LETTER_COPIES_ACCEPTED
        if decision is CopyDecision.ACCEPTED
        else EventKind.LETTER_COPIES_DECLINED
    )
    events.record(
        session,
        actor,
        kind,
        suggestion.letter,
        mailing=mailing,  # at hand: it would be read anew for each line
        data={
            "rule": suggestion.rule.value,
            "copies": len(suggestion.copies),
            "fetched_at": suggestion.fetched_at.isoformat(),
        },
        personal={
            "basis": suggestion.basis,
            "copies": [{"relation": one.relation, "name": one.name} for one in suggestion.copies],
        },
    )

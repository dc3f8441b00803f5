"""Deciding on copies to guardians while a mailing is reviewed: accept, or choose away."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from digitalpost import events
from digitalpost.access import Actor, require
from digitalpost.db import Session, now
from digitalpost.errors import Refused
from digitalpost.events import EventKind
from digitalpost.identifiers import Identifier, IdentifierKind
from digitalpost.models import (
    AgeRule,
    CopyDecision,
    GuardianCopy,
    GuardianSuggestion,
    Letter,
    LetterStatus,
    Mailing,
    MailingStatus,
)
from digitalpost.registers.recipients import find_or_make_recipients, number_key
from digitalpost.vault import Vault, unseal


def accept_copies(
    session: Session,
    actor: Actor,
    mailing: Mailing,
    *,
    letter_ids: Collection[int] | None = None,
) -> int:
    """Accept the suggestions of these letters, or of all that are not decided. How many it was.

    Guardians with a number become recipients of the letter's unit, so it needs a session that sees
    everything. No letter is made or sent here. Raises `Refused` when the mailing is not reviewed.
    """
    suggestions = _to_decide(session, actor, mailing, letter_ids)
    for suggestion in suggestions:
        for copy in suggestion.copies:
            identifier = number_of_copy(session.vault, copy)
            if identifier is not None:
                found = find_or_make_recipients(
                    session,
                    actor,
                    [identifier],
                    unit_id=suggestion.unit_id,
                    names={identifier: copy.name},
                )
                copy.recipient_id = found[identifier].id
        _decide(session, actor, suggestion, CopyDecision.ACCEPTED)
    return len(suggestions)


def decline_copies(
    session: Session,
    actor: Actor,
    mailing: Mailing,
    *,
    letter_ids: Collection[int] | None = None,
) -> int:
    """Choose the suggestions of these letters away, or of all that are not decided.

    Returns how many it was. Raises `Refused` when the mailing is not reviewed.
    """
    suggestions = _to_decide(session, actor, mailing, letter_ids)
    for suggestion in suggestions:
        for copy in suggestion.copies:
            copy.recipient_id = None
        _decide(session, actor, suggestion, CopyDecision.DECLINED)
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
        select(GuardianSuggestion)
        .join(Letter, Letter.id == GuardianSuggestion.letter_id)
        .where(
            GuardianSuggestion.mailing_id == mailing_id,
            GuardianSuggestion.decision == CopyDecision.PROPOSED,
            Letter.status == LetterStatus.DRAFT,
            Letter.recipient_id == GuardianSuggestion.recipient_id,
        )
        .order_by(Letter.position)
        .options(selectinload(GuardianSuggestion.copies))
    )
    return [row for row in rows if row.rule is not AgeRule.FROM_18 or row.basis.get("code")]


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
    if mailing.status is not MailingStatus.REVIEW:
        raise Refused(
            "Kopier til forældre kan kun vælges, mens forsendelsen er til gennemsyn. Den står som "
            "«%(status)s».",
            status=mailing.status.label,
        )
    if letter_ids is None:
        wanted = [row.id for row in undecided(session, mailing.id)]
        condition = GuardianSuggestion.id.in_(wanted)
    else:
        condition = GuardianSuggestion.letter_id.in_(letter_ids)
    return session.scalars(
        select(GuardianSuggestion)
        .join(Letter, Letter.id == GuardianSuggestion.letter_id)
        .where(
            GuardianSuggestion.mailing_id == mailing.id,
            GuardianSuggestion.recipient_id == Letter.recipient_id,
            condition,
        )
        .order_by(GuardianSuggestion.id)
        .options(selectinload(GuardianSuggestion.copies), selectinload(GuardianSuggestion.letter))
        .with_for_update(of=GuardianSuggestion)
    ).all()


def _decide(
    session: Session, actor: Actor, suggestion: GuardianSuggestion, decision: CopyDecision
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

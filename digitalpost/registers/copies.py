"""Copies to guardians, letter by letter: fetch the suggestion, accept it or choose it away.

Custody is fetched when it is needed and kept with the letter only, with its date: the next letter
asks again. What was suggested, on what basis, and who decided what when stays in the rows.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from digitalpost.db import Session, now
from digitalpost.errors import Refused
from digitalpost.identifiers import Identifier, IdentifierKind, age, birth_date
from digitalpost.institution import Institution
from digitalpost.models import (
    CopyDecision,
    GuardianCopy,
    GuardianSuggestion,
    Letter,
    LetterStatus,
    Mailbox,
    MailboxStatus,
    Recipient,
    RegisterName,
)
from digitalpost.register_settings import RegisterSettings
from digitalpost.registers.cpr import Cpr
from digitalpost.registers.guardians import (
    OF_AGE,
    Suggestion,
    danish_date,
    suggest_copies,
    unknown_to_the_register,
)
from digitalpost.registers.line import RegisterSilent
from digitalpost.registers.mailboxes import Round
from digitalpost.registers.recipients import number_of, seal_number
from digitalpost.registers.state import note_answer, note_silence, open_cpr, pause_of

OpenCpr = Callable[[RegisterSettings], AbstractContextManager[Cpr]]

FRESH = timedelta(hours=12)  # while a mailing is reviewed; before sending it is asked anew
_AT_ONCE = 20  # recipients stored in one transaction
_OPEN = (LetterStatus.DRAFT, LetterStatus.WAITING)


@dataclass(frozen=True)
class _Fetched:
    suggestion: Suggestion
    names: dict[Identifier, str]  # of the guardians
    at: datetime


def suggest_guardians(
    institution: Institution,
    mailing_id: int,
    *,
    max_age: timedelta = FRESH,
    open_with: OpenCpr = open_cpr,
) -> Round:
    """Fetch suggestions for the letters of a mailing that may be about somebody under 18.

    Those are the letters to a CPR number that is under 18 by its own date or has no mailbox for
    being under 15; nobody else is looked up. A suggestion of today that is younger than
    ``max_age`` stands; before sending, ask with ``timedelta(0)``. One that says the same as before
    keeps its decision; one that says something new must be decided anew. Asks with no transaction
    open, never raises for what the register does, and may run any number of times at once.
    """
    wanted = _young_recipients(institution, mailing_id, max_age)
    with institution.reading() as session:
        why_not = pause_of(session, RegisterName.CPR, now())
    if why_not is not None or not wanted:
        return Round(0, why_not if wanted else None)
    asked = 0
    try:
        with open_with(institution.settings.registers) as cpr:
            names: dict[Identifier, str] = {}
            for start in range(0, len(wanted), _AT_ONCE):
                part = wanted[start : start + _AT_ONCE]
                fetched = {recipient_id: _fetch(cpr, one, names) for recipient_id, one in part}
                with institution.transaction() as session:
                    for recipient_id, found in fetched.items():
                        _store(session, mailing_id, recipient_id, found)
                    note_answer(session, RegisterName.CPR, now())
                asked += len(part)
    except Refused as refused:
        return Round(asked, refused.sentences[0])
    except RegisterSilent as silent:
        with institution.transaction() as session:
            note_silence(session, silent, now())
        return Round(asked, silent.sentence)
    return Round(asked)


def suggestions_of(session: Session, letter_ids: Collection[int]) -> dict[int, GuardianSuggestion]:
    """The suggestion of each letter that has one, with its copies, in the session's row scope.

    One about a recipient whom the letter is no longer to is left out.
    """
    rows = session.scalars(
        select(GuardianSuggestion)
        .join(Letter, Letter.id == GuardianSuggestion.letter_id)
        .where(
            GuardianSuggestion.letter_id.in_(letter_ids),
            GuardianSuggestion.recipient_id == Letter.recipient_id,
        )
        .options(selectinload(GuardianSuggestion.copies))
    )
    return {row.letter_id: row for row in rows}


def is_from_today(suggestion: GuardianSuggestion, at: datetime) -> bool:
    """Whether the age was counted, and custody fetched, on the Danish date of ``at``.

    A letter must not be sent on an older one: the child may have turned 15 since, or moved.
    """
    today = danish_date(at)
    return suggestion.valid_on == today and danish_date(suggestion.fetched_at) == today


def _young_recipients(
    institution: Institution, mailing_id: int, max_age: timedelta
) -> list[tuple[int, Identifier]]:
    at = now()
    today = danish_date(at)
    fresh = (
        select(GuardianSuggestion.id)
        .where(
            GuardianSuggestion.letter_id == Letter.id,
            GuardianSuggestion.recipient_id == Letter.recipient_id,
            GuardianSuggestion.valid_on == today,
            GuardianSuggestion.fetched_at > at - max_age,
        )
        .exists()
    )
    with institution.reading() as session:
        rows = session.execute(
            select(Recipient, Mailbox.status)
            .join(Letter, Letter.recipient_id == Recipient.id)
            .outerjoin(Mailbox, Mailbox.recipient_id == Recipient.id)
            .where(
                Letter.mailing_id == mailing_id,
                Letter.status.in_(_OPEN),
                Recipient.kind == IdentifierKind.CPR,
                ~fresh,
            )
            .order_by(Recipient.id)
            .distinct()
        ).all()
        found = [(row, status, number_of(session.vault, row)) for row, status in rows]
    young = []
    for recipient, status, identifier in found:
        born = birth_date(identifier.number)
        is_young = born is not None and age(born, today) < OF_AGE
        if (is_young or status is MailboxStatus.UNDER_15) and not identifier.is_replacement:
            young.append((recipient.id, identifier))
    return young


def _fetch(cpr: Cpr, identifier: Identifier, names: dict[Identifier, str]) -> _Fetched:
    """One look-up of the person, and one of each guardian's name that is not known yet."""
    at = now()
    person = cpr.look_up(identifier)
    if person is None:
        return _Fetched(unknown_to_the_register(identifier, danish_date(at)), names, at)
    suggestion = suggest_copies(person, danish_date(at))
    for copy in suggestion.copies_to:
        if copy.identifier is not None and copy.identifier not in names:
            names[copy.identifier] = cpr.name_of(copy.identifier)
    return _Fetched(suggestion, names, at)


def _store(session: Session, mailing_id: int, recipient_id: int, fetched: _Fetched) -> None:
    letters: Sequence[Letter] = session.scalars(
        select(Letter)
        .where(
            Letter.mailing_id == mailing_id,
            Letter.recipient_id == recipient_id,
            Letter.status.in_(_OPEN),
        )
        .order_by(Letter.id)
        .with_for_update()
    ).all()
    rows = session.scalars(
        select(GuardianSuggestion)
        .where(GuardianSuggestion.letter_id.in_([letter.id for letter in letters]))
        .options(selectinload(GuardianSuggestion.copies))
    )
    known = {row.letter_id: row for row in rows}
    for letter in letters:
        row = known.get(letter.id)
        if row is not None and row.fetched_at > fetched.at:
            continue
        if row is None:
            row = GuardianSuggestion(
                letter_id=letter.id, mailing_id=mailing_id, unit_id=letter.unit_id
            )
            session.add(row)
            _fill(session, row, letter, fetched)
        elif _says(row) != _would_say(session, recipient_id, fetched):
            row.decision = CopyDecision.PROPOSED
            row.decided_at = row.decided_by_id = None
            _fill(session, row, letter, fetched)
        row.basis = fetched.suggestion.basis.as_json()
        row.valid_on = fetched.suggestion.on
        row.fetched_at = fetched.at


def _fill(session: Session, row: GuardianSuggestion, letter: Letter, fetched: _Fetched) -> None:
    suggestion = fetched.suggestion
    assert letter.recipient_id is not None
    row.recipient_id = letter.recipient_id
    row.rule = suggestion.rule
    row.main_to_child = suggestion.main_to_child
    row.copies = []
    for position, copy in enumerate(suggestion.copies_to, start=1):
        one = GuardianCopy(
            position=position, relation=copy.relation, name=copy.name, unit_id=letter.unit_id
        )
        if copy.identifier is not None:
            one.number_sealed, one.number_index = seal_number(session.vault, copy.identifier)
            one.number_masked = copy.identifier.masked
            one.name = fetched.names.get(copy.identifier) or copy.name
        row.copies.append(one)


def _says(row: GuardianSuggestion) -> tuple[object, ...]:
    """What a decision was about: the same again needs no new one."""
    copies = {(one.relation, one.number_index or one.name) for one in row.copies}
    return row.recipient_id, row.rule, row.main_to_child, row.basis.get("code"), copies


def _would_say(session: Session, recipient_id: int, fetched: _Fetched) -> tuple[object, ...]:
    suggestion = fetched.suggestion
    copies = {
        (
            one.relation,
            session.vault.blind_index(one.identifier.kind, one.identifier.number)
            if one.identifier is not None
            else one.name,
        )
        for one in suggestion.copies_to
    }
    basis = suggestion.basis.code
    return recipient_id, suggestion.rule, suggestion.main_to_child, basis, copies

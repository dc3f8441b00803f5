"""Names for recipients whom we know by number only, from the CPR and the CVR register."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from sqlalchemy import select, update

from digitalpost import events
from digitalpost.access import SYSTEM
from digitalpost.db import Session, change_rows, now
from digitalpost.events import EventKind
from digitalpost.identifiers import Identifier, IdentifierKind
from digitalpost.institution import Institution
from digitalpost.models import Letter, LetterStatus, Recipient, RegisterName
from digitalpost.register_settings import RegisterSettings
from digitalpost.registers.line import RegisterSilent
from digitalpost.registers.mailboxes import Round
from digitalpost.registers.recipients import number_of
from digitalpost.registers.state import (
    is_set_up,
    note_answer,
    note_silence,
    open_cpr,
    open_virk,
    pause_of,
)
from digitalpost.wording import holds_cpr

_BATCH = 500
_AT_ONCE = 20  # names stored in one transaction


class KnowsNames(Protocol):
    """A register that can say what somebody is called."""

    def name_of(self, identifier: Identifier) -> str:
        """The name, empty when unknown. Raises `RegisterSilent`."""


OpenNames = Callable[[RegisterSettings], AbstractContextManager[KnowsNames]]


def name_recipients(
    institution: Institution,
    recipient_ids: Collection[int],
    *,
    open_cpr_with: OpenNames = open_cpr,
    open_virk_with: OpenNames = open_virk,
) -> Round:
    """Name those recipients who have none, and their drafts; a name that is there is kept.

    Asks with no transaction open. Never raises for what the network or a register does; a register
    that is not set up is passed by. May run any number of times at once.
    """
    nameless = _nameless(institution, sorted(set(recipient_ids)))
    asked, why_not = 0, None
    for kind, register, opened in (
        (IdentifierKind.CPR, RegisterName.CPR, open_cpr_with),
        (IdentifierKind.CVR, RegisterName.VIRK, open_virk_with),
    ):
        wanted = [
            (recipient_id, identifier)
            for recipient_id, identifier in nameless
            if identifier.kind is kind and not identifier.is_replacement
        ]
        if wanted and is_set_up(institution.settings.registers, register):
            done = _ask(institution, register, wanted, opened)
            asked, why_not = asked + done.asked, why_not or done.sentence
    return Round(asked, why_not)


def _ask(
    institution: Institution,
    register: RegisterName,
    wanted: Sequence[tuple[int, Identifier]],
    open_with: OpenNames,
) -> Round:
    with institution.reading() as session:
        why_not = pause_of(session, register, now())
    if why_not is not None:
        return Round(0, why_not)
    asked = 0
    try:
        with open_with(institution.settings.registers) as source:
            for start in range(0, len(wanted), _AT_ONCE):
                part = wanted[start : start + _AT_ONCE]
                names = {recipient_id: source.name_of(one) for recipient_id, one in part}
                with institution.transaction() as session:
                    for recipient_id, name in names.items():
                        _give_name(session, recipient_id, name, register)
                    note_answer(session, register, now())
                asked += len(part)
    except RegisterSilent as silent:
        with institution.transaction() as session:
            note_silence(session, silent, now())
        return Round(asked, silent.sentence)
    return Round(asked)


def _give_name(session: Session, recipient_id: int, name: str, register: RegisterName) -> None:
    """On the condition that nobody named the recipient in the meantime."""
    if not name or holds_cpr(name):
        return
    named = change_rows(
        session,
        update(Recipient)
        .where(Recipient.id == recipient_id, Recipient.name == "")
        .values(name=name),
    )
    if not named:
        return
    change_rows(
        session,
        update(Letter)
        .where(
            Letter.recipient_id == recipient_id,
            Letter.recipient_name == "",
            Letter.status == LetterStatus.DRAFT,
        )
        .values(recipient_name=name, search_text=Letter.title + " " + name),
    )
    recipient = session.get_one(Recipient, recipient_id)
    data = {"changed": ["name"], "register": register.value}
    events.record(session, SYSTEM, EventKind.RECIPIENT_CHANGED, recipient, data=data)


def _nameless(
    institution: Institution, recipient_ids: Sequence[int]
) -> list[tuple[int, Identifier]]:
    found: list[tuple[int, Identifier]] = []
    with institution.reading() as session:
        for start in range(0, len(recipient_ids), _BATCH):
            recipients = session.scalars(
                select(Recipient)
                .where(
                    Recipient.id.in_(recipient_ids[start : start + _BATCH]), Recipient.name == ""
                )
                .order_by(Recipient.id)
            )
            found += [(one.id, number_of(session.vault, one)) for one in recipients]
    return found

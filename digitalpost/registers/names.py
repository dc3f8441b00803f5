"""Names for recipients whom we know by number only, from the CPR and the CVR register."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager, ExitStack

from sqlalchemy import select, update

from digitalpost import events
from digitalpost.access import SYSTEM
from digitalpost.db import Session, change_rows, now
from digitalpost.errors import Refused
from digitalpost.events import EventKind
from digitalpost.identifiers import Identifier, IdentifierKind
from digitalpost.institution import Institution
from digitalpost.models import Letter, LetterStatus, Recipient, RegisterName
from digitalpost.register_settings import RegisterSettings
from digitalpost.registers.cpr import Cpr
from digitalpost.registers.line import RegisterSilent
from digitalpost.registers.mailboxes import Round
from digitalpost.registers.recipients import number_of
from digitalpost.registers.state import (
    note_answer,
    note_silence,
    open_cpr,
    open_virk,
    pause_of,
)
from digitalpost.registers.virk import Virk
from digitalpost.wording import holds_cpr

OpenCpr = Callable[[RegisterSettings], AbstractContextManager[Cpr]]
OpenVirk = Callable[[RegisterSettings], AbstractContextManager[Virk]]
_BATCH = 500
_AT_ONCE = 20  # names stored in one transaction
_REGISTERS = {IdentifierKind.CPR: RegisterName.CPR, IdentifierKind.CVR: RegisterName.VIRK}


def name_recipients(
    institution: Institution,
    recipient_ids: Collection[int],
    *,
    open_cpr_with: OpenCpr = open_cpr,
    open_virk_with: OpenVirk = open_virk,
) -> Round:
    """Name those recipients who have none, and their drafts; a name that is there is kept.

    Asks with no transaction open. Never raises for what the network or a register does; a register
    that is not set up is passed by. May run any number of times at once.
    """
    nameless = _nameless(institution, sorted(set(recipient_ids)))
    asked, why_not = 0, None
    for kind, opened in ((IdentifierKind.CPR, open_cpr_with), (IdentifierKind.CVR, open_virk_with)):
        wanted = [
            (recipient_id, identifier)
            for recipient_id, identifier in nameless
            if identifier.kind is kind and not identifier.is_replacement
        ]
        done = _ask(institution, kind, wanted, opened) if wanted else Round(0)
        asked, why_not = asked + done.asked, why_not or done.sentence
    return Round(asked, why_not)


def _ask(
    institution: Institution,
    kind: IdentifierKind,
    wanted: Sequence[tuple[int, Identifier]],
    open_with: OpenCpr | OpenVirk,
) -> Round:
    register = _REGISTERS[kind]
    with institution.reading() as session:
        why_not = pause_of(session, register, now())
    if why_not is not None:
        return Round(0, why_not)
    asked = 0
    try:
        with ExitStack() as stack:
            try:
                source: Cpr | Virk = stack.enter_context(open_with(institution.settings.registers))
            except Refused:
                return Round(0)  # not set up: the pages say so, and nothing waits for it
            for start in range(0, len(wanted), _AT_ONCE):
                part = wanted[start : start + _AT_ONCE]
                names = {recipient_id: _name(source, one) for recipient_id, one in part}
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


def _name(source: Cpr | Virk, identifier: Identifier) -> str:
    found = source.look_up(identifier)
    return found.name if found is not None else ""


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

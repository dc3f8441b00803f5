"""Recipients that a clerk types or picks: who they are, shown before they count.

Names come from our own register, else from the CPR or the CVR register while somebody waits for a
moment. A line is a CPR or CVR number, or ``#`` and the id of a recipient who was picked by name.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, replace

from sqlalchemy import select

from digitalpost import events
from digitalpost.access import Actor, require
from digitalpost.danish_time import today
from digitalpost.db import Session
from digitalpost.errors import Refused, Sentence
from digitalpost.events import EventKind
from digitalpost.identifiers import (
    Identifier,
    IdentifierKind,
    InvalidIdentifier,
    age,
    birth_date,
    parse,
)
from digitalpost.institution import Institution
from digitalpost.models import Mailbox, MailboxStatus, RegisterName
from digitalpost.register_settings import RegisterSettings
from digitalpost.registers.at_once import NoAnswer, OpenVirk, asking, hurried
from digitalpost.registers.cpr import Cpr
from digitalpost.registers.find import picked_recipients
from digitalpost.registers.guardians import OWN_MAILBOX_AGE, suggest_copies
from digitalpost.registers.recipients import find_recipients, number_of
from digitalpost.registers.state import open_cpr, open_virk
from digitalpost.registers.virk import Virk

MOST_LINES = 100  # in one question
MOST_LOOK_UPS = 20  # at the registers of others, in one question
PATIENCE = 2.0  # seconds that one look-up may take
_ALL_IN_ALL = 4.0  # seconds after which no further look-up is begun
_PICKED = "#"

OpenCpr = Callable[[RegisterSettings], AbstractContextManager[Cpr]]


@dataclass(frozen=True)
class Typed:
    """One line, as it would count. With a ``problem`` it does not."""

    identifier: Identifier | None = None
    name: str = ""
    source: RegisterName | None = None  # who named them; None: our own register, or nobody
    is_known: bool = False  # the actor's units have dealt with them before
    warnings: tuple[Sentence, ...] = ()
    problem: Sentence | None = None


def who_are(
    institution: Institution,
    actor: Actor,
    lines: Sequence[str],
    *,
    open_cpr_with: OpenCpr = open_cpr,
    open_virk_with: OpenVirk = open_virk,
) -> list[Typed]:
    """Who each of the lines is, in their order.

    People whom nobody here knows are looked up in CPR, and companies in the CVR register, with no
    transaction open; that somebody looked is logged. A register that does not answer in a moment
    leaves the name out: the review shows it.
    """
    require(actor, "mailing.prepare")
    with institution.reading(actor.scope) as session:
        found = _known(session, actor, lines[:MOST_LINES])
    found = [_with_own_warnings(one) for one in found]
    stop_at = time.monotonic() + _ALL_IN_ALL
    people = [one for one in found if _is_to_ask(one, IdentifierKind.CPR) and not one.name]
    companies = [one for one in found if _is_to_ask(one, IdentifierKind.CVR)]
    settings = hurried(institution.settings.registers, PATIENCE)
    answers: dict[Identifier, Typed] = {}
    # A register that is away, or not set up, leaves what our own rows say.
    if people:
        with (
            suppress(NoAnswer),
            asking(institution, RegisterName.CPR),
            open_cpr_with(settings) as cpr,
        ):
            for one in _while_there_is_time(people, stop_at):
                answers[_number(one)] = _from_cpr(cpr, one)
    if companies:
        with (
            suppress(NoAnswer),
            asking(institution, RegisterName.VIRK),
            open_virk_with(settings) as virk,
        ):
            for one in _while_there_is_time(companies, stop_at):
                answers[_number(one)] = _from_virk(virk, one)
    _note_look_ups(institution, actor, [one for one in answers if one.kind is IdentifierKind.CPR])
    return [answers.get(one.identifier, one) if one.identifier else one for one in found]


def numbers_of_lines(session: Session, actor: Actor, lines: Iterable[str]) -> list[str]:
    """The lines with every picked recipient as a number, in their order; blank lines are left out.

    Needs the actor's own row scope. Raises `Refused` when one who was picked is not there.
    """
    written = [line.strip() for line in lines if line.strip()]
    picked = {
        line: picked_recipients(session, actor, [_picked_id(line)])[0]
        for line in written
        if line.startswith(_PICKED)
    }
    return [
        number_of(session.vault, picked[line]).number if line in picked else line
        for line in written
    ]


_CLOSED = Sentence(
    "Virksomheden er ophørt i CVR-registret og har ingen digital postkasse.", code="closed"
)
_REPLACEMENT = Sentence(
    "Det er et erstatnings-CPR-nummer. Brevet kan ikke sendes digitalt, kun på papir.",
    code="replacement",
)
_CHILD = Sentence(
    "Modtageren er under 15 år og har ingen digital postkasse. Når filen er gjort klar, kan du "
    "sende brevet til forældrene.",
    code="under_15",
)
_DEAD = Sentence(
    "Modtageren er registreret som død eller ophørt. Brevet bør ikke sendes.", code="dead"
)
_UNKNOWN_PERSON = Sentence("CPR-registret kender ikke nummeret. Tjek det en ekstra gang.")
_UNKNOWN_COMPANY = Sentence("CVR-registret kender ikke nummeret. Tjek det en ekstra gang.")


def _known(session: Session, actor: Actor, lines: Sequence[str]) -> list[Typed]:
    """What our own rows say, in the actor's row scope."""
    read = [_read(session, actor, line.strip()) for line in lines if line.strip()]
    numbers = [one.identifier for one in read if one.identifier is not None]
    recipients = find_recipients(session, numbers)
    dead = set(
        session.scalars(
            select(Mailbox.recipient_id).where(
                Mailbox.recipient_id.in_([one.id for one in recipients.values()]),
                Mailbox.status == MailboxStatus.DEAD,
            )
        )
    )
    found = []
    for one in read:
        recipient = recipients.get(one.identifier) if one.identifier is not None else None
        if recipient is not None:
            one = replace(one, name=recipient.name, is_known=True)
            if recipient.id in dead:
                one = _warned(one, _DEAD)
        found.append(one)
    return found


def _read(session: Session, actor: Actor, line: str) -> Typed:
    try:
        if line.startswith(_PICKED):
            (recipient,) = picked_recipients(session, actor, [_picked_id(line)])
            return Typed(number_of(session.vault, recipient))
        return Typed(parse(line, today=today()))
    except InvalidIdentifier as wrong:
        return Typed(problem=Sentence(str(wrong)))
    except Refused as refused:
        return Typed(problem=refused.sentences[0])


def _picked_id(line: str) -> int:
    digits = line.removeprefix(_PICKED)
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 10 else 0


def _with_own_warnings(one: Typed) -> Typed:
    """What the number itself says."""
    if one.identifier is None or one.identifier.kind is not IdentifierKind.CPR:
        return one
    born = birth_date(one.identifier.number)
    if one.identifier.is_replacement:
        return _warned(one, _REPLACEMENT)
    is_child = born is not None and age(born, today()) < OWN_MAILBOX_AGE
    return _warned(one, _CHILD) if is_child else one


def _from_cpr(cpr: Cpr, one: Typed) -> Typed:
    person = cpr.look_up(_number(one))
    if person is None:
        return _warned(one, _UNKNOWN_PERSON)
    named = replace(one, name=person.name, source=RegisterName.CPR)
    suggestion = suggest_copies(person, today())
    if suggestion.basis.code == "status":
        return _warned(named, suggestion.basis)
    return named if suggestion.main_to_child else _warned(named, _CHILD)


def _from_virk(virk: Virk, one: Typed) -> Typed:
    company = virk.look_up(_number(one))
    if company is None:
        return _warned(one, _UNKNOWN_COMPANY)
    if not one.name:
        one = replace(one, name=company.name, source=RegisterName.VIRK)
    return _warned(one, _CLOSED) if company.is_closed else one


def _note_look_ups(institution: Institution, actor: Actor, asked: Sequence[Identifier]) -> None:
    """Who looked people up in CPR, and how many; the log needs no more to be asked about it."""
    if asked:
        with institution.transaction() as session:
            data = {"register": RegisterName.CPR.value, "count": len(asked)}
            events.record(session, actor, EventKind.REGISTER_ASKED, data=data)


def _warned(one: Typed, warning: Sentence) -> Typed:
    return one if warning in one.warnings else replace(one, warnings=(*one.warnings, warning))


def _is_to_ask(one: Typed, kind: IdentifierKind) -> bool:
    number = one.identifier
    return number is not None and number.kind is kind and not number.is_replacement


def _number(one: Typed) -> Identifier:
    assert one.identifier is not None
    return one.identifier


def _while_there_is_time(wanted: Sequence[Typed], stop_at: float) -> Iterable[Typed]:
    return (one for one in wanted[:MOST_LOOK_UPS] if time.monotonic() < stop_at)

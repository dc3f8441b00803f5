"""The register of recipients by hand: make one, correct a name, see a whole number."""

from __future__ import annotations

from enum import StrEnum

from digitalpost import events
from digitalpost.access import Actor, require
from digitalpost.db import Session
from digitalpost.errors import Forbidden, Refused, Sentence
from digitalpost.events import EventKind
from digitalpost.identifiers import Identifier, InvalidIdentifier, parse
from digitalpost.models import Recipient, RecipientUnit
from digitalpost.registers.recipients import (
    find_or_make_recipients,
    find_recipients,
    number_of,
)
from digitalpost.wording import holds_cpr


class RevealReason(StrEnum):
    """Why somebody had to see a whole CPR number. Fixed choices: the log holds no free text."""

    CONTACT = "contact"
    CHECK = "check"
    AUTHORITY = "authority"
    OTHER = "other"

    @property
    def label(self) -> str:
        """The words that staff see."""
        return {
            RevealReason.CONTACT: "Jeg taler eller skriver med personen",
            RevealReason.CHECK: "Jeg kontrollerer, at det er den rigtige person",
            RevealReason.AUTHORITY: "Nummeret skal oplyses til en anden myndighed",
            RevealReason.OTHER: "Andet arbejde med sagen",
        }[self]


def create_recipient(
    session: Session, actor: Actor, *, number: str, name: str, address: str, unit_id: int
) -> Recipient:
    """Put a recipient in the register of one unit.

    ``number`` is what was typed. Needs a session that sees everything: somebody whom another unit
    writes to is the same person. Their name is then kept as it was. Raises `Refused`.
    """
    require(actor, "recipient.change")
    if not actor.scope.holds(unit_id):
        raise Forbidden("Du har ikke adgang til den afdeling. Spørg en administrator.")
    problems = _problems(name, address)
    identifier: Identifier | None = None
    try:
        identifier = parse(number)
    except InvalidIdentifier as wrong:
        problems.append(Sentence(str(wrong), code="number"))
    if identifier is None or problems:
        raise Refused(problems)
    known = find_recipients(session, [identifier]).get(identifier)
    if known is not None and session.get(RecipientUnit, (known.id, unit_id)) is not None:
        raise Refused([Sentence("Modtageren er allerede i registeret.", code="number")])
    made = find_or_make_recipients(
        session, actor, [identifier], unit_id=unit_id, names={identifier: _tidy(name)}
    )[identifier]
    if known is None:
        made.address = _lines(address)
    return made


def change_recipient(
    session: Session, actor: Actor, recipient: Recipient, *, name: str, address: str
) -> Recipient:
    """Correct the name and address. Letters that were sent keep the name they were sent to."""
    require(actor, "recipient.change")
    problems = _problems(name, address)
    if problems:
        raise Refused(problems)
    new = {"name": _tidy(name), "address": _lines(address)}
    changed = [field for field, value in new.items() if getattr(recipient, field) != value]
    if changed:
        recipient.name, recipient.address = new["name"], new["address"]
        data = {"changed": changed}
        events.record(session, actor, EventKind.RECIPIENT_CHANGED, recipient, data=data)
    return recipient


def reveal_number(
    session: Session, actor: Actor, recipient: Recipient, *, reason: RevealReason
) -> str:
    """The whole number, for one person to see now; who saw it and why is logged."""
    require(actor, "recipient.reveal")
    data = {"reason": reason.value}
    events.record(session, actor, EventKind.RECIPIENT_REVEALED, recipient, data=data)
    return number_of(session.vault, recipient).number


def _problems(name: str, address: str) -> list[Sentence]:
    problems = []
    if len(_tidy(name)) > 200:
        problems.append(Sentence("Navnet må højst fylde 200 tegn.", code="name"))
    if len(_lines(address)) > 400:
        problems.append(Sentence("Adressen må højst fylde 400 tegn.", code="address"))
    if holds_cpr(name) or holds_cpr(address):
        problems.append(
            Sentence("Skriv ikke CPR-nummeret i navn eller adresse; det vises for alle.",
                     code="name")
        )  # fmt: skip
    return problems


def _tidy(text: str) -> str:
    return " ".join(text.split())


def _lines(address: str) -> str:
    return "\n".join(filter(None, (_tidy(line) for line in address.splitlines())))

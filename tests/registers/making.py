"""Recipients, mailings and letters for the tests of the registers; and registers that are away."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import count

from digitalpost.access import Actor, Scope
from digitalpost.db import Session
from digitalpost.identifiers import Identifier, IdentifierKind, parse
from digitalpost.institution import Institution
from digitalpost.keys import make_data_key
from digitalpost.models import (
    CaseType,
    Letter,
    LetterStatus,
    Mailing,
    MailingChannel,
    MailingStatus,
    RecipientUnit,
    Role,
    Unit,
)
from digitalpost.register_settings import RegisterSettings
from digitalpost.registers.recipients import find_recipients
from tests.rows import NOON, make_recipient, make_unit

ADULT = "0101901234"
EXEMPT = "0101900001"
NOBODY = "0101900002"
DEAD = "0101900003"
REPLACEMENT = "6102124234"
COMPANY = "99000023"

_numbers = count(1)


def cpr(number: str = ADULT) -> Identifier:
    """A CPR number."""
    return Identifier(IdentifierKind.CPR, number)


def cvr(number: str = COMPANY) -> Identifier:
    """A CVR number."""
    return Identifier(IdentifierKind.CVR, number)


def actor_in(*unit_ids: int, role: Role = Role.STAFF) -> Actor:
    """Somebody who has these units."""
    return Actor(None, "Mette Kirk", role, Scope(frozenset(unit_ids)))


def add_recipients(
    institution: Institution, numbers: Sequence[str], *, name: str = ""
) -> list[int]:
    """Recipients with these numbers in a new unit; their ids in the same order."""
    with institution.transaction() as session:
        unit = make_unit(session)
        return [_recipient(session, unit, number, name) for number in numbers]


def add_mailing(
    institution: Institution,
    numbers: Sequence[str],
    *,
    name: str = "",
    status: MailingStatus = MailingStatus.REVIEW,
) -> int:
    """A mailing with a draft to each of the numbers; its id."""
    with institution.transaction() as session:
        unit = make_unit(session)
        key = make_data_key(session)
        case_type = CaseType(name=f"Elevsag {next(_numbers)}", unit_id=unit.id)
        session.add(case_type)
        session.flush()
        mailing = Mailing(
            title="Brev om lejrskole",
            status=status,
            came_by=MailingChannel.UPLOAD,
            case_type_id=case_type.id,
            key_id=key.id,
            folder=f"mailing-{next(_numbers)}",
            unit_id=unit.id,
            created_at=NOON,
        )
        session.add(mailing)
        session.flush()
        for position, number in enumerate(numbers, start=1):
            session.add(
                Letter(
                    mailing_id=mailing.id,
                    position=position,
                    title=mailing.title,
                    status=LetterStatus.DRAFT,
                    recipient_id=_recipient(session, unit, number, name),
                    recipient_name=name,
                    search_text=mailing.title,
                    unit_id=unit.id,
                    created_at=NOON,
                )
            )
        return mailing.id


def unit_of(institution: Institution, mailing_id: int) -> int:
    """The unit that a mailing belongs to."""
    with institution.reading() as session:
        return session.get_one(Mailing, mailing_id).unit_id


@contextmanager
def never_opened(settings: RegisterSettings) -> Iterator[None]:
    """In place of a register that must not be asked."""
    raise AssertionError("the register was asked")
    yield


def _recipient(session: Session, unit: Unit, number: str, name: str) -> int:
    identifier = parse(number)
    known = find_recipients(session, [identifier]).get(identifier)
    if known is None:
        return make_recipient(session, unit, name=name, number=number, kind=identifier.kind).id
    session.add(RecipientUnit(recipient_id=known.id, unit_id=unit.id))
    session.flush()
    return known.id

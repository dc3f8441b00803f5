"""A house with a year of incoming letters in its rows, for the benchmark of routing."""

from __future__ import annotations

import base64
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import select

from digitalpost.access import SYSTEM
from digitalpost.archive.filing import open_cases
from digitalpost.db import Base, Session, now
from digitalpost.identifiers import parse
from digitalpost.incoming.facts import keep_text
from digitalpost.institution import Institution, open_institution
from digitalpost.models import (
    CaseType,
    ChannelName,
    Document,
    DocumentKind,
    FileRole,
    IncomingFile,
    IncomingLetter,
    IncomingMessage,
    IncomingStatus,
    Letter,
    LetterStatus,
    Role,
    Unit,
    User,
)
from digitalpost.registers.recipients import find_or_make_recipients
from digitalpost.settings import Settings
from sandbox.mail_plan import Planned
from sandbox.mail_words import STAFF

_BATCH = 500


@dataclass(frozen=True)
class House:
    """The institution, its mail room, and who does what there."""

    institution: Institution
    unit_id: int
    users: dict[str, int]  # by the sandbox's word for what they do


def make_house(folder: Path) -> House:
    """A mail room and the people whom the sandbox's mail is for."""
    settings = Settings.from_env(
        {
            "DIGITALPOST_HOME": str(folder),
            "DIGITALPOST_MASTER_KEY": base64.b64encode(b"b" * 32).decode(),
        }
    )
    institution = open_institution(settings)
    Base.metadata.create_all(institution.engine)
    with institution.transaction() as session:
        unit = Unit(name="Postrummet")
        session.add(unit)
        session.flush()
        session.add(CaseType(unit_id=unit.id, name="Indgående post"))
        users = {
            target: User(
                email=f"{at}@skole.invalid", name=name, role=Role.STAFF, created_at=now(),
                units=[unit],
            )
            for at, (target, name) in enumerate(STAFF.items())
        }  # fmt: skip
        session.add_all(users.values())
        session.flush()
        return House(institution, unit.id, {target: one.id for target, one in users.items()})


def put_in(house: House, plans: Sequence[Planned]) -> list[int]:
    """Every letter as rows: sender, case, facts and sealed text; their ids in order."""
    ids: list[int] = []
    for start in range(0, len(plans), _BATCH):
        part = plans[start : start + _BATCH]
        with house.institution.transaction() as session:
            case_type = session.scalars(select(CaseType)).one()
            numbers = {plan.number: parse(plan.number) for plan in part}
            senders = find_or_make_recipients(
                session, SYSTEM, list(numbers.values()), unit_id=house.unit_id,
                names={numbers[plan.number]: plan.name for plan in part},
            )  # fmt: skip
            session.flush()
            cases = open_cases(session, SYSTEM, list(senders.values()), case_type)
            for plan in part:
                sender = senders[numbers[plan.number]]
                ids.append(_one_letter(session, house, plan, sender.id, cases[sender.id]))
    return ids


def _one_letter(session: Session, house: House, plan: Planned, sender_id: int, case: Any) -> int:
    letter = Letter(
        unit_id=house.unit_id, title=plan.title, status=LetterStatus.NEW, recipient_id=sender_id,
        recipient_name=plan.name, case_id=case.id, created_at=plan.sent_at,
    )  # fmt: skip
    document = Document(
        kind=DocumentKind.INCOMING, media_type="text/html", sha256="0" * 64, size=1,
        path=uuid.uuid4().hex, key_id=case.key_id, wrapped_key=b"", unit_id=house.unit_id,
        created_at=plan.sent_at,
    )  # fmt: skip
    session.add_all([letter, document])
    session.flush()
    message = IncomingMessage(
        channel=ChannelName.DIGITAL_POST, message_uuid=plan.message_uuid,
        status=IncomingStatus.FILED, document_id=document.id, letter_id=letter.id,
        stored_at=plan.sent_at,
    )  # fmt: skip
    session.add(message)
    session.flush()
    point, label = plan.contact_point or ("", "")
    session.add(
        IncomingLetter(
            unit_id=house.unit_id, letter_id=letter.id, message_id=message.id,
            message_uuid=plan.message_uuid, sent_at=plan.sent_at, arrived_at=plan.sent_at,
            attention=plan.attention, contact_point_id=point, contact_point=label,
            contact_person=plan.contact_person,
        )
    )  # fmt: skip
    for position, name in enumerate(plan.files, start=2):
        session.add(
            IncomingFile(
                unit_id=house.unit_id, letter_id=letter.id, position=position,
                role=FileRole.ATTACHMENT, file_name=name, media_type="application/pdf",
                document_id=document.id,
            )
        )  # fmt: skip
    keep_text(session, letter, case, "\n".join(plan.lines))
    return letter.id

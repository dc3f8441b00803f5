"""Makes what tests need: an institution, units, users. Small functions with full defaults."""

from __future__ import annotations

import base64
from functools import cache
from itertools import count
from pathlib import Path

from digitalpost import signin
from digitalpost.access import SYSTEM, Actor, actor_of
from digitalpost.archive.filing import open_cases, search_text
from digitalpost.archive.retention import create_rule
from digitalpost.db import Base, now
from digitalpost.errors import Sentence
from digitalpost.identifiers import parse
from digitalpost.institution import Institution, open_institution
from digitalpost.keys import make_data_key
from digitalpost.models import (
    ArrivedReceipt,
    ArrivedStatus,
    Case,
    CaseType,
    ChannelName,
    Letter,
    LetterStatus,
    Mailing,
    MailingChannel,
    MailingStatus,
    Recipient,
    RetentionStart,
    Role,
    Unit,
    User,
)
from digitalpost.registers.recipients import find_or_make_recipients
from digitalpost.settings import Settings

PASSWORD = "fire heste i en lade"
_number = count(1)


def make_settings(home: Path, **environ: str) -> Settings:
    """Settings of an installation in ``home``; ``environ`` adds or replaces variables."""
    return Settings.from_env(
        {
            "DIGITALPOST_HOME": str(home),
            "DIGITALPOST_MASTER_KEY": base64.b64encode(b"k" * 32).decode(),
            "DIGITALPOST_INSTITUTION": "Egely Gymnasium",
            **environ,
        }
    )


def make_institution(home: Path, *, tables: bool = True, **environ: str) -> Institution:
    """An open institution. Its tables are made unless the database has them already."""
    institution = open_institution(make_settings(home, **environ))
    if tables:
        Base.metadata.create_all(institution.engine)
    return institution


@cache
def hash_of(password: str) -> str:
    """Hashing is slow on purpose: once for each password is enough."""
    return signin.hash_password(password)


def damage(path: Path) -> None:
    """Change one bit of a stored file: bytes that are random may be any byte already."""
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)


def make_unit(institution: Institution, name: str = "") -> int:
    """A unit; its id."""
    with institution.transaction() as session:
        unit = Unit(name=name or f"Afdeling {next(_number)}")
        session.add(unit)
        session.flush()
        return unit.id


def make_user(
    institution: Institution,
    *,
    role: Role = Role.STAFF,
    units: tuple[int, ...] = (),
    email: str = "",
    name: str = "Mette Kirk",
    password: str = PASSWORD,
    is_active: bool = True,
    must_change_password: bool = False,
) -> int:
    """A user who can sign in with `PASSWORD`; its id."""
    with institution.transaction() as session:
        user = User(
            email=email or f"bruger{next(_number)}@egely.example",
            name=name,
            role=role,
            password_hash=hash_of(password),
            is_active=is_active,
            must_change_password=must_change_password,
            created_at=now(),
            units=[session.get_one(Unit, unit_id) for unit_id in units],
        )
        session.add(user)
        session.flush()
        return user.id


def make_actor(institution: Institution, user_id: int) -> Actor:
    """The actor that a user is."""
    with institution.reading() as session:
        return actor_of(session.get_one(User, user_id))


def make_case_type(institution: Institution, unit_id: int, name: str = "Korrespondance") -> int:
    """A case type of a unit; its id."""
    with institution.transaction() as session:
        case_type = CaseType(unit_id=unit_id, name=name)
        session.add(case_type)
        session.flush()
        return case_type.id


def make_recipient(
    institution: Institution,
    unit_id: int,
    *,
    number: str = "",
    name: str = "Anna J. Nielsen",
    address: str = "",
) -> int:
    """A recipient whom the unit knows; its id. Numbers are invented (a date and a counter)."""
    identifier = parse(number or f"010108{4000 + next(_number):04d}")
    with institution.transaction() as session:
        found = find_or_make_recipients(
            session, SYSTEM, [identifier], unit_id=unit_id, names={identifier: name}
        )[identifier]
        found.address = address
        return found.id


def make_case(
    institution: Institution, *, recipient_id: int, case_type_id: int, title: str = ""
) -> int:
    """The open case of a recipient and a case type; its id."""
    with institution.transaction() as session:
        recipient = session.get_one(Recipient, recipient_id)
        case_type = session.get_one(CaseType, case_type_id)
        case = open_cases(session, SYSTEM, [recipient], case_type)[recipient_id]
        case.title = title or case.title
        return case.id


def make_letter(
    institution: Institution,
    *,
    unit_id: int,
    case_id: int | None = None,
    title: str = "Indkaldelse til samtale",
    status: LetterStatus = LetterStatus.DELIVERED,
) -> int:
    """A letter without a document, in a case or not; its id."""
    with institution.transaction() as session:
        case = session.get(Case, case_id) if case_id else None
        letter = Letter(
            unit_id=unit_id,
            title=title,
            status=status,
            case_id=case_id,
            recipient_id=case.recipient_id if case else None,
            recipient_name=case.recipient.name if case else "",
            created_at=now(),
        )
        letter.search_text = search_text(letter, case)
        session.add(letter)
        session.flush()
        return letter.id


def make_mailing(
    institution: Institution,
    *,
    case_type_id: int,
    title: str = "Eksamensbreve",
    status: MailingStatus = MailingStatus.REVIEW,
) -> int:
    """A mailing without letters; its id."""
    with institution.transaction() as session:
        key = make_data_key(session)
        session.flush()
        mailing = Mailing(
            unit_id=session.get_one(CaseType, case_type_id).unit_id,
            case_type_id=case_type_id,
            title=title,
            status=status,
            came_by=MailingChannel.UPLOAD,
            key_id=key.id,
            folder=f"mailing-{next(_number)}",
            created_at=now(),
        )
        session.add(mailing)
        session.flush()
        return mailing.id


def make_rule(institution: Institution, *, case_type_id: int, name: str = "Fem år") -> int:
    """A retention rule; its id."""
    with institution.transaction() as session:
        return create_rule(
            session,
            SYSTEM,
            name=name,
            case_type_id=case_type_id,
            keep_months=60,
            counted_from=RetentionStart.CASE_CLOSED,
            legal_basis="Databeskyttelsesforordningen artikel 5",
            is_active=True,
        ).id


def make_receipt(institution: Institution) -> int:
    """A receipt that was pushed to us about a letter that nobody knows; its id."""
    with institution.transaction() as session:
        row = ArrivedReceipt(
            channel=ChannelName.SF1601,
            message_id=f"3f0c5c1e-6a0b-4c57-9d2e-{next(_number):012d}",
            transmission_id="d2e1b8c3-5f46-4a79-8b21-3c4d5e6f7081",
            said={"status": "Fejlet", "error": "memo.invalid", "text": "tag is not allowed"},
            sha256=f"{next(_number):064d}",
            sent_by="ab" * 32,
            arrived_at=now(),
            status=ArrivedStatus.ORPHAN,
            reason=Sentence("Kvitteringen er til en anden myndighed end os.").as_json(),
        )
        session.add(row)
        session.flush()
        return row.id

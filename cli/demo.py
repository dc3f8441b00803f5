"""An invented school for `init --demo`: units, a user of each role, recipients, a merge letter."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from digitalpost.access import OPERATOR
from digitalpost.db import Session, now
from digitalpost.identifiers import Identifier, IdentifierKind
from digitalpost.institution import Institution
from digitalpost.models import CaseType, RetentionRule, Role, Unit, User
from digitalpost.registers.recipients import find_or_make_recipients
from digitalpost.signin import hash_password

DEMO_PASSWORD = "lindevang-prøver-2026"  # noqa: S105 - an invented school on one's own machine

SAMPLE_NAME = "Velkommen til skoleåret 2026-27.pdf"

_UNITS = ("Studiekontoret", "Vejledningen")
_USERS = (
    ("sekretaer@lindevang.example", "Mette Kirk", Role.STAFF, ("Studiekontoret",)),
    ("vejleder@lindevang.example", "Jonas Lund", Role.STAFF, ("Vejledningen",)),
    (
        "supervisor@lindevang.example",
        "Birgit Holm",
        Role.SUPERVISOR,
        ("Studiekontoret", "Vejledningen"),
    ),
    (
        "admin@lindevang.example",
        "Anders Bak",
        Role.ADMINISTRATOR,
        ("Studiekontoret", "Vejledningen"),
    ),
)


@dataclass(frozen=True)
class DemoPerson:
    """An invented student. Some numbers have a part to play in the sandbox (`people.MAGIC`).

    Those ending in 4014 and 4016 are always 14 and 16 years old, under the name they have in CPR.
    """

    name: str
    number: str  # CPR
    address: tuple[str, ...]


_PEOPLE = (
    DemoPerson("Alma Nygaard", "0402084278", ("Åløkken 12", "8850 Bjerringbro")),
    DemoPerson("Aksel Thorsager", "1711074151", ("Kirkevej 3, 1. tv.", "8620 Kjellerup")),
    DemoPerson("Freja Lindekrans", "2305084150", ("Møllebakken 27", "8600 Silkeborg")),
    DemoPerson("Bertil Rosenlund", "3009064191", ("Nørregade 8", "8800 Viborg")),
    DemoPerson("Ellen Østerby", "1201080001", ("Præstemarken 41", "8850 Bjerringbro")),
    DemoPerson("Hjalte Ravnsborg", "0803074127", ("Skovbrynet 5", "8830 Tjele")),
    DemoPerson("Karla Vestermark", "1906084178", ("Enghaven 19, st.", "8600 Silkeborg")),
    DemoPerson("Malthe Egebjerg", "2512074149", ("Bakkedraget 2", "8840 Rødkærsbro")),
    DemoPerson("Nanna Fuglsang", "1410060002", ("Åvænget 14", "8800 Viborg")),
    DemoPerson("Otto Strandgård", "0207084433", ("Søndergade 33", "8620 Kjellerup")),
    DemoPerson("Agnes Jyllerup", "2103124014", ("Mølleåen 68", "9994 Ådalby")),
    DemoPerson("Nanna Pilekvist", "1706104016", ("Søndre Ringvej 77", "9993 Østerkær")),
)


def fill_demo(institution: Institution) -> list[tuple[str, str]]:
    """Make the school unless it is there. Returns (e-mail, role) of those who can sign in."""
    with institution.transaction() as session:
        if session.scalar(select(Unit.id).limit(1)) is None:
            units = {name: Unit(name=name) for name in ("Studiekontoret", "Vejledningen")}
            session.add_all(units.values())
            session.flush()
            for unit in units.values():
                case_type = CaseType(unit_id=unit.id, name="Elevsag")
                session.add(case_type)
                session.flush()
                session.add(_retention_rule(unit, case_type))
            _add_users(session, units)
            people = {Identifier(IdentifierKind.CPR, one.number): one for one in _PEOPLE}
            found = find_or_make_recipients(
                session,
                OPERATOR,
                people,
                unit_id=units["Studiekontoret"].id,
                names={number: person.name for number, person in people.items()},
            )
            for number, recipient in found.items():
                recipient.address = "\n".join(people[number].address)
    _write_sample(institution)
    return sign_ins()


def sign_ins() -> list[tuple[str, str]]:
    """(e-mail, role) of those who can sign in to the invented school, with `DEMO_PASSWORD`."""
    return [(email, role.label) for email, _, role, _ in _USERS]


def _retention_rule(unit: Unit, case_type: CaseType) -> RetentionRule:
    return RetentionRule(
        unit_id=unit.id,
        name="Elevsager i fem år",
        case_type_id=case_type.id,
        keep_months=60,
        legal_basis="Skolens slettepolitik, punkt 4",
    )


def _add_users(session: Session, units: dict[str, Unit]) -> None:
    hashed = hash_password(DEMO_PASSWORD)
    session.add_all(
        User(
            email=email,
            name=name,
            role=role,
            password_hash=hashed,
            created_at=now(),
            units=[units[unit] for unit in names],
        )
        for email, name, role, names in _USERS
    )


def _write_sample(institution: Institution) -> None:
    from sandbox.sample import write_sample_merge

    folder = institution.settings.home / "demo"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    sample = folder / SAMPLE_NAME
    if not sample.exists():
        write_sample_merge(sample, list(_PEOPLE))

"""`init`: keys, database, the first administrator; with --demo an invented school to try."""

from __future__ import annotations

import json
import secrets
from argparse import Namespace
from pathlib import Path
from typing import Any

from sqlalchemy import select

from cli.answers import Answer
from cli.demo import DEMO_PASSWORD, SAMPLE_NAME, fill_demo
from digitalpost.access import OPERATOR
from digitalpost.errors import Refused
from digitalpost.identifiers import InvalidIdentifier, parse
from digitalpost.institution import Institution, open_institution
from digitalpost.migrate import upgrade
from digitalpost.models import CaseType, Role, Unit, User
from digitalpost.settings import Settings
from digitalpost.users import create_user
from digitalpost.vault import make_master_key

FIRST_UNIT = "Administrationen"
DEMO_SETTINGS = {"demo": "1", "institution": "Lindevang Gymnasium", "own_cvr": "99000015"}
FIRST_CASE_TYPE = "Almindelig sag"


def init(arguments: Namespace, settings: Settings) -> Answer:
    """Make what is missing. Safe to run again: what is there is kept."""
    settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not settings.master_key:
        make_master_key(settings.master_key_file)
    _save(settings.home, DEMO_SETTINGS if arguments.demo else _choices(arguments))
    _make_sandbox(settings.home / "sandbox")
    settings = Settings.from_env()
    institution = open_institution(settings)
    try:
        upgrade(institution.engine)
        answer = (
            _demo(institution) if arguments.demo else _first_administrator(institution, arguments)
        )
    finally:
        institution.close()
    (settings.home / "initialised").touch()  # `make run` looks for it: a broken init is run again
    return answer


def _demo(institution: Institution) -> Answer:
    home = institution.settings.home
    sign_ins = fill_demo(institution)
    sample = home / "demo" / SAMPLE_NAME
    lines = ["Øvelsesskolen Lindevang Gymnasium er klar. Log ind som:"]
    lines += [f"  {email}  ({role})" for email, role in sign_ins]
    lines += [f"  Adgangskode: {DEMO_PASSWORD}", f"Et flettebrev at prøve med: {sample}"]
    data: dict[str, Any] = {
        "users": [email for email, _ in sign_ins],
        "password": DEMO_PASSWORD,
        "sample": str(sample),
    }
    return Answer(data | {"home": str(home)}, lines)


def _first_administrator(institution: Institution, arguments: Namespace) -> Answer:
    home = str(institution.settings.home)
    password = f"{secrets.token_hex(3)}-{secrets.token_hex(3)}-{secrets.token_hex(3)}"
    email = (arguments.email or "admin@skole.example").lower()
    with institution.transaction() as session:
        if session.scalar(select(User.id).limit(1)) is not None:
            return Answer(
                {"home": home, "users": [], "password": None},
                ["Installationen er oprettet i forvejen. Intet er ændret."],
            )
        unit = Unit(name=FIRST_UNIT)
        session.add(unit)
        session.flush()
        session.add(CaseType(unit_id=unit.id, name=FIRST_CASE_TYPE))
        create_user(
            session,
            OPERATOR,
            name=arguments.name or "Administrator",
            email=email,
            role=Role.ADMINISTRATOR,
            unit_ids=[unit.id],
            password=password,
        )
    return Answer(
        {"home": home, "users": [email], "password": password},
        [
            f"Installationen er oprettet i {home}.",
            f"Log ind som {email} med adgangskoden {password}",
            "Adgangskoden vises kun nu og skal skiftes ved første log-in.",
            "Gem en kopi af hovednøglen et sikkert sted. Uden den kan ingen breve læses igen.",
        ],
    )


def _make_sandbox(folder: Path) -> None:
    """The stand-in's certificate authority and ports, so that both are the same ever after."""
    from sandbox.address import choose_ports, read_address
    from sandbox.certificates import make_certificates

    make_certificates(folder / "certificates")
    if read_address(folder) is None:
        choose_ports(folder)


def _choices(arguments: Namespace) -> dict[str, str]:
    chosen = {"institution": arguments.institution}
    if arguments.cvr:
        try:
            chosen["own_cvr"] = parse(arguments.cvr).number
        except InvalidIdentifier as error:
            raise Refused(str(error)) from error
    return {name: value for name, value in chosen.items() if value}


def _save(home: Path, choices: dict[str, str]) -> None:
    path = home / "settings.json"
    saved = json.loads(path.read_text()) if path.exists() else {}
    path.write_text(json.dumps(choices | saved, ensure_ascii=False, indent=2) + "\n")

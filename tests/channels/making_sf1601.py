"""The Serviceplatform in tests: its settings towards a sandbox, and letters to send there."""

from __future__ import annotations

import dataclasses
import uuid
from pathlib import Path
from typing import Any

from digitalpost.channels.base import Outgoing
from digitalpost.identifiers import parse
from digitalpost.sf1601_settings import Sf1601Settings, read_sf1601_settings
from tests.sandbox_server import RunningSandbox

ANNA, EXEMPT, COMPANY = "0102031234", "0102600001", "99000023"
PDF = b"%PDF-1.7 " + bytes(range(256)) * 3000
ADDRESS = ("Bøgevej 12, 2. th.", "8000 Aarhus C")
SCHEMAS = next(
    (
        found
        for up in Path(__file__).resolve().parents
        if (found := up / "shared" / "schemas").exists()
    ),
    None,
)


def line_to(sandbox: RunningSandbox) -> dict[str, str]:
    """The environment that sends through the stand-in."""
    address = sandbox.address
    return {
        "SF1601_URL": address["sf1601"],
        "SF1601_STS_URL": address["sf1601_sts"],
        "SF1601_CVR": "99000015",
        "SF1601_CA": address["ca"],
        "SF1601_CERTIFICATE": address["client_certificate"],
        "SF1601_KEY": address["client_key"],
        "SF1601_CONNECTIONS": "2",
    }


def settings_of(sandbox: RunningSandbox, **changes: Any) -> Sf1601Settings:
    """The channel's settings."""
    found = read_sf1601_settings(
        line_to(sandbox), Path("/nowhere"), institution="Øvelsesskolen", own_cvr="99000015"
    )
    return dataclasses.replace(found, **changes)


def make_outgoing(number: str = ANNA, **changes: Any) -> Outgoing:
    """A letter with a fresh id."""
    letter = Outgoing(str(uuid.uuid4()), parse(number), "Svar på ansøgning: 2. b", PDF)
    return dataclasses.replace(letter, **changes)


def on_paper(number: str = EXEMPT, **changes: Any) -> Outgoing:
    """A letter with a fresh id that goes on paper."""
    told = {"name": "Åse Møller", "address": ADDRESS, "on_paper": True, **changes}
    return make_outgoing(number, **told)

"""A small school: two units that must not see each other, and a user of each role in the first."""

from __future__ import annotations

from dataclasses import dataclass

from werkzeug.routing import Rule

from digitalpost.institution import Institution
from digitalpost.models import Role
from tests.incoming.fetching.outbox import make_unreadable
from tests.incoming.routing_school import make_routing_rule
from tests.make import (
    make_case,
    make_case_type,
    make_letter,
    make_mailing,
    make_receipt,
    make_recipient,
    make_rule,
    make_unit,
    make_user,
)
from tests.make_incoming import make_incoming

STAFF, SUPERVISOR, ADMINISTRATOR = "anna@egely.example", "bo@egely.example", "eva@egely.example"
EMAILS = {
    Role.STAFF: STAFF,
    Role.SUPERVISOR: SUPERVISOR,
    Role.ADMINISTRATOR: ADMINISTRATOR,
}


@dataclass(frozen=True)
class Rows:
    """One row of each register, by the name of its view."""

    unit: int
    ids: dict[str, int]


@dataclass(frozen=True)
class School:
    """Rows of the visitors' own unit and of a foreign one."""

    own: Rows
    foreign: Rows
    users: dict[Role, int]


def make_school(institution: Institution) -> School:
    """Fill an institution."""
    own, foreign = make_unit(institution, "Skolen"), make_unit(institution, "Vejledningen")
    users = {
        role: make_user(institution, role=role, units=(own,), email=email)
        for role, email in EMAILS.items()
    }
    return School(_rows(institution, own, "Karla Egen"), _rows(institution, foreign, "Fie Fremmed"),
                  users)  # fmt: skip


def _rows(institution: Institution, unit: int, name: str) -> Rows:
    case_type = make_case_type(institution, unit)
    number = f"010108{4000 + unit}"
    recipient = make_recipient(institution, unit, number=number, name=name)
    case = make_case(institution, recipient_id=recipient, case_type_id=case_type)
    letter = make_letter(institution, unit_id=unit, case_id=case, title=f"Brev til {name}")
    rule = make_rule(institution, case_type_id=case_type, name=f"Regel {name}")
    routing = make_routing_rule(institution, unit, name=f"Til {name}", on=False)
    mailing = make_mailing(institution, case_type_id=case_type, title=f"Breve til {name}")
    incoming = make_incoming(
        institution,
        unit_id=unit,
        title=f"Brev fra {name}",
        sender=number,
        sender_name=name,
    )
    ids = {
        "inbox": incoming,
        "inbox_acts": incoming,
        "attention": recipient,
        "case": case,
        "choices": mailing,
        "guardians": mailing,
        "incoming_letter": incoming,
        "letter": letter,
        "mailings": mailing,
        "attachments": mailing,
        "recipients": recipient,
        "retention": rule,
        "routing": routing,
        "receipts": make_receipt(institution),
        "unreadable": make_unreadable(institution),
    }
    return Rows(unit, ids)


def address_of(rule: Rule, rows: Rows) -> str:
    """The address of a rule for one row of its register; other numbers in it are 1."""
    row_id = rows.ids.get(rule.endpoint.partition(".")[0], 1)
    values = {
        name: row_id if name in {"row_id", "case_id", "mailing_id", "recipient_id"} else 1
        for name in rule.arguments
    }
    if "letter_id" in values:
        view = rule.endpoint.partition(".")[0]
        came = "incoming" in view or "inbox" in view
        values["letter_id"] = rows.ids["incoming_letter" if came else "letter"]
    return str(rule.build(values)[1])  # type: ignore[index]

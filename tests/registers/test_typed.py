"""Typed and picked recipients: the name before it counts, and what is odd about the number."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from digitalpost.access import Actor, Scope
from digitalpost.errors import Refused
from digitalpost.institution import Institution
from digitalpost.models import Event, RecipientUnit, RegisterName, Role
from digitalpost.registers.typed import Typed, numbers_of_lines, who_are
from tests.registers.making import (
    ADULT,
    COMPANY,
    DEAD,
    NOBODY,
    REPLACEMENT,
    actor_in,
    add_recipients,
    never_opened,
)
from tests.registers.test_copies import make_child
from tests.rows import make_institution
from tests.sandbox_server import RunningSandbox


def who(institution: Institution, *lines: str, actor: Actor | None = None) -> list[Typed]:
    return who_are(institution, actor or actor_in(1), lines)


def warnings(one: Typed) -> str:
    return " ".join(str(warning) for warning in one.warnings)


def owner_of(institution: Institution, recipient_id: int) -> Actor:
    with institution.reading() as session:
        unit = session.scalars(
            sa.select(RecipientUnit.unit_id).where(RecipientUnit.recipient_id == recipient_id)
        ).one()
    return actor_in(unit)


def test_names_come_from_the_register_that_knows_them_in_the_order_of_the_lines(
    institution: Institution, sandbox: RunningSandbox
) -> None:
    sandbox.set_person(ADULT, name="Ægir Østen Ørnefelt")
    found = who(institution, COMPANY, "", f"{ADULT[:6]}-{ADULT[6:]}", "12")
    assert [(one.name, one.source) for one in found] == [
        ("Eksempel Maskinfabrik A/S", RegisterName.VIRK),
        ("Ægir Østen Ørnefelt", RegisterName.CPR),
        ("", None),
    ]
    assert "10 cifre" in str(found[2].problem)
    assert not any(one.is_known or one.warnings for one in found)


def test_somebody_whom_the_unit_knows_is_named_as_there_and_not_looked_up(
    institution: Institution,
) -> None:
    (recipient_id,) = add_recipients(institution, [ADULT], name="Tastet af Mette")
    (known,) = who_are(
        institution, owner_of(institution, recipient_id), [ADULT], open_cpr_with=never_opened
    )
    assert (known.name, known.is_known, known.source) == ("Tastet af Mette", True, None)


def test_a_recipient_of_another_unit_is_as_unknown_as_anybody(
    institution: Institution, sandbox: RunningSandbox
) -> None:
    (recipient_id,) = add_recipients(institution, [ADULT], name="Kun for vejledningen")
    stranger = actor_in(987)
    sandbox.set_person(ADULT, name="Ægir Ørnefelt")
    (found,) = who(institution, ADULT, actor=stranger)
    assert (found.name, found.is_known) == ("Ægir Ørnefelt", False)
    (picked,) = who(institution, f"#{recipient_id}", actor=stranger)
    assert picked.identifier is None
    assert "findes ikke mere" in str(picked.problem)


def test_what_is_odd_about_a_number_is_told(
    institution: Institution, sandbox: RunningSandbox
) -> None:
    sandbox.set_person("99000031", status="OPHØRT")
    sandbox.set_person("99000058", known=False)
    child = make_child(sandbox, 10)
    found = who(institution, REPLACEMENT, child, DEAD, NOBODY, "99000031", "99000058", ADULT)
    told = [warnings(one) for one in found]
    assert "erstatnings-CPR-nummer" in told[0]
    assert told[1].count("under 15 år") == 1
    assert "registreret som død" in told[2]
    assert "kender ikke nummeret" in told[3]
    assert "ophørt i CVR-registret" in told[4]
    assert "kender ikke nummeret" in told[5]
    assert told[6] == ""


def test_a_replacement_number_is_never_looked_up(institution: Institution) -> None:
    (found,) = who_are(institution, actor_in(1), [REPLACEMENT], open_cpr_with=never_opened)
    assert found.name == ""


def test_registers_that_are_away_or_not_there_leave_the_name_out(
    institution: Institution, sandbox: RunningSandbox, database_url: str, tmp_path: Path
) -> None:
    sandbox.fault("answer_503", target="cpr")
    sandbox.fault("answer_503", target="virk")
    assert [one.name for one in who(institution, ADULT, COMPANY)] == ["", ""]
    with make_institution(database_url, tmp_path / "alone") as alone:
        assert [one.name for one in who(alone, ADULT, COMPANY)] == ["", ""]


def test_the_log_says_that_somebody_looked_people_up_and_no_number(
    institution: Institution, sandbox: RunningSandbox
) -> None:
    who(institution, ADULT, COMPANY)
    with institution.reading() as session:
        (event,) = session.scalars(sa.select(Event))
    assert (event.kind, event.data) == ("register:asked", {"register": "cpr", "count": 1})
    assert event.actor_name == "Mette Kirk"


def test_picked_recipients_become_numbers_in_their_place(
    institution: Institution, sandbox: RunningSandbox
) -> None:
    (recipient_id,) = add_recipients(institution, [ADULT], name="Valgt ved navn")
    owner = owner_of(institution, recipient_id)
    lines = ["99000023", f"#{recipient_id}", " ", "12"]
    with institution.reading(owner.scope) as session:
        assert numbers_of_lines(session, owner, lines) == ["99000023", ADULT, "12"]
        with pytest.raises(Refused, match="findes ikke mere"):
            numbers_of_lines(session, owner, ["#999999"])
        with pytest.raises(Refused):
            numbers_of_lines(session, owner, ["#' OR 1=1"])
    nobody = Actor(None, "Bo", Role.STAFF, Scope(frozenset({987})))
    with institution.reading(nobody.scope) as session, pytest.raises(Refused):
        numbers_of_lines(session, nobody, [f"#{recipient_id}"])

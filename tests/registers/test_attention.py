"""P-number or case worker: chosen from what the register says, and remembered."""

from __future__ import annotations

import dataclasses

import pytest
import sqlalchemy as sa

from digitalpost.errors import Refused
from digitalpost.institution import Institution
from digitalpost.models import Event, Recipient
from digitalpost.registers.attention import remember_choice, remembered_choice
from digitalpost.registers.state import open_virk
from digitalpost.registers.virk import Company
from tests.registers.making import ADULT, COMPANY, actor_in, add_recipients, cvr


@pytest.fixture
def company(institution: Institution) -> Company:
    with open_virk(institution.settings.registers) as virk:
        found = virk.look_up(cvr(COMPANY))
    assert found is not None
    return found


def choose(institution: Institution, recipient_id: int, **choice: object) -> bool:
    """Choose as somebody who may; whether anything is remembered then."""
    with institution.transaction() as session:
        recipient = session.get_one(Recipient, recipient_id)
        kept = remember_choice(session, actor_in(), recipient, **choice)  # type: ignore[arg-type]
        return kept is not None


def test_a_p_number_is_remembered_with_its_name(institution: Institution, company: Company) -> None:
    (company_id,) = add_recipients(institution, [COMPANY])
    unit = next(one for one in company.units if not one.is_closed)
    assert choose(institution, company_id, company=company, p_number=unit.p_number)
    with institution.reading() as session:
        recipient = session.get_one(Recipient, company_id)
        kept, said = remembered_choice(session, recipient, company)
        assert kept is not None
        assert (kept.p_number, kept.p_name, kept.email) == (unit.p_number, unit.name, "")
        assert said == []
        kinds = session.scalars(sa.select(Event.kind)).all()
    assert "recipient:attention_chosen" in kinds


def test_a_case_worker_replaces_the_p_number_and_nothing_forgets_both(
    institution: Institution, company: Company
) -> None:
    (company_id,) = add_recipients(institution, [COMPANY])
    unit = next(one for one in company.units if not one.is_closed)
    choose(institution, company_id, company=company, p_number=unit.p_number)
    assert choose(institution, company_id, case_worker_email=" mette@eksempel.invalid ")
    with institution.reading() as session:
        kept, _ = remembered_choice(session, session.get_one(Recipient, company_id), None)
        assert kept is not None
        assert (kept.p_number, kept.p_name, kept.email) == ("", "", "mette@eksempel.invalid")
    assert not choose(institution, company_id)
    with institution.reading() as session:
        recipient = session.get_one(Recipient, company_id)
        assert remembered_choice(session, recipient, company) == (None, [])


def test_a_unit_that_is_sold_since_is_not_offered_again(
    institution: Institution, company: Company
) -> None:
    (company_id,) = add_recipients(institution, [COMPANY])
    unit = next(one for one in company.units if not one.is_closed)
    choose(institution, company_id, company=company, p_number=unit.p_number)
    without = dataclasses.replace(company, units=())
    with institution.reading() as session:
        recipient = session.get_one(Recipient, company_id)
        kept, said = remembered_choice(session, recipient, without)
    assert kept is None
    assert "hører ikke længere til virksomheden" in str(said[0])


def test_a_closed_unit_and_one_of_another_company_are_each_refused_with_the_reason(
    institution: Institution, company: Company
) -> None:
    (company_id,) = add_recipients(institution, [COMPANY])
    closed = dataclasses.replace(company.units[0], p_number="1999999998", is_closed=True)
    with_closed = dataclasses.replace(company, units=(*company.units, closed))
    with pytest.raises(Refused, match="1999999998 er lukket"):
        choose(institution, company_id, company=with_closed, p_number=closed.p_number)
    with pytest.raises(Refused, match="hører ikke til virksomheden i dag"):
        choose(institution, company_id, company=company, p_number="1990000311")


def test_what_cannot_be_is_refused(institution: Institution, company: Company) -> None:
    company_id, other_id, person_id = add_recipients(institution, [COMPANY, "99000031", ADULT])
    closed = f"1{COMPANY}9"  # the stand-in's unit that has closed
    unit = next(one.p_number for one in company.units if not one.is_closed)
    for recipient_id, choice in (
        (company_id, {"p_number": unit}),
        (company_id, {"company": company, "p_number": closed}),
        (company_id, {"company": company, "p_number": "1999999999"}),
        (other_id, {"company": company, "p_number": unit}),
        (company_id, {"case_worker_email": "mette"}),
        (company_id, {"case_worker_email": "a@b.dk, c@d.dk"}),
        (company_id, {"company": company, "p_number": unit, "case_worker_email": "a@b.dk"}),
        (person_id, {"case_worker_email": "a@b.dk"}),
    ):
        with pytest.raises(Refused):
            choose(institution, recipient_id, **choice)

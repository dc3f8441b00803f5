"""Names from the registers: for those who have none, and never over one that staff typed."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from digitalpost.institution import Institution
from digitalpost.models import Event, Letter, Recipient
from digitalpost.registers.names import name_recipients
from tests.registers.making import (
    ADULT,
    COMPANY,
    NOBODY,
    REPLACEMENT,
    add_mailing,
    add_recipients,
    never_opened,
)
from tests.rows import make_institution
from tests.sandbox_server import RunningSandbox


def names(institution: Institution, ids: list[int]) -> list[str]:
    with institution.reading() as session:
        return [session.get_one(Recipient, one).name for one in ids]


def test_the_nameless_get_the_name_of_their_register(
    institution: Institution, sandbox: RunningSandbox
) -> None:
    sandbox.set_person(ADULT, name="Ægir Østen Ørnefelt")
    ids = add_recipients(institution, [ADULT, COMPANY, NOBODY, REPLACEMENT])
    assert name_recipients(institution, ids).is_complete
    assert names(institution, ids) == ["Ægir Østen Ørnefelt", "Eksempel Maskinfabrik A/S", "", ""]
    with institution.reading() as session:
        data = session.scalars(
            sa.select(Event.data).where(Event.kind == "recipient:changed").order_by(Event.id)
        ).all()
    assert data == [
        {"changed": ["name"], "register": "cpr"},
        {"changed": ["name"], "register": "virk"},
    ]


def test_a_name_that_is_there_is_kept_and_nobody_is_asked(institution: Institution) -> None:
    ids = add_recipients(institution, [ADULT, COMPANY], name="Tastet af Mette")
    done = name_recipients(
        institution, ids, open_cpr_with=never_opened, open_virk_with=never_opened
    )
    assert (done.asked, done.is_complete) == (0, True)
    assert names(institution, ids) == ["Tastet af Mette"] * 2


def test_the_drafts_of_a_new_recipient_are_named_and_found_by_the_name(
    institution: Institution, sandbox: RunningSandbox
) -> None:
    sandbox.set_person(ADULT, name="Ægir Ørnefelt")
    mailing_id = add_mailing(institution, [ADULT])
    with institution.reading() as session:
        ids = list(session.scalars(sa.select(Letter.recipient_id)))
    name_recipients(institution, [one for one in ids if one])
    with institution.reading() as session:
        letter = session.scalars(sa.select(Letter).where(Letter.mailing_id == mailing_id)).one()
    assert letter.recipient_name == "Ægir Ørnefelt"
    assert letter.search_text == "Brev om lejrskole Ægir Ørnefelt"


def test_one_register_that_is_away_does_not_stop_the_other(
    institution: Institution, sandbox: RunningSandbox
) -> None:
    sandbox.fault("answer_500", target="cpr")
    ids = add_recipients(institution, [ADULT, COMPANY])
    done = name_recipients(institution, ids)
    assert "CPR-registret svarer ikke" in str(done.sentence)
    assert names(institution, ids) == ["", "Eksempel Maskinfabrik A/S"]


def test_registers_that_are_not_set_up_are_passed_by(database_url: str, tmp_path: Path) -> None:
    with make_institution(database_url, tmp_path) as institution:
        ids = add_recipients(institution, [ADULT, COMPANY])
        assert name_recipients(institution, ids).is_complete
        assert names(institution, ids) == ["", ""]

"""Sending again while somebody else does the same, or closes the letter: one delivery, no ring."""

from __future__ import annotations

import sqlalchemy as sa

from digitalpost.access import OPERATOR
from digitalpost.deliveries.replan import Again
from digitalpost.errors import Refused
from digitalpost.institution import Institution, open_institution
from digitalpost.mailings.cancel import cancel_letter
from digitalpost.models import Letter
from digitalpost.settings import Settings
from tests.deliveries.sending_again import again, make_refused
from tests.make_addressees import deliveries_of
from tests.make_mailings import finish, letter_statuses
from tests.processes import run_at_once
from tests.sandbox_server import RunningSandbox


def test_two_who_click_at_once_make_one_delivery(
    institution: Institution, sandbox: RunningSandbox
) -> None:
    mailing_id = make_refused(institution, sandbox)
    codes = run_at_once(_again_in_a_process, [(institution.settings, mailing_id)] * 3, well=False)
    assert sorted(codes) == [0, 7, 7]
    assert len(deliveries_of(institution, mailing_id)) == 3
    finish(institution)
    assert letter_statuses(institution, mailing_id) == ["delivered"] * 2
    assert sandbox.counts()["dispatches"] == 2


def _again_in_a_process(settings: Settings, mailing_id: int) -> None:
    institution = open_institution(settings)
    try:
        again(institution, mailing_id, Again.SAME)
    except Refused:
        raise SystemExit(7) from None
    finally:
        institution.close()


def test_whoever_closes_a_letter_while_it_is_sent_again_waits_and_nobody_is_in_a_ring(
    institution: Institution, sandbox: RunningSandbox
) -> None:
    mailing_id = make_refused(institution, sandbox)
    codes = run_at_once(
        _again_or_close,
        [(institution.settings, mailing_id, one) for one in ("again", "close") * 2],
        well=False,
    )
    assert set(codes) <= {0, 7} and 0 in codes
    finish(institution)
    found = sorted(letter_statuses(institution, mailing_id))
    assert found in (["cancelled", "delivered"], ["delivered"] * 2)
    sent = sandbox.dispatches()
    assert len(sent) == len({one["recipient"] for one in sent}) == found.count("delivered")


def _again_or_close(settings: Settings, mailing_id: int, what: str) -> None:
    institution = open_institution(settings)
    try:
        if what == "again":
            again(institution, mailing_id, Again.SAME)
        else:
            with institution.transaction() as session:
                open_letter = sa.select(Letter).where(Letter.status != "delivered")
                letter = session.scalars(open_letter).first()
                if letter is not None:
                    cancel_letter(session, OPERATOR, letter)
    except Refused:
        raise SystemExit(7) from None
    finally:
        institution.close()

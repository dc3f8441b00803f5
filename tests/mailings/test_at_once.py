"""Approving, cancelling and claiming at the same moment: one wins, and nobody waits for ever."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from digitalpost.access import OPERATOR
from digitalpost.deliveries.claim import claim_due
from digitalpost.errors import Refused
from digitalpost.institution import Institution, open_institution
from digitalpost.mailings.cancel import Stopped, cancel, cancel_letter
from digitalpost.models import (
    Case,
    ChannelName,
    Delivery,
    Letter,
    Mailing,
)
from digitalpost.settings import Settings
from digitalpost.sweep import due_work
from tests.mailings.test_approve_and_cancel import cancel_mailing, cancel_nth, count
from tests.make_mailings import (
    ANNA,
    FOUR,
    approve_mailing,
    letter_statuses,
    mailing_status,
    make_approved,
    make_case_type,
    make_mailing,
)
from tests.processes import run_at_once

EBOKS = ChannelName.EBOKS


def _approve_from_a_process(settings: Settings, mailing_id: int, number: int) -> None:
    institution = open_institution(settings)
    try:
        approve_mailing(institution, mailing_id, confirm=number)
    except Refused:
        raise SystemExit(3) from None
    finally:
        institution.close()


def test_of_several_clerks_at_the_same_moment_one_wins(institution: Institution) -> None:
    mailing_id = make_mailing(institution, FOUR)
    codes = run_at_once(
        _approve_from_a_process, [(institution.settings, mailing_id, 4)] * 4, well=False
    )
    assert sorted(codes) == [0, 3, 3, 3]
    assert count(institution, Delivery) == count(institution, Case) == 4
    assert letter_statuses(institution, mailing_id) == ["waiting"] * 4


def test_mailings_to_the_same_people_approved_at_once_share_their_cases(
    institution: Institution,
) -> None:
    one, two = make_case_type(institution), make_case_type(institution)
    mailings = [make_mailing(institution, FOUR, case_type_id=kind) for kind in (one, two, one, two)]
    run_at_once(
        _approve_from_a_process, [(institution.settings, mailing, 4) for mailing in mailings]
    )
    with institution.reading() as session:
        cases = session.scalars(sa.select(Case)).all()
        assert len({(case.recipient_id, case.case_type_id) for case in cases}) == len(cases) == 8
        assert sorted(int(case.number[5:]) for case in cases) == list(range(1, 9))
        for letter in session.scalars(sa.select(Letter)):
            assert letter.case is not None and letter.case.recipient_id == letter.recipient_id


def _cancel_from_a_process(settings: Settings, mailing_id: int) -> None:
    institution = open_institution(settings)
    try:
        cancel_mailing(institution, mailing_id)
    finally:
        institution.close()


def _claim_from_a_process(settings: Settings, _mailing_id: int) -> None:
    institution = open_institution(settings)
    for n in range(6):
        with institution.transaction() as session:
            claim_due(session, EBOKS, owner=f"o{n}", limit=3, lease_seconds=60)
    institution.close()


def test_cancelling_and_approving_at_once_never_leaves_half(institution: Institution) -> None:
    for _ in range(3):
        mailing_id = make_mailing(institution, FOUR)
        both = [(institution.settings, mailing_id, what) for what in ("approve", "cancel")]
        codes = run_at_once(_either, both, well=False)
        assert set(codes) <= {0, 3}
        assert mailing_status(institution, mailing_id) == "cancelled"
        assert letter_statuses(institution, mailing_id) == ["cancelled"] * 4
    with institution.reading() as session:
        assert set(session.scalars(sa.select(Delivery.status))) <= {"cancelled"}


def _either(settings: Settings, mailing_id: int, what: str) -> None:
    if what == "approve":
        _approve_from_a_process(settings, mailing_id, 4)
    elif what == "cancel":
        _cancel_from_a_process(settings, mailing_id)
    else:
        _claim_from_a_process(settings, mailing_id)


def test_each_letter_is_either_stopped_or_claimed_when_both_happen_at_once(
    institution: Institution,
) -> None:
    for _ in range(3):
        mailing_id = make_approved(institution, FOUR * 5)
        run_at_once(
            _either,
            [(institution.settings, mailing_id, what) for what in ("claim", "cancel", "claim")],
            well=False,
        )
        statuses = letter_statuses(institution, mailing_id)
        assert set(statuses) <= {"cancelled", "sending"}
        with institution.reading() as session:
            for delivery in session.scalars(
                sa.select(Delivery).where(Delivery.mailing_id == mailing_id)
            ):
                assert (delivery.status.value, delivery.letter.status.value) in {
                    ("cancelled", "cancelled"),
                    ("claimed", "sending"),
                }


def _cancel_one_from_a_process(settings: Settings, mailing_id: int, position: int) -> None:
    institution = open_institution(settings)
    try:
        cancel_nth(institution, mailing_id, position)
    finally:
        institution.close()


def test_the_last_two_letters_stopped_at_the_same_moment_still_close_the_mailing(
    institution: Institution,
) -> None:
    mailing_id = make_approved(institution, [ANNA, FOUR[1]], hold_seconds=600)
    both = [(institution.settings, mailing_id, position) for position in (1, 2)]
    run_at_once(_cancel_one_from_a_process, both)
    assert mailing_status(institution, mailing_id) == "cancelled"
    assert due_work(institution) == []


def test_whoever_cancels_while_letters_are_claimed_is_told_the_truth_about_them(
    institution: Institution,
) -> None:
    mailing_id = make_approved(institution, FOUR)

    def cancelled() -> Stopped:
        with institution.transaction() as session:
            return cancel(session, OPERATOR, session.get_one(Mailing, mailing_id))

    with ThreadPoolExecutor(1) as threads:
        with institution.transaction() as session:
            assert len(claim_due(session, EBOKS, owner="one", limit=2, lease_seconds=60)) == 2
            stopping = threads.submit(cancelled)
            with pytest.raises(TimeoutError):
                stopping.result(timeout=0.3)
        assert stopping.result(timeout=10) == Stopped(2, 2)
    assert sorted(letter_statuses(institution, mailing_id)) == ["cancelled"] * 2 + ["sending"] * 2
    with institution.transaction() as session, pytest.raises(Refused, match="lige blevet sendt"):
        sending = session.scalars(sa.select(Letter).where(Letter.status == "sending")).first()
        assert sending is not None
        cancel_letter(session, OPERATOR, sending)

"""One letter to several people: each is a delivery of its own, and the letter stands by all."""

from __future__ import annotations

import random

import pytest
import sqlalchemy as sa

from digitalpost.access import OPERATOR
from digitalpost.errors import Refused, sentence_of
from digitalpost.institution import Institution
from digitalpost.mailings.cancel import Stopped, cancel, cancel_letter
from digitalpost.models import Attention, Delivery, Letter, LetterWay, MailboxStatus, Mailing
from digitalpost.registers.recipients import find_recipients
from digitalpost.sweep import due_work
from tests.deliveries.test_killed import send_and_ask
from tests.make import make_unit, make_user
from tests.make_addressees import add_copy, deliveries_of, set_address, set_mailbox
from tests.make_mailings import (
    ANNA,
    BO,
    CARL,
    DEAD,
    EXEMPT,
    INVALID,
    approve_mailing,
    ask_all,
    finish,
    let_time_pass,
    letter_statuses,
    mailing_status,
    make_case_type,
    make_mailing,
    send,
    send_all,
)
from tests.processes import run_at_once, run_killed
from tests.sandbox_server import RunningSandbox

COMPANY = "99000015"


def make_three(institution: Institution, numbers: list[str] | None = None, **how: int) -> int:
    """An approved mailing whose first letter also goes to Bo and Carl."""
    mailing_id = make_mailing(institution, numbers or [ANNA])
    add_copy(institution, mailing_id, BO)
    add_copy(institution, mailing_id, CARL)
    approve_mailing(institution, mailing_id, **how)
    return mailing_id


def reason_of(institution: Institution, mailing_id: int) -> str:
    with institution.reading() as session:
        query = sa.select(Letter).where(Letter.mailing_id == mailing_id).order_by(Letter.position)
        stored = session.scalars(query).first()
        assert stored is not None
        return str(sentence_of(stored.status_reason)) if stored.status_reason else ""


def stop_letter(institution: Institution, mailing_id: int) -> Stopped:
    with institution.transaction() as session:
        query = sa.select(Letter).where(Letter.mailing_id == mailing_id, Letter.position == 1)
        return cancel_letter(session, OPERATOR, session.scalars(query).one())


def test_each_addressee_gets_the_same_bytes_under_an_id_of_their_own(
    institution: Institution, sandbox: RunningSandbox
) -> None:
    mailing_id = make_three(institution, [ANNA, EXEMPT])
    finish(institution)
    assert letter_statuses(institution, mailing_id) == ["delivered", "paper"]
    sent = sandbox.dispatches()
    assert sorted(one["recipient"] for one in sent) == sorted([ANNA, BO, CARL, EXEMPT])
    assert len({one["message_id"] for one in sent}) == 4
    assert len({one["sha256"] for one in sent if one["recipient"] != EXEMPT}) == 1
    purposes = [one[0] for one in deliveries_of(institution, mailing_id)]
    assert purposes == ["main", "copy", "copy", "main"]


def test_a_copy_that_fails_makes_the_letter_a_task_that_says_who_got_it(
    institution: Institution, sandbox: RunningSandbox
) -> None:
    mailing_id = make_mailing(institution, [ANNA])
    add_copy(institution, mailing_id, DEAD)
    approve_mailing(institution, mailing_id)
    finish(institution)
    assert letter_statuses(institution, mailing_id) == ["action"]
    assert mailing_status(institution, mailing_id) == "sent"
    reason = reason_of(institution, mailing_id)
    assert reason.startswith("Kopi (") and "død" in reason and "Modtager: Leveret." in reason
    assert stop_letter(institution, mailing_id) == Stopped(1, 1)
    assert letter_statuses(institution, mailing_id) == ["delivered"]


def test_a_letter_whose_copies_were_stopped_says_so_when_the_rest_arrived(
    institution: Institution, sandbox: RunningSandbox
) -> None:
    mailing_id = make_three(institution)
    with institution.transaction() as session:  # the main one alone is due
        session.execute(sa.update(Delivery).where(Delivery.purpose == "copy").values(due_at=None))
    send(institution)
    assert letter_statuses(institution, mailing_id) == ["waiting"]
    with institution.transaction() as session:
        stopped = cancel(session, OPERATOR, session.get_one(Mailing, mailing_id))
    assert stopped == Stopped(0, 1, 1)
    assert letter_statuses(institution, mailing_id) == ["delivered"]
    assert mailing_status(institution, mailing_id) == "sent"
    assert "Annulleret" in reason_of(institution, mailing_id)
    assert sandbox.counts()["dispatches"] == 1


def test_stopping_one_letter_within_the_hold_stops_it_for_everybody(
    institution: Institution, sandbox: RunningSandbox
) -> None:
    mailing_id = make_three(institution, [ANNA, EXEMPT], hold_seconds=600)
    assert stop_letter(institution, mailing_id) == Stopped(3, 0)
    assert letter_statuses(institution, mailing_id) == ["cancelled", "waiting"]
    with institution.transaction() as session:
        assert cancel(session, OPERATOR, session.get_one(Mailing, mailing_id)) == Stopped(1, 0)
    assert mailing_status(institution, mailing_id) == "cancelled"
    let_time_pass(institution)
    assert due_work(institution) == []
    assert sandbox.counts()["dispatches"] == 0


def test_killed_at_any_step_each_of_three_addressees_gets_it_once(
    institution: Institution, sandbox: RunningSandbox
) -> None:
    mailings = [make_three(institution) for _ in range(2)]
    kills, chance = 0, random.Random(5)
    for _ in range(8):
        let_time_pass(institution)
        kills += run_killed(send_and_ask, institution.settings, None, step=chance.randrange(1, 70))
    assert kills >= 3
    finish(institution)
    with institution.reading() as session:
        ids = set(session.scalars(sa.select(Delivery.message_id)))
    assert {one["message_id"] for one in sandbox.dispatches()} == ids
    assert len(sandbox.dispatches()) == len(ids) == 6
    for mailing_id in mailings:
        assert letter_statuses(institution, mailing_id) == ["delivered"]
        assert mailing_status(institution, mailing_id) == "sent"


def _send_from_a_process(settings: object) -> None:
    from digitalpost.institution import open_institution

    found = open_institution(settings)  # type: ignore[arg-type]
    for _ in range(4):
        send(found)
    found.close()


def test_deliveries_of_one_letter_settled_by_several_at_once_leave_it_right(
    institution: Institution, sandbox: RunningSandbox
) -> None:
    mailings = [make_three(institution, [ANNA, BO, CARL]) for _ in range(4)]
    run_at_once(_send_from_a_process, [(institution.settings,)] * 3)
    for mailing_id in mailings:
        assert letter_statuses(institution, mailing_id) == ["delivered"] * 3
        assert mailing_status(institution, mailing_id) == "sent"
    assert sandbox.counts()["dispatches"] == 20


def test_what_cannot_be_reached_is_held_back_and_everybody_is_told_why(
    institution: Institution,
) -> None:
    unit_id = make_unit(institution)
    mailing_id = make_mailing(
        institution, [ANNA, BO, CARL, EXEMPT], case_type_id=make_case_type(institution, unit_id),
        owner_id=make_user(institution, units=(unit_id,)),
    )  # fmt: skip
    set_mailbox(institution, BO, MailboxStatus.DEAD)
    set_mailbox(institution, CARL, MailboxStatus.UNDER_15)
    with institution.transaction() as session:
        query = sa.select(Letter).where(Letter.mailing_id == mailing_id, Letter.position == 4)
        session.scalars(query).one().way = LetterWay.HOLD
    with pytest.raises(Refused, match="1 breve at sende"):
        approve_mailing(institution, mailing_id, confirm=4)
    approve_mailing(institution, mailing_id)
    assert letter_statuses(institution, mailing_id) == ["waiting"] + ["action"] * 3
    with institution.reading() as session:
        query = sa.select(Letter).where(Letter.mailing_id == mailing_id).order_by(Letter.position)
        why = [str(sentence_of(one.status_reason)) for one in session.scalars(query)
               if one.status_reason]  # fmt: skip
    assert "død" in why[0] and "under 15" in why[1] and "holdt tilbage" in why[2]


def test_reply_that_no_channel_can_give_refuses_the_approval(institution: Institution) -> None:
    mailing_id = make_mailing(institution)
    with institution.transaction() as session:
        session.get_one(Mailing, mailing_id).can_reply = True
    with pytest.raises(Refused, match="besvares"):
        approve_mailing(institution, mailing_id, confirm=4)
    assert letter_statuses(institution, mailing_id) == ["draft"] * 4


def test_a_company_with_a_case_worker_goes_on_paper_with_the_choice_of_today(
    institution: Institution, sandbox: RunningSandbox
) -> None:
    mailing_id = make_mailing(institution, [COMPANY])
    set_address(institution, COMPANY, "Havnegade 4", "5000 Odense C")
    with institution.transaction() as session:
        [recipient] = find_recipients(session, _company()).values()
        session.add(Attention(recipient_id=recipient.id, email="post@firma.example",
                              chosen_at=recipient.created_at))  # fmt: skip
    approve_mailing(institution, mailing_id)
    assert deliveries_of(institution, mailing_id) == [("main", "remote_print", "waiting")]
    with institution.transaction() as session:
        session.execute(sa.delete(Attention))  # changed afterwards: this letter keeps its own
    sandbox.settings(postprocessing_seconds=0)
    _until_printed(institution, mailing_id, sandbox)
    [printed] = sandbox.prints()
    assert printed["lines"][1:] == ["Att.: post@firma.example", "Havnegade 4", "5000 Odense C"]


def _company() -> list[object]:
    from digitalpost.identifiers import parse

    return [parse(COMPANY)]


def _until_printed(institution: Institution, mailing_id: int, sandbox: RunningSandbox) -> None:
    """Send, let the provider fetch, and ask for its receipts."""
    import time

    for _ in range(100):
        let_time_pass(institution)
        send_all(institution)
        let_time_pass(institution)
        ask_all(institution)
        if letter_statuses(institution, mailing_id) in (["paper"], ["action"]):
            return
        time.sleep(0.1)
    raise AssertionError("no receipt came")


def test_a_letter_that_the_provider_rejects_needs_a_person(
    institution: Institution, sandbox: RunningSandbox
) -> None:
    mailing_id = make_mailing(institution, [INVALID])
    set_address(institution, INVALID, "Ukendt vej 1")
    with institution.transaction() as session:
        session.scalars(sa.select(Letter)).one().way = LetterWay.REMOTE_PRINT
    approve_mailing(institution, mailing_id)
    _until_printed(institution, mailing_id, sandbox)
    assert letter_statuses(institution, mailing_id) == ["action"]
    assert "afviste" in reason_of(institution, mailing_id)

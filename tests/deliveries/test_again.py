"""Sending again what got nowhere: the right letters, once, by a way that can't make two of them."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from digitalpost.access import OPERATOR
from digitalpost.db import now
from digitalpost.deliveries.again import send_again
from digitalpost.deliveries.replan import Again
from digitalpost.errors import Forbidden, Refused
from digitalpost.institution import Institution
from digitalpost.mailings.cancel import cancel, cancel_letter
from digitalpost.models import (
    ChannelName,
    Delivery,
    Event,
    Letter,
    LetterWay,
    MailboxStatus,
    Mailing,
    Role,
)
from tests.deliveries.sending_again import (
    again,
    letter_ids,
    make_lost,
    make_refused,
    proposed,
    settle_paper,
    why_not,
)
from tests.make import make_actor, make_unit, make_user
from tests.make_addressees import add_copy, deliveries_of, set_address, set_mailbox
from tests.make_mailings import (
    ANNA,
    BO,
    CARL,
    DEAD,
    INVALID,
    MINOR,
    approve_mailing,
    ask_all,
    finish,
    let_time_pass,
    letter_statuses,
    mailing_status,
    make_approved,
    make_mailing,
    send,
    send_all,
)
from tests.sandbox_server import RunningSandbox


def test_what_failed_goes_by_the_next_way_with_an_id_of_its_own_and_nothing_else_goes(
    institution: Institution, sandbox: RunningSandbox
) -> None:
    mailing_id = make_refused(institution, sandbox)
    set_address(institution, ANNA, "Åløkken 12", "8850 Bjerringbro")
    set_address(institution, BO, "Åløkken 14", "8850 Bjerringbro")
    [step] = proposed(institution, mailing_id).steps
    assert step.choice.channel is ChannelName.REMOTE_PRINT
    assert str(step.choice.reason) == "Brevet sendes på papir."
    [refused] = proposed(institution, mailing_id).refused
    assert "Leveret" in str(refused.why)
    assert again(institution, mailing_id) == 1
    assert mailing_status(institution, mailing_id) == "holding"
    settle_paper(institution)
    assert sorted(letter_statuses(institution, mailing_id)) == ["delivered", "paper"]
    assert mailing_status(institution, mailing_id) == "sent"
    with institution.reading() as session:
        every = list(session.scalars(sa.select(Delivery).order_by(Delivery.id)))
        [old] = [one for one in every if one.status == "failed"]
        assert old.replaced_by_id == every[-1].id
        assert len({one.message_id for one in every}) == 3
        assert every[-1].document_id == old.document_id  # the bytes that were approved
        [event] = session.scalars(sa.select(Event).where(Event.kind == "letter:sent_again"))
        assert event.data["instead_of"] == old.message_id
        assert event.data["message_id"] == every[-1].message_id
        kinds = list(session.scalars(sa.select(Event.kind)))
    assert kinds.count("mailing:sent_again") == 1
    assert len(sandbox.prints()) == 1


def test_the_same_channel_again_is_a_new_delivery_where_the_first_was_turned_down_at_once(
    institution: Institution, sandbox: RunningSandbox
) -> None:
    mailing_id = make_refused(institution, sandbox)
    assert again(institution, mailing_id, Again.SAME) == 1
    finish(institution)
    assert letter_statuses(institution, mailing_id) == ["delivered"] * 2
    sent = sandbox.dispatches()
    assert len(sent) == len({one["message_id"] for one in sent}) == 2
    assert len({one["recipient"] for one in sent}) == 2


def test_a_letter_that_may_have_come_through_goes_no_other_way(
    institution: Institution, sandbox: RunningSandbox
) -> None:
    mailing_id = make_lost(institution, sandbox, [ANNA])
    set_address(institution, ANNA, "Åløkken 12", "8850 Bjerringbro")
    for how in (Again.NEXT, Again.REMOTE_PRINT, Again.LOCAL_PRINT):
        [why] = why_not(institution, mailing_id, how)
        assert "kan være nået frem gennem e-Boks" in why
        with pytest.raises(Refused, match="Ingen af brevene"):
            again(institution, mailing_id, how)
    [step] = proposed(institution, mailing_id, Again.SAME).steps
    assert step.same_id
    assert again(institution, mailing_id, Again.SAME) == 1
    finish(institution)
    assert letter_statuses(institution, mailing_id) == ["delivered"]
    assert sandbox.counts()["dispatches"] == 1  # the recipient has one, not two
    with institution.reading() as session:
        assert session.scalar(sa.select(sa.func.count(Delivery.id))) == 1


def test_turned_down_at_a_later_attempt_is_in_doubt_unless_the_channel_told_of_the_id(
    institution: Institution, sandbox: RunningSandbox
) -> None:
    mailing_id = make_approved(institution, [ANNA])
    sandbox.fault("answer_500_after_storing", count=1)
    send(institution)
    let_time_pass(institution)
    sandbox.clear_faults()
    sandbox.fault("answer_400", count=1)
    send(institution)
    assert letter_statuses(institution, mailing_id) == ["action"]
    [why] = why_not(institution, mailing_id)
    assert "kan være nået frem" in why
    # And the other way round: nothing came through, and e-Boks says that there is no mailbox.
    other = make_approved(institution, [DEAD])
    sandbox.clear_faults()
    sandbox.fault("answer_503", count=1)
    send(institution)
    finish(institution)
    with institution.reading() as session:
        [found] = session.scalars(sa.select(Delivery).where(Delivery.mailing_id == other))
        assert found.attempts == 2
        assert not found.is_doubtful


def test_a_receipt_that_never_came_leaves_the_letter_in_doubt(
    institution: Institution, sandbox: RunningSandbox
) -> None:
    sandbox.settings(postprocessing_seconds=3600)
    mailing_id = make_approved(institution, [INVALID])
    send(institution)
    assert letter_statuses(institution, mailing_id) == ["awaiting_receipt"]
    with institution.transaction() as session:
        session.execute(
            sa.update(Delivery).values(accepted_at=sa.literal(now().replace(year=2020)))
        )
    let_time_pass(institution)
    ask_all(institution)
    assert letter_statuses(institution, mailing_id) == ["action"]
    [why] = why_not(institution, mailing_id, Again.LOCAL_PRINT)
    assert "kan være nået frem" in why


def test_nobody_writes_by_itself_to_who_is_dead_or_a_child(
    institution: Institution, sandbox: RunningSandbox
) -> None:
    mailing_id = make_approved(institution, [DEAD])
    finish(institution)
    assert why_not(institution, mailing_id) == why_not(institution, mailing_id, Again.SAME)
    assert "død" in why_not(institution, mailing_id)[0]
    [step] = proposed(institution, mailing_id, Again.LOCAL_PRINT).steps  # a person may
    assert step.choice.channel is ChannelName.LOCAL_PRINT
    child = make_approved(institution, [MINOR])
    finish(institution)
    set_mailbox(institution, MINOR, MailboxStatus.UNDER_15)
    assert "under 15 år" in why_not(institution, child)[0]


def test_what_changed_since_the_list_was_seen_stops_all_of_it(
    institution: Institution, sandbox: RunningSandbox
) -> None:
    mailing_id = make_lost(institution, sandbox, [ANNA, BO, CARL])
    ids = letter_ids(institution, mailing_id)
    again(institution, mailing_id, Again.SAME, ids=ids[:1])
    finish(institution)  # its receipt came meanwhile
    with pytest.raises(Refused, match="nu 2 breve at sende igen, men du skrev 3"):
        again(institution, mailing_id, Again.SAME, confirm=3)
    assert letter_statuses(institution, mailing_id) == ["delivered", "action", "action"]
    assert again(institution, mailing_id, Again.SAME, confirm=2) == 2


def test_what_is_on_its_way_or_arrived_is_never_sent_again(
    institution: Institution, sandbox: RunningSandbox
) -> None:
    mailing_id = make_approved(institution, [ANNA, BO])
    for how in Again:
        with pytest.raises(Refused, match="Ingen af brevene"):
            again(institution, mailing_id, how, confirm=2)
    finish(institution)
    for how in Again:
        with pytest.raises(Refused, match="Ingen af brevene"):
            again(institution, mailing_id, how, confirm=2)
    assert sandbox.counts()["dispatches"] == 2


def test_undoing_within_the_hold_leaves_a_letter_that_can_be_sent_after_all(
    institution: Institution, sandbox: RunningSandbox
) -> None:
    mailing_id = make_refused(institution, sandbox)
    again(institution, mailing_id, Again.SAME, hold_seconds=600)
    assert mailing_status(institution, mailing_id) == "holding"
    with institution.transaction() as session:
        stopped = cancel(session, OPERATOR, session.get_one(Mailing, mailing_id))
    assert (stopped.stopped, stopped.already_left, stopped.partly) == (1, 1, 0)
    assert mailing_status(institution, mailing_id) == "sent"
    assert sorted(letter_statuses(institution, mailing_id)) == ["cancelled", "delivered"]
    assert again(institution, mailing_id, Again.SAME) == 1
    finish(institution)
    assert letter_statuses(institution, mailing_id) == ["delivered"] * 2


def test_a_letter_that_was_held_back_is_filed_and_sent_the_way_that_is_chosen(
    institution: Institution, sandbox: RunningSandbox
) -> None:
    mailing_id = make_mailing(institution, [ANNA, BO, CARL], red=[3])
    with institution.transaction() as session:
        session.execute(sa.update(Letter).where(Letter.position == 2).values(way=LetterWay.HOLD))
    approve_mailing(institution, mailing_id)
    finish(institution)
    assert letter_statuses(institution, mailing_id) == ["delivered", "action", "action"]
    found = proposed(institution, mailing_id, Again.LOCAL_PRINT)
    assert [(one.letter.position, one.choice.channel.value) for one in found.steps] == [
        (2, "local_print")
    ]
    assert [one.letter.position for one in found.refused] == [1, 3]
    assert again(institution, mailing_id) == 1
    finish(institution)
    assert letter_statuses(institution, mailing_id) == ["delivered", "delivered", "action"]
    with institution.reading() as session:
        letter = session.scalars(sa.select(Letter).where(Letter.position == 2)).one()
        assert letter.case_id is not None


def test_only_the_copy_that_failed_goes_again(
    institution: Institution, sandbox: RunningSandbox
) -> None:
    mailing_id = make_mailing(institution, [ANNA])
    add_copy(institution, mailing_id, DEAD)
    approve_mailing(institution, mailing_id)
    finish(institution)
    [step] = proposed(institution, mailing_id, Again.LOCAL_PRINT).steps
    assert step.purpose == "copy"
    again(institution, mailing_id, Again.LOCAL_PRINT)
    send_all(institution)
    found = deliveries_of(institution, mailing_id)
    assert found == [
        ("main", "eboks", "delivered"),
        ("copy", "eboks", "failed"),
        ("copy", "local_print", "accepted"),
    ]
    assert letter_statuses(institution, mailing_id) == ["action"]
    with institution.transaction() as session:  # the old failure is no reason to stay open
        letter = session.scalars(sa.select(Letter)).one()
        cancel_letter(session, OPERATOR, letter)
    assert letter_statuses(institution, mailing_id) == ["delivered"]


def test_another_unit_and_another_mailings_letters_are_left_alone(
    institution: Institution, sandbox: RunningSandbox
) -> None:
    mailing_id = make_refused(institution, sandbox)
    unit_id = make_unit(institution)
    stranger = make_actor(institution, make_user(institution, role=Role.STAFF, units=(unit_id,)))
    ids = letter_ids(institution, mailing_id)
    how: dict[str, Any] = {"ways": [], "hold_seconds": 0, "give_up_hours": 1}
    with institution.transaction() as session, pytest.raises(Forbidden):
        mailing = session.get_one(Mailing, mailing_id)
        send_again(session, stranger, mailing, Again.SAME, letter_ids=ids, confirm_count=1, **how)
    other = make_refused(institution, sandbox)
    with pytest.raises(Refused, match="Ingen af brevene"):
        again(institution, mailing_id, Again.SAME, ids=letter_ids(institution, other))
    with pytest.raises(Refused, match="højst sendes"):
        again(institution, mailing_id, Again.SAME, ids=list(range(1, 1100)))
    stopped = make_approved(institution, [ANNA], hold_seconds=600)
    with institution.transaction() as session:
        cancel(session, OPERATOR, session.get_one(Mailing, stopped))
    with pytest.raises(Refused, match="Annulleret"):
        again(institution, stopped, Again.SAME)


def test_a_dead_recipients_letter_never_goes_along_with_others(
    institution: Institution, sandbox: RunningSandbox
) -> None:
    mailing_id = make_approved(institution, [DEAD, MINOR])
    finish(institution)
    found = proposed(institution, mailing_id, Again.LOCAL_PRINT)
    assert [one.letter.position for one in found.steps] == [2]
    assert "Vælg kun det ene brev" in str(found.refused[0].why)

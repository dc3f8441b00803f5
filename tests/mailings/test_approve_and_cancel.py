"""Approving and cancelling: one wins, nothing doubles, nothing is left that nobody moves."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from digitalpost.access import OPERATOR, SYSTEM
from digitalpost.db import now
from digitalpost.deliveries.claim import claim_due
from digitalpost.errors import Refused
from digitalpost.institution import Institution
from digitalpost.mailings.cancel import Stopped, cancel, cancel_letter
from digitalpost.mailings.change import put_back_letter, rename_mailing, take_out_letter
from digitalpost.models import (
    FINAL_STATUSES,
    Case,
    ChannelName,
    Delivery,
    Letter,
    LetterStatus,
    Mailing,
)
from digitalpost.sweep import close_settled_mailing, due_work
from tests.make import make_actor, make_unit, make_user
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


def count(institution: Institution, model: type) -> int:
    with institution.reading() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(model)) or 0


def cancel_mailing(institution: Institution, mailing_id: int) -> Stopped:
    with institution.transaction() as session:
        return cancel(session, OPERATOR, session.get_one(Mailing, mailing_id))


def cancel_nth(institution: Institution, mailing_id: int, position: int) -> None:
    with institution.transaction() as session:
        query = sa.select(Letter).where(
            Letter.mailing_id == mailing_id, Letter.position == position
        )
        cancel_letter(session, OPERATOR, session.scalars(query).one())


@pytest.mark.parametrize("typed", [0, 3, 5, -4])
def test_a_wrong_number_approves_nothing(institution: Institution, typed: int) -> None:
    mailing_id = make_mailing(institution)
    with pytest.raises(Refused, match="4 breve"):
        approve_mailing(institution, mailing_id, confirm=typed)
    assert mailing_status(institution, mailing_id) == "review"
    assert letter_statuses(institution, mailing_id) == ["draft"] * 4
    assert count(institution, Delivery) == count(institution, Case) == 0


def test_the_one_who_comes_late_is_told_who_approved(institution: Institution) -> None:
    unit_id = make_unit(institution)
    user_id = make_user(institution, units=(unit_id,), name="Bodil Ager")
    mailing_id = make_mailing(institution, case_type_id=make_case_type(institution, unit_id))
    approve_mailing(institution, mailing_id, actor=make_actor(institution, user_id))
    with pytest.raises(Refused, match="Bodil Ager"):
        approve_mailing(institution, mailing_id, confirm=4)
    assert count(institution, Delivery) == 4


def test_cancelling_within_the_hold_stops_everything(institution: Institution) -> None:
    mailing_id = make_approved(institution, FOUR, hold_seconds=600, red=[2])
    assert letter_statuses(institution, mailing_id) == ["waiting", "action", "waiting", "waiting"]
    assert cancel_mailing(institution, mailing_id) == Stopped(3, 0)
    assert letter_statuses(institution, mailing_id) == ["cancelled"] * 4
    assert mailing_status(institution, mailing_id) == "cancelled"
    assert due_work(institution) == []
    with pytest.raises(Refused, match="allerede stoppet"):
        cancel_mailing(institution, mailing_id)


def test_cancelling_after_some_left_tells_the_truth_and_closes_later(
    institution: Institution,
) -> None:
    mailing_id = make_approved(institution, FOUR)
    with institution.transaction() as session:
        claim_due(session, ChannelName.EBOKS, owner="o", limit=1, lease_seconds=60)
    assert cancel_mailing(institution, mailing_id) == Stopped(3, 1)
    assert mailing_status(institution, mailing_id) == "sending"
    with institution.reading() as session:
        assert session.get_one(Mailing, mailing_id).finished_at is None
    with institution.transaction() as session:
        session.execute(
            sa.update(Delivery).where(Delivery.status == "claimed").values(status="delivered")
        )
    assert ("close_mailing", mailing_id) in due_work(institution)
    close_settled_mailing(institution, mailing_id)
    assert mailing_status(institution, mailing_id) == "sent"


def test_a_mailing_whose_letters_were_stopped_one_by_one_is_closed(
    institution: Institution,
) -> None:
    mailing_id = make_approved(institution, FOUR, hold_seconds=600)
    for position in (1, 2, 3, 4):
        cancel_nth(institution, mailing_id, position)
    assert mailing_status(institution, mailing_id) == "cancelled"


def test_red_letters_are_never_sent_and_wait_for_a_person(institution: Institution) -> None:
    unit_id = make_unit(institution)
    owner_id = make_user(institution, units=(unit_id,))
    mailing_id = make_approved(
        institution, FOUR, red=[1, 4], owner_id=owner_id,
        case_type_id=make_case_type(institution, unit_id),
    )  # fmt: skip
    assert letter_statuses(institution, mailing_id) == ["action", "waiting", "waiting", "action"]
    assert count(institution, Delivery) == 2
    with institution.reading() as session:
        for letter in session.scalars(sa.select(Letter)):
            assert letter.status in FINAL_STATUSES or letter.due_at is not None
            assert letter.owner_id == owner_id
            if letter.status is LetterStatus.ACTION:
                assert letter.due_at > now() and letter.status_reason is not None
    cancel_nth(institution, mailing_id, 1)
    assert letter_statuses(institution, mailing_id)[0] == "cancelled"
    with pytest.raises(Refused, match="Annulleret"):
        cancel_nth(institution, mailing_id, 1)


def test_only_red_letters_cannot_be_approved(institution: Institution) -> None:
    mailing_id = make_mailing(institution, [ANNA], red=[1])
    with pytest.raises(Refused, match="ingen breve"):
        approve_mailing(institution, mailing_id)
    assert mailing_status(institution, mailing_id) == "review"


def test_a_replacement_number_goes_on_paper_and_never_to_a_digital_channel(
    institution: Institution,
) -> None:
    mailing_id = make_mailing(institution, [ANNA, "6102031234"])
    approve_mailing(institution, mailing_id, confirm=2)
    with institution.reading() as session:
        deliveries = session.scalars(sa.select(Delivery).order_by(Delivery.letter_id))
        assert [one.channel.value for one in deliveries] == ["eboks", "local_print"]


def test_a_letter_taken_out_is_not_sent_and_one_put_back_has_the_new_title(
    institution: Institution,
) -> None:
    mailing_id = make_mailing(institution, FOUR)

    def change(what: str) -> None:
        with institution.transaction() as session:
            mailing = session.get_one(Mailing, mailing_id)
            letters = session.scalars(sa.select(Letter).order_by(Letter.position)).all()
            if what == "rename":
                rename_mailing(session, SYSTEM, mailing, "Ny dato for samtalen")
            elif what == "put back":
                put_back_letter(session, SYSTEM, letters[0])
            else:
                take_out_letter(session, SYSTEM, letters[0], "dobbelt")
                take_out_letter(session, SYSTEM, letters[1])

    change("take out")
    change("rename")
    change("put back")
    with institution.reading() as session:
        first, *_ = session.scalars(sa.select(Letter).order_by(Letter.position))
        assert first.title == "Ny dato for samtalen"
        assert first.due_at is not None
    approve_mailing(institution, mailing_id, confirm=3)
    assert letter_statuses(institution, mailing_id) == ["waiting", "cancelled"] + ["waiting"] * 2

"""What a mailing asks for and when it goes: Danish time in, nothing that can't be comes through."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from digitalpost.access import OPERATOR
from digitalpost.danish_time import from_clock, local, today
from digitalpost.errors import Refused
from digitalpost.institution import Institution
from digitalpost.mailings.options import (
    Abilities,
    Options,
    can_do,
    options_of,
    set_options,
    wrong_in,
)
from digitalpost.models import Event, Mailing, MailingStatus
from tests.make_mailings import make_mailing

NOON = datetime(2026, 6, 9, 10, tzinfo=UTC)  # twelve o'clock in Denmark
NOTHING: dict[str, Any] = {
    "can_reply": False,
    "reply_by": None,
    "must_sign": False,
    "sign_by": None,
    "send_at": None,
}


def choose(institution: Institution, mailing_id: int, **choices: Any) -> None:
    with institution.transaction() as session:
        mailing = session.get_one(Mailing, mailing_id)
        set_options(session, OPERATOR, mailing, **{**NOTHING, **choices})


def wrong(at: datetime = NOON, **choices: Any) -> list[tuple[str, str]]:
    options = Options(**{**NOTHING, **choices})
    return [(one.code, str(one)) for one in wrong_in(options, at)]


def test_choices_are_kept_in_utc_read_back_as_danish_time_and_logged_once(
    institution: Institution,
) -> None:
    mailing_id = make_mailing(institution)
    tomorrow = today() + timedelta(days=1)
    eight = datetime(tomorrow.year, tomorrow.month, tomorrow.day, 8)
    choices = {"can_reply": True, "reply_by": tomorrow, "must_sign": True, "send_at": eight}
    for _ in range(2):
        choose(institution, mailing_id, **choices)
    with institution.reading() as session:
        mailing = session.get_one(Mailing, mailing_id)
        assert mailing.send_at is not None
        assert local(mailing.send_at).replace(tzinfo=None) == eight
        assert options_of(mailing) == Options(True, tomorrow, True, None, eight)
        logged = session.query(Event).filter_by(kind="mailing:changed").all()
        assert [event.data["what"] for event in logged] == ["options"]
    choose(institution, mailing_id)
    with institution.reading() as session:
        assert options_of(session.get_one(Mailing, mailing_id)) == Options()


def test_each_choice_that_cannot_be_is_refused_with_its_own_sentence(
    institution: Institution,
) -> None:
    mailing_id = make_mailing(institution)
    yesterday = today() - timedelta(days=1)
    past = datetime(2026, 1, 5, 8)
    with pytest.raises(Refused) as refused:
        choose(
            institution, mailing_id, reply_by=yesterday, must_sign=True,
            sign_by=date(2026, 1, 4), send_at=past,
        )  # fmt: skip
    codes = [sentence.code for sentence in refused.value.sentences]
    assert codes == ["send_at", "reply_by", "sign_by"]
    with institution.reading() as session:
        assert options_of(session.get_one(Mailing, mailing_id)) == Options()


def test_a_last_day_before_the_letters_go_out_is_refused() -> None:
    friday = datetime(2026, 6, 12, 8)
    assert not wrong(can_reply=True, reply_by=date(2026, 6, 9))
    assert wrong(can_reply=True, reply_by=date(2026, 6, 8))[0][0] == "reply_by"
    assert wrong(can_reply=True, reply_by=date(2026, 6, 11), send_at=friday)[0][0] == "reply_by"
    assert not wrong(can_reply=True, reply_by=date(2026, 6, 12), send_at=friday)
    assert "årstallet" in wrong(must_sign=True, sign_by=date(2062, 6, 9))[0][1]
    assert "Sæt kryds" in wrong(sign_by=date(2026, 6, 12))[0][1]


def test_a_time_that_is_past_too_far_off_or_jumped_over_is_refused() -> None:
    assert "passeret" in wrong(send_at=datetime(2026, 6, 9, 12))[0][1]
    assert not wrong(send_at=datetime(2026, 6, 9, 12, 1))
    assert "et år" in wrong(send_at=datetime(2027, 6, 11, 12))[0][1]
    jumped = datetime(2027, 3, 28, 2, 30)
    assert from_clock(jumped) is None
    assert "stilles frem" in wrong(send_at=jumped)[0][1]


def test_an_hour_that_comes_twice_is_the_first_of_the_two() -> None:
    twice = datetime(2026, 10, 25, 2, 30)
    assert from_clock(twice) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def test_nothing_is_chosen_for_a_mailing_that_is_on_its_way(institution: Institution) -> None:
    mailing_id = make_mailing(institution)
    with institution.transaction() as session:
        session.get_one(Mailing, mailing_id).status = MailingStatus.HOLDING
    with pytest.raises(Refused, match="kan ikke ændres nu"):
        choose(institution, mailing_id, can_reply=True)


def test_e_boks_alone_takes_neither_answers_nor_signatures(institution: Institution) -> None:
    assert can_do(institution.settings) == Abilities(reply=False, sign=False)

"""Days with post, the latest day to print, and when a letter counts as received."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digitalpost.deadlines import print_advice, received_on, too_late
from digitalpost.environment import SettingsError, days_in
from digitalpost.models import Delivery, DeliveryStatus, Mailing
from digitalpost.post_days import Calendar, closed_for, is_post_day
from tests.make import make_settings

FIVE = Calendar()
DAYS = st.dates(date(2024, 1, 1), date(2040, 12, 31))


def make_mailing(**columns: Any) -> Mailing:
    return Mailing(title="Indkaldelse", **columns)


@pytest.mark.parametrize(
    ("day", "name"),
    [
        (date(2026, 4, 2), "Skærtorsdag"),
        (date(2026, 4, 3), "Langfredag"),
        (date(2026, 4, 6), "Anden påskedag"),
        (date(2026, 5, 14), "Kristi himmelfartsdag"),
        (date(2026, 5, 15), "Dagen efter Kristi himmelfartsdag"),
        (date(2026, 5, 25), "Anden pinsedag"),
        (date(2026, 6, 5), "Grundlovsdag"),
        (date(2026, 12, 24), "Juleaftensdag"),
        (date(2026, 12, 25), "Juledag"),
        (date(2026, 12, 31), "Nytårsaftensdag"),
        (date(2027, 1, 1), "Nytårsdag"),
        (date(2023, 5, 5), "Store bededag"),  # until the law took it away
        (date(2024, 4, 26), None),
        (date(2026, 5, 1), None),  # a day off for many, but post is carried
        (date(2026, 11, 22), None),  # a Sunday like any other
    ],
)
def test_holidays_and_closing_days_are_known_by_name(day: date, name: str | None) -> None:
    assert closed_for(day) == name
    assert not (name and is_post_day(day))


def test_no_post_on_saturdays_and_sundays() -> None:
    week = [date(2026, 11, 16) + timedelta(days=one) for one in range(7)]
    assert [is_post_day(day) for day in week] == [True] * 5 + [False] * 2


@pytest.mark.parametrize(
    ("posted", "arrives"),
    [
        (date(2026, 11, 16), date(2026, 11, 23)),  # Monday to Monday
        (date(2026, 11, 21), date(2026, 11, 30)),  # Saturday lies until Monday
        (date(2026, 3, 30), date(2026, 4, 9)),  # the Monday before Easter: five days without post
        (date(2026, 3, 27), date(2026, 4, 8)),
        (date(2026, 12, 21), date(2026, 12, 30)),  # 24 to 27 December stand still
        (date(2026, 12, 23), date(2027, 1, 5)),  # and 31 December to 3 January
    ],
)
def test_a_posted_letter_arrives_after_five_days_with_post(posted: date, arrives: date) -> None:
    assert FIVE.arrives(posted) == arrives
    assert FIVE.print_by(arrives) >= posted


@pytest.mark.parametrize(
    ("by", "print_by"),
    [
        (date(2026, 11, 23), date(2026, 11, 16)),
        (date(2026, 11, 22), date(2026, 11, 13)),  # a Sunday: the Friday before must do
        (date(2026, 4, 7), date(2026, 3, 26)),  # the first day with post after Easter
        (date(2026, 4, 5), date(2026, 3, 25)),  # Easter Day itself
        (date(2026, 12, 24), date(2026, 12, 16)),
        (date(2027, 1, 4), date(2026, 12, 22)),
    ],
)
def test_the_latest_day_to_print_counts_back_over_holidays(by: date, print_by: date) -> None:
    assert FIVE.print_by(by) == print_by
    assert FIVE.arrives(print_by) <= by


@given(by=DAYS, post_days=st.integers(0, 12))
def test_printed_on_the_latest_day_it_arrives_and_a_day_later_it_does_not(
    by: date, post_days: int
) -> None:
    calendar = Calendar(post_days)
    latest = calendar.print_by(by)
    assert calendar.arrives(latest) <= by
    after = latest + timedelta(days=1)
    while not is_post_day(after):
        after += timedelta(days=1)
    assert calendar.arrives(after) > by


@given(by=DAYS, closed=st.frozensets(DAYS, max_size=40))
def test_nobody_is_told_to_print_on_a_day_when_the_school_is_closed(
    by: date, closed: frozenset[date]
) -> None:
    calendar = Calendar(5, closed)
    assert calendar.print_by(by) not in closed
    assert calendar.arrives(calendar.print_by(by)) <= by


def test_the_schools_own_days_are_read_from_the_settings(tmp_path: Any) -> None:
    read = days_in("X", "2026-10-12/2026-10-16, 2026-12-23")
    assert len(read) == 6 and date(2026, 10, 14) in read and date(2026, 12, 23) in read
    for wrong in ("12.10.2026", "2026-10-16/2026-10-12", "2026-01-01/2030-01-01", "2026-02-30"):
        with pytest.raises(SettingsError, match="X skal være dage"):
            days_in("X", wrong)
    settings = make_settings(
        tmp_path, DIGITALPOST_POST_DAYS="2", DIGITALPOST_CLOSED_DAYS="2026-11-19"
    )
    assert settings.calendar == Calendar(2, frozenset({date(2026, 11, 19)}))
    assert settings.calendar.print_by(date(2026, 11, 23)) == date(2026, 11, 18)


@pytest.mark.parametrize(
    ("settled", "day"),
    [
        (datetime(2026, 6, 1, 22, 30, tzinfo=UTC), date(2026, 6, 2)),  # half past midnight here
        (datetime(2026, 12, 1, 22, 59, tzinfo=UTC), date(2026, 12, 1)),
        (datetime(2026, 12, 1, 23, 0, tzinfo=UTC), date(2026, 12, 2)),
        # The nights in which the clock is set: 29 March and 25 October 2026.
        (datetime(2026, 3, 28, 23, 30, tzinfo=UTC), date(2026, 3, 29)),
        (datetime(2026, 3, 29, 22, 0, tzinfo=UTC), date(2026, 3, 30)),
        (datetime(2026, 10, 24, 22, 0, tzinfo=UTC), date(2026, 10, 25)),
        (datetime(2026, 10, 25, 22, 59, tzinfo=UTC), date(2026, 10, 25)),
        (datetime(2026, 12, 24, 20, 0, tzinfo=UTC), date(2026, 12, 24)),  # mailboxes never close
    ],
)
def test_a_digital_letter_counts_from_the_danish_day_it_is_in_the_mailbox(
    settled: datetime, day: date
) -> None:
    delivery = Delivery(status=DeliveryStatus.DELIVERED, settled_at=settled)
    assert received_on(delivery, FIVE) == day


def test_paper_counts_when_the_post_has_had_its_time_and_the_rest_does_not_count() -> None:
    at = datetime(2026, 12, 22, 23, 30, tzinfo=UTC)  # the 23rd in Denmark
    paper = Delivery(status=DeliveryStatus.PAPER, settled_at=at)
    assert received_on(paper, FIVE) == date(2027, 1, 5)
    for status in set(DeliveryStatus) - {DeliveryStatus.PAPER, DeliveryStatus.DELIVERED}:
        assert received_on(Delivery(status=status, settled_at=at), FIVE) is None
    assert received_on(Delivery(status=DeliveryStatus.WAITING), FIVE) is None


def warnings(by: date | None, send_at: datetime, *, digital: int = 0, paper: int = 0) -> list[str]:
    mailing = make_mailing(arrive_by=by, send_at=send_at)
    at = datetime(2026, 3, 1, 8, tzinfo=UTC)
    return [str(one) for one in too_late(mailing, FIVE, at, digital=digital, paper=paper)]


def test_postponed_over_easter_paper_is_too_late_and_digital_letters_are_not() -> None:
    send_at = datetime(2026, 3, 27, 8, tzinfo=UTC)
    assert warnings(date(2026, 4, 7), send_at, digital=3) == []
    [said] = warnings(date(2026, 4, 7), send_at, digital=3, paper=2)
    assert "Breve på papir: 2. De når frem 08.04.2026" in said
    assert "senest 07.04.2026" in said and "printet senest 26.03.2026" in said
    assert warnings(date(2026, 4, 8), send_at, paper=2) == []
    assert warnings(None, send_at, digital=3, paper=2) == []


def test_sent_on_a_saturday_paper_is_posted_on_monday() -> None:
    saturday = datetime(2026, 11, 21, 8, tzinfo=UTC)
    assert warnings(date(2026, 11, 30), saturday, paper=1) == []
    assert warnings(date(2026, 11, 29), saturday, paper=1)


def test_sent_on_the_last_day_there_is_no_time_to_mend() -> None:
    late = datetime(2026, 10, 24, 22, 30, tzinfo=UTC)  # 25 October here
    [said] = warnings(date(2026, 10, 25), late, digital=1)
    assert "ikke tid til at sende dem på en anden måde" in said
    [said] = warnings(date(2026, 10, 24), late, digital=1)
    assert "først sendt 25.10.2026" in said


def test_the_reminder_begins_two_open_days_before_the_latest_day_to_print() -> None:
    by = date(2026, 4, 7)  # print by 26 March, a Thursday
    assert not FIVE.nears(by, date(2026, 3, 23))
    assert FIVE.nears(by, date(2026, 3, 24))
    assert FIVE.nears(by, date(2026, 5, 1))
    assert str(print_advice(by, FIVE, date(2026, 3, 26))) == "Print senest 26.03.2026."
    assert "for sent at nå 07.04.2026" in str(print_advice(by, FIVE, date(2026, 3, 27)))


def test_a_day_without_post_is_named() -> None:
    [said] = warnings(date(2026, 4, 3), datetime(2026, 3, 2, 8, tzinfo=UTC), paper=1)
    assert said == "Der kommer ikke post ud 03.04.2026 (Langfredag)."

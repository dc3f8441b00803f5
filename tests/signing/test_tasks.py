"""A letter that must be signed: sent with its link, reminded of, late, stopped, put aside."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
import time_machine

from digitalpost.access import OPERATOR
from digitalpost.danish_time import end_of, local
from digitalpost.db import now
from digitalpost.deliveries.replan import Again
from digitalpost.errors import Forbidden, Refused
from digitalpost.events import EventKind
from digitalpost.institution import Institution
from digitalpost.mailings.cancel import cancel, cancel_letter
from digitalpost.models import (
    Delivery,
    Event,
    Letter,
    Mailing,
    SigningStatus,
    SigningTask,
)
from digitalpost.settings import SettingsError
from digitalpost.signing.tasks import (
    close_task,
    count_by_status,
    missing_of,
    reminder_at,
    watch_signatures,
)
from digitalpost.sweep import due_work
from tests.deliveries.sending_again import again
from tests.make import make_actor, make_case_type, make_settings, make_unit, make_user
from tests.make_addressees import add_copy
from tests.make_mailings import ANNA, BO, CARL, approve_mailing, make_mailing
from tests.sandbox_server import RunningSandbox
from tests.signing.asking import (
    CLOCKS_FORWARD,
    NEW_YEARS_DAY,
    PAGE,
    make_to_sign,
    send_to_sign,
    statuses,
    tasks,
    token,
)

DUE = ("watch_signatures", "due")


def events_of(institution: Institution, kind: EventKind) -> int:
    with institution.reading() as session:
        query = sa.select(sa.func.count(Event.id)).where(Event.kind == kind.value)
        return session.scalar(query) or 0


def missing(institution: Institution, user_id: int) -> list[str]:
    actor = make_actor(institution, user_id)
    with institution.reading(actor.scope) as session:
        return [one.status.value for one in session.scalars(missing_of(actor))]


def test_each_addressee_gets_a_link_of_their_own_through_digital_post(
    institution: Institution, sandbox: RunningSandbox
) -> None:
    last_day = CLOCKS_FORWARD - timedelta(days=1)
    mailing_id = make_to_sign(institution, [ANNA, BO], sign_by=last_day, approved=False)
    add_copy(institution, mailing_id, CARL)
    approve_mailing(institution, mailing_id)
    assert statuses(institution) == ["waiting"] * len(tasks(institution))
    with institution.reading() as session:
        channels = set(session.scalars(sa.select(Delivery.channel)))
        copies = session.scalar(sa.select(sa.func.count(Delivery.id)))
    assert channels == {"digital_post"}
    assert len(tasks(institution)) == copies
    send_to_sign(institution)
    links = []
    for one in sandbox.dispatches():
        [action] = sandbox.api("GET", f"/api/memos/{one['message_id']}").json()["actions"]
        # The night after the last day is the one in which Danish clocks are put forward.
        assert (action["code"], action["until"]) == ("UNDERSKRIV", f"{last_day}T22:59:59Z")
        assert not any(number in action["url"] for number in (ANNA, BO, CARL))
        links.append(action["url"])
    numbers = range(1, len(links) + 1)
    assert sorted(links) == sorted(f"{PAGE}/sign/{token(institution, one)}" for one in numbers)


def test_what_stands_in_the_database_does_not_open_the_page(institution: Institution) -> None:
    make_to_sign(institution, [ANNA])
    [task] = tasks(institution)
    stored = {value for value in vars(task).values() if isinstance(value, str | bytes)}
    word = token(institution)
    assert word not in stored and word.encode() not in stored and len(word) == 43


def test_without_a_signing_service_a_mailing_that_must_be_signed_is_refused(
    institution: Institution, tmp_path: Path
) -> None:
    from digitalpost.channels.registry import ways_out

    settings = make_settings(
        tmp_path, EBOKS_URL="https://127.0.0.1:9", DIGITAL_POST_URL="https://127.0.0.1:9",
        DIGITAL_POST_CVR="99000015", SIGNING_URL=PAGE,
    )  # fmt: skip
    assert not any(way.can.can_sign for way in ways_out(settings))
    with pytest.raises(SettingsError, match="https"):
        make_settings(tmp_path, SIGNING_URL="http://skole.invalid")
    with pytest.raises(SettingsError, match="SIGNING_SERVICE_URL"):
        make_settings(tmp_path, SIGNING_SERVICE_URL="http://mitid.invalid")


def test_a_letter_that_need_not_be_signed_asks_nobody(institution: Institution) -> None:
    approve_mailing(institution, make_mailing(institution, [ANNA]))
    assert tasks(institution) == []


def test_stopping_a_mailing_or_a_letter_stops_its_signatures(institution: Institution) -> None:
    first = make_to_sign(institution, [ANNA, BO], hold_seconds=600)
    with institution.transaction() as session:
        letter = session.scalars(sa.select(Letter).where(Letter.mailing_id == first)).first()
        assert letter is not None
        cancel_letter(session, OPERATOR, letter)
    assert sorted(statuses(institution)) == ["cancelled", "waiting"]
    with institution.transaction() as session:
        cancel(session, OPERATOR, session.get_one(Mailing, first))
    assert statuses(institution) == ["cancelled", "cancelled"]
    assert all(one.due_at is None for one in tasks(institution))


def test_a_signature_counts_as_missing_in_the_morning_after_three_days_and_once(
    institution: Institution,
) -> None:
    unit_id = make_unit(institution)
    owner_id = make_user(institution, units=(unit_id,))
    make_to_sign(
        institution, [ANNA], owner_id=owner_id, case_type_id=make_case_type(institution, unit_id)
    )
    send_to_sign(institution)
    [delivery] = _deliveries(institution)
    remind_at = reminder_at(delivery.accepted_at, 3)
    assert local(remind_at).hour == 8
    with time_machine.travel(remind_at - timedelta(minutes=1), tick=False):
        watch_signatures(institution)
        assert missing(institution, owner_id) == []
        assert DUE not in due_work(institution)
    with time_machine.travel(remind_at, tick=False):
        assert DUE in due_work(institution)
        assert watch_signatures(institution) == 1
        assert watch_signatures(institution) == 0
        assert missing(institution, owner_id) == ["waiting"]
        assert DUE not in due_work(institution)
    assert events_of(institution, EventKind.LETTER_SIGNATURE_MISSING) == 1
    stranger = make_user(institution, units=(make_unit(institution),))
    assert missing(institution, stranger) == []


def test_reminders_keep_to_the_danish_clock_over_the_night_when_it_changes() -> None:
    before_summer = datetime(2027, 3, 26, 12, tzinfo=UTC)  # the clock goes forward on 28 March
    assert reminder_at(before_summer, 3) == datetime(2027, 3, 29, 6, tzinfo=UTC)
    before_winter = datetime(2026, 10, 23, 12, tzinfo=UTC)  # and back on 25 October
    assert reminder_at(before_winter, 3) == datetime(2026, 10, 26, 7, tzinfo=UTC)
    assert reminder_at(datetime(2026, 6, 1, 23, 30, tzinfo=UTC), 1).date() == date(2026, 6, 3)


@pytest.mark.parametrize("day", [CLOCKS_FORWARD - timedelta(days=1), CLOCKS_FORWARD, NEW_YEARS_DAY])
def test_the_last_day_is_over_at_midnight_in_denmark_also_when_the_clock_changes(
    institution: Institution, day: date
) -> None:
    make_to_sign(institution, [ANNA], sign_by=day)
    send_to_sign(institution)
    [task] = tasks(institution)
    assert task.last_day == day
    with time_machine.travel(end_of(day) - timedelta(seconds=1), tick=False):
        watch_signatures(institution)
        assert statuses(institution) == ["waiting"]
    with time_machine.travel(end_of(day), tick=False):
        assert DUE in due_work(institution)
        watch_signatures(institution)
        assert statuses(institution) == ["late"]
        assert DUE not in due_work(institution)
    assert events_of(institution, EventKind.LETTER_SIGNING_LATE) == 1


def test_a_letter_sent_within_the_hour_before_its_last_day_ends_is_late_at_midnight(
    institution: Institution,
) -> None:
    midnight = end_of(NEW_YEARS_DAY)
    with time_machine.travel(midnight - timedelta(minutes=20), tick=False):
        make_to_sign(institution, [ANNA], sign_by=NEW_YEARS_DAY)
        assert DUE not in due_work(institution)
    with time_machine.travel(midnight, tick=False):
        assert DUE in due_work(institution)
        watch_signatures(institution)
        assert statuses(institution) == ["late"]


def test_a_letter_that_has_not_gone_out_is_not_reminded_of(institution: Institution) -> None:
    make_to_sign(institution, [ANNA])
    with time_machine.travel(now() + timedelta(days=10), tick=False):
        watch_signatures(institution)
        [task] = tasks(institution)
        assert task.reminded_at is None
        assert task.due_at is not None and task.due_at > now()


def test_a_letter_that_nobody_got_is_not_waited_for(
    institution: Institution, sandbox: RunningSandbox
) -> None:
    sandbox.fault("answer_400", target="digital_post.send")
    make_to_sign(institution, [ANNA])
    send_to_sign(institution)
    assert [one.status.value for one in _deliveries(institution)] == ["failed"]
    with time_machine.travel(now() + timedelta(days=1), tick=False):
        watch_signatures(institution)
    assert statuses(institution) == ["cancelled"]


def test_the_owner_puts_aside_what_is_missing_and_nobody_else_can(
    institution: Institution,
) -> None:
    unit_id = make_unit(institution)
    owner_id = make_user(institution, units=(unit_id,))
    day = local(now()).date()
    make_to_sign(
        institution, [ANNA, BO], sign_by=day, owner_id=owner_id,
        case_type_id=make_case_type(institution, unit_id),
    )  # fmt: skip
    send_to_sign(institution)
    with time_machine.travel(end_of(day), tick=False):
        watch_signatures(institution)
        assert missing(institution, owner_id) == ["late", "late"]
        stranger = make_actor(institution, make_user(institution, units=(make_unit(institution),)))
        with institution.transaction() as session, pytest.raises(Forbidden):
            close_task(session, stranger, session.get_one(SigningTask, 1))
        owner = make_actor(institution, owner_id)
        with institution.transaction(owner.scope) as session:
            close_task(session, owner, session.get_one(SigningTask, 1))
        assert missing(institution, owner_id) == ["late"]
        with institution.transaction(owner.scope) as session, pytest.raises(Refused):
            close_task(session, owner, session.get_one(SigningTask, 1))
    assert events_of(institution, EventKind.LETTER_SIGNING_CLOSED) == 1
    with institution.reading() as session:
        found = count_by_status(session, session.scalars(sa.select(Mailing)).one())
    assert found == {SigningStatus.LATE: 2}


def test_a_rehearsal_packs_the_links_and_leaves_no_task(
    institution: Institution,
) -> None:
    from digitalpost.mailings.rehearse import rehearse

    mailing_id = make_to_sign(institution, [ANNA, BO], approved=False)
    report = rehearse(institution, OPERATOR, mailing_id)
    assert report["refused"] == []
    assert tasks(institution) == []


def _deliveries(institution: Institution) -> list[Delivery]:
    with institution.reading() as session:
        found = list(session.scalars(sa.select(Delivery)))
        session.expunge_all()
        return found


def test_a_letter_that_is_sent_again_asks_by_a_link_of_its_own_and_the_first_is_dead(
    institution: Institution, sandbox: RunningSandbox
) -> None:
    mailing_id = make_to_sign(institution, [ANNA])
    sandbox.fault("answer_400", target="digital_post.send", count=1)
    send_to_sign(institution)
    assert again(institution, mailing_id, Again.SAME) == 1
    send_to_sign(institution)
    assert statuses(institution) == ["cancelled", "waiting"]
    [sent] = sandbox.dispatches()
    came = str(sandbox.api("GET", f"/api/memos/{sent['message_id']}").json())
    assert token(institution, 2) in came
    assert token(institution, 1) not in came

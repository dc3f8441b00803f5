"""Notices really arrive, once each, at a real mail server and a real web server."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import logging
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
import time_machine

from digitalpost.db import now
from digitalpost.institution import Institution
from digitalpost.models import AlarmNotice, ChannelName, ChannelState, NoticeMedium, NoticeStatus
from digitalpost.oversight import notices
from digitalpost.oversight.notices import send_notices
from digitalpost.oversight.watch import watch
from digitalpost.sweep import due_oversight
from tests.make import make_institution
from tests.make_mailings import ANNA, make_approved
from tests.oversight.certificate import write_certificate
from tests.oversight.servers import Hook, Mailbox, mail_server, web_server

SECRET = "en hemmelighed på 20 tegn"
MAIL = {"ALARM_FROM": "vagt@egely.example", "ALARM_TO": "drift@egely.example, it@egely.example"}


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with mail_server() as box:
        yield box


@pytest.fixture
def hook() -> Iterator[Hook]:
    with web_server() as found:
        yield found


@pytest.fixture
def institution(
    database_url: str, tmp_path: Path, mailbox: Mailbox, hook: Hook
) -> Iterator[Institution]:
    """An institution that tells of alarms on both media."""
    found = make_institution(
        tmp_path / "home", tables=False, DATABASE_URL=database_url,
        EBOKS_URL="https://127.0.0.1:9", **MAIL,
        ALARM_SMTP_URL=f"smtp://vagt:hemmeligt%20ord@127.0.0.1:{mailbox.port}",
        ALARM_WEBHOOK_URL=f"http://127.0.0.1:{hook.port}/alarm", ALARM_WEBHOOK_SECRET=SECRET,
    )  # fmt: skip
    yield found
    found.close()


def pause(institution: Institution, *, minutes: float | None) -> None:
    since = None if minutes is None else now() - timedelta(minutes=minutes)
    with institution.transaction() as session:
        session.merge(ChannelState(channel=ChannelName.EBOKS, paused_since=since))


def look_again(institution: Institution) -> None:
    with time_machine.travel(now() + timedelta(seconds=61), tick=True):
        assert watch(institution)


def rows(institution: Institution) -> list[AlarmNotice]:
    with institution.reading() as session:
        found = list(session.scalars(sa.select(AlarmNotice).order_by(AlarmNotice.id)))
        session.expunge_all()
        return found


def send(institution: Institution, *, later: float = 0) -> int:
    """Send everything that is due so many seconds from now."""
    with time_machine.travel(now() + timedelta(seconds=later), tick=True):
        return sum(send_notices(institution, medium) for medium in NoticeMedium)


def test_an_opening_and_a_closing_are_told_once_each_on_both_media(
    institution: Institution, mailbox: Mailbox, hook: Hook
) -> None:
    pause(institution, minutes=10)
    assert watch(institution)
    assert due_oversight(institution) == [("send_notices", "mail"), ("send_notices", "webhook")]
    assert send(institution) == 2
    assert send(institution, later=9000) == 0
    assert due_oversight(institution) == []
    look_again(institution)
    assert send(institution, later=62) == 0
    pause(institution, minutes=None)
    with time_machine.travel(now() + timedelta(seconds=130), tick=True):
        assert watch(institution)
        assert sum(send_notices(institution, medium) for medium in NoticeMedium) == 2

    opened, closed = mailbox.mails
    assert opened["Subject"] == "Alarm: Forbindelse på pause (Egely Gymnasium)"
    assert closed["Subject"] == "I orden igen: Forbindelse på pause (Egely Gymnasium)"
    assert opened["To"] == "drift@egely.example, it@egely.example"
    assert opened["Message-ID"] != closed["Message-ID"]
    assert opened["Auto-Submitted"] == "auto-generated"
    assert "e-Boks har været på pause siden" in opened.get_content()
    assert "Se mere på Tavle" in opened.get_content()
    assert "Den lukkede af sig selv" in closed.get_content()
    assert len(mailbox.envelopes[0][1]) == 2
    login = base64.b64decode(mailbox.logins[0].split()[1])
    assert login == b"\0vagt\0hemmeligt ord"

    for (headers, body), event in zip(hook.posts, ("opened", "closed"), strict=True):
        data = json.loads(body)
        assert data["event"] == f"alarm.{event}"
        assert (data["kind"], data["subject"]) == ("channel", "eboks")
        assert (data["closed_at"] is None) == (event == "opened")
        time, made = (part[2:] for part in headers["X-DigitalPost-Signature"].split(","))
        expected = hmac.new(SECRET.encode(), f"{time}.".encode() + body, hashlib.sha256)
        assert hmac.compare_digest(made.removeprefix("="), expected.hexdigest())
        assert abs(int(time) - now().timestamp()) < 300


def test_a_notice_that_does_not_come_through_is_tried_again_later_and_later(
    institution: Institution, mailbox: Mailbox, hook: Hook, caplog: pytest.LogCaptureFixture
) -> None:
    mailbox.refuse, hook.answers = 1, [302, 500]
    pause(institution, minutes=10)
    with caplog.at_level(logging.DEBUG):
        watch(institution)
        assert send(institution) == 0
        assert [one.problem for one in rows(institution)] == [
            "SMTPSenderRefused 451", "HTTP 302",
        ]  # fmt: skip
        assert send(institution, later=20) == 0
        assert len(hook.posts) == 1
        assert send(institution, later=31) == 1  # the mail; the web server fails again
        assert send(institution, later=62) == 0
        assert send(institution, later=200) == 1
    assert [one.status for one in rows(institution)] == [NoticeStatus.SENT] * 2
    assert [one.attempts for one in rows(institution)] == [2, 3]
    assert len({post[0]["X-DigitalPost-Message"] for post in hook.posts}) == 1
    assert "hemmeligt" not in caplog.text and SECRET not in caplog.text


def test_a_sender_that_is_killed_is_replaced_with_the_same_message_id(
    institution: Institution, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    pause(institution, minutes=10)
    watch(institution)

    def killed(*_: object) -> int:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(notices, "_settle", killed)
        with pytest.raises(KeyboardInterrupt):
            send_notices(institution, NoticeMedium.MAIL)
    assert send_notices(institution, NoticeMedium.MAIL) == 0  # somebody may still be at it
    with time_machine.travel(now() + timedelta(seconds=201), tick=True):
        assert ("send_notices", "mail") in due_oversight(institution)
        assert send_notices(institution, NoticeMedium.MAIL) == 1
    assert len({mail["Message-ID"] for mail in mailbox.mails}) == 1


def test_a_line_that_is_cut_before_the_answer_counts_as_not_sent(
    institution: Institution, mailbox: Mailbox
) -> None:
    mailbox.hang_up_after = 1
    pause(institution, minutes=10)
    watch(institution)
    assert send_notices(institution, NoticeMedium.MAIL) == 0
    with time_machine.travel(now() + timedelta(seconds=31), tick=True):
        assert send_notices(institution, NoticeMedium.MAIL) == 1
    assert len({mail["Message-ID"] for mail in mailbox.mails}) == 1


def test_a_medium_that_fails_for_long_is_an_alarm_itself_and_is_given_up_after_a_day(
    institution: Institution, mailbox: Mailbox
) -> None:
    mailbox.refuse = 100
    pause(institution, minutes=10)
    watch(institution)
    for hours in range(1, 7):
        send(institution, later=hours * 3601)
    assert rows(institution)[0].attempts == 6
    look_again(institution)
    told = {(one.alarm_id, one.medium) for one in rows(institution)}
    assert len(told) == 4  # the second alarm is told too: the other medium may work
    send(institution, later=25 * 3600)
    assert rows(institution)[0].status is NoticeStatus.FAILED
    assert send(institution, later=30 * 3600) == 0


def test_no_notice_tells_of_a_person(
    institution: Institution, mailbox: Mailbox, hook: Hook
) -> None:
    make_approved(institution, [ANNA])
    for minutes in (20, 22):
        with time_machine.travel(now() + timedelta(minutes=minutes), tick=True):
            watch(institution)
            send(institution)
    [mail], [(_, body)] = mailbox.mails, hook.posts
    for text in (mail.as_string(), mail.get_content(), body.decode()):
        assert ANNA not in text and ANNA[:6] not in text
        assert "Indkaldelse" not in text  # the title of the letters
    assert json.loads(body)["what"] == "Breve, der skulle være sendt: 1"


def test_a_certificate_that_comes_nearer_its_end_is_told_again_and_is_over_only_once(
    database_url: str, tmp_path: Path, hook: Hook
) -> None:
    path = write_certificate(tmp_path / "eboks.pem", now() + timedelta(days=59))
    institution = make_institution(
        tmp_path / "home", tables=False, DATABASE_URL=database_url,
        EBOKS_URL="https://127.0.0.1:9", EBOKS_CERTIFICATE=str(path),
        ALARM_WEBHOOK_URL=f"http://127.0.0.1:{hook.port}/", ALARM_WEBHOOK_SECRET=SECRET,
    )  # fmt: skip
    try:
        for days in (0, 1, 40, 41):
            with time_machine.travel(now() + timedelta(days=days), tick=True):
                watch(institution)
                send_notices(institution, NoticeMedium.WEBHOOK)
        write_certificate(path, now() + timedelta(days=700))
        with time_machine.travel(now() + timedelta(days=42), tick=True):
            watch(institution)
            send_notices(institution, NoticeMedium.WEBHOOK)
    finally:
        institution.close()
    told = [json.loads(body)["event"] for _, body in hook.posts]
    assert told == ["alarm.opened", "alarm.opened", "alarm.closed"]


def test_several_workers_at_once_send_a_notice_once(
    institution: Institution, mailbox: Mailbox
) -> None:
    pause(institution, minutes=10)
    watch(institution)
    sent: list[int] = []
    several = [
        threading.Thread(target=lambda: sent.append(send_notices(institution, NoticeMedium.MAIL)))
        for _ in range(4)
    ]
    for one in several:
        one.start()
    for one in several:
        one.join()
    assert sum(sent) == len(mailbox.mails) == 1

"""The page of incoming mail that can't be read: what it says, and the three things to do."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa
from flask import Flask

from digitalpost.db import now
from digitalpost.events import EventKind
from digitalpost.institution import Institution
from digitalpost.models import (
    ChannelName,
    Event,
    FetchState,
    IncomingMessage,
    IncomingStatus,
    Role,
    Unit,
)
from tests.console.browser import Browser, signed_in
from tests.console.mailings import Outbox
from tests.console.school import ADMINISTRATOR, EMAILS, make_school
from tests.incoming.fetching.outbox import make_unreadable
from tests.make import make_unit, make_user

RAW = b"<nothing>0102031234</nothing>"


def administrator(console: Flask, institution: Institution) -> Browser:
    """Signed in at a school with one unit, where all mail lands."""
    unit = make_unit(institution, "Kontoret")
    make_user(institution, role=Role.ADMINISTRATOR, units=(unit,), email=ADMINISTRATOR)
    console.extensions["outbox"] = Outbox()
    return signed_in(console, ADMINISTRATOR)


def status_of(institution: Institution, message_id: int) -> IncomingStatus:
    with institution.reading() as session:
        return session.get_one(IncomingMessage, message_id).status


def kinds(institution: Institution) -> list[EventKind]:
    with institution.reading() as session:
        return list(session.scalars(sa.select(Event.kind).order_by(Event.id)))


def test_the_page_says_why_a_message_cannot_be_read_and_nothing_of_what_is_in_it(
    console: Flask, institution: Institution
) -> None:
    browser = administrator(console, institution)
    assert "Al modtaget post kan læses" in browser.get("/unreadable/").text
    make_unreadable(institution, RAW)
    page = browser.get("/unreadable/").text
    assert "følger ikke formatet for Digital Post" in page
    assert "0102031234" not in page
    assert "Vis rå fil" in page and "Prøv igen" in page and "Afvis" in page


def test_the_raw_file_is_handed_over_as_it_came_and_that_is_logged(
    console: Flask, institution: Institution
) -> None:
    browser = administrator(console, institution)
    message = make_unreadable(institution, RAW)
    answer = browser.post(f"/unreadable/{message}/raw")
    assert answer.data == RAW
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="meddelelse-')
    assert answer.mimetype == "application/octet-stream"
    assert kinds(institution)[-1] == EventKind.FILE_DOWNLOADED


def test_the_raw_file_of_another_unit_is_not_handed_over(
    console: Flask, institution: Institution
) -> None:
    browser = administrator(console, institution)
    message = make_unreadable(institution, RAW)
    with institution.transaction() as session:
        (unit,) = session.scalars(sa.select(Unit)).all()
        unit.name = "Vejledningen"
        other = Unit(name="Skolen")
        session.add(other)
        session.flush()
        session.execute(sa.text(f"UPDATE user_units SET unit_id = {other.id}"))
    assert RAW not in browser.post(f"/unreadable/{message}/raw").data
    assert "en afdeling, du ikke har adgang til" in browser.get("/unreadable/").text


def test_a_message_is_tried_again_or_turned_down(console: Flask, institution: Institution) -> None:
    browser = administrator(console, institution)
    again, down = make_unreadable(institution), make_unreadable(institution)
    browser.post(f"/unreadable/{again}/again")
    assert status_of(institution, again) is IncomingStatus.STORED
    browser.post(f"/unreadable/{down}/turn-down")
    assert status_of(institution, down) is IncomingStatus.REFUSED
    outbox: Outbox = console.extensions["outbox"]
    assert outbox.woken == [("file_incoming", "due"), ("fetch_incoming", "digital_post")]
    assert kinds(institution)[-2:] == [EventKind.INCOMING_TRIED_AGAIN, EventKind.INCOMING_REFUSED]
    assert "Al modtaget post kan læses" in browser.get("/unreadable/").text


def test_the_front_page_says_when_mail_was_fetched_and_when_it_stopped(
    console: Flask, institution: Institution
) -> None:
    browser = administrator(console, institution)
    assert "Post til jer" not in browser.get("/").text  # no line that it could come by
    post = institution.settings.channels.digital_post
    object.__setattr__(post, "url", "https://127.0.0.1:9")
    assert "Ikke hentet endnu" in browser.get("/").text
    with institution.transaction() as session:
        at = now() - timedelta(minutes=2)
        session.add(
            FetchState(channel=ChannelName.DIGITAL_POST, due_at=at, begun_at=at, last_success_at=at)
        )
    make_unreadable(institution)
    page = browser.get("/").text
    assert "Sidst hentet" in page and "1 meddelelse kan ikke læses" in page
    with institution.transaction() as session:
        state = session.get_one(FetchState, ChannelName.DIGITAL_POST)
        state.last_success_at = now() - timedelta(days=25)
    page = browser.get("/").text
    assert "Kommer ikke" in page and "Om 5 dage kan Digital Post lukke" in page
    page = browser.get("/unreadable/").text
    assert "Dage, før Digital Post lukker" in page and "<dd>5</dd>" in page


def test_only_administrators_see_the_page(console: Flask, institution: Institution) -> None:
    make_school(institution)
    for role in (Role.STAFF, Role.SUPERVISOR):
        assert signed_in(console, EMAILS[role]).get("/unreadable/").status_code == 403

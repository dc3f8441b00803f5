"""Mailboxes: asked about in batches, kept with their age, and never in anybody's way."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import sqlalchemy as sa

from digitalpost.access import EVERYTHING
from digitalpost.db import now
from digitalpost.institution import Institution
from digitalpost.models import (
    Event,
    Mailbox,
    MailboxSource,
    MailboxStatus,
    RecipientUnit,
    RegisterName,
    RegisterState,
)
from digitalpost.register_settings import RegisterSettings
from digitalpost.registers.contacts import Contacts
from digitalpost.registers.mailboxes import (
    count_by_mailbox,
    letters_by_mailbox,
    mailboxes_of,
    refresh_mailbox_status,
)
from digitalpost.registers.state import open_contacts, standings
from tests.registers.making import (
    ADULT,
    COMPANY,
    DEAD,
    EXEMPT,
    NOBODY,
    REPLACEMENT,
    add_mailing,
    add_recipients,
    never_opened,
)
from tests.rows import Scope, make_institution
from tests.sandbox_server import RunningSandbox

CHILD = "0102204234"


def statuses(institution: Institution, ids: list[int]) -> list[MailboxStatus | None]:
    with institution.reading() as session:
        found = mailboxes_of(session, ids)
    return [found[one].status if one in found else None for one in ids]


def make_older(institution: Institution, by: timedelta) -> None:
    with institution.transaction() as session:
        for row in session.scalars(sa.select(Mailbox)):
            row.asked_at = row.asked_at - by


def test_answers_are_kept_with_their_age_and_their_source(institution: Institution) -> None:
    ids = add_recipients(institution, [ADULT, EXEMPT, DEAD, NOBODY, CHILD, COMPANY, REPLACEMENT])
    before = now()
    done = refresh_mailbox_status(institution, ids)
    assert (done.asked, done.sentence) == (7, None)
    assert statuses(institution, ids) == [
        MailboxStatus.REACHABLE,
        MailboxStatus.EXEMPT,
        MailboxStatus.DEAD,
        MailboxStatus.UNKNOWN,
        MailboxStatus.UNDER_15,
        MailboxStatus.REACHABLE,
        MailboxStatus.UNKNOWN,
    ]
    with institution.reading() as session:
        found = mailboxes_of(session, ids)
    assert all(before <= one.asked_at <= now() for one in found.values())
    assert found[ids[-1]].source is MailboxSource.NUMBER
    assert found[ids[0]].source is MailboxSource.CONTACTS


def test_what_is_fresh_is_not_asked_about_again(institution: Institution) -> None:
    ids = add_recipients(institution, [ADULT, EXEMPT])
    refresh_mailbox_status(institution, ids)
    assert refresh_mailbox_status(institution, ids, open_with=never_opened).asked == 0
    more = add_recipients(institution, [COMPANY])
    assert refresh_mailbox_status(institution, ids + more).asked == 1
    assert refresh_mailbox_status(institution, ids, anew=True).asked == 2


def test_an_answer_that_is_too_old_is_asked_for_again(
    institution: Institution, sandbox: RunningSandbox
) -> None:
    ids = add_recipients(institution, [ADULT])
    refresh_mailbox_status(institution, ids)
    sandbox.set_person(ADULT, mailbox="exempt")
    make_older(institution, timedelta(hours=23))
    refresh_mailbox_status(institution, ids)
    assert statuses(institution, ids) == [MailboxStatus.REACHABLE]
    make_older(institution, timedelta(hours=2))
    refresh_mailbox_status(institution, ids)
    assert statuses(institution, ids) == [MailboxStatus.EXEMPT]


def test_nobody_is_asked_while_a_transaction_is_open(institution: Institution) -> None:
    @contextmanager
    def watched(settings: RegisterSettings) -> Iterator[Contacts]:
        with open_contacts(settings) as contacts:
            ask = contacts.look_up

            def look_up(*args: object, **options: object) -> object:
                assert institution.engine.pool.checkedout() == 0  # type: ignore[attr-defined]
                return ask(*args, **options)  # type: ignore[arg-type]

            contacts.look_up = look_up  # type: ignore[assignment, method-assign]
            yield contacts

    numbers = [f"0101{year}1{serial:03}" for year in range(50, 62) for serial in range(10)]
    ids = add_recipients(institution, numbers)
    assert refresh_mailbox_status(institution, ids, open_with=watched).asked == 120


def test_a_register_that_is_away_is_left_alone_and_what_was_known_stays(
    institution: Institution, sandbox: RunningSandbox
) -> None:
    ids = add_recipients(institution, [ADULT])
    refresh_mailbox_status(institution, ids)
    sandbox.fault("answer_503", target="contacts")
    away = refresh_mailbox_status(institution, ids, anew=True)
    assert (away.asked, away.is_complete) == (0, False)
    assert statuses(institution, ids) == [MailboxStatus.REACHABLE]
    again = refresh_mailbox_status(institution, ids, anew=True, open_with=never_opened)
    assert str(again.sentence) == str(away.sentence)
    with institution.reading() as session:
        said = {one.register: one for one in standings(session, institution.settings.registers)}
    assert "svarer ikke lige nu (svar 503)" in str(said[RegisterName.CONTACTS].sentence)
    assert said[RegisterName.CPR].sentence is None


def test_a_register_that_answers_again_is_open_again_and_the_log_says_both(
    institution: Institution, sandbox: RunningSandbox
) -> None:
    ids = add_recipients(institution, [ADULT])
    sandbox.fault("drop_before_storing", target="contacts")
    refresh_mailbox_status(institution, ids)
    with institution.transaction() as session:
        state = session.get_one(RegisterState, RegisterName.CONTACTS)
        state.paused_until = now() - timedelta(seconds=1)
    assert refresh_mailbox_status(institution, ids).is_complete
    with institution.reading() as session:
        kinds = session.scalars(sa.select(Event.kind).order_by(Event.id)).all()
        (contacts, *_) = standings(session, institution.settings.registers)
    assert kinds[-2:] == ["register:paused", "register:opened"]
    assert contacts.sentence is None
    assert contacts.last_success_at is not None


def test_a_register_that_is_not_set_up_is_said_so_and_stops_nobody(
    database_url: str, tmp_path: Path
) -> None:
    with make_institution(database_url, tmp_path) as institution:
        ids = add_recipients(institution, [ADULT])
        assert "er ikke sat op" in str(refresh_mailbox_status(institution, ids).sentence)
        with institution.reading() as session:
            found = standings(session, institution.settings.registers)
        assert [one.is_set_up for one in found] == [False, False, False]
        assert all("er ikke sat op" in str(one.sentence) for one in found)


def test_only_who_may_see_a_recipient_sees_the_mailbox(institution: Institution) -> None:
    ids = add_recipients(institution, [ADULT])
    refresh_mailbox_status(institution, ids)
    with institution.reading() as session:
        (unit_id,) = session.scalars(
            sa.select(RecipientUnit.unit_id).where(RecipientUnit.recipient_id == ids[0])
        )
    with institution.reading(Scope(frozenset({unit_id}))) as session:
        assert mailboxes_of(session, ids).keys() == set(ids)
    with institution.reading(Scope(frozenset({unit_id + 1}))) as session:
        assert mailboxes_of(session, ids) == {}


def test_the_letters_of_a_mailing_are_counted_and_found_by_mailbox(
    institution: Institution,
) -> None:
    mailing_id = add_mailing(institution, [ADULT, COMPANY, EXEMPT, DEAD])
    ids = add_recipients(institution, [ADULT, COMPANY, EXEMPT])
    refresh_mailbox_status(institution, ids)
    with institution.reading(EVERYTHING) as session:
        assert count_by_mailbox(session, mailing_id) == {
            MailboxStatus.REACHABLE: 2,
            MailboxStatus.EXEMPT: 1,
            None: 1,
        }
        exempt = session.scalars(letters_by_mailbox(mailing_id, MailboxStatus.EXEMPT)).all()
        unasked = session.scalars(letters_by_mailbox(mailing_id, None)).all()
    assert [letter.position for letter in [*exempt, *unasked]] == [3, 4]


def test_asking_twice_at_once_stores_one_answer(institution: Institution) -> None:
    ids = add_recipients(institution, [ADULT, EXEMPT])

    @contextmanager
    def somebody_else_first(settings: RegisterSettings) -> Iterator[Contacts]:
        refresh_mailbox_status(institution, ids)
        with open_contacts(settings) as contacts:
            yield contacts

    assert refresh_mailbox_status(institution, ids, open_with=somebody_else_first).is_complete
    assert statuses(institution, ids) == [MailboxStatus.REACHABLE, MailboxStatus.EXEMPT]


def test_settings_of_age_are_followed(institution: Institution) -> None:
    ids = add_recipients(institution, [ADULT])
    refresh_mailbox_status(institution, ids)
    make_older(institution, timedelta(hours=3))
    registers = institution.settings.registers
    contacts = dataclasses.replace(registers.contacts, max_age=timedelta(hours=2))
    impatient = dataclasses.replace(
        institution,
        settings=dataclasses.replace(
            institution.settings, registers=dataclasses.replace(registers, contacts=contacts)
        ),
    )
    assert refresh_mailbox_status(impatient, ids).asked == 1

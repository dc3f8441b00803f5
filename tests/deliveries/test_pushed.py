"""A whole mailing over the line: approved, sent, statuses pushed to a real console, delivered."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from admin_views import create_console
from admin_views.client_certificate import fingerprint_of
from digitalpost.deliveries.join import join_receipts
from digitalpost.institution import Institution
from digitalpost.models import Delivery, Letter, Mailbox, MailboxSource, MailboxStatus, Recipient
from digitalpost.sweep import due_work
from tests.deliveries.arriving import (
    SF1601,
    arrive,
    deliveries,
    dispatch,
    let_hours_pass,
    on_the_platform,
    receipts,
    standing,
)
from tests.make_mailings import (
    ANNA,
    BO,
    CARL,
    DORTE,
    EXEMPT,
    approve_mailing,
    let_time_pass,
    letter_statuses,
    mailing_status,
    make_approved,
    make_mailing,
)
from tests.sandbox_server import RunningSandbox
from tests.serving import served


@pytest.fixture
def institution(
    database_url: str, tmp_path: Path, sandbox: RunningSandbox
) -> Iterator[Institution]:
    fingerprint = fingerprint_of(sandbox.certificates.broker_cert.read_text())
    found = on_the_platform(
        tmp_path / "home",
        database_url,
        sandbox,
        SF1601_PRINT_TYPE="42",
        PUSH_CERTIFICATE_HEADER="X-Client-Certificate",
        PUSH_SF1601_FINGERPRINTS=fingerprint or "",
    )
    yield found
    found.close()


@pytest.fixture
def listening(institution: Institution, sandbox: RunningSandbox) -> Iterator[RunningSandbox]:
    """The sandbox pushes to a console that answers."""
    with served(create_console(institution)) as url:
        sandbox.settings(push_url=f"{url}/push/sf1601/status")
        yield sandbox
        sandbox.settings(push_url="")


def wait_until(it_is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not it_is_so():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)


def pushed(sandbox: RunningSandbox) -> list[dict[str, Any]]:
    return list(sandbox.api("GET", "/api/pushes").json())


def all_taken(sandbox: RunningSandbox, count: int) -> Callable[[], bool]:
    return lambda: [one["answer"] for one in pushed(sandbox)] == ["taken"] * count


def join_all(institution: Institution) -> None:
    """As the sweep and the workers do, now and a little later."""
    for _ in range(2):
        if ("join_receipts", "sf1601") in due_work(institution):
            join_receipts(institution, SF1601)
        let_hours_pass(institution, 0.01)


def without_mailbox(institution: Institution, mailing_id: int, *, address: str) -> None:
    """Nobody of a mailing has a mailbox."""
    with institution.transaction() as session:
        letters = session.scalars(sa.select(Letter).where(Letter.mailing_id == mailing_id)).all()
        for letter in letters:
            recipient = session.get_one(Recipient, letter.recipient_id)
            recipient.address, recipient.name = address, "Åse Møller"
            session.add(
                Mailbox(
                    recipient_id=recipient.id,
                    status=MailboxStatus.EXEMPT,
                    asked_at=letter.created_at,
                    source=MailboxSource.CONTACTS,
                )
            )


def test_a_mailing_is_delivered_by_the_statuses_that_are_pushed(
    institution: Institution, listening: RunningSandbox
) -> None:
    mailing_id = make_approved(institution, [ANNA, BO, CARL, EXEMPT])
    assert dispatch(institution) == 4
    assert mailing_status(institution, mailing_id) == "sent"
    wait_until(all_taken(listening, 8))
    assert letter_statuses(institution, mailing_id) == ["awaiting_receipt"] * 4
    join_all(institution)
    assert letter_statuses(institution, mailing_id) == ["delivered"] * 3 + ["action"]
    assert Counter(one.times for one in receipts(institution)) == {1: 8}
    assert all(one.receipt_id for one in deliveries(institution))


def test_statuses_that_come_twice_reversed_and_late_come_to_the_same(
    institution: Institution, listening: RunningSandbox
) -> None:
    for kind in ("receipt_twice", "receipt_reversed", "receipt_late"):
        listening.fault(kind, target="sf1601.send", count=4, seconds=0.5)
    mailing_id = make_approved(institution, [ANNA, BO, CARL, DORTE])
    dispatch(institution)
    wait_until(all_taken(listening, 16))
    join_all(institution)
    assert letter_statuses(institution, mailing_id) == ["delivered"] * 4
    assert Counter(one.times for one in receipts(institution)) == {2: 8}


def test_an_answer_that_was_lost_and_a_status_that_came_are_one_letter(
    institution: Institution, listening: RunningSandbox
) -> None:
    listening.fault("drop_after_storing", target="sf1601.send", count=2)
    mailing_id = make_approved(institution, [ANNA, BO])
    dispatch(institution)
    wait_until(all_taken(listening, 4))
    join_all(institution)
    let_time_pass(institution)
    assert dispatch(institution) == 0
    assert letter_statuses(institution, mailing_id) == ["delivered"] * 2
    assert [one["received"] for one in listening.dispatches()] == [1, 1]


def test_a_status_that_is_lost_costs_no_letter_its_place(
    institution: Institution, listening: RunningSandbox
) -> None:
    listening.fault("receipt_lost", target="sf1601.send")
    mailing_id = make_approved(institution, [ANNA])
    dispatch(institution)
    let_hours_pass(institution, 9 * 24)
    join_all(institution)
    assert letter_statuses(institution, mailing_id) == ["awaiting_receipt"]
    assert pushed(listening) == []


def test_those_without_a_mailbox_get_their_letter_on_paper(
    institution: Institution, listening: RunningSandbox
) -> None:
    mailing_id = make_mailing(institution, [ANNA, EXEMPT])
    without_mailbox(institution, mailing_id, address="Bøgevej 12, 2. th.\n8000 Aarhus C")
    approve_mailing(institution, mailing_id)
    assert [one.on_paper for one in deliveries(institution)] == [True, True]
    dispatch(institution)
    wait_until(all_taken(listening, 6))
    join_all(institution)
    assert letter_statuses(institution, mailing_id) == ["paper"] * 2
    assert len(listening.prints()) == 2
    assert listening.dispatches() == []


def test_paper_to_an_address_that_nobody_knows_needs_a_person(
    institution: Institution, listening: RunningSandbox
) -> None:
    mailing_id = make_mailing(institution, [EXEMPT])
    without_mailbox(institution, mailing_id, address="Ukendt vej 1\n8000 Aarhus C")
    approve_mailing(institution, mailing_id)
    dispatch(institution)
    wait_until(all_taken(listening, 3))
    join_all(institution)
    assert letter_statuses(institution, mailing_id) == ["action"]


def test_without_an_address_or_an_agreement_nothing_goes_on_paper(
    institution: Institution, database_url: str, tmp_path: Path, sandbox: RunningSandbox
) -> None:
    mailing_id = make_mailing(institution, [ANNA, EXEMPT])
    without_mailbox(institution, mailing_id, address="")
    with pytest.raises(Exception, match="ingen breve, der kan sendes"):
        approve_mailing(institution, mailing_id)
    plain = on_the_platform(tmp_path / "plain", database_url, sandbox)
    with plain.transaction() as session:
        for recipient in session.scalars(sa.select(Recipient)):
            recipient.address = "Bøgevej 12\n8000 Aarhus C"
    with pytest.raises(Exception, match="ingen breve, der kan sendes"):
        approve_mailing(plain, mailing_id)
    plain.close()


def test_a_console_that_is_down_gets_the_status_when_it_is_up_again(
    institution: Institution, listening: RunningSandbox
) -> None:
    with institution.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE arrived_receipts RENAME TO away")
    mailing_id = make_approved(institution, [ANNA])
    dispatch(institution)
    wait_until(lambda: any(one["tries"] > 1 for one in pushed(listening)))
    with institution.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE away RENAME TO arrived_receipts")
    wait_until(all_taken(listening, 2))
    join_all(institution)
    assert letter_statuses(institution, mailing_id) == ["delivered"]


def test_what_somebody_else_pushes_changes_nothing(
    institution: Institution, listening: RunningSandbox
) -> None:
    make_approved(institution, [ANNA])
    dispatch(institution)
    wait_until(all_taken(listening, 2))
    listening.api("POST", "/api/pushes", content=b"<ModtagBeskedInput/>")
    wait_until(lambda: pushed(listening)[-1]["answer"] == "status 40")
    assert not arrive(institution, b"<ModtagBeskedInput/>")
    join_all(institution)
    assert standing(institution) == (["delivered"], ["delivered"])
    with institution.reading() as session:
        assert session.scalar(sa.select(sa.func.count(Delivery.id))) == 1

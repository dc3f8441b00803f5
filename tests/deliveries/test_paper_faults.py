"""What a print provider and the postman can do to a letter, and where it ends."""

from __future__ import annotations

import json
import time
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
import time_machine

from digitalpost.db import now
from digitalpost.deliveries.returned import note_returned
from digitalpost.errors import sentence_of
from digitalpost.events import EventKind
from digitalpost.institution import Institution
from digitalpost.models import Event, Letter, LetterWay
from digitalpost.sweep import due_work
from tests.jobs.waiting import eventually
from tests.make_addressees import set_address
from tests.make_mailings import (
    ANNA,
    BO,
    approve_mailing,
    ask_all,
    let_time_pass,
    letter_statuses,
    mailing_status,
    make_mailing,
    send_all,
)
from tests.processes import run_killed
from tests.sandbox_server import RunningSandbox


def make_paper(institution: Institution, numbers: list[str]) -> int:
    mailing_id = make_mailing(institution, numbers)
    for number in numbers:
        set_address(institution, number, "Havnegade 4", "5000 Odense C")
    with institution.transaction() as session:
        session.execute(sa.update(Letter).values(way=LetterWay.REMOTE_PRINT))
    approve_mailing(institution, mailing_id)
    return mailing_id


def folder(sandbox: RunningSandbox, name: str) -> Path:
    return Path(sandbox.address["remote_print"]) / name


def printed(institution: Institution, sandbox: RunningSandbox, letters: int) -> None:
    """Wait until the provider has had the letters, and ask what became of them."""
    eventually(lambda: len(sandbox.prints()) == letters)
    time.sleep(0.7)  # two rounds of the provider
    let_time_pass(institution)
    ask_all(institution)


def test_a_letter_that_is_never_fetched_becomes_a_task_and_is_taken_out_of_the_folder(
    institution: Institution, sandbox: RunningSandbox
) -> None:
    sandbox.fault("never_fetched", target="print", count=1)
    mailing_id = make_paper(institution, [ANNA, BO])
    send_all(institution)
    printed(institution, sandbox, 1)
    assert sorted(letter_statuses(institution, mailing_id)) == ["awaiting_receipt", "paper"]
    with time_machine.travel(now() + timedelta(days=11), tick=True):
        ask_all(institution)
    assert sorted(letter_statuses(institution, mailing_id)) == ["action", "paper"]
    # A person sends it another way: it must not be printed after all.
    assert [one.name for one in folder(sandbox, "outgoing").glob("[!.]*")] == []


def test_a_receipt_that_comes_late_or_twice_is_one_outcome(
    institution: Institution, sandbox: RunningSandbox
) -> None:
    sandbox.fault("receipt_late", target="print", count=1, seconds=2)
    sandbox.fault("receipt_twice", target="print", count=2)
    mailing_id = make_paper(institution, [ANNA, BO])
    send_all(institution)
    printed(institution, sandbox, 2)
    assert sorted(letter_statuses(institution, mailing_id)) == ["awaiting_receipt", "paper"]
    time.sleep(2.5)
    printed(institution, sandbox, 2)
    assert letter_statuses(institution, mailing_id) == ["paper"] * 2
    with institution.reading() as session:
        kinds = session.scalars(sa.select(Event.kind)).all()
        assert kinds.count(EventKind.LETTER_PAPER.value) == 2


def test_a_receipt_that_never_comes_ends_with_a_person(
    institution: Institution, sandbox: RunningSandbox
) -> None:
    sandbox.fault("receipt_lost", target="print", count=1)
    mailing_id = make_paper(institution, [ANNA])
    send_all(institution)
    printed(institution, sandbox, 1)
    assert letter_statuses(institution, mailing_id) == ["awaiting_receipt"]
    with time_machine.travel(now() + timedelta(days=11), tick=True):
        ask_all(institution)
    assert letter_statuses(institution, mailing_id) == ["action"]


def test_returned_mail_is_a_task_with_the_reason_and_told_of_once(
    institution: Institution, sandbox: RunningSandbox
) -> None:
    sandbox.fault("returned", target="print", count=1, seconds=1)
    mailing_id = make_paper(institution, [ANNA, BO])
    send_all(institution)
    printed(institution, sandbox, 2)
    eventually(lambda: list(folder(sandbox, "returned").glob("*.json")))
    assert ("note_returned", "remote_print") in due_work(institution)
    assert note_returned(institution) == 1
    assert note_returned(institution) == 0
    assert due_work(institution) == []
    assert sorted(letter_statuses(institution, mailing_id)) == ["action", "paper"]
    assert mailing_status(institution, mailing_id) == "sent"
    with institution.reading() as session:
        letter = session.scalars(sa.select(Letter).where(Letter.status == "action")).one()
        assert "kommet retur" in str(sentence_of(letter.status_reason or {}))
        assert letter.due_at is not None


@pytest.mark.parametrize("step", [3, 6, 8, 10])
def test_killed_while_returned_mail_is_noted_it_is_noted_once(
    institution: Institution, sandbox: RunningSandbox, step: int
) -> None:
    sandbox.fault("returned", target="print", count=1, seconds=0)
    mailing_id = make_paper(institution, [ANNA])
    send_all(institution)
    printed(institution, sandbox, 1)
    eventually(lambda: list(folder(sandbox, "returned").glob("*.json")))
    run_killed(_note, institution.settings, None, step=step)
    note_returned(institution)
    assert letter_statuses(institution, mailing_id) == ["action"]
    with institution.reading() as session:
        kinds = session.scalars(sa.select(Event.kind)).all()
        assert kinds.count(EventKind.LETTER_RETURNED.value) == 1


def _note(institution: Institution, _argument: object) -> None:
    note_returned(institution)


def test_a_note_about_a_letter_that_is_not_ours_is_put_aside(
    institution: Institution, sandbox: RunningSandbox
) -> None:
    note = folder(sandbox, "returned") / "0123456789abcdef.json"
    note.write_text(json.dumps({"message_id": "../../etc/passwd"}))
    assert note_returned(institution) == 0
    assert due_work(institution) == []
    assert note.with_suffix(".unknown").exists()
    note.with_suffix(".unknown").unlink()

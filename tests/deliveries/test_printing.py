"""Letters on paper: the provider's folder, and what somebody here prints and posts."""

from __future__ import annotations

import hashlib
import json
import random
import time
from pathlib import Path
from typing import Any

import pymupdf
import pytest
import sqlalchemy as sa

from digitalpost.access import OPERATOR
from digitalpost.channels.base import OutcomeKind, Outgoing
from digitalpost.channels.registry import open_channel
from digitalpost.deliveries.printing import mark_printed, note_printout, printouts, to_print
from digitalpost.documents import read_document
from digitalpost.errors import Refused
from digitalpost.events import EventKind
from digitalpost.identifiers import parse
from digitalpost.institution import Institution
from digitalpost.mailings.cancel import Stopped, cancel
from digitalpost.models import ChannelName, Delivery, Event, Letter, LetterWay, Mailing
from digitalpost.pdf.bind import Cover, bind
from digitalpost.pdf.pool import Workers
from digitalpost.sweep import due_work
from tests.make_addressees import deliveries_of, set_address
from tests.make_mailings import (
    ANNA,
    BO,
    CARL,
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


def make_pdf(text: str, pages: int = 1) -> bytes:
    with pymupdf.open() as document:
        for _ in range(pages):
            document.new_page().insert_text((72, 72), text)
        content: bytes = document.tobytes()
        return content


def make_paper(institution: Institution, way: LetterWay, numbers: list[str], **how: Any) -> int:
    """An approved mailing whose letters all go the same way on paper."""
    mailing_id = make_mailing(institution, numbers, **how)
    with institution.transaction() as session:
        session.execute(sa.update(Letter).where(Letter.mailing_id == mailing_id).values(way=way))
    approve_mailing(institution, mailing_id)
    return mailing_id


def test_letters_for_our_own_printer_wait_for_a_person_and_leave_when_they_say_so(
    institution: Institution,
) -> None:
    contents = [make_pdf("brev et", 2), make_pdf("brev to")]
    mailing_id = make_paper(institution, LetterWay.LOCAL_PRINT, [ANNA, BO], contents=contents)
    set_address(institution, ANNA, "Åløkken 12", "8850 Bjerringbro")
    assert letter_statuses(institution, mailing_id) == ["waiting"] * 2
    send_all(institution)
    assert letter_statuses(institution, mailing_id) == ["action"] * 2
    assert mailing_status(institution, mailing_id) == "sent"
    let_time_pass(institution)
    assert due_work(institution) == []  # nobody is asked: a person says so
    with institution.transaction() as session:
        mailing = session.get_one(Mailing, mailing_id)
        waiting = to_print(session, mailing)
        assert (waiting.letters, waiting.without_address) == (2, 1)
        assert note_printout(session, OPERATOR, mailing) == 2
        found = [one.content for one in printouts(session, OPERATOR, mailing)]
        assert found == contents
        with pytest.raises(Refused, match="ikke 3"):
            mark_printed(session, OPERATOR, mailing, confirm_count=3)
        assert mark_printed(session, OPERATOR, mailing, confirm_count=2) == 2
    assert letter_statuses(institution, mailing_id) == ["paper"] * 2
    with institution.reading() as session:
        kinds = session.scalars(sa.select(Event.kind)).all()
        assert kinds.count(EventKind.LETTER_PRINTED.value) == 2
    with institution.transaction() as session, pytest.raises(Refused, match="ingen breve"):
        mark_printed(session, OPERATOR, session.get_one(Mailing, mailing_id), confirm_count=2)


def test_letters_that_are_not_printed_yet_can_still_be_stopped(institution: Institution) -> None:
    mailing_id = make_paper(institution, LetterWay.LOCAL_PRINT, [ANNA, BO])
    send_all(institution)
    with institution.transaction() as session:
        assert cancel(session, OPERATOR, session.get_one(Mailing, mailing_id)) == Stopped(2, 0)
    assert letter_statuses(institution, mailing_id) == ["cancelled"] * 2
    assert mailing_status(institution, mailing_id) == "cancelled"


def test_each_letter_is_bound_behind_its_address_and_begins_on_a_sheet_of_its_own(
    tmp_path: Path,
) -> None:
    letters = [
        (Cover(("Anna Østergård", "Åløkken 12", "8850 Bjerringbro")), make_pdf("brev et", 2)),
        (Cover(("Bo <b>Lund</b>",), "Adressen mangler."), make_pdf("brev to", 1)),
        (Cover(("Łukasz Çelik",)), make_pdf("brev tre", 3)),
    ]
    with Workers(1) as workers:
        file = bind(iter(letters), tmp_path, workers=workers)
    with pymupdf.open(file) as bound:
        texts = [" ".join(page.get_text().split()) for page in bound]
    assert texts == [
        "Anna Østergård Åløkken 12 8850 Bjerringbro", "brev et", "brev et", "",
        "Bo <b>Lund</b> Adressen mangler.", "brev to",
        "Łukasz Çelik", "brev tre", "brev tre", "brev tre",
    ]  # fmt: skip
    assert [one.name for one in tmp_path.iterdir()] == ["print.pdf"]


def test_a_letter_that_cannot_be_bound_stops_the_file_and_is_not_left_out(tmp_path: Path) -> None:
    letters = [(Cover(("Anna",)), make_pdf("brev")), (Cover(("Bo",)), b"%PDF no more than that")]
    with Workers(1) as workers, pytest.raises((Refused, RuntimeError)):
        bind(iter(letters), tmp_path, workers=workers)


def test_without_an_address_the_provider_gets_nothing_and_staff_are_told(
    institution: Institution, sandbox: RunningSandbox
) -> None:
    mailing_id = make_mailing(institution, [ANNA, BO])
    set_address(institution, BO, "Havnegade 4", "5000 Odense C")
    with institution.transaction() as session:
        session.execute(sa.update(Letter).values(way=LetterWay.REMOTE_PRINT))
    approve_mailing(institution, mailing_id, confirm=1)
    assert letter_statuses(institution, mailing_id) == ["action", "waiting"]


def test_a_letter_lies_in_the_folder_once_with_a_manifest_that_names_nobody_in_its_name(
    institution: Institution, tmp_path: Path
) -> None:
    from dataclasses import replace

    provider = replace(institution.settings.channels.remote_print, folder=tmp_path)
    channels = replace(institution.settings.channels, remote_print=provider)
    settings = replace(institution.settings, channels=channels)
    channel = open_channel(settings, ChannelName.REMOTE_PRINT)
    letter = Outgoing(
        message_id="a" * 32, recipient=parse(ANNA), title="Indkaldelse", content=b"%PDF brev",
        name="Anna Lund", address=("Åløkken 12", "8850 Bjerringbro"), pages=2,
    )  # fmt: skip
    assert channel.send(letter).kind is OutcomeKind.ACCEPTED
    files = sorted(one.name for one in (tmp_path / "outgoing").iterdir())
    assert files == [f"{'a' * 32}.json", f"{'a' * 32}.pdf"]
    text = (tmp_path / "outgoing" / files[0]).read_text()
    assert ANNA not in text
    manifest = json.loads(text)
    assert manifest["sha256"] == hashlib.sha256(b"%PDF brev").hexdigest()
    assert manifest["recipient"]["address"] == ["Anna Lund", "Åløkken 12", "8850 Bjerringbro"]
    # The provider has taken it and wrote its receipt: the same id again puts nothing there.
    (tmp_path / "receipts" / files[0]).write_text(
        json.dumps({"message_id": "a" * 32, "status": "received"})
    )
    for name in files:
        (tmp_path / "outgoing" / name).unlink()
    assert channel.send(letter).kind is OutcomeKind.ACCEPTED
    assert list((tmp_path / "outgoing").iterdir()) == []
    assert channel.poll(["a" * 32])["a" * 32].kind is OutcomeKind.ACCEPTED
    (tmp_path / "receipts" / files[0]).write_text('{"message_id": "b", "status": "printed"}')
    assert channel.poll(["a" * 32]) == {}  # somebody else's
    (tmp_path / "receipts" / files[0]).write_text('{"message_id"')
    assert channel.poll(["a" * 32]) == {}  # half of one


def _send_and_ask(institution: Institution, _argument: object) -> None:
    send_all(institution)
    let_time_pass(institution)
    ask_all(institution)


def test_killed_at_any_step_each_letter_is_printed_once(
    institution: Institution, sandbox: RunningSandbox
) -> None:
    sandbox.settings(postprocessing_seconds=0)
    numbers = [ANNA, BO, CARL]
    mailing_id = make_mailing(institution, numbers)
    for number in numbers:
        set_address(institution, number, "Havnegade 4", "5000 Odense C")
    with institution.transaction() as session:
        session.execute(sa.update(Letter).values(way=LetterWay.REMOTE_PRINT))
    approve_mailing(institution, mailing_id)
    chance = random.Random(3)
    for _ in range(6):
        let_time_pass(institution)
        run_killed(_send_and_ask, institution.settings, None, step=chance.randrange(1, 60))
    for _ in range(100):
        let_time_pass(institution)
        _send_and_ask(institution, None)
        if letter_statuses(institution, mailing_id) == ["paper"] * 3:
            break
        time.sleep(0.1)
    assert deliveries_of(institution, mailing_id) == [("main", "remote_print", "paper")] * 3
    with institution.reading() as session:
        deliveries = {
            one.message_id: read_document(session, one.document)
            for one in session.scalars(sa.select(Delivery))
        }
    prints = sandbox.prints()
    assert {one["message_id"] for one in prints} == set(deliveries)
    assert [one["times"] for one in prints] == [1, 1, 1]
    for message_id, content in deliveries.items():
        assert sandbox.printed(message_id) == content


def test_a_folder_that_is_gone_pauses_the_channel_and_burns_no_letter(
    institution: Institution, sandbox: RunningSandbox, tmp_path: Path
) -> None:
    from dataclasses import replace

    mailing_id = make_mailing(institution, [BO])
    set_address(institution, BO, "Havnegade 4", "5000 Odense C")
    with institution.transaction() as session:
        session.execute(sa.update(Letter).values(way=LetterWay.REMOTE_PRINT))
    approve_mailing(institution, mailing_id)
    provider = replace(institution.settings.channels.remote_print, folder=tmp_path / "gone")
    channels = replace(institution.settings.channels, remote_print=provider)
    wrong = replace(institution, settings=replace(institution.settings, channels=channels))
    assert send_all(wrong) == 0
    assert letter_statuses(institution, mailing_id) == ["waiting"]
    assert due_work(institution) == []
    let_time_pass(institution)
    assert send_all(institution) == 1

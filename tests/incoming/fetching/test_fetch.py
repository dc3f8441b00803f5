"""Mail is fetched by itself: stored first, then acknowledged, then taken off the list. Once."""

from __future__ import annotations

from pathlib import Path
from threading import Lock

import pytest
import sqlalchemy as sa

from digitalpost.db import now
from digitalpost.documents import read_document
from digitalpost.errors import Refused
from digitalpost.events import verify
from digitalpost.incoming import fetch, store
from digitalpost.incoming.fetch import fetch_due
from digitalpost.incoming.store import store_message
from digitalpost.institution import Institution
from digitalpost.models import (
    ChannelName,
    Document,
    DocumentKind,
    FetchState,
    IncomingMessage,
    IncomingStatus,
    Unit,
)
from digitalpost.sweep import due_work
from tests.incoming.fetching.outbox import SchoolPost, make_due, make_memo, messages
from tests.make import make_institution, make_unit


def state(institution: Institution) -> FetchState:
    with institution.reading() as session:
        return session.get_one(FetchState, ChannelName.DIGITAL_POST)


def test_mail_is_stored_sealed_acknowledged_and_taken_off_the_list(
    school: Institution, post: SchoolPost
) -> None:
    put = [post.put(label=f"Brev {number}") for number in range(3)]
    found = fetch_due(school)
    assert (len(found.stored), found.duplicates, found.unreadable) == (3, 0, 0)
    assert found.problem is None
    rows = messages(school)
    assert [one.message_uuid for one in rows] == put  # oldest first
    assert {one.status for one in rows} == {IncomingStatus.STORED}
    for one in post.rows():
        assert (one["status"], one["receipts"], one["reads"]) == ("COMPLETED", 1, 1)
        mine = next(row for row in rows if row.message_uuid == one["message_uuid"])
        assert mine.stored_at.timestamp() < one["acknowledged_at"] < one["deleted_at"]
        assert mine.told_at and mine.removed_at and mine.told_at <= mine.removed_at
    with school.reading() as session:
        documents = session.scalars(sa.select(Document).order_by(Document.id)).all()
        assert {one.kind for one in documents} == {DocumentKind.INCOMING}
        assert len({one.key_id for one in documents}) == 3  # a key of its own for each
        unit = session.scalars(sa.select(Unit)).one()
        assert {one.unit_id for one in documents} == {unit.id}
        assert read_document(session, documents[0]) == make_memo(put[0], label="Brev 0")
        assert list(verify(session)) == []
    # On the disk there is nothing to be read.
    folder = Path(school.settings.documents_url.removeprefix("file://"))
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert len(files) == 3
    assert not any(b"memo:" in path.read_bytes() for path in files)


def test_more_than_a_page_is_fetched_until_nothing_is_left(
    school: Institution, post: SchoolPost, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("digitalpost.channels.digital_post_receive.AT_A_TIME", 4)
    monkeypatch.setattr(fetch, "BATCH", 3)
    bad = [post.put(b"<nothing/>") for _ in range(5)]  # more than a page that stays where it is
    good = [post.put() for _ in range(6)]
    found = fetch_due(school)
    assert (len(found.stored), found.unreadable, found.waiting) == (11, 5, 5)
    assert post.waiting() == bad
    assert [one["message_uuid"] for one in post.rows() if one["status"]] == good


def test_the_same_mail_is_stored_once_however_often_it_is_listed(
    school: Institution, post: SchoolPost
) -> None:
    post.put()
    post.fault("listed_twice", "receive")
    first = fetch_due(school)
    assert (len(first.stored), first.duplicates) == (1, 1)
    one = messages(school)[0]
    raw = make_memo(one.message_uuid)
    assert store_message(school, raw, one.message_uuid.upper(), ChannelName.DIGITAL_POST) is None
    assert len(messages(school)) == 1
    assert post.rows()[0]["receipts"] == 1


def test_mail_that_is_listed_again_after_it_was_removed_is_removed_again(
    school: Institution, post: SchoolPost
) -> None:
    one = post.put()
    fetch_due(school)
    post.sandbox.api("DELETE", "/api/outbox")
    post.put_as(one, make_memo(one))
    make_due(school)
    again = fetch_due(school)
    assert (again.stored, again.duplicates) == ([], 1)
    assert post.waiting() == []


def test_where_the_receipt_alone_removes_it_removing_is_no_fault(
    school: Institution, post: SchoolPost
) -> None:
    post.sandbox.settings(receipt_removes=1)
    post.put()
    assert fetch_due(school).problem is None
    assert messages(school)[0].removed_at is not None


def test_an_id_that_is_gone_when_it_is_read_holds_nothing_up(
    school: Institution, post: SchoolPost
) -> None:
    post.put()
    post.fault("listed_but_gone", "receive")
    found = fetch_due(school)
    assert (len(found.stored), found.problem) == (1, None)


@pytest.mark.parametrize("kind", ["answer_503", "answer_500", "drop_before_storing", "wrong_body"])
def test_a_line_that_is_closed_stops_the_fetch_and_says_so(
    school: Institution, post: SchoolPost, kind: str
) -> None:
    post.put()
    post.fault(kind, "receive")
    found = fetch_due(school)
    assert found.stored == []
    assert found.problem is not None and "Digital Post" in str(found.problem)
    after = state(school)
    assert after.problem and after.last_success_at is None and after.lease_until is None
    assert after.due_at > now()
    make_due(school)
    assert len(fetch_due(school).stored) == 1
    assert state(school).problem is None


def test_what_came_before_the_line_closed_is_stored(
    school: Institution, post: SchoolPost, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(8):
        post.put()
    real = fetch.DigitalPostReceiver.download
    one_at_a_time = Lock()
    read: list[str] = []

    def close_after_five(receiver: fetch.DigitalPostReceiver, message_uuid: str) -> object:
        with one_at_a_time:
            if len(read) == 5:
                post.fault("answer_503", "receive", count=100)
            found = real(receiver, message_uuid)
            read.append(message_uuid)
            return found

    with monkeypatch.context() as patch:
        patch.setattr(fetch.DigitalPostReceiver, "download", close_after_five)
        found = fetch_due(school)
    assert found.problem is not None
    assert len(found.stored) == len(messages(school)) == 5
    post.sandbox.clear_faults()
    make_due(school)
    fetch_due(school)
    assert len(messages(school)) == 8 and post.waiting() == []


@pytest.mark.parametrize(
    "kind", ["drop_before_storing", "drop_after_storing", "answer_500_after_storing", "answer_503"]
)
def test_a_receipt_without_an_answer_is_given_again_by_the_next_fetch(
    school: Institution, post: SchoolPost, kind: str
) -> None:
    one = post.put()
    post.fault(kind, "acknowledge")
    assert fetch_due(school).problem is not None
    assert messages(school)[0].told_at is None
    make_due(school)
    again = fetch_due(school)
    assert (again.stored, again.problem) == ([], None)
    assert messages(school)[0].removed_at is not None
    assert post.row(one)["status"] == "COMPLETED"
    assert post.waiting() == []


def test_the_sweep_fetches_when_it_is_time_and_files_what_is_stored(
    school: Institution, post: SchoolPost
) -> None:
    post.put()
    fetching, filing = ("fetch_incoming", "digital_post"), ("file_incoming", "due")
    assert fetching in due_work(school)
    fetch_due(school)
    assert fetching not in due_work(school)
    assert filing in due_work(school)
    make_due(school)
    assert fetching in due_work(school)


def test_a_fetch_that_is_not_due_is_made_only_when_asked_for(
    school: Institution, post: SchoolPost
) -> None:
    fetch_due(school)
    post.put()
    assert fetch_due(school).is_busy
    assert len(fetch_due(school, at_once=True).stored) == 1


def test_without_a_line_nothing_is_fetched_and_the_refusal_says_why(
    institution: Institution,
) -> None:
    assert not any(task == "fetch_incoming" for task, _ in due_work(institution))
    with pytest.raises(Refused, match="sætte den op"):
        fetch_due(institution)


def test_an_id_of_an_unknown_form_is_never_part_of_an_address_and_is_told_about(
    school: Institution, post: SchoolPost
) -> None:
    post.put_as("../receipts/1", make_memo("../receipts/1"))
    good = post.put()
    found = fetch_due(school)
    assert [one.message_uuid for one in messages(school)] == [good]
    assert found.problem is not None and "id, programmet ikke kender" in str(found.problem)
    assert state(school).problem and state(school).last_success_at
    assert not any("receipts/1" in one["path"] for one in post.sandbox.requests())


def test_a_certificate_that_is_gone_stops_the_fetch_and_says_so(
    school: Institution, post: SchoolPost, tmp_path: Path
) -> None:
    tls = school.settings.channels.digital_post.tls
    object.__setattr__(tls, "certificate", tmp_path / "gone.pem")
    found = fetch_due(school)
    assert found.problem is not None and "certifikatet kan ikke læses" in str(found.problem)
    assert state(school).lease_until is None


def test_without_a_unit_mail_stays_in_digital_post_and_the_state_says_why(
    school: Institution, post: SchoolPost
) -> None:
    one = post.put()
    with school.transaction() as session:
        session.execute(sa.delete(Unit))
    found = fetch_due(school)
    assert found.problem is not None and "Opret en afdeling" in str(found.problem)
    assert (messages(school), post.row(one)["receipts"]) == ([], 0)
    assert state(school).problem and state(school).lease_until is None
    make_unit(school, "Kontoret")
    assert len(fetch_due(school, at_once=True).stored) == 1


def test_mail_goes_to_the_unit_of_the_setting_else_to_the_first(
    database_url: str, tmp_path: Path
) -> None:
    school = make_institution(
        tmp_path / "home", tables=False, DATABASE_URL=database_url, INCOMING_UNIT="Postrummet"
    )
    first, room = make_unit(school, "Kontoret"), make_unit(school, "Postrummet")
    with school.reading() as session:
        assert store.mail_room(session, school.settings.incoming) == room
    with school.transaction() as session:
        session.get_one(Unit, room).name = "Noget andet"
    with school.reading() as session:
        assert store.mail_room(session, school.settings.incoming) == first
    assert session.scalar(sa.select(sa.func.count(IncomingMessage.id))) == 0
    school.close()

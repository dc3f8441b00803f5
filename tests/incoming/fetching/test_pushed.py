"""Mail that Digital Post pushes to us: stored before the answer, acknowledged after it."""

from __future__ import annotations

import io
import urllib.parse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from admin_views import create_console, push
from admin_views.client_certificate import fingerprint_of
from digitalpost.incoming.fetch import fetch_due
from digitalpost.institution import Institution
from digitalpost.models import IncomingStatus
from digitalpost.sweep import due_work
from sandbox.certificates import make_foreign_client
from tests.console.mailings import Outbox
from tests.incoming.fetching.outbox import SchoolPost, make_memo, messages, new_uuid
from tests.make import make_institution, make_unit
from tests.sandbox.helpers import wait_until
from tests.serving import served

MEMOS = "/push/digital-post/memos"
HEADER = "X-Client-Certificate"


class Pushed:
    """A console that mail is pushed to."""

    def __init__(self, home: Path, database_url: str, post: SchoolPost) -> None:
        (home / "sandbox").symlink_to(post.sandbox.home)
        self.pem = post.sandbox.certificates.broker_cert.read_text()
        self.institution: Institution = make_institution(
            home, tables=False, DATABASE_URL=database_url, INCOMING_EVERY="0",
            PUSH_CERTIFICATE_HEADER=HEADER,
            PUSH_DIGITAL_POST_FINGERPRINTS=fingerprint_of(self.pem) or "",
        )  # fmt: skip
        make_unit(self.institution, "Kontoret")
        self.app = create_console(self.institution)
        self.outbox = self.app.extensions["outbox"] = Outbox()

    def post(self, body: bytes, name: str, *, part: str = "file", pem: str | None = None) -> Any:
        shown = self.pem if pem is None else pem
        return self.app.test_client().post(
            MEMOS,
            data={part: (io.BytesIO(body), name, "application/xml")},
            headers={HEADER: urllib.parse.quote(shown)} if shown else {},
        )


@pytest.fixture
def pushed(tmp_path: Path, database_url: str, post: SchoolPost) -> Iterator[Pushed]:
    home = tmp_path / "home"
    home.mkdir()
    found = Pushed(home, database_url, post)
    yield found
    found.institution.close()


def test_a_pushed_message_is_stored_before_the_answer_and_acknowledged_by_a_job(
    pushed: Pushed, post: SchoolPost
) -> None:
    fetch_due(pushed.institution)  # once, as every site does when it starts
    one = post.put()
    answer = pushed.post(make_memo(one), one)
    assert (answer.status_code, answer.json) == (200, {"code": "ok"})
    assert "Set-Cookie" not in answer.headers
    (row,) = messages(pushed.institution)
    assert (row.message_uuid, row.status) == (one, IncomingStatus.STORED)
    assert row.told_at is None and post.row(one)["receipts"] == 0
    woken = [("file_incoming", "due"), ("fetch_incoming", "digital_post")]
    assert pushed.outbox.woken == woken
    assert set(woken) <= set(due_work(pushed.institution))
    found = fetch_due(pushed.institution)
    assert (found.stored, found.problem) == ([], None)
    assert post.row(one)["status"] == "COMPLETED"
    assert post.row(one)["reads"] == 0  # what is pushed is not downloaded


def test_the_same_message_pushed_again_is_answered_and_not_stored(pushed: Pushed) -> None:
    one = new_uuid()
    assert [pushed.post(make_memo(one), one).status_code for _ in range(2)] == [200, 200]
    assert len(messages(pushed.institution)) == 1


def test_a_push_without_the_part_or_without_an_id_is_refused(pushed: Pushed) -> None:
    assert pushed.post(b"<a/>", new_uuid(), part="andet").status_code == 400
    assert pushed.post(b"<a/>", "../../etc/passwd").status_code == 400
    assert pushed.post(b"<a/>", "").status_code == 400
    assert messages(pushed.institution) == []


def test_a_pushed_message_that_cannot_be_read_is_taken_and_not_acknowledged(
    pushed: Pushed, post: SchoolPost
) -> None:
    one = post.put(b"<a/>")
    assert pushed.post(b"<a/>", one).status_code == 200
    fetch_due(pushed.institution)
    assert messages(pushed.institution)[0].status is IncomingStatus.UNREADABLE
    assert post.row(one)["receipts"] == 0


def test_only_digital_post_may_push(pushed: Pushed, tmp_path: Path) -> None:
    foreign = make_foreign_client(tmp_path / "foreign")[0].read_text()
    one = new_uuid()
    assert pushed.post(make_memo(one), one, pem=foreign).status_code == 403
    assert pushed.post(make_memo(one), one, pem="").status_code == 403
    assert messages(pushed.institution) == []


def test_what_could_not_be_stored_is_not_answered_with_200(
    pushed: Pushed, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OperationalError("", {}, Exception())

    monkeypatch.setattr(push, "store_message", fail)
    one = new_uuid()
    assert pushed.post(make_memo(one), one).status_code == 503


def test_the_sandbox_pushes_as_digital_post_does(pushed: Pushed, post: SchoolPost) -> None:
    with served(pushed.app) as url:
        try:
            one = post.put()
            post.sandbox.settings(memo_push_url=f"{url}{MEMOS}")
            wait_until(lambda: post.row(one)["push_answer"] == "200")
            assert [row.message_uuid for row in messages(pushed.institution)] == [one]
        finally:
            post.sandbox.settings(memo_push_url="")

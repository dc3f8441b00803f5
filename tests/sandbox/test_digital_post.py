"""The stand-in for Digital Post says what protocols/digital-post-rest.md and memo.md say."""

from __future__ import annotations

import base64
import io
import lzma
import tarfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.sandbox.helpers import wait_until
from tests.sandbox.memos import PDF, make_memo, new_uuid, receipts, send
from tests.sandbox_server import RunningSandbox

SAMPLES = next(
    (
        found
        for up in Path(__file__).resolve().parents
        if (found := up / "shared" / "schemas" / "samples").exists()
    ),
    None,
)


@pytest.fixture
def post(sandbox: RunningSandbox) -> Iterator[httpx.Client]:
    sandbox.settings(postprocessing_seconds=0)
    with sandbox.client() as client:
        client.headers["Authorization"] = f"Basic {sandbox.address['digital_post_token']}"
        client.base_url = httpx.URL(sandbox.address["digital_post"])
        yield client


def test_a_message_is_taken_with_a_receipt_and_stands_in_the_mailbox(
    sandbox: RunningSandbox, post: httpx.Client
) -> None:
    one = new_uuid()
    answer = send(post, one)
    assert answer.status_code == 201
    assert answer.json() | {"transmissionId": "", "timeStamp": ""} == {
        "transmissionId": "",
        "messageUUID": one,
        "messageId": "BREV-1",
        "errorCode": None,
        "errorMessage": None,
        "timeStamp": "",
        "receiptStatus": "RECEIVED",
    }
    (stored,) = sandbox.dispatches()
    assert (stored["message_id"], stored["recipient"], stored["mode"]) == (
        one,
        "0102031234",
        "digital_post",
    )
    assert sandbox.content(one) == PDF


def test_the_business_receipt_waits_until_it_is_deleted(post: httpx.Client) -> None:
    one = new_uuid()
    send(post, one)
    (receipt,) = receipts(post)
    assert (receipt["messageUUID"], receipt["receiptStatus"]) == (one, "COMPLETED")
    listed = post.get("/receipts/").json()
    assert listed["content"] == [receipt["id"]]
    assert (listed["totalElements"], listed["next"]) == (1, None)
    kept = post.get(f"/receipts/{receipt['id']}", params={"delete": "false"})
    assert kept.json()["messageUUID"] == one
    assert post.delete(f"/receipts/{receipt['id']}").status_code == 204
    assert post.delete(f"/receipts/{receipt['id']}").status_code == 404
    assert receipts(post) == []


def test_a_receipt_that_is_read_without_a_word_is_gone(post: httpx.Client) -> None:
    send(post, new_uuid())
    (receipt,) = receipts(post)
    assert post.get(f"/receipts/{receipt['id']}").status_code == 200
    assert post.get(f"/receipts/{receipt['id']}").status_code == 404


@pytest.mark.parametrize("number", ["0102600001", "0102600002", "0102600003", "0102150002"])
def test_whoever_has_no_mailbox_is_not_allowed_and_gets_nothing(
    sandbox: RunningSandbox, post: httpx.Client, number: str
) -> None:
    one = new_uuid()
    assert send(post, one, make_memo(one, recipient=number)).status_code == 201
    (receipt,) = receipts(post)
    assert (receipt["receiptStatus"], receipt["errorCode"]) == (
        "NOT_ALLOWED",
        "recipient.not.registered",
    )
    (stored,) = sandbox.dispatches()
    assert stored["status"]


@pytest.mark.parametrize(("how", "status"), [("receipt", 201), ("error", 409)])
def test_the_same_message_twice_is_stored_once(
    sandbox: RunningSandbox, post: httpx.Client, how: str, status: int
) -> None:
    sandbox.settings(duplicate_memo=how)
    one = new_uuid()
    send(post, one)
    assert send(post, one).status_code == status
    assert sandbox.counts()["dispatches"] == 1
    assert len(receipts(post)) == 1


def test_only_the_school_s_own_system_gets_in(post: httpx.Client) -> None:
    post.headers["Authorization"] = "Basic bm9nZXQ6YW5kZXQ="
    assert send(post, new_uuid()).status_code == 401
    assert post.get("/receipts-bulk/").status_code == 401


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (b"memo:", b"m:", "memo.invalid"),
        (
            b"</memo:label>\n",
            b"</memo:label><memo:messageCode>x</memo:messageCode>",
            "memo.invalid",
        ),
        (b"-4", b"-1", "memo.invalid"),
        (b"09:15:00Z", b"09:15:00+01:00", "memo.invalid"),
        (b"brev.pdf", b"brev: 1.pdf", "memo.invalid"),
        (b"0102031234", b"9902031234", "memo.invalid"),
        (
            b"<memo:Sender>",
            b"<memo:doNotDeliverUntilDate>2020-01-01</memo:doNotDeliverUntilDate><memo:Sender>",
            "do.not.deliver.until.date.too.early",
        ),
        (
            b"<memo:Sender>",
            b"<memo:doNotDeliverUntilDate>2099-01-01</memo:doNotDeliverUntilDate><memo:Sender>",
            "do.not.deliver.until.date.too.late",
        ),
        (base64.b64encode(PDF), b"", "file.empty.not.allowed"),
        (b'memoVersion="1.2"', b'memoVersion="1.1"', "memo.invalid"),
    ],
    ids=[
        *("prefix", "order", "uuid", "time", "file name", "number"),
        *("too early", "too late", "empty", "version"),
    ],
)
def test_what_the_page_does_not_allow_is_refused_and_not_stored(
    sandbox: RunningSandbox, post: httpx.Client, old: bytes, new: bytes, code: str
) -> None:
    one = "3f0c5c1e-6a0b-4c57-9d2e-1b7a5f0e4c11"
    answer = send(post, one, make_memo(one).replace(old, new))
    assert answer.status_code == 400
    said = answer.json()
    assert said["code"] == "memo.invalid"
    assert said["fieldErrors"][0]["code"] == code
    assert sandbox.counts()["dispatches"] == 0


def test_the_id_in_the_address_must_be_the_message_s_own(post: httpx.Client) -> None:
    assert send(post, new_uuid(), make_memo(new_uuid())).status_code == 400


@pytest.mark.skipif(SAMPLES is None, reason="the samples are not beside the project (../shared)")
@pytest.mark.parametrize("name", ["memo-1.1-sample", "memo-1.2-sample", "memo-1.2-minimal"])
def test_the_samples_of_the_page_are_taken(
    sandbox: RunningSandbox, post: httpx.Client, name: str
) -> None:
    assert SAMPLES is not None
    body = (SAMPLES / f"{name}.xml").read_bytes()
    # The sample's own day will pass.
    body = body.replace(b"2026-12-01</memo:doNot", _in_a_month() + b"</memo:doNot")
    one = body.split(b"messageUUID>")[1].removesuffix(b"</memo:").decode()
    assert send(post, one, body).status_code == 201, name
    facts = sandbox.api("GET", f"/api/memos/{one}").json()
    if name == "memo-1.2-sample":
        assert facts["attention"] == {
            "p_number": "1999900017",
            "person": "Karla Eksempel",
            "email": "karla@eksempel.invalid",
        }
        assert [one["code"] for one in facts["actions"]] == ["UNDERSKRIV"]
        assert [file["kind"] for file in facts["files"]] == ["main", "additional", "technical"]
        attached = sandbox.api("GET", f"/api/memos/{one}/files/1").content
        assert attached == b"Bilag til brevet.\n"


def _in_a_month() -> bytes:
    from datetime import date, timedelta

    return (date.today() + timedelta(days=30)).isoformat().encode()


def make_container(bodies: dict[str, bytes]) -> bytes:
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w") as archive:
        for name, body in bodies.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(body)
            archive.addfile(entry, io.BytesIO(body))
    return lzma.compress(plain.getvalue(), format=lzma.FORMAT_ALONE)


def test_a_container_gives_each_message_its_own_receipt(
    sandbox: RunningSandbox, post: httpx.Client
) -> None:
    good, bad = new_uuid(), new_uuid()
    body = make_container(
        {f"{good}.xml": make_memo(good), f"{bad}.xml": make_memo(bad).replace(b"brev.pdf", b"a/b")}
    )
    answer = post.post("/memos/", content=body, headers={"Content-Type": "application/x-lzma"})
    assert answer.status_code == 201
    assert {one["messageUUID"]: one["receiptStatus"] for one in receipts(post)} == {
        good: "COMPLETED",
        bad: "INVALID",
    }
    again = post.post("/memos/", files={"file": ("a.tar.lzma", body, "application/x-lzma")})
    assert again.status_code == 201
    assert sandbox.counts()["dispatches"] == 1


def test_what_is_no_container_is_refused(post: httpx.Client) -> None:
    answer = post.post("/memos/", content=b"x" * 99, headers={"Content-Type": "application/x-lzma"})
    assert (answer.status_code, answer.json()["code"]) == (400, "container.invalid")


@pytest.mark.parametrize(
    ("kind", "expected"), [("receipt_lost", 0), ("receipt_twice", 2), ("receipt_late", 1)]
)
def test_receipts_are_lost_late_or_doubled_on_request(
    sandbox: RunningSandbox, post: httpx.Client, kind: str, expected: int
) -> None:
    sandbox.fault(kind, target="digital_post.send", seconds=0.4)
    send(post, new_uuid())
    if kind == "receipt_late":
        assert receipts(post) == []
    wait_until(lambda: len(receipts(post)) == expected)


@pytest.mark.parametrize(
    ("kind", "status", "stored"),
    [("answer_503", 503, 0), ("answer_429", 429, 0), ("answer_500_after_storing", 500, 1)],
)
def test_faults_on_the_way_store_the_message_or_not(
    sandbox: RunningSandbox, post: httpx.Client, kind: str, status: int, stored: int
) -> None:
    sandbox.fault(kind, target="digital_post.send")
    one = new_uuid()
    answer = send(post, one)
    assert answer.status_code == status
    if status == 503:
        assert answer.json()["messageUUID"] == one
    assert sandbox.counts()["dispatches"] == stored


def test_faults_of_receipts_go_with_sending_only(sandbox: RunningSandbox) -> None:
    with sandbox.pages() as pages:
        how = {"kind": "receipt_lost", "target": "cpr", "count": 1}
        assert pages.put("/api/faults", json=how).status_code == 400


def test_the_mailbox_shows_what_came_with_the_letter(
    sandbox: RunningSandbox, post: httpx.Client
) -> None:
    one = new_uuid()
    header = "<memo:reply>true</memo:reply>"
    send(post, one, make_memo(one, header=header))
    with sandbox.pages(follow_redirects=True) as pages:
        page = pages.post("/find", data={"number": "0102031234"}).text
    assert "Digital Post · kan besvares" in page

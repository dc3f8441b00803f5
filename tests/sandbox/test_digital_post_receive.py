"""The mail that Digital Post keeps for the school, as the protocol page says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.sandbox.memos import make_memo, new_uuid
from tests.sandbox_server import RunningSandbox


@pytest.fixture
def post(sandbox: RunningSandbox) -> Iterator[httpx.Client]:
    with sandbox.client() as client:
        client.base_url = httpx.URL(sandbox.address["digital_post"])
        client.headers["Authorization"] = f"Basic {sandbox.address['digital_post_token']}"
        yield client


def put(sandbox: RunningSandbox) -> str:
    message_uuid = new_uuid()
    body = make_memo(message_uuid, recipient="99000015")
    return str(sandbox.api("POST", "/api/outbox", content=body).json()["message_uuid"])


def ids(client: httpx.Client, **query: Any) -> list[str]:
    return list(client.get("/memos/", params=query).raise_for_status().json()["content"])


def acknowledge(client: httpx.Client, message_uuid: str, **changes: Any) -> httpx.Response:
    said = {
        "transmissionId": new_uuid(),
        "messageUUID": message_uuid,
        "timeStamp": "2026-11-23T09:20:00Z",
        "receiptStatus": "COMPLETED",
    }
    return client.post(f"/memos/{message_uuid}/receipt", json={**said, **changes})


def test_mail_is_listed_oldest_first_a_page_at_a_time(
    sandbox: RunningSandbox, post: httpx.Client
) -> None:
    put_there = [put(sandbox) for _ in range(5)]
    first = post.get("/memos/", params={"page": 0, "size": 2}).json()
    assert first["content"] == put_there[:2]
    assert first["next"] == {"page": 1, "size": 2, "ordering": []}
    assert (first["totalElements"], first["totalPages"]) == (5, 3)
    last = post.get("/memos/", params={"page": 2, "size": 2}).json()
    assert (last["content"], last["next"]) == (put_there[4:], None)


def test_a_message_stays_until_it_is_deleted(sandbox: RunningSandbox, post: httpx.Client) -> None:
    one = put(sandbox)
    assert post.get(f"/memos/{one}").headers["Content-Type"].startswith("application/xml")
    assert acknowledge(post, one).status_code == 200
    assert acknowledge(post, one).status_code == 409
    assert ids(post) == [one]
    assert post.delete(f"/memos/{one}").status_code == 204
    assert ids(post) == []
    assert post.get(f"/memos/{one}").status_code == 404
    assert post.delete(f"/memos/{one}").status_code == 404
    assert acknowledge(post, one).status_code == 404


def test_the_receipt_may_take_the_message_off_the_list(
    sandbox: RunningSandbox, post: httpx.Client
) -> None:
    sandbox.settings(receipt_removes=1)
    one = put(sandbox)
    acknowledge(post, one)
    assert ids(post) == []
    assert post.delete(f"/memos/{one}").status_code == 404


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"transmissionId": ""}, 400),
        ({"timeStamp": "i går"}, 400),
        ({"receiptStatus": "FINE"}, 400),
        ({"messageUUID": "3f0c5c1e-6a0b-4c57-9d2e-1b7a5f0e4c11"}, 422),
        ({"receiptStatus": "INVALID"}, 422),
    ],
)
def test_a_receipt_is_looked_at(
    sandbox: RunningSandbox, post: httpx.Client, changes: dict[str, str], status: int
) -> None:
    one = put(sandbox)
    assert acknowledge(post, one, **changes).status_code == status
    (row,) = sandbox.api("GET", "/api/outbox").json()
    assert (row["receipts"], row["acknowledged_at"]) == (0, None)


def test_what_the_school_did_is_counted(sandbox: RunningSandbox, post: httpx.Client) -> None:
    one = put(sandbox)
    post.get(f"/memos/{one}")
    acknowledge(post, one, receiptStatus="INVALID", errorCode="memo.invalid")
    acknowledge(post, one)
    (row,) = sandbox.api("GET", "/api/outbox").json()
    assert (row["reads"], row["receipts"]) == (1, 2)
    assert (row["status"], row["error_code"]) == ("INVALID", "memo.invalid")


def test_the_list_and_the_receipt_can_fail_in_their_own_ways(
    sandbox: RunningSandbox, post: httpx.Client
) -> None:
    one = put(sandbox)
    sandbox.fault("listed_twice", target="digital_post.receive")
    assert ids(post) == [one, one]
    sandbox.fault("listed_but_gone", target="digital_post.receive")
    gone, there = ids(post)
    assert there == one
    assert post.get(f"/memos/{gone}").status_code == 404
    sandbox.fault("answer_503", target="digital_post.receive")
    assert post.get("/memos/").status_code == 503
    sandbox.fault("drop_after_storing", target="digital_post.acknowledge")
    with pytest.raises(httpx.TransportError):
        acknowledge(post, one)
    assert acknowledge(post, one).status_code == 409

"""Faults on the line happen when they are asked for, as often as asked, and say what was stored."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.sandbox.helpers import IMPATIENT, poll, put_dispatch, wait_until
from tests.sandbox_server import RunningSandbox


@pytest.mark.parametrize(
    ("kind", "stored"), [("drop_before_storing", 0), ("drop_after_storing", 1)]
)
def test_a_dropped_connection_stores_the_letter_or_not(
    sandbox: RunningSandbox, eboks: httpx.Client, kind: str, stored: int
) -> None:
    message_id = sandbox.new_message_id()
    sandbox.fault(kind)
    with pytest.raises(httpx.TransportError):
        put_dispatch(sandbox, eboks, message_id=message_id)
    assert sandbox.counts()["dispatches"] == stored
    again = put_dispatch(sandbox, eboks, message_id=message_id)
    assert again.status_code == (409 if stored else 200)
    assert sandbox.counts() == {"dispatches": 1, "requests": 2, "by_recipient_max": 1}
    assert sandbox.requests()[0]["answer"] == "dropped"


@pytest.mark.parametrize(
    ("kind", "status", "stored"),
    [
        ("answer_400", 400, 0),
        ("answer_429", 429, 0),
        ("answer_500", 500, 0),
        ("answer_503", 503, 0),
        ("answer_500_after_storing", 500, 1),
        ("wrong_body", 200, 1),
    ],
)
def test_a_fault_answers_as_it_is_named_and_only_as_often_as_asked(
    sandbox: RunningSandbox, eboks: httpx.Client, kind: str, status: int, stored: int
) -> None:
    sandbox.fault(kind, count=2)
    for _ in range(2):
        assert put_dispatch(sandbox, eboks).status_code == status
    assert sandbox.counts()["dispatches"] == 2 * stored
    fine = put_dispatch(sandbox, eboks)
    assert fine.status_code == 200
    assert fine.json()["message_id"]


def test_too_many_requests_says_when_to_come_back(
    sandbox: RunningSandbox, eboks: httpx.Client
) -> None:
    sandbox.fault("answer_429", seconds=7)
    assert put_dispatch(sandbox, eboks).headers["Retry-After"] == "7"


def test_a_wrong_body_is_not_json(sandbox: RunningSandbox, eboks: httpx.Client) -> None:
    sandbox.fault("wrong_body")
    with pytest.raises(ValueError, match="Expecting value"):
        put_dispatch(sandbox, eboks).json()


def test_a_slow_answer_comes_after_the_letter_is_stored(
    sandbox: RunningSandbox, eboks: httpx.Client
) -> None:
    sandbox.fault("slow_after_storing", seconds=30)
    message_id = sandbox.new_message_id()
    with sandbox.client(timeout=IMPATIENT) as client, pytest.raises(httpx.ReadTimeout):
        put_dispatch(sandbox, client, message_id=message_id)
    wait_until(lambda: sandbox.counts()["dispatches"] == 1)
    assert sandbox.requests()[0]["answer"] == ""
    assert put_dispatch(sandbox, eboks, message_id=message_id).status_code == 409


def test_a_slow_answer_leaves_what_is_switched_on_meanwhile_to_the_next_call(
    sandbox: RunningSandbox, eboks: httpx.Client
) -> None:
    sandbox.fault("slow_after_storing", seconds=1)
    with ThreadPoolExecutor(1) as clerk:
        slow = clerk.submit(put_dispatch, sandbox, eboks)
        wait_until(lambda: sandbox.api("GET", "/api/faults").json() == [])
        sandbox.fault("drop_after_storing")
        assert slow.result().status_code == 200
    with sandbox.client() as client, pytest.raises(httpx.RemoteProtocolError):
        put_dispatch(sandbox, client)


def test_slow_answers_do_not_hold_up_others(sandbox: RunningSandbox, eboks: httpx.Client) -> None:
    sandbox.fault("slow_after_storing", count=20, seconds=30)

    def send_impatiently(_: int) -> str:
        with sandbox.client(timeout=IMPATIENT) as client:
            try:
                put_dispatch(sandbox, client)
            except httpx.ReadTimeout:
                return "timed out"
        return "answered"

    with ThreadPoolExecutor(20) as clerks:
        assert set(clerks.map(send_impatiently, range(20))) == {"timed out"}
    wait_until(lambda: sandbox.counts()["dispatches"] == 20)
    assert put_dispatch(sandbox, eboks).status_code == 200
    assert sandbox.counts()["dispatches"] == 21


def test_a_fault_for_a_while_ends_by_itself(sandbox: RunningSandbox, eboks: httpx.Client) -> None:
    sandbox.fault("answer_503", for_seconds=3600)
    assert put_dispatch(sandbox, eboks).status_code == 503
    assert put_dispatch(sandbox, eboks).status_code == 503
    sandbox.fault("answer_503", for_seconds=0.01)
    wait_until(lambda: sandbox.api("GET", "/api/faults").json() == [])
    assert put_dispatch(sandbox, eboks).status_code == 200


def test_faults_of_the_poll_leave_letters_alone(
    sandbox: RunningSandbox, eboks: httpx.Client
) -> None:
    message_id = sandbox.new_message_id()
    sandbox.fault("answer_500", target="eboks.poll")
    assert put_dispatch(sandbox, eboks, message_id=message_id).status_code == 200
    assert poll(sandbox, eboks, message_id).status_code == 500
    assert poll(sandbox, eboks, message_id).status_code == 200


def test_a_count_holds_when_many_call_at_once(sandbox: RunningSandbox) -> None:
    sandbox.fault("answer_500", count=5)

    def send_three(_: int) -> list[int]:
        with sandbox.client() as client:
            return [put_dispatch(sandbox, client).status_code for _ in range(3)]

    with ThreadPoolExecutor(8) as clerks:
        statuses = [status for three in clerks.map(send_three, range(8)) for status in three]
    assert (statuses.count(500), statuses.count(200)) == (5, 19)
    assert sandbox.counts() == {"dispatches": 19, "requests": 24, "by_recipient_max": 19}


def test_faults_can_be_listed_and_switched_off(
    sandbox: RunningSandbox, eboks: httpx.Client
) -> None:
    sandbox.fault("answer_500", count=9)
    sandbox.fault("answer_503", count=4)
    assert {
        (one["kind"], one["remaining"]) for one in sandbox.api("GET", "/api/faults").json()
    } == {
        ("answer_500", 9),
        ("answer_503", 4),
    }
    left = sandbox.api("DELETE", "/api/faults?kind=answer_500").json()
    assert [one["kind"] for one in left] == ["answer_503"]
    sandbox.clear_faults()
    assert put_dispatch(sandbox, eboks).status_code == 200


@pytest.mark.parametrize(
    ("path", "values"),
    [
        ("/api/faults", {"kind": "earthquake", "count": 1}),
        ("/api/faults", {"kind": ["answer_500"], "count": 1}),
        ("/api/faults", {"kind": "answer_500"}),
        ("/api/faults", {"kind": "answer_500", "count": 1, "for_seconds": 1}),
        ("/api/faults", {"kind": "answer_500", "count": 0}),
        ("/api/faults", {"kind": "answer_500", "count": True}),
        ("/api/faults", {"kind": "answer_500", "count": 1, "target": "pigeon"}),
        ("/api/faults", {"count": 1}),
        ("/api/faults", {"kind": "answer_500", "count": 1, "surprise": 1}),
        ("/api/faults", []),
        ("/api/settings", {"mode": "pigeon"}),
        ("/api/settings", {"duplicate_status": 200}),
        ("/api/settings", {"latency_ms": -1}),
        ("/api/settings", {"postprocessing_seconds": "5"}),
        ("/api/settings", {"colour": "red"}),
    ],
    ids=str,
)
def test_a_fault_or_setting_that_makes_no_sense_changes_nothing(
    sandbox: RunningSandbox, path: str, values: Any
) -> None:
    before = sandbox.api("GET", path).json()
    with sandbox.pages() as client:
        answer = client.put(path, json=values)
    assert answer.status_code == 400
    assert answer.json()["error"]
    assert sandbox.api("GET", path).json() == before


def test_latency_is_added_to_every_call(sandbox: RunningSandbox) -> None:
    sandbox.settings(latency_ms=5000)
    with sandbox.client(timeout=IMPATIENT) as client, pytest.raises(httpx.ReadTimeout):
        put_dispatch(sandbox, client)
    sandbox.settings(latency_ms=0)
    with sandbox.client() as client:
        assert put_dispatch(sandbox, client).status_code == 200

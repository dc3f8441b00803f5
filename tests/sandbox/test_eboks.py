"""The stand-in for e-Boks says what protocols/eboks-dispatch.md says."""

from __future__ import annotations

import hashlib

import httpx
import pytest

from tests.sandbox.helpers import poll, put_dispatch
from tests.sandbox_server import RunningSandbox, make_dispatch


def test_proxy_answers_a_letter_as_on_the_protocol_page(
    sandbox: RunningSandbox, eboks: httpx.Client
) -> None:
    message_id = sandbox.new_message_id()
    answer = put_dispatch(
        sandbox, eboks, message_id=message_id, recipient="99000023", recipient_type="V"
    )
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.json() == {
        "message_id": message_id,
        "recipients": [
            {
                "nr": "99000023",
                "recipient_type": "V",
                "nationality": "DK",
                "status": "",
                "reject_reason": "",
                "post_processing_status": "",
            }
        ],
    }


def test_the_stored_letter_is_the_one_that_was_sent(
    sandbox: RunningSandbox, eboks: httpx.Client
) -> None:
    content = b"%PDF-1.7\n" + bytes(range(256)) * 40
    message_id = sandbox.new_message_id()
    put_dispatch(
        sandbox, eboks, message_id=message_id, content=content, title="Æblegrød & <løs tale>"
    )
    assert sandbox.content(message_id) == content
    (stored,) = sandbox.dispatches()
    assert stored["message_id"] == message_id
    assert stored["recipient"] == "0101901234"
    assert stored["title"] == "Æblegrød & <løs tale>"
    assert stored["sha256"] == hashlib.sha256(content).hexdigest()
    assert stored["received"] == 1
    assert sandbox.counts() == {"dispatches": 1, "requests": 1, "by_recipient_max": 1}


def test_direct_mode_answers_with_an_empty_body_and_has_nothing_to_poll(
    sandbox: RunningSandbox, eboks: httpx.Client
) -> None:
    sandbox.settings(mode="direct")
    message_id = sandbox.system_id.zfill(6) + "a3f1c0de0b2a4c6d8e9f001122334455"
    answer = put_dispatch(sandbox, eboks, message_id=message_id)
    assert answer.is_success
    assert answer.content == b""
    assert sandbox.counts()["dispatches"] == 1
    assert poll(sandbox, eboks, message_id).status_code == 404
    assert eboks.get(f"/rest/client/{sandbox.client_id}/").status_code == 404


@pytest.mark.parametrize("status", [409, 419])
def test_an_id_that_was_used_is_refused_and_the_letter_is_kept_once(
    sandbox: RunningSandbox, eboks: httpx.Client, status: int
) -> None:
    sandbox.settings(duplicate_status=status)
    message_id = sandbox.new_message_id()
    assert put_dispatch(sandbox, eboks, message_id=message_id).status_code == 200
    assert put_dispatch(sandbox, eboks, message_id=message_id).status_code == status
    assert put_dispatch(sandbox, eboks, message_id=message_id, title="Andet").status_code == status
    (stored,) = sandbox.dispatches()
    assert stored["title"] == "Svar på ansøgning om skoleplads"
    assert (stored["received"], stored["other_bodies"]) == (3, 1)
    assert [one["answer"] for one in sandbox.requests()] == ["200", str(status), str(status)]


def test_several_letters_to_one_recipient_are_counted(
    sandbox: RunningSandbox, eboks: httpx.Client
) -> None:
    for recipient in ("0101901234", "0101901234", "0202911235"):
        put_dispatch(sandbox, eboks, recipient=recipient)
    assert sandbox.counts() == {"dispatches": 3, "requests": 3, "by_recipient_max": 2}


@pytest.mark.parametrize(
    "message_id",
    [
        "003994" + "12" + "a3f1c0de0b2a4c6d8e9f00112233445",
        "003994" + "77" + "a3f1c0de0b2a4c6d8e9f001122334455",
        "003995" + "12" + "a3f1c0de0b2a4c6d8e9f001122334455",
        "003994" + "12" + "g3f1c0de0b2a4c6d8e9f001122334455",
        "003994" + "a3f1c0de0b2a4c6d8e9f001122334455",
        "a3f1c0de-0b2a-4c6d-8e9f-001122334455",
    ],
)
def test_an_id_of_another_form_is_refused(
    sandbox: RunningSandbox, eboks: httpx.Client, message_id: str
) -> None:
    assert put_dispatch(sandbox, eboks, message_id=message_id).status_code == 400
    assert sandbox.counts()["dispatches"] == 0


@pytest.mark.parametrize(
    ("digits", "status", "at_first", "later"),
    [
        ("0001", "exempt", "pending", "remote printed"),
        ("0002", "invalid", "pending", "address not found"),
        ("0003", "dead", "", ""),
        ("0004", "minor", "", ""),
        ("0005", "exempt", "pending", "address resolved"),
        ("1234", "", "", ""),
    ],
)
def test_the_last_four_digits_choose_what_becomes_of_the_letter(
    sandbox: RunningSandbox,
    eboks: httpx.Client,
    digits: str,
    status: str,
    at_first: str,
    later: str,
) -> None:
    sandbox.settings(postprocessing_seconds=3600)
    message_id = sandbox.new_message_id()
    answer = put_dispatch(sandbox, eboks, message_id=message_id, recipient=f"010190{digits}")
    assert answer.json()["recipients"][0]["status"] == status
    assert answer.json()["recipients"][0]["post_processing_status"] == at_first

    (waiting,) = poll(sandbox, eboks, message_id).json()
    assert waiting["recipients"][0]["post_processing_status"] == at_first

    sandbox.settings(postprocessing_seconds=0)
    (done,) = poll(sandbox, eboks, message_id).json()
    assert done["message_id"] == message_id
    assert done["proxy_response_code"] == 200
    assert done["proxy_error"] is None
    assert done["modified_at"].endswith("+00:00")
    assert done["recipients"] == [
        {
            "nr": f"010190{digits}",
            "recipient_type": "P",
            "nationality": "DK",
            "status": status,
            "reject_reason": None,
            "post_processing_status": later,
        }
    ]


def test_poll_knows_only_ids_of_the_client_that_asks(
    sandbox: RunningSandbox, eboks: httpx.Client
) -> None:
    message_id = sandbox.new_message_id()
    put_dispatch(sandbox, eboks, message_id=message_id)
    known = poll(sandbox, eboks, sandbox.new_message_id(), message_id, message_id).json()
    assert [one["message_id"] for one in known] == [message_id]
    other = eboks.get("/rest/messages/77/", params={"message_id": message_id})
    assert other.json() == []


@pytest.mark.parametrize(("how_many", "status"), [(0, 400), (1, 200), (50, 200), (51, 400)])
def test_poll_takes_up_to_fifty_ids(
    sandbox: RunningSandbox, eboks: httpx.Client, how_many: int, status: int
) -> None:
    ids = [sandbox.new_message_id() for _ in range(how_many)]
    assert poll(sandbox, eboks, *ids).status_code == status


def test_the_client_can_see_its_registration(sandbox: RunningSandbox, eboks: httpx.Client) -> None:
    own = eboks.get(f"/rest/client/{sandbox.client_id}/")
    assert own.json()["client_id"] == sandbox.client_id
    assert eboks.get("/rest/client/77/").status_code == 404


def test_other_methods_and_paths_are_answered_in_json(
    sandbox: RunningSandbox, eboks: httpx.Client
) -> None:
    path = sandbox.dispatch_path(sandbox.new_message_id())
    assert eboks.post(path).status_code == 405
    assert eboks.get("/api/counts").status_code == 404
    assert eboks.get("/api/counts").json()["error"]


def test_a_dispatch_system_without_agreement_is_refused(
    sandbox: RunningSandbox, eboks: httpx.Client
) -> None:
    path = sandbox.dispatch_path(sandbox.new_message_id())
    answer = eboks.put(
        path.replace("dispatchsystem/3994", "dispatchsystem/1"),
        content=make_dispatch(),
        headers={"Content-Type": "application/xml"},
    )
    assert answer.status_code == 400

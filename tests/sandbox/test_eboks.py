"""The stand-in for e-Boks says what protocols/eboks-dispatch.md says."""

from __future__ import annotations

import hashlib
import http.client
from contextlib import closing
from typing import Any
from urllib.parse import urlsplit

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
    ("content_type", "status"),
    [
        ("application/xml", 200),
        ("application/xml; charset=utf-8", 200),
        ("text/xml", 400),
        ("application/json", 400),
        (None, 400),
    ],
)
def test_only_application_xml_is_taken(
    sandbox: RunningSandbox, eboks: httpx.Client, content_type: str | None, status: int
) -> None:
    assert put_dispatch(sandbox, eboks, content_type=content_type).status_code == status


@pytest.mark.parametrize(
    "fields",
    [
        {"recipient": "010190123"},
        {"recipient": "3002901234"},
        {"recipient": "010190-1234"},
        {"recipient": "99000023"},
        {"recipient": "99000024", "recipient_type": "V"},
        {"recipient": "0101901234", "recipient_type": "V"},
        {"recipient_type": "X"},
        {"recipient_type": "KP", "recipient": ""},
        {"nationality": "SE"},
        {"content_type_id": "brev"},
        {"title": " "},
        {"title": "x" * 501},
        {"content": b""},
        {"extension": ".PDF"},
    ],
    ids=str,
)
def test_a_field_that_is_wrong_is_refused_with_a_reason(
    sandbox: RunningSandbox, eboks: httpx.Client, fields: dict[str, Any]
) -> None:
    answer = put_dispatch(sandbox, eboks, **fields)
    assert answer.status_code == 400
    assert answer.json()["error"]
    assert sandbox.counts()["dispatches"] == 0


@pytest.mark.parametrize(
    ("recipient", "recipient_type"),
    [("0101901234", "P"), ("6102124234", "P"), ("99000015", "V"), ("adr-4711", "KP"),
     ("adr-4711", "KFP")],
)  # fmt: skip
def test_every_kind_of_recipient_is_taken(
    sandbox: RunningSandbox, eboks: httpx.Client, recipient: str, recipient_type: str
) -> None:
    answer = put_dispatch(sandbox, eboks, recipient=recipient, recipient_type=recipient_type)
    assert answer.status_code == 200
    assert answer.json()["recipients"][0]["recipient_type"] == recipient_type


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"urn:eboks:en:3.0.0", b"urn:eboks:en:2.0.0"),
        (b' xmlns="urn:eboks:en:3.0.0"', b""),
        (b"<Dispatch xmlns", b"<Dispatch id='1' xmlns"),
        (b"<Nationality>DK</Nationality>", b""),
        (b"<Title>", b"<Extra/><Title>"),
        (b"<Title>", b"<Title><b/>"),
        (b"<Title>", b"<Title lang='da'>"),
        (b"<Content>", b"<Content>text"),
        (b"</Dispatch>", b""),
        (b"<Data>", b"<Data>!"),
        (b"encoding='UTF-8'", b"encoding='ISO-8859-1'"),
    ],
)
def test_xml_of_another_form_is_refused(
    sandbox: RunningSandbox, eboks: httpx.Client, old: bytes, new: bytes
) -> None:
    body = make_dispatch()
    assert old in body
    assert put_dispatch(sandbox, eboks, body=body.replace(old, new)).status_code == 400
    assert sandbox.counts()["dispatches"] == 0


def test_elements_in_another_order_are_refused(
    sandbox: RunningSandbox, eboks: httpx.Client
) -> None:
    body = make_dispatch()
    title = b"<Title>" + body.split(b"<Title>")[1].split(b"</Title>")[0] + b"</Title>"
    moved = body.replace(title, b"").replace(b"<ContentTypeId>", title + b"<ContentTypeId>")
    answer = put_dispatch(sandbox, eboks, body=moved)
    assert answer.status_code == 400
    assert "in this order" in answer.json()["error"]


def test_base64_may_be_broken_into_lines(sandbox: RunningSandbox, eboks: httpx.Client) -> None:
    message_id = sandbox.new_message_id()
    body = make_dispatch(content=b"%PDF-1.4 linjer").replace(b"JVBE", b"\n  JVBE\r\n\t")
    assert put_dispatch(sandbox, eboks, message_id=message_id, body=body).status_code == 200
    assert sandbox.content(message_id) == b"%PDF-1.4 linjer"


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


@pytest.mark.parametrize("where", ["text", "attribute"])
def test_entities_are_never_expanded(
    sandbox: RunningSandbox, eboks: httpx.Client, where: str
) -> None:
    laughs = '<!ENTITY l0 "ha">' + "".join(
        f'<!ENTITY l{n + 1} "{f"&l{n};" * 10}">' for n in range(9)
    )
    body = make_dispatch().decode()
    body = body.replace("<Dispatch", f"<!DOCTYPE Dispatch [{laughs}]>\n<Dispatch", 1)
    if where == "text":
        body = body.replace("<Title>", "<Title>&l9;")
    else:
        body = body.replace("<Title>", '<Title x="&l9;">')
    assert put_dispatch(sandbox, eboks, body=body.encode()).status_code == 400
    assert put_dispatch(sandbox, eboks, body=body.encode("utf-16")).status_code == 400
    assert put_dispatch(sandbox, eboks).status_code == 200


def test_files_cannot_be_pulled_in(sandbox: RunningSandbox, eboks: httpx.Client) -> None:
    body = make_dispatch(title="TITEL").replace(b"TITEL", b"&file;")
    doctype = b'<!DOCTYPE Dispatch [<!ENTITY file SYSTEM "file:///etc/hostname">]>\n<Dispatch'
    assert put_dispatch(sandbox, eboks, body=body.replace(b"<Dispatch", doctype, 1)).is_error
    assert put_dispatch(sandbox, eboks, body=body).is_error
    assert sandbox.counts()["dispatches"] == 0


@pytest.mark.parametrize("body", [b"", b"\x00", b"<" * 10_000, b"<a>" * 100_000, b"%PDF-1.4"])
def test_rubbish_is_refused(sandbox: RunningSandbox, eboks: httpx.Client, body: bytes) -> None:
    assert put_dispatch(sandbox, eboks, body=body).status_code == 400


def test_a_letter_of_fifteen_megabytes_is_taken(
    sandbox: RunningSandbox, eboks: httpx.Client
) -> None:
    message_id = sandbox.new_message_id()
    content = b"%PDF-1.4" + b"x" * 15_000_000
    assert put_dispatch(sandbox, eboks, message_id=message_id, content=content).is_success
    assert sandbox.dispatches()[0]["sha256"] == hashlib.sha256(content).hexdigest()


def test_a_body_that_says_it_is_huge_is_refused_unread(sandbox: RunningSandbox) -> None:
    address = urlsplit(sandbox.eboks_url)
    connection = http.client.HTTPSConnection(
        address.netloc, timeout=10, context=sandbox.ssl_context()
    )
    with closing(connection):
        connection.putrequest("PUT", sandbox.dispatch_path(sandbox.new_message_id()))
        connection.putheader("Content-Type", "application/xml")
        connection.putheader("Content-Length", "1000000000")
        connection.endheaders()
        assert connection.getresponse().status == 413


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

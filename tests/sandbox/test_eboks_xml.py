"""The stand-in for e-Boks takes a well-formed dispatch, refuses all else, and is never harmed."""

from __future__ import annotations

import hashlib
import http.client
from contextlib import closing
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from tests.sandbox.helpers import put_dispatch
from tests.sandbox_server import RunningSandbox, make_dispatch


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

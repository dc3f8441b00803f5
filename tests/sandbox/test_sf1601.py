"""The stand-in for the Serviceplatform says what protocols/sf1601.md says."""

from __future__ import annotations

import base64
import json
import re
import ssl
import uuid
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from lxml import etree

from tests.sandbox.memos import make_memo, new_uuid
from tests.sandbox_server import RunningSandbox

SEND = "http://entityid.kombit.dk/service/kombipostafsend/1"
LOOK_UP = "http://entityid.kombit.dk/service/postforespoerg/1"
WS_TRUST = "http://docs.oasis-open.org/ws-sx/ws-trust/200512"


@pytest.fixture
def client(sandbox: RunningSandbox) -> Any:
    sandbox.settings(postprocessing_seconds=0, token_seconds=3600, push_url="")
    with sandbox.client() as found:
        yield found


def ask_for_assertion(
    sandbox: RunningSandbox, client: httpx.Client, entity: str = SEND, **changes: Any
) -> httpx.Response:
    pem = sandbox.certificates.client_cert.read_text()
    shown = base64.b64encode(ssl.PEM_cert_to_DER_cert(pem)).decode()
    body = {
        "RequestType": f"{WS_TRUST}/Issue",
        "KeyType": f"{WS_TRUST}/PublicKey",
        "AnvenderKontekst": {"Cvr": "99000015"},
        "UseKey": shown,
        "AppliesTo": {"EndpointReference": {"Address": entity}},
        "OnBehalfOf": None,
    }
    return client.post(sandbox.address["sf1601_sts"], json={**body, **changes})


def headers_for(
    sandbox: RunningSandbox, client: httpx.Client, entity: str = SEND
) -> dict[str, str]:
    assertion = ask_for_assertion(sandbox, client, entity).json()["RequestedSecurityToken"]
    answer = client.post(
        "/service/AccessTokenService_1/token", data={"saml-token": assertion["Assertion"]}
    )
    said = answer.json()
    assert said["expires_in"] == 3600
    return {
        "Authorization": f"{said['token_type']} {said['access_token']}",
        "x-TransaktionsId": str(uuid.uuid4()),
        "x-TransaktionsTid": "2026-11-23T09:15:00Z",
        "Content-Type": "application/xml",
    }


def kombi(memo: bytes, choice: str = "Digital Post", *, encoding: str = "utf8") -> bytes:
    """As python_serviceplatformen writes it: no hyphen, and the prefix declared at the root."""
    inner = re.sub(rb"^<\?xml[^>]*\?>\s*", b"", memo)
    start = f"<?xml version='1.0' encoding='{encoding}'?><kombi_request>"
    return b"".join(
        [
            start.encode(),
            f"<KombiValgKode>{choice}</KombiValgKode>".encode(),
            inner,
            b"</kombi_request>",
        ]
    )


def test_a_saml_token_says_in_both_places_when_it_ends(
    sandbox: RunningSandbox, client: httpx.Client
) -> None:
    said = ask_for_assertion(sandbox, client).json()
    xml = etree.fromstring(base64.b64decode(said["RequestedSecurityToken"]["Assertion"]))
    saml = "{urn:oasis:names:tc:SAML:2.0:assertion}"
    inside = datetime.fromisoformat(xml.find(f"{saml}Conditions").get("NotOnOrAfter"))
    told = datetime.strptime(said["Lifetime"], "%m/%d/%Y %H:%M:%S").replace(tzinfo=UTC)
    assert abs((inside - told).total_seconds()) < 1
    assert 7.9 < (inside - datetime.now(UTC)).total_seconds() / 3600 < 8.1


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"UseKey": "AAAA"}, 403),
        ({"KeyType": "symmetric"}, 400),
        ({"AppliesTo": None}, 400),
        ({"AppliesTo": {"EndpointReference": {"Address": "http://other"}}}, 403),
    ],
)
def test_a_saml_token_is_given_to_the_holder_of_the_certificate_for_a_known_service(
    sandbox: RunningSandbox, client: httpx.Client, changes: dict[str, Any], status: int
) -> None:
    assert ask_for_assertion(sandbox, client, **changes).status_code == status


def test_an_access_token_holds_for_one_service_and_until_it_ends(
    sandbox: RunningSandbox, client: httpx.Client
) -> None:
    path, query = "/service/PostForespoerg_1/digitalpost", {"cvrNumber": "99000023"}
    headers = headers_for(sandbox, client, LOOK_UP)
    assert client.get(path, params=query, headers=headers).json() == {"result": True}
    other = headers_for(sandbox, client, SEND)
    assert client.get(path, params=query, headers=other).status_code == 401
    sandbox.api("DELETE", "/api/tokens")
    assert client.get(path, params=query, headers=headers).status_code == 401
    assert client.get(path, params=query).status_code == 401
    bogus = client.post("/service/AccessTokenService_1/token", data={"saml-token": "x"})
    assert bogus.status_code == 401


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"cprNumber": "0102031234"}, True),
        ({"cprNumber": "0102600001"}, False),
        ({"cvrNumber": "nonsense"}, False),
    ],
)
def test_a_look_up_answers_yes_or_no_and_nonsense_is_nobody(
    sandbox: RunningSandbox, client: httpx.Client, query: dict[str, str], expected: bool
) -> None:
    headers = headers_for(sandbox, client, LOOK_UP)
    path = "/service/PostForespoerg_1/digitalpost"
    assert client.get(path, params=query, headers=headers).json() == {"result": expected}


@pytest.mark.parametrize("path", ["kombi", "memos"])
def test_a_letter_is_taken_as_the_public_clients_write_it(
    sandbox: RunningSandbox, client: httpx.Client, path: str
) -> None:
    one = new_uuid()
    answer = client.post(
        f"/service/KombiPostAfsend_1/{path}",
        content=kombi(make_memo(one)),
        headers=headers_for(sandbox, client),
    )
    root = etree.fromstring(answer.content)
    assert (answer.status_code, root.tag, root.findtext("Result")) == (
        200,
        "kombi_response",
        "true",
    )
    assert root.findtext(".//AdvisTekst") == "RECEIVED"
    assert [stored["message_id"] for stored in sandbox.dispatches()] == [one]


@pytest.mark.parametrize(
    "change",
    [
        lambda body: body.replace(b"kombi_request", b"request"),
        lambda body: body.replace(b"Digital Post", b"Brevdue"),
        lambda body: body.replace(b"memo:", b"m:").replace(b"xmlns:memo", b"xmlns:m"),
        lambda body: body.replace(b"99000015", b"99000031"),
        lambda body: body[:-20],
        lambda body: b"<!DOCTYPE a []>" + body.partition(b"?>")[2],
    ],
)
def test_what_is_not_as_the_page_says_is_refused_with_a_code(
    sandbox: RunningSandbox, client: httpx.Client, change: Any
) -> None:
    answer = client.post(
        "/service/KombiPostAfsend_1/kombi",
        content=change(kombi(make_memo(new_uuid()))),
        headers=headers_for(sandbox, client),
    )
    root = etree.fromstring(answer.content)
    assert (answer.status_code, root.findtext("Result")) == (400, "false")
    assert root.findtext(".//FejlId")
    assert sandbox.dispatches() == []


@pytest.mark.parametrize("name", ["x-TransaktionsId", "x-TransaktionsTid"])
def test_a_call_without_its_number_and_time_is_refused(
    sandbox: RunningSandbox, client: httpx.Client, name: str
) -> None:
    headers = headers_for(sandbox, client)
    del headers[name]
    path = "/service/KombiPostAfsend_1/kombi"
    answer = client.post(path, content=kombi(make_memo(new_uuid())), headers=headers)
    assert (answer.status_code, b"header.missing" in answer.content) == (400, True)


def test_statuses_wait_here_until_there_is_somewhere_to_push_them(
    sandbox: RunningSandbox, client: httpx.Client
) -> None:
    headers = headers_for(sandbox, client)
    path = "/service/KombiPostAfsend_1/kombi"
    client.post(path, content=kombi(make_memo(new_uuid())), headers=headers)
    pushes = sandbox.api("GET", "/api/pushes").json()
    assert [(one["tries"], one["answer"]) for one in pushes] == [(0, ""), (0, "")]
    sandbox.empty()
    assert sandbox.api("GET", "/api/pushes").json() == []


def test_reversed_receipts_are_for_those_who_push_them(sandbox: RunningSandbox) -> None:
    with sandbox.pages() as pages:
        how = {"kind": "receipt_reversed", "count": 1}
        for target, status in (("sf1601.send", 200), ("digital_post.send", 400), ("cpr", 400)):
            answer = pages.put("/api/faults", json={**how, "target": target})
            assert (answer.status_code, json.loads(answer.text) != []) == (status, True)

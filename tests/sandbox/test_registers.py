"""All registers know the same people, who can be changed by hand, and their lines fail as asked."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.sandbox.helpers import (
    IMPATIENT,
    ask_contacts,
    put_dispatch,
    search_virk,
    virk_documents,
)
from tests.sandbox.test_cpr import ask
from tests.sandbox_server import RunningSandbox


def call(target: str, sandbox: RunningSandbox, client: httpx.Client) -> httpx.Response:
    if target == "contacts":
        return ask_contacts(sandbox, client, cvrNumber="99000023")
    if target == "virk":
        return search_virk(sandbox, client, {"term": {"Vrvirksomhed.cvrNummer": 99000023}})
    return ask(sandbox, client)


def status_in_eboks(sandbox: RunningSandbox, client: httpx.Client, number: str) -> str:
    kind = "P" if len(number) == 10 else "V"
    answer = put_dispatch(sandbox, client, recipient=number, recipient_type=kind)
    return str(answer.json()["recipients"][0]["status"])


@pytest.mark.parametrize("target", ["contacts", "virk", "cpr"])
@pytest.mark.parametrize(
    ("kind", "status"),
    [("answer_500", 500), ("answer_503", 503), ("answer_429", 429), ("wrong_body", 200)],
)
def test_a_fault_hits_the_register_it_is_meant_for_as_often_as_asked(
    sandbox: RunningSandbox, eboks: httpx.Client, target: str, kind: str, status: int
) -> None:
    sandbox.fault(kind, target=target, seconds=3)
    others = {"contacts", "virk", "cpr"} - {target}
    assert {call(other, sandbox, eboks).status_code for other in others} == {200}
    hit = call(target, sandbox, eboks)
    assert hit.status_code == status
    if kind == "wrong_body":
        assert hit.headers["Content-Type"].startswith("text/html")
    if kind == "answer_429":
        assert hit.headers["Retry-After"] == "3"
    fine = call(target, sandbox, eboks)
    assert (fine.status_code, fine.text == hit.text) == (200, False)


@pytest.mark.parametrize("target", ["contacts", "virk", "cpr"])
def test_a_line_to_a_register_is_cut_or_slow(
    sandbox: RunningSandbox, eboks: httpx.Client, target: str
) -> None:
    for kind in ("drop_before_storing", "drop_after_storing"):
        sandbox.fault(kind, target=target)
        with pytest.raises(httpx.TransportError):
            call(target, sandbox, eboks)
    sandbox.fault("slow_after_storing", target=target, seconds=30)
    with sandbox.client(timeout=IMPATIENT) as client, pytest.raises(httpx.ReadTimeout):
        call(target, sandbox, client)
    assert call(target, sandbox, eboks).status_code == 200


@pytest.mark.parametrize("target", ["contacts", "virk", "cpr"])
def test_a_register_is_reached_with_a_client_certificate_only(
    sandbox: RunningSandbox, target: str
) -> None:
    with (
        sandbox.client(verify=sandbox.ssl_context(without=True)) as stranger,
        pytest.raises(httpx.TransportError),
    ):
        call(target, sandbox, stranger)


@pytest.mark.parametrize(
    ("facts", "status"),
    [
        ({}, ""),
        ({"status": 90}, "dead"),
        ({"mailbox": "exempt"}, "exempt"),
        ({"born": "2020-01-01"}, "minor"),
        ({"known": False}, "invalid"),
    ],
)
def test_what_happens_to_somebody_happens_in_every_register(
    sandbox: RunningSandbox, eboks: httpx.Client, facts: dict[str, Any], status: str
) -> None:
    number = "0101901234"
    sandbox.set_person(number, **facts)
    assert status_in_eboks(sandbox, eboks, number) == status
    contacts = ask_contacts(sandbox, eboks, cprNumber=number).json()["contacts"]
    public = [one["mailboxSubscription"]["publicRegistrationStatus"] for one in contacts]
    expected = {"": ["REGISTERED"], "dead": ["CLOSED"], "exempt": ["EXEMPT"]}
    assert public == expected.get(status, [])
    assert ask(sandbox, eboks, number).status_code == (500 if status == "invalid" else 200)


def test_a_company_that_closes_gets_no_more_post(
    sandbox: RunningSandbox, eboks: httpx.Client
) -> None:
    assert status_in_eboks(sandbox, eboks, "99000031") == ""
    sandbox.set_person("99000031", status="OPHØRT")
    assert status_in_eboks(sandbox, eboks, "99000031") == "invalid"
    (contact,) = ask_contacts(sandbox, eboks, cvrNumber="99000031").json()["contacts"]
    assert contact["mailboxSubscription"]["publicRegistrationStatus"] == "CLOSED"
    by_cvr = {"term": {"Vrvirksomhed.cvrNummer": 99000031}}
    (company,) = virk_documents(search_virk(sandbox, eboks, by_cvr))
    assert company["virksomhedMetadata"]["sammensatStatus"] == "OPHØRT"


def test_somebody_is_found_by_number_and_changed_by_a_name_that_is_not_the_number(
    sandbox: RunningSandbox,
) -> None:
    found = sandbox.person("010190-1234")
    assert (found["number"], found["known"], found["set"]) == ("0101901234", True, {})
    assert "0101901234" not in found["id"]
    changed = sandbox.set_person("0101901234", name="Ny Person", protected=True)
    assert changed["id"] == found["id"]
    assert changed["set"] == {"name": "Ny Person", "protected": True}
    assert (changed["facts"]["name"], changed["facts"]["protected"]) == ("Ny Person", True)
    assert sandbox.api("GET", "/api/people").json() == [changed]
    assert sandbox.api("GET", f"/api/people/{found['id']}").json() == changed
    assert sandbox.set_person("0101901234") == found
    sandbox.api("DELETE", f"/api/people/{found['id']}")
    assert sandbox.api("GET", "/api/people").json() == []


def test_what_was_set_by_hand_is_still_there_after_a_restart(sandbox: RunningSandbox) -> None:
    changed = sandbox.set_person("0101901234", status=90)
    sandbox.restart()
    assert sandbox.person("0101901234") == changed


@pytest.mark.parametrize(
    ("number", "values"),
    [
        ("0101901234", {"status": 2}),
        ("0101901234", {"status": "90"}),
        ("0101901234", {"mailbox": "open"}),
        ("0101901234", {"born": "i går"}),
        ("0101901234", {"protected": 1}),
        ("0101901234", {"age": 12}),
        ("0101901234", {"mother": {"number": "12"}}),
        ("0101901234", {"custody": [{"type": 3}]}),
        ("0101901234", {"custody": {"type": 3, "since": "2020-01-01"}}),
        ("0101901234", {"guardian": {"type": 1, "since": "2020-01-01", "phone": "1"}}),
        ("0101901234", []),
        ("99000023", {"born": "2020-01-01"}),
        ("99000023", {"units": [{"number": "0999999999"}]}),
        ("99000023", {"name": " "}),
    ],
    ids=str,
)
def test_what_cannot_be_true_changes_nothing(
    sandbox: RunningSandbox, number: str, values: Any
) -> None:
    before = sandbox.person(number)
    with sandbox.pages() as client:
        answer = client.put(f"/api/people/{before['id']}", json=values)
    assert answer.status_code == 400
    assert answer.json()["error"]
    assert sandbox.person(number) == before


def test_a_number_that_is_none_and_a_name_that_is_unknown_are_refused(
    sandbox: RunningSandbox,
) -> None:
    with sandbox.pages() as client:
        for number in ("12", "3002901234", 101901234, None):
            assert client.post("/api/people", json={"number": number}).status_code == 400
        assert client.put("/api/people/0101901234", json={}).status_code == 404
        assert client.get("/api/people/findes-ikke").status_code == 404


def test_the_address_file_says_where_the_registers_are_and_how_to_get_in(
    sandbox: RunningSandbox,
) -> None:
    address = sandbox.address
    assert {address[name].split("/")[2] for name in ("eboks", "contacts", "virk", "cpr")} == {
        sandbox.eboks_url.split("/")[2]
    }
    secrets = {"contacts_token", "virk_user", "virk_password", "cpr_service_agreement"}
    assert secrets | {"cpr_user_system", "cpr_user", "cpr_service"} <= address.keys()


def test_the_page_offers_the_registers_and_says_who_is_special(sandbox: RunningSandbox) -> None:
    with sandbox.pages(follow_redirects=True) as pages:
        how = {"kind": "answer_503", "target": "cpr", "how_many": "2", "unit": "calls",
               "seconds": "1"}  # fmt: skip
        page = pages.post("/linjen/taend", data=how).text
    assert "Når en person bliver slået op i CPR ·" in page
    assert "Svarer 503 (lukket for nu)</span>" in page
    assert "••••••-0012" in page
    assert "værgemål" in page

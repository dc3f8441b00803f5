"""The stand-in for the contact register says what protocols/digital-post-rest.md section 5 says."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from tests.sandbox.helpers import ask_contacts, ask_contacts_about_many
from tests.sandbox_server import RunningSandbox

# The example of the page.
EXAMPLE = {
    "id": "a4b3c2d1-7168-4c9b-8d43-5e6f708192a3", "version": 3, "type": "COMPANY",
    "transactionId": "AbCdEfGh...", "cvrNumber": "99000023",
    "mailboxSubscription": {
        "id": "b5c4d3e2-8279-4dac-9e54-6f708192a3b4", "version": 1,
        "registrationStatus": "AUTOMATIC_REGISTRATION", "publicRegistrationStatus": "REGISTERED",
        "startTime": "2014-01-15T08:00:00.000Z",
    },
    "eligibleForVoluntaryRegistration": False, "lastUpdated": "2026-08-20T06:00:00.000Z",
    "createdDate": "2012-06-01T10:00:00.000Z",
    "address": {
        "@type": "CompanyAddress", "id": "c6d5e4f3-938a-4ebd-8f65-708192a3b4c5", "version": 0,
        "streetName": "Eksempelvej", "houseNumberFrom": "12", "postalCode": "8000",
        "postDistrict": "Aarhus C", "municipalityCode": "751", "municipalityName": "AARHUS",
    },
}  # fmt: skip


def without_ids(contact: Any) -> Any:
    if not isinstance(contact, dict):
        return contact
    return {
        name: without_ids(value)
        for name, value in contact.items()
        if name not in ("id", "transactionId")
    }


def standing(answer: httpx.Response) -> list[tuple[str, str | None]]:
    assert answer.status_code == 200, answer.text
    subscriptions = [one["mailboxSubscription"] for one in answer.json()["contacts"]]
    return [
        (one["registrationStatus"], one.get("publicRegistrationStatus")) for one in subscriptions
    ]


def test_a_company_is_answered_as_on_the_protocol_page(
    sandbox: RunningSandbox, eboks: httpx.Client
) -> None:
    answer = ask_contacts(sandbox, eboks, cvrNumber="99000023").json()
    (contact,) = answer.pop("contacts")
    assert answer.pop("next")
    assert answer == {
        "currentPage": 0, "totalPages": 1, "elementsOnPage": 1, "totalElements": 1,
    }  # fmt: skip
    assert contact.keys() == EXAMPLE.keys()
    assert without_ids(contact) == without_ids(EXAMPLE)


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        ("0101901234", [("AUTOMATIC_REGISTRATION", "REGISTERED")]),
        ("0101900001", [("EXEMPT_OTHER_REASON", "EXEMPT")]),
        ("0101900002", []),
        ("0101900003", [("AUTOMATIC_REGISTRATION", "CLOSED")]),
        ("0101900004", []),
        ("0101900005", [("EXEMPT_OTHER_REASON", "EXEMPT")]),
        ("6102124234", []),
    ],
)
def test_the_last_digits_decide_who_can_be_reached(
    sandbox: RunningSandbox,
    eboks: httpx.Client,
    number: str,
    expected: list[tuple[str, str | None]],
) -> None:
    answer = ask_contacts(sandbox, eboks, cprNumber=number)
    assert standing(answer) == expected
    assert [one["cprNumber"] for one in answer.json()["contacts"]] == [number] * len(expected)


def test_a_child_is_not_there_until_three_weeks_before_turning_fifteen(
    sandbox: RunningSandbox, eboks: httpx.Client
) -> None:
    today = datetime.now(ZoneInfo("Europe/Copenhagen")).date()
    far, near = today + timedelta(days=60), today + timedelta(days=5)
    for birthday, expected in ((far, []), (near, [("CREATED_AWAITING_REGISTRATION", None)])):
        number = f"{min(birthday.day, 28):02}{birthday:%m}{birthday.year - 15 - 2000:02}4321"
        assert standing(ask_contacts(sandbox, eboks, cprNumber=number)) == expected


def test_somebody_dies_or_moves_between_two_looks(
    sandbox: RunningSandbox, eboks: httpx.Client
) -> None:
    for facts, expected in (
        ({}, ("AUTOMATIC_REGISTRATION", "REGISTERED")),
        ({"mailbox": "exempt"}, ("EXEMPT_OTHER_REASON", "EXEMPT")),
        ({"status": 80}, ("EXEMPT_LEFT_THE_COUNTRY", "EXEMPT")),
        ({"mailbox": "waiting"}, ("UNCONFIRMED_REGISTRATION", None)),
        ({"status": 90}, ("AUTOMATIC_REGISTRATION", "CLOSED")),
    ):
        sandbox.set_person("0101901234", **facts)
        assert standing(ask_contacts(sandbox, eboks, cprNumber="0101901234")) == [expected]
    sandbox.set_person("0101901234", mailbox="none")
    assert standing(ask_contacts(sandbox, eboks, cprNumber="0101901234")) == []


def test_a_protected_address_is_not_told(sandbox: RunningSandbox, eboks: httpx.Client) -> None:
    (open_one,) = ask_contacts(sandbox, eboks, cprNumber="0101901234").json()["contacts"]
    (protected,) = ask_contacts(sandbox, eboks, cprNumber="0101900011").json()["contacts"]
    assert open_one["address"]["@type"] == "CitizenAddress"
    assert "address" not in protected


def test_many_are_asked_about_at_once_a_page_at_a_time(
    sandbox: RunningSandbox, eboks: httpx.Client
) -> None:
    people = [f"010190{serial}" for serial in range(1000, 1250)]
    body = {"cprNumber": [*people, "0101900002", people[0]], "cvrNumber": ["99000023"]}
    seen: list[str] = []
    for page in range(3):
        answer = ask_contacts_about_many(sandbox, eboks, body, page=str(page), size="100").json()
        assert (answer["currentPage"], answer["totalPages"]) == (page, 3)
        assert (answer["elementsOnPage"], answer["totalElements"]) == (
            len(answer["contacts"]),
            251,
        )
        seen += [one.get("cprNumber") or one["cvrNumber"] for one in answer["contacts"]]
    assert seen == [*people, "99000023"]
    assert {one["path"] for one in sandbox.requests()} == {"/apis/v1/contacts/"}


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"cprNumber": "0101901234", "cvrNumber": "99000023"},
        {"cprNumber": "3002901234"},
        {"cvrNumber": "99000024"},
        {"cprNumber": "0101901234", "page": "-1"},
        {"cprNumber": "0101901234", "size": "many"},
    ],
    ids=str,
)
def test_a_question_that_makes_no_sense_is_refused_with_the_field(
    sandbox: RunningSandbox, eboks: httpx.Client, query: dict[str, str]
) -> None:
    answer = ask_contacts(sandbox, eboks, **query)
    assert answer.status_code == 400
    (wrong,) = answer.json()["fieldErrors"]
    assert wrong.keys() == {"resource", "field", "code", "message", "rejectedValue"}
    assert wrong["field"] in {"cprNumber", "cvrNumber", "page", "size"}


@pytest.mark.parametrize(
    "body", [[], {}, {"cprNumber": "0101901234"}, {"cprNumber": [101901234]}, {"names": []}]
)
def test_many_numbers_come_as_lists_of_text(
    sandbox: RunningSandbox, eboks: httpx.Client, body: Any
) -> None:
    assert ask_contacts_about_many(sandbox, eboks, body).status_code == 400


def test_an_unknown_system_is_turned_away(sandbox: RunningSandbox, eboks: httpx.Client) -> None:
    answer = ask_contacts(sandbox, eboks, token="bm9ib2R5", cvrNumber="99000023")
    assert answer.status_code == 401
    assert answer.json().keys() == {"code", "message", "fieldErrors"}
    assert eboks.get(sandbox.address["contacts"] + "/contacts/").status_code == 401

"""Stand-in for the contact register of Digital Post: can this person or company get Digital Post?

Written only from protocols/digital-post-rest.md section 5. Somebody whom the register does not have
(a child, an unknown number, a replacement number) is no error: the list of contacts is empty.

The page leaves these open, and the choice here is ours: many numbers at once are a JSON body with
the names of the query (``{"cprNumber": [...], "cvrNumber": [...]}``), a person's own number stands
in ``cprNumber``, and who must wait for a mailbox has a subscription without a public status.
"""

from __future__ import annotations

import base64
import uuid
from collections.abc import Sequence
from datetime import date

from flask import Blueprint, Response, jsonify, request

from digitalpost.identifiers import birth_date, cvr_checks
from sandbox import register
from sandbox.companies import Company
from sandbox.digital_post_door import PATH, no, only_our_system
from sandbox.fault_kinds import (
    CONTACTS,
)
from sandbox.line import let_look_ups_fail, the_database
from sandbox.people import EMIGRATED, Mailbox, Person

PAGE_SIZE = 100
LARGEST_PAGE = 1000

_REGISTRATION = {
    Mailbox.REGISTERED: "AUTOMATIC_REGISTRATION",
    Mailbox.CLOSED: "AUTOMATIC_REGISTRATION",
    Mailbox.EXEMPT: "EXEMPT_OTHER_REASON",
    Mailbox.WAITING: "UNCONFIRMED_REGISTRATION",
    Mailbox.MADE: "CREATED_AWAITING_REGISTRATION",
}
_PUBLIC = {
    Mailbox.REGISTERED: "REGISTERED",
    Mailbox.EXEMPT: "EXEMPT",
    Mailbox.CLOSED: "CLOSED",
}

blueprint = Blueprint("contacts", __name__, url_prefix=PATH)
let_look_ups_fail(blueprint, CONTACTS)
only_our_system(blueprint)


class _NotALookUp(ValueError):  # noqa: N818
    """The question is not one of the page's; the field and its value are told to the asker."""

    def __init__(self, field: str, reason: str, value: object = None) -> None:
        super().__init__(reason)
        self.field, self.value = field, value


@blueprint.get("/contacts/")
def look_up() -> tuple[Response, int] | Response:
    """The contacts with the numbers that were asked for, a page at a time."""
    try:
        numbers = _numbers()
        page, size = _whole("page", 0, 0, 10**6), _whole("size", PAGE_SIZE, 1, LARGEST_PAGE)
    except _NotALookUp as error:
        wrong = {
            "resource": "contact",
            "field": error.field,
            "code": "invalid",
            "message": str(error),
            "rejectedValue": error.value,
        }
        return no(400, "contact.invalid", str(error), [wrong])
    found = [contact for number in numbers for contact in _contacts_of(number)]
    return jsonify(_page(found, page, size))


def _numbers() -> Sequence[str]:
    if request.args.get("isBulkLookup", "false") == "true":
        return _numbers_in_the_body()
    asked = [
        (field, request.args[field])
        for field in ("cprNumber", "cvrNumber")
        if field in request.args
    ]
    if len(asked) != 1:
        raise _NotALookUp("cprNumber", "ask with either cprNumber or cvrNumber")
    return [_checked(*asked[0])]


def _numbers_in_the_body() -> Sequence[str]:
    body = request.get_json(silent=True)
    if not isinstance(body, dict) or not body or not body.keys() <= {"cprNumber", "cvrNumber"}:
        raise _NotALookUp("cprNumber", "the body must be JSON with cprNumber and cvrNumber")
    for field, numbers in body.items():
        if not isinstance(numbers, list):
            raise _NotALookUp(field, "must be a list")
    checked = [_checked(field, number) for field, numbers in body.items() for number in numbers]
    return list(dict.fromkeys(checked))


def _checked(field: str, number: object) -> str:
    is_cpr = field == "cprNumber"
    if isinstance(number, str) and number.isascii():
        if is_cpr and birth_date(number) is not None:
            return number
        if not is_cpr and cvr_checks(number):
            return number
    reason = "must be ten digits that begin with a date" if is_cpr else "must be a CVR number"
    raise _NotALookUp(field, reason, number)


def _whole(field: str, default: int, least: int, most: int) -> int:
    text = request.args.get(field, str(default))
    if not text.isdecimal() or not least <= int(text) <= most:
        raise _NotALookUp(field, f"must be a number from {least} to {most}", text)
    return int(text)


def _page(found: list[dict[str, object]], page: int, size: int) -> dict[str, object]:
    shown = found[page * size : (page + 1) * size]
    after = f"page {page + 1}" if (page + 1) * size < len(found) else f"end of {len(found)}"
    return {
        "currentPage": page,
        "next": base64.b64encode(after.encode()).decode(),
        "totalPages": max(1, -(-len(found) // size)),
        "elementsOnPage": len(shown),
        "totalElements": len(found),
        "contacts": shown,
    }


def _contacts_of(number: str) -> list[dict[str, object]]:
    find = register.find_person if len(number) == 10 else register.find_company
    found = find(the_database(), number)
    if found is None or found.mailbox is Mailbox.NONE:
        return []
    return [_contact(found)]


def _contact(found: Person | Company) -> dict[str, object]:
    is_person = isinstance(found, Person)
    contact: dict[str, object] = {
        "id": _id(found, "contact"),
        "version": 3,
        "type": "CITIZEN" if is_person else "COMPANY",
        "transactionId": _id(found, "transaction").replace("-", ""),
        "cprNumber" if is_person else "cvrNumber": found.number,
        "mailboxSubscription": _subscription(found),
        "eligibleForVoluntaryRegistration": False,
        "lastUpdated": "2026-08-20T06:00:00.000Z",
        "createdDate": "2012-06-01T10:00:00.000Z",
    }
    if not (isinstance(found, Person) and found.protected):
        contact["address"] = _address(found)
    return contact


def _subscription(found: Person | Company) -> dict[str, object]:
    since = found.status_since if isinstance(found, Person) else found.founded
    detail = _REGISTRATION[found.mailbox]
    if isinstance(found, Person) and found.status == EMIGRATED:
        detail = "EXEMPT_LEFT_THE_COUNTRY"
    subscription: dict[str, object] = {
        "id": _id(found, "subscription"),
        "version": 1,
        "registrationStatus": detail,
    }
    if found.mailbox in _PUBLIC:
        subscription["publicRegistrationStatus"] = _PUBLIC[found.mailbox]
    # Nobody had a mailbox before Digital Post began.
    start = max(since, date(2014, 1, 15))
    return subscription | {"startTime": f"{start.isoformat()}T08:00:00.000Z"}


def _address(found: Person | Company) -> dict[str, object]:
    kind = "CitizenAddress" if isinstance(found, Person) else "CompanyAddress"
    return {
        "@type": kind,
        "id": _id(found, "address"),
        "version": 0,
        "streetName": found.address.street,
        "houseNumberFrom": str(found.address.house),
        "postalCode": str(found.address.postcode),
        "postDistrict": found.address.town,
        "municipalityCode": "751",
        "municipalityName": "AARHUS",
    }


def _id(found: Person | Company, topic: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{topic} {found.number}"))

"""The contact register of Digital Post: who can be reached digitally.

Source: protocols/digital-post-rest.md sections 1 and 5. The numbers go in the body of the request
(``isBulkLookup=true``), one or many alike, so that no CPR number stands in an address that a proxy
on the way might log. That a body is read is certain; its form (the names of the query, as JSON) is
inferred. Should the service not take it, CONTACTS_LOOKUP=query asks with one number in the address,
which is the form known from a live call; the number is then put in below httpx' own logging.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, Protocol

import httpx

from digitalpost.identifiers import Identifier, IdentifierKind, age, birth_date
from digitalpost.models import MailboxStatus, RegisterName
from digitalpost.register_settings import ContactsSettings
from digitalpost.registers.line import Line, json_body

AT_ONCE = 100  # numbers in one question; no limit is published
OWN_MAILBOX_AGE = 15

# The number that is meant, for `NumberInAddress`: name of the field, and the number.
FIELDS = {IdentifierKind.CPR: "cprNumber", IdentifierKind.CVR: "cvrNumber"}
_STATUSES = {
    "REGISTERED": MailboxStatus.REACHABLE,
    "EXEMPT": MailboxStatus.EXEMPT,
    "CLOSED": MailboxStatus.DEAD,
}
NUMBER = "digitalpost.number"


class Contacts(Protocol):
    """Whoever knows which recipients have a mailbox."""

    def look_up(
        self, identifiers: Iterable[Identifier], *, on: date
    ) -> Mapping[Identifier, MailboxStatus]:
        """The status of each, on a Danish date. Replacement numbers are never asked about.

        Raises `RegisterSilent` when there was no usable answer.
        """

    def close(self) -> None:
        """Close connections."""


class ContactRegister:
    """The national register over its REST interface."""

    def __init__(self, settings: ContactsSettings) -> None:
        """Raises `RegisterSilent` when the address or the certificate is no good."""
        self._by_query = settings.lookup == "query"
        self._line = Line(
            RegisterName.CONTACTS,
            settings.url or "",
            settings.tls,
            timeout=settings.timeout,
            headers={"Authorization": f"Basic {settings.token}", "Accept": "application/json"},
            wrap=NumberInAddress if self._by_query else None,
        )

    def look_up(
        self, identifiers: Iterable[Identifier], *, on: date
    ) -> dict[Identifier, MailboxStatus]:
        """See `Contacts.look_up`. No contact is no mailbox: a child, or nobody that is known."""
        wanted = list(dict.fromkeys(identifiers))
        asked = [one for one in wanted if not one.is_replacement]
        size = 1 if self._by_query else AT_ONCE
        contacts: dict[Identifier, dict[str, Any]] = {}
        for start in range(0, len(asked), size):
            contacts |= self._ask(asked[start : start + size])
        return {one: _status(one, contacts.get(one), on) for one in wanted}

    def close(self) -> None:
        """Close the connections."""
        self._line.close()

    def _ask(self, part: list[Identifier]) -> dict[Identifier, dict[str, Any]]:
        found: dict[Identifier, dict[str, Any]] = {}
        page, pages = 0, 1
        while page < pages:
            answer = self._line.json_of(self._request(part, page))
            contacts, pages = answer.get("contacts"), answer.get("totalPages", 1)
            if not isinstance(contacts, list) or not isinstance(pages, int) or pages > len(part):
                raise self._line.unreadable()
            for contact in contacts:
                identifier = _whose(contact, part)
                if identifier is not None:
                    found[identifier] = contact
            page += 1
        return found

    def _request(self, part: list[Identifier], page: int) -> httpx.Response:
        if self._by_query:
            (one,) = part
            number = {NUMBER: (FIELDS[one.kind], one.number)}
            return self._line.ask("GET", "/contacts/", extensions=number)
        body: dict[str, list[str]] = {}
        for one in part:
            body.setdefault(FIELDS[one.kind], []).append(one.number)
        return self._line.ask(
            "GET",
            "/contacts/",
            params={"isBulkLookup": "true", "page": page, "size": len(part)},
            headers={"Content-Type": "application/json"},
            content=json_body(body),
        )


class NumberInAddress(httpx.BaseTransport):
    """Puts the number into the address at the last moment.

    httpx logs addresses and hangs requests on its exceptions; what it knows of has no number.
    """

    def __init__(self, inner: httpx.BaseTransport) -> None:
        self._inner = inner

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        extensions = dict(request.extensions)
        field, number = extensions.pop(NUMBER)
        return self._inner.handle_request(
            httpx.Request(
                request.method,
                request.url.copy_set_param(field, number),
                headers=request.headers,
                stream=request.stream,
                extensions=extensions,
            )
        )

    def close(self) -> None:
        self._inner.close()


def _whose(contact: Any, part: list[Identifier]) -> Identifier | None:
    """Whom of those asked about a contact is; an answer about somebody else is not used."""
    if not isinstance(contact, dict):
        return None
    for one in part:
        if str(contact.get(FIELDS[one.kind]) or "").zfill(len(one.number)) == one.number:
            return one
    return None


def _status(one: Identifier, contact: Mapping[str, Any] | None, on: date) -> MailboxStatus:
    """The rule of section 5: the public status decides, and nothing is taken for no mailbox."""
    subscription = (contact or {}).get("mailboxSubscription")
    if not isinstance(subscription, dict):
        subscription = {}
    status = _STATUSES.get(str(subscription.get("publicRegistrationStatus")))
    if status is not None:
        return status
    if subscription.get("registrationStatus") == "CREATED_AWAITING_REGISTRATION":
        return MailboxStatus.UNDER_15
    born = birth_date(one.number) if one.kind is IdentifierKind.CPR else None
    if born is not None and not one.is_replacement and 0 <= age(born, on) < OWN_MAILBOX_AGE:
        return MailboxStatus.UNDER_15
    return MailboxStatus.UNKNOWN

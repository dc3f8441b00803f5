"""The client of the contact register, over mutual TLS against the stand-in."""

from __future__ import annotations

import dataclasses
import logging
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from digitalpost.environment import TlsSettings
from digitalpost.identifiers import Identifier
from digitalpost.models import MailboxStatus
from digitalpost.register_settings import ContactsSettings, RegisterSettings
from digitalpost.registers.contacts import ContactRegister, _status
from digitalpost.registers.line import RegisterSilent, Trouble
from tests.registers.making import ADULT, COMPANY, DEAD, EXEMPT, NOBODY, REPLACEMENT, cpr, cvr
from tests.sandbox_server import RunningSandbox

TODAY = date(2026, 11, 23)
CHILD = "0102204234"
KNOWN = {
    cpr(ADULT): MailboxStatus.REACHABLE,
    cpr(EXEMPT): MailboxStatus.EXEMPT,
    cpr(DEAD): MailboxStatus.DEAD,
    cpr(NOBODY): MailboxStatus.UNKNOWN,
    cpr(CHILD): MailboxStatus.UNDER_15,
    cpr(REPLACEMENT): MailboxStatus.UNKNOWN,
    cvr(COMPANY): MailboxStatus.REACHABLE,
}


def look_up(
    settings: ContactsSettings, *identifiers: Identifier, **changes: Any
) -> dict[Identifier, MailboxStatus]:
    register = ContactRegister(dataclasses.replace(settings, **changes))
    try:
        return register.look_up(identifiers, on=TODAY)
    finally:
        register.close()


def trouble_of(settings: ContactsSettings, **changes: Any) -> RegisterSilent:
    with pytest.raises(RegisterSilent) as caught:
        look_up(settings, cpr(ADULT), **changes)
    return caught.value


@pytest.mark.parametrize("lookup", ["body", "query"])
def test_each_answer_is_one_of_five(settings: RegisterSettings, lookup: str) -> None:
    assert look_up(settings.contacts, *KNOWN, lookup=lookup) == KNOWN


def test_hundreds_are_asked_about_in_a_few_calls(
    settings: RegisterSettings, sandbox: RunningSandbox
) -> None:
    before = len(sandbox.requests())
    many = [cpr(f"0101{year:02}1{serial:03}") for year in range(50, 75) for serial in range(10)]
    found = look_up(settings.contacts, *many)
    assert found.keys() == set(many)
    assert set(found.values()) == {MailboxStatus.REACHABLE}
    assert len(sandbox.requests()) - before == 3


@pytest.mark.parametrize("lookup", ["body", "query"])
def test_no_number_is_logged_at_any_level(
    settings: RegisterSettings,
    sandbox: RunningSandbox,
    caplog: pytest.LogCaptureFixture,
    lookup: str,
) -> None:
    caplog.set_level(logging.DEBUG)
    look_up(settings.contacts, *KNOWN, lookup=lookup)
    sandbox.fault("drop_before_storing", target="contacts")
    silent = trouble_of(settings.contacts, lookup=lookup)
    assert caplog.records
    told = caplog.text + repr(silent) + repr(silent.__cause__)
    for identifier in KNOWN:
        if identifier != cvr(COMPANY):
            assert identifier.number not in told


def test_a_failed_question_carries_no_request_along(
    settings: RegisterSettings, sandbox: RunningSandbox
) -> None:
    sandbox.fault("drop_before_storing", target="contacts")
    silent = trouble_of(settings.contacts)
    assert silent.__cause__ is None
    assert silent.__context__ is None


@pytest.mark.parametrize(
    ("fault", "trouble"),
    [
        ("drop_before_storing", Trouble.RETRY),
        ("answer_500", Trouble.RETRY),
        ("answer_503", Trouble.RETRY),
        ("answer_429", Trouble.RETRY),
        ("wrong_body", Trouble.RETRY),
        ("answer_400", Trouble.FIX_SETUP),
    ],
)
def test_a_fault_is_to_be_retried_or_is_about_the_set_up(
    settings: RegisterSettings, sandbox: RunningSandbox, fault: str, trouble: Trouble
) -> None:
    sandbox.fault(fault, target="contacts", seconds=7)
    silent = trouble_of(settings.contacts)
    assert silent.trouble is trouble
    assert "Kontaktregistret for Digital Post" in str(silent.sentence)
    assert silent.retry_after == (7.0 if fault == "answer_429" else None)


def test_a_slow_register_is_given_up_on(
    settings: RegisterSettings, sandbox: RunningSandbox
) -> None:
    sandbox.fault("slow_after_storing", target="contacts", seconds=3)
    assert "intet svar i tide" in str(trouble_of(settings.contacts, timeout=0.4).sentence)


def test_wrong_token_address_and_certificates_are_about_the_set_up(
    settings: RegisterSettings, sandbox: RunningSandbox, tmp_path: Path
) -> None:
    tls = settings.contacts.tls
    nowhere = tmp_path / "nowhere.pem"
    for changes in (
        {"token": "d3Jvbmc="},
        {"tls": TlsSettings(tls.ca, None, None)},
        {"tls": TlsSettings(None, tls.certificate, tls.key)},
        {"tls": TlsSettings(tls.ca, nowhere, nowhere)},
        {"url": "https://kontakter.invalid:port"},
        {"url": "kontakter"},
    ):
        assert trouble_of(settings.contacts, **changes).trouble is Trouble.FIX_SETUP


@pytest.mark.parametrize(
    ("contact", "expected"),
    [
        (None, MailboxStatus.UNKNOWN),
        ({}, MailboxStatus.UNKNOWN),
        ({"mailboxSubscription": None}, MailboxStatus.UNKNOWN),
        ({"mailboxSubscription": {"publicRegistrationStatus": "NEW"}}, MailboxStatus.UNKNOWN),
        ({"mailboxSubscription": {"registrationStatus": "UNCONFIRMED_REGISTRATION"}},
         MailboxStatus.UNKNOWN),
        ({"mailboxSubscription": {"registrationStatus": "CREATED_AWAITING_REGISTRATION"}},
         MailboxStatus.UNDER_15),
        ({"mailboxSubscription": {"registrationStatus": "EXEMPT_OTHER_REASON",
                                  "publicRegistrationStatus": "EXEMPT"}}, MailboxStatus.EXEMPT),
    ],
)  # fmt: skip
def test_anything_but_a_clear_yes_is_no_mailbox(contact: Any, expected: MailboxStatus) -> None:
    assert _status(cpr(ADULT), contact, TODAY) is expected

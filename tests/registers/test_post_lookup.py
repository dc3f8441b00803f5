"""Asking the Serviceplatform who can get Digital Post, over mutual TLS against the stand-in."""

from __future__ import annotations

import dataclasses
import logging
from datetime import date
from pathlib import Path

import pytest

from digitalpost.channels.sf1601 import token
from digitalpost.environment import SettingsError, TlsSettings
from digitalpost.identifiers import Identifier
from digitalpost.models import MailboxStatus, RegisterName
from digitalpost.register_settings import RegisterSettings, read_register_settings
from digitalpost.registers.line import RegisterSilent, Trouble
from digitalpost.registers.state import is_set_up, open_contacts
from tests.channels.making_sf1601 import line_to
from tests.registers.making import ADULT, COMPANY, DEAD, EXEMPT, NOBODY, REPLACEMENT, cpr, cvr
from tests.sandbox_server import RunningSandbox

TODAY = date(2026, 11, 23)
CHILD = "0102204234"
KNOWN = {
    cpr(ADULT): MailboxStatus.REACHABLE,
    cpr(EXEMPT): MailboxStatus.UNKNOWN,
    cpr(DEAD): MailboxStatus.UNKNOWN,
    cpr(NOBODY): MailboxStatus.UNKNOWN,
    cpr(CHILD): MailboxStatus.UNDER_15,
    cpr(REPLACEMENT): MailboxStatus.UNKNOWN,
    cvr(COMPANY): MailboxStatus.REACHABLE,
}


@pytest.fixture
def asked(sandbox: RunningSandbox) -> RegisterSettings:
    token.forget_tokens()
    env = {**line_to(sandbox), "CONTACTS_SOURCE": "sf1601", "EBOKS_URL": "https://127.0.0.1:9"}
    return read_register_settings(env, Path("/nowhere"))


def look_up(settings: RegisterSettings, *who: Identifier) -> dict[Identifier, MailboxStatus]:
    with open_contacts(settings) as contacts:
        return dict(contacts.look_up(who, on=TODAY))


def trouble_of(settings: RegisterSettings) -> Trouble:
    with pytest.raises(RegisterSilent) as caught:
        look_up(settings, cpr(ADULT))
    assert ADULT not in str(caught.value)
    return caught.value.trouble


def test_a_yes_is_a_mailbox_and_a_no_is_none(
    asked: RegisterSettings, sandbox: RunningSandbox
) -> None:
    before = len(sandbox.requests())
    assert look_up(asked, *KNOWN) == KNOWN
    paths = [one["path"].rpartition("/")[2] for one in sandbox.requests()[before:]]
    assert sorted(paths) == ["digitalpost"] * 6 + ["issue", "token"]  # no replacement numbers


def test_no_number_is_logged_at_any_level(
    asked: RegisterSettings, sandbox: RunningSandbox, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    look_up(asked, *KNOWN)
    sandbox.api("DELETE", "/api/tokens")
    assert look_up(asked, cpr(ADULT)) == {cpr(ADULT): MailboxStatus.REACHABLE}
    assert caplog.records
    assert not [one for one in KNOWN if one.number in caplog.text]


@pytest.mark.parametrize("target", ["sf1601.lookup", "sf1601.token"])
@pytest.mark.parametrize(
    ("fault", "trouble"),
    [
        ("answer_500", Trouble.RETRY),
        ("answer_503", Trouble.RETRY),
        ("answer_429", Trouble.RETRY),
        ("wrong_body", Trouble.RETRY),
        ("drop_before_storing", Trouble.RETRY),
        ("answer_400", Trouble.FIX_SETUP),
    ],
)
def test_a_platform_that_does_not_answer_says_nothing_about_anybody(
    asked: RegisterSettings, sandbox: RunningSandbox, fault: str, trouble: Trouble, target: str
) -> None:
    sandbox.fault(fault, target=target)
    assert trouble_of(asked) is trouble
    assert look_up(asked, cpr(ADULT)) == {cpr(ADULT): MailboxStatus.REACHABLE}


def test_a_certificate_that_is_away_is_a_fault_of_the_set_up(asked: RegisterSettings) -> None:
    assert asked.contacts.platform is not None
    tls = TlsSettings(None, Path("/nowhere.crt"), Path("/nowhere.key"))
    platform = dataclasses.replace(asked.contacts.platform, tls=tls)
    contacts = dataclasses.replace(asked.contacts, platform=platform)
    assert trouble_of(dataclasses.replace(asked, contacts=contacts)) is Trouble.FIX_SETUP


def test_without_a_platform_there_is_no_register_and_another_source_is_refused() -> None:
    env = {"CONTACTS_SOURCE": "sf1601", "CONTACTS_URL": "https://other", "EBOKS_URL": "https://e"}
    assert not is_set_up(read_register_settings(env, Path("/nowhere")), RegisterName.CONTACTS)
    with pytest.raises(SettingsError, match="CONTACTS_SOURCE"):
        read_register_settings({"CONTACTS_SOURCE": "x"}, Path("/nowhere"))

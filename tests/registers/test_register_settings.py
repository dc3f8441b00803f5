"""Where the registers are: the environment, else the sandbox, and never both worlds at once."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from digitalpost.register_settings import RegisterSettings
from digitalpost.settings import Settings, SettingsError
from tests.sandbox_server import RunningSandbox


def read(home: Path, **environ: str) -> RegisterSettings:
    return Settings.from_env({"DIGITALPOST_HOME": str(home), **environ}).registers


def test_without_anything_no_register_is_set_up(tmp_path: Path) -> None:
    found = read(tmp_path)
    assert (found.contacts.url, found.cpr.url, found.virk.url) == (None, None, None)
    assert not found.any_is_set_up


def test_the_sandbox_of_the_home_is_found(home: Path, sandbox: RunningSandbox) -> None:
    found = read(home)
    assert found.contacts.url == sandbox.address["contacts"]
    assert found.cpr.url == sandbox.address["cpr"]
    assert found.virk.url == sandbox.address["virk"]
    assert str(found.cpr.tls.certificate) == sandbox.address["client_certificate"]


def test_one_real_register_keeps_the_sandbox_of_the_others(home: Path) -> None:
    found = read(home, VIRK_URL="http://virk.invalid/cvr-permanent", VIRK_USER="egely")
    assert (found.virk.url, found.virk.user) == ("http://virk.invalid/cvr-permanent", "egely")
    assert (found.virk.password, found.virk.tls.certificate) == ("", None)
    assert found.contacts.url is not None


def test_real_letters_never_meet_the_invented_people_of_the_sandbox(home: Path) -> None:
    assert not read(home, EBOKS_URL="https://eboks.invalid").any_is_set_up


def test_age_paths_and_version_are_read(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        CONTACTS_MAX_AGE_HOURS="6",
        CPR_NAMESPACE_VERSION="5",
        VIRK_COMPANY_PATH="/_search",
    )
    assert found.contacts.max_age == timedelta(hours=6)
    assert found.cpr.namespace_version == 5
    assert found.virk.company_path == "/_search"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CONTACTS_LOOKUP", "url"),
        ("CONTACTS_TIMEOUT", "snart"),
        ("CPR_TIMEOUT", "0"),
        ("CPR_NAMESPACE_VERSION", "fire"),
    ],
)
def test_a_setting_that_makes_no_sense_is_named(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name):
        read(tmp_path, **{name: value})


def test_secrets_are_not_shown(home: Path, sandbox: RunningSandbox) -> None:
    shown = repr(read(home))
    assert sandbox.address["contacts_token"] not in shown
    assert sandbox.address["virk_password"] not in shown

"""What asks the recipient to sign, as Digital Post gets it: valid by both schemas."""

from __future__ import annotations

import uuid
from datetime import date
from pathlib import Path

import pytest
from lxml import etree

from digitalpost.channel_settings import read_channel_settings
from digitalpost.channels.base import Outgoing
from digitalpost.channels.digital_post import abilities, payload
from digitalpost.identifiers import parse
from digitalpost.memo.read import read_memo
from tests.memo.test_memo import needs_schemas, validators

ENV = {"DIGITAL_POST_URL": "https://127.0.0.1:9"}
LONGEST = "https://" + "s" * 192  # as long as the settings take


def make(version: str, *, url: str = LONGEST, token: str = "t" * 43) -> bytes:
    settings = read_channel_settings(
        ENV | {"DIGITAL_POST_MEMO_VERSION": version}, Path("/nowhere"), "digital_post", "",
        institution="Øvelsesskolen", own_cvr="99000015", signing_url=url,
    ).digital_post  # fmt: skip
    assert abilities(settings).can_sign is bool(url)
    letter = Outgoing(
        str(uuid.uuid4()), parse("0102031234"), "Samtykke", b"%PDF-1.7", sign_token=token,
        sign_by=date(2026, 10, 25),
    )  # fmt: skip
    return payload(settings, letter)


@needs_schemas
@pytest.mark.parametrize("version", ["1.1", "1.2"])
def test_the_action_is_valid_by_both_validators(version: str) -> None:
    schema, other = validators(version)
    document = etree.fromstring(make(version))
    schema.assertValid(document)
    other.validate(document)


def test_the_action_says_where_and_by_when() -> None:
    [action] = read_memo(make("1.2")).body.main_document.actions
    assert (action.label, action.action_code) == ("Underskriv brevet", "UNDERSKRIV")
    assert action.entry_point.url == f"{LONGEST}/sign/{'t' * 43}"
    assert len(action.entry_point.url) <= 256
    # The day has 25 hours: Danish clocks are put back.
    assert action.end_date_time.isoformat() == "2026-10-25T22:59:59+00:00"


@pytest.mark.parametrize(("url", "token"), [("", "t" * 43), (LONGEST, "")])
def test_a_letter_that_is_not_to_be_signed_asks_for_nothing(url: str, token: str) -> None:
    assert b"Action" not in make("1.2", url=url, token=token)

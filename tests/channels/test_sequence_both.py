"""A channel that can do both: whom it reaches gets Digital Post, the others get paper."""

from __future__ import annotations

import dataclasses

import pytest

from digitalpost.channels.base import Abilities, WayOut
from digitalpost.channels.sequence import Choice, Wish, choose
from digitalpost.channels.sf1601.channel import abilities, new_message_id
from digitalpost.errors import Sentence
from digitalpost.identifiers import IdentifierKind
from digitalpost.models import ChannelName, LetterWay, MailboxStatus
from tests.channels.test_sf1601_schemas import settings

REACHED = Wish(mailbox=MailboxStatus.REACHABLE, has_address=True)
EXEMPT = Wish(mailbox=MailboxStatus.EXEMPT, has_address=True)


def way(*, paper: bool = True) -> WayOut:
    found = settings() if paper else dataclasses.replace(settings(), print_type="")
    return WayOut(ChannelName.SF1601, abilities(found), new_message_id, lambda _: b"")


def on_paper(wish: Wish, *, paper: bool = True) -> bool | None:
    """None: the letter goes nowhere."""
    choice = choose([way(paper=paper)], wish)
    return choice.on_paper if isinstance(choice, Choice) else None


@pytest.mark.parametrize(
    ("wish", "with_agreement", "without"),
    [
        (REACHED, False, False),
        (Wish(mailbox=None), False, False),
        (EXEMPT, True, None),
        (dataclasses.replace(EXEMPT, mailbox=MailboxStatus.UNKNOWN), True, None),
        (dataclasses.replace(EXEMPT, is_replacement=True), True, None),
        (dataclasses.replace(EXEMPT, kind=None), True, None),
        (dataclasses.replace(EXEMPT, has_address=False), None, None),
        (dataclasses.replace(EXEMPT, mailbox=MailboxStatus.DEAD), None, None),
        (dataclasses.replace(EXEMPT, is_child=True), None, None),
        (dataclasses.replace(EXEMPT, reply=True), None, None),
        (dataclasses.replace(REACHED, reply=True), False, False),
        (dataclasses.replace(EXEMPT, attention=True, kind=IdentifierKind.CVR), True, None),
        (dataclasses.replace(REACHED, size=10**9), None, None),
        (dataclasses.replace(EXEMPT, size=10**9), None, None),
        (dataclasses.replace(EXEMPT, way=LetterWay.REMOTE_PRINT), None, None),
    ],
)
def test_only_those_without_a_mailbox_get_paper_and_only_with_an_address(
    wish: Wish, with_agreement: bool | None, without: bool | None
) -> None:
    assert on_paper(wish) is with_agreement
    assert on_paper(wish, paper=False) is without


def test_the_reason_says_why_it_is_paper() -> None:
    choice = choose([way()], EXEMPT)
    assert isinstance(choice, Choice)
    assert str(choice.reason) == (
        "Modtageren er fritaget for digital post. Serviceplatformen sender brevet på papir."
    )
    refused = choose([way()], dataclasses.replace(EXEMPT, has_address=False))
    assert isinstance(refused, Sentence) and "mangler en adresse" in str(refused)


def test_a_channel_of_one_kind_never_says_paper() -> None:
    print_only = WayOut(
        ChannelName.REMOTE_PRINT, Abilities(is_paper=True), new_message_id, lambda _: b""
    )
    choice = choose([print_only], EXEMPT)
    assert isinstance(choice, Choice)
    assert not choice.on_paper

"""Own print: the letter waits for a person who prints it and posts it. Nobody is called."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence

from digitalpost.channels.base import Abilities, Outcome, OutcomeKind, Outgoing
from digitalpost.errors import Refused
from digitalpost.models import ChannelName

ABILITIES = Abilities(is_paper=True, can_name_attention=True)


class LocalPrintChannel:
    """The school's own printer: handing over a letter means that it is ready to be printed."""

    name = ChannelName.LOCAL_PRINT

    def new_message_id(self) -> str:
        """A fresh id; see the module's `new_message_id`."""
        return new_message_id()

    def send(self, _outgoing: Outgoing) -> Outcome:
        """The letter's bytes were read and found right: from here a person takes over."""
        return Outcome(OutcomeKind.ACCEPTED)

    def poll(self, _message_ids: Sequence[str]) -> Mapping[str, Outcome]:
        """Nobody to ask: the person who prints says so (deliveries/printing.py)."""
        return {}

    def forget(self, _message_ids: Sequence[str]) -> None:
        """Nothing is kept at the far side."""

    def close(self) -> None:
        """Nothing was opened."""


def new_message_id() -> str:
    """32 hex characters."""
    return uuid.uuid4().hex


def payload(outgoing: Outgoing) -> bytes:
    """What is printed: the PDF itself. Raises `Refused` when it is none."""
    if not outgoing.content.startswith(b"%PDF"):
        raise Refused("Brevets fil er ikke en PDF og kan ikke printes.")
    return outgoing.content

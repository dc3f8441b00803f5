"""Who sent an incoming letter: found in the register of recipients, or made known there."""

from __future__ import annotations

from digitalpost.access import SYSTEM
from digitalpost.db import Session
from digitalpost.identifiers import Identifier
from digitalpost.models import Recipient
from digitalpost.registers.recipients import find_or_make_recipients


def find_or_make_sender(
    session: Session, sender: Identifier, *, name: str, unit_id: int
) -> Recipient:
    """The sender as a recipient whom the unit knows. A name is only filled in where none was known:

    what a sender calls himself must not rename somebody in our register.
    """
    found = find_or_make_recipients(
        session, SYSTEM, [sender], unit_id=unit_id, names={sender: name}
    )[sender]
    found.name = found.name or name
    return found

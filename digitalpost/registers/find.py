"""Picking somebody from the register of recipients by name, instead of typing a number."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import select

from digitalpost.access import Actor, require
from digitalpost.archive.search import match_recipients, words_of
from digitalpost.db import Session
from digitalpost.errors import Refused
from digitalpost.models import Recipient
from digitalpost.paging import page

MOST = 12  # a longer list is not read: more of the name is typed instead
_SHORTEST = 2  # letters; one alone finds half of the register


@dataclass(frozen=True)
class Found:
    """The recipients that some words stand for."""

    recipients: list[Recipient]
    too_short: bool = False  # too little was typed to look for anybody
    more: bool = False  # there are others than these


def find_by_name(session: Session, actor: Actor, words: str) -> Found:
    """The recipients whose names the words begin, or whose whole number they are; by name.

    In the session's row scope: whom the actor's units have never dealt with is not found. At most
    `MOST`, the newest in the register where more are met.
    """
    require(actor, "recipient.read")
    if len("".join(words_of(words))) < _SHORTEST:
        return Found([], too_short=True)
    # Walked by id, newest first: that is how the search finds them without sorting the register.
    query = match_recipients(select(Recipient), session, words)
    met = page(session, query, order=[(Recipient.id, True)], size=MOST)
    by_name = sorted(met.items, key=lambda one: (one.name.casefold(), one.id))
    return Found(by_name, more=not met.is_last)


def picked_recipients(
    session: Session, actor: Actor, recipient_ids: Collection[int]
) -> list[Recipient]:
    """The recipients that were picked, in the order given. Needs the actor's own row scope.

    Raises `Refused` when one is not there: gone, or never the actor's to see; nobody learns which.
    """
    require(actor, "recipient.read")
    wanted = list(dict.fromkeys(recipient_ids))
    rows = session.scalars(select(Recipient).where(Recipient.id.in_(wanted)))
    known = {one.id: one for one in rows}
    if len(known) < len(wanted):
        raise Refused("En valgt modtager findes ikke mere. Søg efter navnet igen.")
    return [known[one] for one in wanted]

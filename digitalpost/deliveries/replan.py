"""Another way for a delivery that got nowhere: which channel, and why; or why none.

Never a second visible delivery: where an attempt may have come through, only the same channel with
the same message id is left, because the channel knows the id and shows the letter once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum

from sqlalchemy import select

from digitalpost.channels.base import DEAD, WayOut
from digitalpost.channels.sequence import Choice, Wish, choose, refuses
from digitalpost.danish_time import today
from digitalpost.db import Session
from digitalpost.deliveries.plan import Person, people_of
from digitalpost.errors import Sentence
from digitalpost.models import (
    ChannelName,
    Delivery,
    DeliveryPurpose,
    DeliveryStatus,
    LetterWay,
    Mailing,
)

_IS_DEAD = Sentence("Modtageren er registreret som død. Brevet bør ikke sendes.")
CHOSEN = Sentence("Du har selv valgt kanalen.")


class Again(StrEnum):
    """How letters that got nowhere go out again."""

    NEXT = "next"
    SAME = "same"
    REMOTE_PRINT = "remote_print"
    LOCAL_PRINT = "local_print"

    @property
    def label(self) -> str:
        """The words that staff see."""
        return {
            Again.NEXT: "Ad den næste vej, der kan nå modtageren",
            Again.SAME: "Gennem samme kanal",
            Again.REMOTE_PRINT: "Som fjernprint",
            Again.LOCAL_PRINT: "Som egen print",
        }[self]

    @property
    def way(self) -> LetterWay:
        """The way that a letter which was never sent would have gone."""
        return {
            Again.REMOTE_PRINT: LetterWay.REMOTE_PRINT,
            Again.LOCAL_PRINT: LetterWay.LOCAL_PRINT,
        }.get(self, LetterWay.DIGITAL)


def may_have_arrived(delivery: Delivery) -> bool:
    """Whether a delivery that failed or was stopped may be with its addressee all the same."""
    stopped = delivery.status is DeliveryStatus.CANCELLED
    return delivery.is_doubtful or (stopped and delivery.attempts > 0)


def is_dead(delivery: Delivery) -> bool:
    """Whether the channel said that the addressee is dead."""
    return (delivery.problem or {}).get("code") == DEAD


def choose_again(
    session: Session,
    mailing: Mailing,
    deliveries: Sequence[Delivery],
    how: Again,
    ways: Sequence[WayOut],
) -> dict[int, Choice | Sentence]:
    """The channel for each delivery with the reason, or why it can't go, by delivery id.

    Deliveries come with letter and document loaded.
    """
    people = people_of(session, {one.recipient_id for one in deliveries}, today())
    tried = _tried(session, {one.letter_id for one in deliveries}) if how is Again.NEXT else {}
    return {
        one.id: _choose(mailing, one, people.get(one.recipient_id), how, ways, tried)
        for one in deliveries
    }


def _choose(
    mailing: Mailing,
    delivery: Delivery,
    person: Person | None,
    how: Again,
    ways: Sequence[WayOut],
    tried: dict[tuple[int, int, str], set[ChannelName]],
) -> Choice | Sentence:
    if person is None:
        return Sentence("Modtageren kan ikke ses i din afdeling. Spørg en administrator.")
    if may_have_arrived(delivery):
        return _with_the_same_id(delivery, how, ways)
    wish = _wish(mailing, delivery, person)
    if how is Again.SAME:
        return _same(delivery, wish, ways)
    if how is Again.NEXT:
        if is_dead(delivery):
            return _IS_DEAD
        left = [way for way in ways if way.name not in tried.get(_key(delivery), set())]
        if not left:
            return Sentence("Alle veje til modtageren er prøvet.")
        return choose(left, wish)
    choice = choose(ways, replace(wish, way=how.way))
    return Choice(choice.channel, CHOSEN) if isinstance(choice, Choice) else choice


def _with_the_same_id(delivery: Delivery, how: Again, ways: Sequence[WayOut]) -> Choice | Sentence:
    if how is not Again.SAME:
        return Sentence(
            "Brevet kan være nået frem gennem %(channel)s, så det må ikke sendes på en anden måde. "
            "Vælg «Gennem samme kanal», eller spørg modtageren.",
            {"channel": delivery.channel.label},
        )
    if not any(way.name is delivery.channel for way in ways):
        return _not_set_up(delivery)
    return Choice(
        delivery.channel,
        Sentence("Prøves igen med samme besked-id. Modtageren får højst ét brev."),
    )


def _same(delivery: Delivery, wish: Wish, ways: Sequence[WayOut]) -> Choice | Sentence:
    way = next((one for one in ways if one.name is delivery.channel), None)
    if way is None:
        return _not_set_up(delivery)
    if way.can.is_paper:
        wish = Wish(has_address=wish.has_address, size=wish.size, kind=wish.kind)
        return refuses(way, wish) or Choice(way.name, CHOSEN)
    if is_dead(delivery):
        return _IS_DEAD
    chosen = choose([way], wish)
    return replace(chosen, reason=CHOSEN) if isinstance(chosen, Choice) else chosen


def _not_set_up(delivery: Delivery) -> Sentence:
    return Sentence(
        "Der er ingen forbindelse til %(channel)s. En administrator skal sætte den op.",
        {"channel": delivery.channel.label},
    )


def _wish(mailing: Mailing, delivery: Delivery, person: Person) -> Wish:
    """What the addressee's letter asks of a channel; a guardian may have only a name."""
    attention = delivery.attention or {}
    nameless = delivery.purpose is DeliveryPurpose.GUARDIAN and bool(attention.get("name"))
    if nameless:
        return Wish(kind=None, size=delivery.document.size)
    return Wish(
        kind=person.kind,
        is_replacement=person.is_replacement,
        is_child=person.is_child,
        mailbox=person.mailbox,
        has_address=person.has_address,
        size=delivery.document.size,
        reply=mailing.can_reply,
        sign=mailing.must_sign,
        attention=bool(attention.get("p_number") or attention.get("email")),
    )


def _tried(session: Session, letter_ids: set[int]) -> dict[tuple[int, int, str], set[ChannelName]]:
    """The channels that every addressee's letter has failed in."""
    found: dict[tuple[int, int, str], set[ChannelName]] = {}
    for one in session.scalars(
        select(Delivery).where(
            Delivery.letter_id.in_(letter_ids), Delivery.status == DeliveryStatus.FAILED
        )
    ):
        found.setdefault(_key(one), set()).add(one.channel)
    return found


def _key(delivery: Delivery) -> tuple[int, int, str]:
    """One addressee of one letter."""
    name = str((delivery.attention or {}).get("name") or "")
    return delivery.letter_id, delivery.recipient_id, name

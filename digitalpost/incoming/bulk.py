"""Acts on many letters at once: those that were picked, or all that a list shows and would show.

Whoever acts has read a number on a button. When the letters meant are more or fewer by now, nothing
is done, and the sentence says how many they are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from digitalpost.access import Actor
from digitalpost.db import Session
from digitalpost.errors import Refused
from digitalpost.incoming.acts import BATCH
from digitalpost.incoming.inbox import Asked, ids_of
from digitalpost.models import Letter

MOST = 2000  # letters in one act: one transaction, which everybody else waits for


@dataclass(frozen=True)
class Picked:
    """Which letters are meant: by their ids, or all in a list up to a newest one."""

    ids: tuple[int, ...] = ()
    asked: Asked | None = None
    upto: int = 0


@dataclass(frozen=True)
class Acted:
    """What a bulk act did: how many letters, and the batch that undoes it."""

    letters: int
    batch: str


def count_picked(session: Session, actor: Actor, picked: Picked) -> int:
    """How many letters are meant now, of those that the actor may know of."""
    return len(_ids(session, actor, picked))


def act_on(
    session: Session,
    actor: Actor,
    picked: Picked,
    use_case: Callable[[Session, Actor, Sequence[Letter]], str],
    *,
    confirm_count: int,
) -> Acted:
    """Run a use case of `assign` on the letters meant, when they are as many as was said.

    Raises `Refused` when they are not, when there are none, and above `MOST`.
    """
    ids = _ids(session, actor, picked)
    if not ids:
        raise Refused("Der er ingen breve at fordele. En kollega kan have nået det først.")
    if len(ids) > MOST:
        raise Refused(
            "Der kan højst fordeles %(most)s breve på én gang. Vælg færre, og tag resten bagefter.",
            most=MOST,
        )
    if len(ids) != confirm_count:
        raise Refused(
            "Der er nu %(letters)s breve, men der stod %(said)s på knappen. Intet er ændret. "
            "Se listen igennem, og prøv igen.",
            letters=len(ids),
            said=confirm_count,
        )
    letters: list[Letter] = []
    for start in range(0, len(ids), BATCH):
        part = ids[start : start + BATCH]
        letters += session.scalars(select(Letter).where(Letter.id.in_(part)))
    return Acted(len(letters), use_case(session, actor, letters))


def _ids(session: Session, actor: Actor, picked: Picked) -> Sequence[int]:
    if picked.asked is not None:
        return ids_of(session, actor, picked.asked, upto=picked.upto, most=MOST + 1)
    found: list[int] = []
    for start in range(0, len(picked.ids), BATCH):
        part = picked.ids[start : start + BATCH]
        found += session.scalars(select(Letter.id).where(Letter.id.in_(part)))
    return sorted(found)

"""Finds the person of ours whom a letter names: attention, its text, the line it ends with."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from digitalpost.db import Session
from digitalpost.errors import Sentence
from digitalpost.incoming.facts import Facts
from digitalpost.incoming.folding import parts_of
from digitalpost.models import User
from digitalpost.pdf.names import same_person


@dataclass(frozen=True)
class Named:
    """Whom a letter names, and where."""

    user: User
    reason: Sentence


def named_person(session: Session, facts: Facts) -> Named | None:
    """The one active user whom the letter names; None when it names nobody, or several.

    The attention person may be written as people write names (an initial, a missing middle name);
    in title and text only a whole name counts: a first name alone is anybody's. The sender's own
    name does not count: whoever works here may write as a citizen.
    """
    users = [
        user
        for user in session.scalars(
            select(User).where(User.is_active).order_by(User.id).options(selectinload(User.units))
        )
        if user.units and len(parts_of(user.name)) > 1
    ]
    if facts.attention.strip():
        meant = [user for user in users if same_person(user.name, facts.attention)]
        if len(meant) == 1:
            return Named(meant[0], Sentence("Brevet er stilet til %(name)s.", _name(meant[0])))
    for text, said in (
        (facts.title, "%(name)s er nævnt i emnet."),
        (facts.text, "%(name)s er nævnt i brevet."),
    ):
        stands = f" {' '.join(parts_of(text))} "
        meant = [
            user
            for user in users
            if f" {' '.join(parts_of(user.name))} " in stands
            and not same_person(user.name, facts.sender_name)
        ]
        if len(meant) == 1:
            return Named(meant[0], Sentence(said, _name(meant[0])))
        if meant:
            return None
    return None


def _name(user: User) -> dict[str, str]:
    return {"name": user.name}

"""Working on the same mail: who follows a letter, and who else has it open right now."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import delete, select, update

from digitalpost.access import Actor, require
from digitalpost.db import Session, change_rows, insert_if_missing, now
from digitalpost.models import Letter, LetterFollower, LetterPresence, User

HERE_FOR = timedelta(seconds=50)  # since somebody was last seen; a page says so every 20 seconds
_FORGOTTEN = timedelta(hours=1)


def follow(session: Session, actor: Actor, letter: Letter, *, on: bool) -> None:
    """Keep an eye on a letter that another has, or stop doing so."""
    require(actor, "incoming.read", letter)
    if actor.user_id is None:
        return
    if on:
        insert_if_missing(session, LetterFollower, letter_id=letter.id, user_id=actor.user_id)
        return
    mine = (LetterFollower.letter_id == letter.id, LetterFollower.user_id == actor.user_id)
    change_rows(session, delete(LetterFollower).where(*mine))


def followers_of(session: Session, actor: Actor, letter: Letter) -> Sequence[User]:
    """Who follows a letter, by name."""
    require(actor, "incoming.read", letter)
    return session.scalars(
        select(User)
        .join(LetterFollower, LetterFollower.user_id == User.id)
        .where(LetterFollower.letter_id == letter.id)
        .order_by(User.name)
    ).all()


def be_here(session: Session, actor: Actor, letter: Letter) -> list[str]:
    """Say that the actor has a letter open; the names of the others who have."""
    require(actor, "incoming.read", letter)
    at = now()
    if actor.user_id is not None:
        insert_if_missing(
            session, LetterPresence, letter_id=letter.id, user_id=actor.user_id, at=at
        )
        mine = (LetterPresence.letter_id == letter.id, LetterPresence.user_id == actor.user_id)
        change_rows(session, update(LetterPresence).where(*mine).values(at=at))
        change_rows(session, delete(LetterPresence).where(LetterPresence.at < at - _FORGOTTEN))
    others = session.scalars(
        select(User.name)
        .join(LetterPresence, LetterPresence.user_id == User.id)
        .where(
            LetterPresence.letter_id == letter.id,
            LetterPresence.at > at - HERE_FOR,
            LetterPresence.user_id != (actor.user_id or 0),
        )
        .order_by(User.name)
    )
    return list(others)

"""Saved views of the inbox: a queue with its filters, under a name of one's own."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from digitalpost.access import Actor, require
from digitalpost.db import Session
from digitalpost.errors import Forbidden, Refused, Sentence
from digitalpost.models import SavedView
from digitalpost.wording import holds_cpr

NAME_LENGTH = 60
MOST = 20
_QUERY_LENGTH = 2000


def save_view(session: Session, actor: Actor, *, name: str, query: str) -> SavedView:
    """Keep a view under a name; one of that name is replaced.

    ``query`` is of the page's address, where what was searched for is sealed.
    """
    require(actor, "incoming.read")
    if actor.user_id is None:
        raise Forbidden("Kun en bruger kan gemme visninger.")
    tidy = " ".join(name.split())
    if not tidy or len(tidy) > NAME_LENGTH:
        raise Refused([Sentence("Skriv et navn til visningen, højst 60 tegn.", code="name")])
    if holds_cpr(tidy):
        raise Refused([Sentence("Navnet må ikke indeholde et CPR-nummer.", code="name")])
    if len(query) > _QUERY_LENGTH:
        raise Refused("Visningen har for mange filtre til at blive gemt. Fjern nogle af dem.")
    mine = views_of(session, actor)
    found = next((one for one in mine if one.name == tidy), None)
    if found is None:
        if len(mine) >= MOST:
            raise Refused("Du har allerede %(most)s visninger. Slet en først.", most=MOST)
        found = SavedView(user_id=actor.user_id, name=tidy, query=query)
        session.add(found)
    found.query = query
    return found


def views_of(session: Session, actor: Actor) -> Sequence[SavedView]:
    """One's own views, by name."""
    return session.scalars(
        select(SavedView).where(SavedView.user_id == actor.user_id).order_by(SavedView.name)
    ).all()


def delete_view(session: Session, actor: Actor, view_id: int) -> None:
    """Forget a view of one's own; another's is not there."""
    require(actor, "incoming.read")
    for view in views_of(session, actor):
        if view.id == view_id:
            session.delete(view)

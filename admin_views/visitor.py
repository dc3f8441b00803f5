"""Who is asking: the signed-in user, and a database session with that user's scope."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from flask import Flask, current_app, g, has_request_context, session
from flask_login import LoginManager, current_user
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from digitalpost.access import Actor, actor_of
from digitalpost.db import Session
from digitalpost.institution import Institution
from digitalpost.models import Role, User

_SEEN = "seen"
_REFRESH_SECONDS = 300  # the cookie is rewritten at most this often


@dataclass(frozen=True)
class Visitor:
    """A signed-in user as plain values: what Flask-Login keeps for one request."""

    user_id: int
    session_number: int
    name: str
    email: str
    role: Role
    units: tuple[str, ...]
    must_change_password: bool
    actor: Actor
    is_authenticated: bool = True
    is_active: bool = True
    is_anonymous: bool = False

    def get_id(self) -> str:
        """What the signed cookie holds."""
        return f"{self.user_id}:{self.session_number}"


def visitor_of(user: User) -> Visitor:
    """The visitor that a user row is."""
    return Visitor(
        user_id=user.id,
        session_number=user.session_number,
        name=user.name,
        email=user.email,
        role=user.role,
        units=tuple(unit.name for unit in user.units),
        must_change_password=user.must_change_password,
        actor=actor_of(user),
    )


def institution() -> Institution:
    """The institution that this console serves."""
    found: Institution = current_app.extensions["institution"]
    return found


def current_visitor() -> Visitor | None:
    """Who is signed in, or None. Also None outside a request, where Flask-Admin asks at start."""
    if not has_request_context():
        return None
    return current_user._get_current_object() if current_user.is_authenticated else None


def request_session() -> Session:
    """The request's one session for reading, with the visitor's scope from the first query on."""
    if "db" not in g:
        visitor = current_visitor()
        if visitor is None:
            raise RuntimeError("nobody is signed in, so there is no scope to read with")
        g.db = institution().session(visitor.actor.scope)
        g.db.info["request_id"] = g.get("request_id")
    db: Session = g.db
    return db


def expire_session() -> None:
    """Sign out who has not clicked for too long; remember who it was, for unfinished work."""
    user_id = session.get("_user_id")
    if user_id is None:
        return
    idle = time.time() - float(session.get(_SEEN, 0))
    if idle > institution().settings.session_hours * 3600:
        session.pop("_user_id", None)
        session["was"] = str(user_id).partition(":")[0]
    elif idle > _REFRESH_SECONDS:
        session[_SEEN] = time.time()


def start_session() -> None:
    """Begin the clock of a fresh sign-in."""
    session[_SEEN] = time.time()
    session.pop("was", None)


def previous_user_id() -> int | None:
    """Whose session in this browser ended last, if any."""
    was = str(session.get("was") or str(session.get("_user_id") or "").partition(":")[0])
    return int(was) if was.isdecimal() else None


def attach(app: Flask) -> None:
    """Teach the application who its visitors are."""
    login = LoginManager(app)
    login.session_protection = None

    @login.user_loader
    def load(token: str) -> Visitor | None:
        user_id, _, session_number = token.partition(":")
        if not (user_id.isdigit() and session_number.isdigit()):
            return None
        with institution().reading() as system:
            user = system.scalars(
                select(User).where(User.id == int(user_id)).options(selectinload(User.units))
            ).one_or_none()
            if user is None or not user.is_active or user.session_number != int(session_number):
                return None
            return visitor_of(user)

    @app.teardown_appcontext
    def close_session(_error: BaseException | None) -> None:
        db: Any = g.pop("db", None)
        if db is not None:
            db.close()

"""Users (brugere): making, changing and switching off. Users are never deleted: the log names them.

Somebody must always be able to let others in, so the last active administrator can be neither
switched off nor given another role.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from sqlalchemy import select

from digitalpost import events
from digitalpost.access import Actor, require
from digitalpost.db import Session, now
from digitalpost.errors import Refused, Sentence
from digitalpost.events import EventKind
from digitalpost.models import Role, Unit, User
from digitalpost.signin import hash_password, password_problems

_EMAIL = re.compile(r"[^@\s<>\"]+@[^@\s<>\"]+\.[^@\s<>\"]+")


def create_user(
    session: Session,
    actor: Actor,
    *,
    name: str,
    email: str,
    role: Role,
    unit_ids: Collection[int],
    password: str,
) -> User:
    """A user who must choose a password of their own at the first sign-in.

    Raises `Refused` with every reason; the code of each sentence is the field that it is about.
    """
    require(actor, "user.manage")
    user = User(name=_tidy(name), email=_tidy(email).lower(), role=role, created_at=now())
    problems = _problems(session, user, user.name, user.email, unit_ids)
    problems += [
        Sentence(problem.text, problem.values, code="password")
        for problem in password_problems(user, password)
    ]
    if problems:
        raise Refused(problems)
    user.units = _units(session, unit_ids)
    user.password_hash = hash_password(password)
    user.must_change_password = True
    session.add(user)
    session.flush()
    data = {"role": role.value, "units": sorted(unit_ids)}
    events.record(session, actor, EventKind.USER_CREATED, user, data=data)
    return user


def change_user(
    session: Session,
    actor: Actor,
    user: User,
    *,
    name: str,
    email: str,
    role: Role,
    unit_ids: Collection[int],
) -> User:
    """Change who a user is and what they may do. Takes effect at their next click."""
    require(actor, "user.manage")
    name, email = _tidy(name), _tidy(email).lower()
    problems = _problems(session, user, name, email, unit_ids)
    if user.role is Role.ADMINISTRATOR and role is not Role.ADMINISTRATOR:
        problems += _last_administrator(session, user, "role")
    if problems:
        raise Refused(problems)
    before = (user.name, user.email, user.role, {unit.id for unit in user.units})
    after = (name, email, role, set(unit_ids))
    changed = [
        field
        for field, old, new in zip(("name", "email", "role", "units"), before, after, strict=True)
        if old != new
    ]
    if not changed:
        return user
    user.name, user.email, user.role = name, email, role
    user.units = _units(session, unit_ids)
    data = {"changed": changed, "role": role.value, "units": sorted(unit_ids)}
    events.record(session, actor, EventKind.USER_CHANGED, user, data=data)
    return user


def deactivate_user(session: Session, actor: Actor, user: User) -> User:
    """Switch a user off and end their sessions. What they did stays under their name."""
    require(actor, "user.manage")
    if user.id == actor.user_id:
        raise Refused("Du kan ikke spærre din egen adgang. Bed en anden administrator om det.")
    problems = _last_administrator(session, user, "")
    if problems:
        raise Refused(problems)
    if user.is_active:
        user.is_active = False
        user.session_number += 1
        events.record(session, actor, EventKind.USER_CHANGED, user, data={"is_active": False})
    return user


def activate_user(session: Session, actor: Actor, user: User) -> User:
    """Let a user in again, with the password they had."""
    require(actor, "user.manage")
    if not user.is_active:
        user.is_active = True
        user.failed_sign_ins = 0
        user.locked_until = None
        events.record(session, actor, EventKind.USER_CHANGED, user, data={"is_active": True})
    return user


def _problems(
    session: Session, user: User, name: str, email: str, unit_ids: Collection[int]
) -> list[Sentence]:
    problems = []
    if not name or len(name) > 200:
        problems.append(Sentence("Skriv brugerens navn.", code="name"))
    if not _EMAIL.fullmatch(email) or len(email) > 200:
        problems.append(
            Sentence("Skriv en e-mailadresse, for eksempel navn@skole.dk.", code="email")
        )
    else:
        with session.no_autoflush:
            taken = session.scalar(select(User.id).where(User.email == email))
        if taken is not None and taken != user.id:
            problems.append(
                Sentence("Der er allerede en bruger med den e-mailadresse.", code="email")
            )
    if not unit_ids:
        problems.append(Sentence("Vælg mindst én afdeling.", code="units"))
    return problems


def _last_administrator(session: Session, user: User, code: str) -> list[Sentence]:
    """A sentence when nobody but this user could let others in. Two who try at once take turns."""
    active = session.scalars(
        select(User.id)
        .where(User.role == Role.ADMINISTRATOR, User.is_active)
        .order_by(User.id)
        .with_for_update()
    ).all()
    if list(active) != [user.id]:
        return []
    return [
        Sentence(
            "Det er den eneste aktive administrator. Gør først en anden til administrator.",
            code=code,
        )
    ]


def _units(session: Session, unit_ids: Collection[int]) -> list[Unit]:
    return list(session.scalars(select(Unit).where(Unit.id.in_(unit_ids)).order_by(Unit.name)))


def _tidy(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()

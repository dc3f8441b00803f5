"""Makes what tests need: an institution, units, users. Small functions with full defaults."""

from __future__ import annotations

import base64
from functools import cache
from itertools import count
from pathlib import Path

from digitalpost import signin
from digitalpost.access import Actor, actor_of
from digitalpost.db import Base, now
from digitalpost.institution import Institution, open_institution
from digitalpost.models import Role, Unit, User
from digitalpost.settings import Settings

PASSWORD = "fire heste i en lade"
_number = count(1)


def make_settings(home: Path, **environ: str) -> Settings:
    """Settings of an installation in ``home``; ``environ`` adds or replaces variables."""
    return Settings.from_env(
        {
            "DIGITALPOST_HOME": str(home),
            "DIGITALPOST_MASTER_KEY": base64.b64encode(b"k" * 32).decode(),
            "DIGITALPOST_INSTITUTION": "Egely Gymnasium",
            **environ,
        }
    )


def make_institution(home: Path, *, tables: bool = True, **environ: str) -> Institution:
    """An open institution. Its tables are made unless the database has them already."""
    institution = open_institution(make_settings(home, **environ))
    if tables:
        Base.metadata.create_all(institution.engine)
    return institution


@cache
def hash_of(password: str) -> str:
    """Hashing is slow on purpose: once for each password is enough."""
    return signin.hash_password(password)


def make_unit(institution: Institution, name: str = "") -> int:
    """A unit; its id."""
    with institution.transaction() as session:
        unit = Unit(name=name or f"Afdeling {next(_number)}")
        session.add(unit)
        session.flush()
        return unit.id


def make_user(
    institution: Institution,
    *,
    role: Role = Role.STAFF,
    units: tuple[int, ...] = (),
    email: str = "",
    name: str = "Mette Kirk",
    password: str = PASSWORD,
    is_active: bool = True,
    must_change_password: bool = False,
) -> int:
    """A user who can sign in with `PASSWORD`; its id."""
    with institution.transaction() as session:
        user = User(
            email=email or f"bruger{next(_number)}@egely.example",
            name=name,
            role=role,
            password_hash=hash_of(password),
            is_active=is_active,
            must_change_password=must_change_password,
            created_at=now(),
            units=[session.get_one(Unit, unit_id) for unit_id in units],
        )
        session.add(user)
        session.flush()
        return user.id


def make_actor(institution: Institution, user_id: int) -> Actor:
    """The actor that a user is."""
    with institution.reading() as session:
        return actor_of(session.get_one(User, user_id))

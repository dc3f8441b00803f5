"""Signing in: passwords, and brakes on guessing them.

Passwords are kept as argon2id hashes (RFC 9106). The answer to an unknown address, a wrong
password, a locked and a switched-off user is the same and takes the same time, so nobody learns
who is here.
"""

from __future__ import annotations

import unicodedata
from datetime import datetime, timedelta
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import func, select

from digitalpost import events
from digitalpost.access import SYSTEM, Actor, actor_of, require
from digitalpost.db import Session, now
from digitalpost.errors import Refused, Sentence
from digitalpost.events import EventKind
from digitalpost.models import Event, User

MAX_WRONG = 5  # wrong passwords within WINDOW lock the account
WINDOW = timedelta(minutes=15)
FIRST_LOCK = timedelta(minutes=15)  # doubled each time the account locks again
LONGEST_LOCK = timedelta(hours=24)
MIN_LENGTH = 12  # NIST SP 800-63B asks for length, not for special characters
MAX_LENGTH = 200  # hashing time must not be in the hands of the guest


@cache
def _hasher() -> PasswordHasher:
    return PasswordHasher()


@cache
def _nobody() -> str:
    """A hash that no password fits: unknown users cost the same time as known ones."""
    return _hasher().hash("nobody signs in with this")


def sign_in(session: Session, email: str, password: str) -> User | None:
    """The user who may come in, or None without a reason. Counts, locks and logs.

    Commit in both cases: a wrong password must be remembered. Needs a session that sees everything.
    """
    moment = now()
    user = session.scalars(
        select(User).where(User.email == email.strip().lower()).with_for_update()
    ).one_or_none()
    known = user is not None and user.is_active and user.password_hash != ""
    right = verify_password(user.password_hash if user and known else _nobody(), password)
    if user is None or not known:
        events.record(session, SYSTEM, EventKind.USER_SIGN_IN_FAILED)
        return None
    if user.locked_until is not None and user.locked_until > moment:
        return None
    if not right:
        _count_wrong(session, user, moment)
        return None
    user.failed_sign_ins = 0
    user.locked_until = None
    if _hasher().check_needs_rehash(user.password_hash):
        user.password_hash = hash_password(password)
    events.record(session, actor_of(user), EventKind.USER_SIGNED_IN, user)
    return user


def sign_out(session: Session, actor: Actor, user: User) -> None:
    """End every session of the user, on every device."""
    user.session_number += 1
    events.record(session, actor, EventKind.USER_SIGNED_OUT, user)


def change_own_password(
    session: Session, actor: Actor, user: User, *, current: str, new: str, again: str
) -> User:
    """Give oneself a new password. Raises `Refused`; other devices are signed out."""
    if actor.user_id != user.id:
        require(actor, "user.manage")
    problems = password_problems(user, new)
    if not verify_password(user.password_hash or _nobody(), current):
        problems.insert(0, Sentence("Den nuværende adgangskode er forkert.", code="current"))
    if new != again:
        problems.append(Sentence("De to nye adgangskoder er ikke ens.", code="again"))
    if new == current:
        problems.append(Sentence("Vælg en anden adgangskode end den gamle.", code="new"))
    if problems:
        raise Refused(problems)
    _set(user, new)
    user.must_change_password = False
    events.record(session, actor, EventKind.USER_CHANGED, user, data={"changed": ["password"]})
    return user


def set_password(session: Session, actor: Actor, user: User, *, new: str) -> User:
    """Give a user a password to begin with; it must be changed at the first sign-in.

    Also opens a locked account. Raises `Refused` when the password is too weak.
    """
    require(actor, "user.manage")
    problems = password_problems(user, new)
    if problems:
        raise Refused(problems)
    _set(user, new)
    user.must_change_password = True
    user.failed_sign_ins = 0
    user.locked_until = None
    events.record(session, actor, EventKind.USER_CHANGED, user, data={"changed": ["password"]})
    return user


def password_problems(user: User, password: str) -> list[Sentence]:
    """Why the password is not good enough for this user; empty when it is."""
    text = _normal(password)
    if len(text) < MIN_LENGTH:
        return [
            Sentence(
                "Adgangskoden skal have mindst %(count)s tegn. Brug gerne flere ord.",
                {"count": MIN_LENGTH},
                code="new",
            )
        ]
    if len(text) > MAX_LENGTH:
        return [
            Sentence(
                "Adgangskoden må højst have %(count)s tegn.", {"count": MAX_LENGTH}, code="new"
            )
        ]
    low = text.lower()
    parts = {user.email.partition("@")[0], *user.name.lower().split()}
    if len(set(low)) < 5 or any(
        len(part) > 3 and low == part * (len(low) // len(part)) for part in parts
    ):
        return [
            Sentence("Adgangskoden er for nem at gætte. Brug flere forskellige ord.", code="new")
        ]
    return []


def hash_password(password: str) -> str:
    """The argon2id hash to store."""
    return _hasher().hash(_normal(password))


def verify_password(hashed: str, password: str) -> bool:
    """Whether the password fits. A hash that cannot be read fits nothing."""
    try:
        return _hasher().verify(hashed, _normal(password)[: MAX_LENGTH + 1])
    except (VerificationError, InvalidHashError):
        return False


def _set(user: User, password: str) -> None:
    user.password_hash = hash_password(password)
    user.session_number = (user.session_number or 0) + 1


def _count_wrong(session: Session, user: User, moment: datetime) -> None:
    """Remember a wrong password, and lock when there were too many in a short time."""
    recent = session.scalar(
        select(func.count())
        .select_from(Event)
        .where(
            Event.subject == "user",
            Event.subject_id == user.id,
            Event.kind == EventKind.USER_SIGN_IN_FAILED.value,
            Event.at > moment - WINDOW,
        )
    )
    user.failed_sign_ins += 1
    events.record(session, SYSTEM, EventKind.USER_SIGN_IN_FAILED, user)
    if (recent or 0) + 1 < MAX_WRONG:
        return
    earlier_locks = max(user.failed_sign_ins // MAX_WRONG - 1, 0)
    length = min(FIRST_LOCK * 2 ** min(earlier_locks, 10), LONGEST_LOCK)
    user.locked_until = moment + length
    minutes = int(length.total_seconds() // 60)
    events.record(session, SYSTEM, EventKind.USER_LOCKED, user, data={"minutes": minutes})


def _normal(password: str) -> str:
    """One writing for each password: å typed as one sign or as two is the same."""
    return unicodedata.normalize("NFC", password)

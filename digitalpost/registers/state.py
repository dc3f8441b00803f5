"""Opening registers, and leaving alone for a while the one that does not answer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.exc import IntegrityError

from digitalpost import events
from digitalpost.access import SYSTEM
from digitalpost.db import Session
from digitalpost.errors import Refused, Sentence, sentence_of
from digitalpost.events import EventKind
from digitalpost.models import RegisterName, RegisterState
from digitalpost.register_settings import RegisterSettings
from digitalpost.registers.contacts import ContactRegister, Contacts
from digitalpost.registers.cpr import Cpr, CprRegister
from digitalpost.registers.line import RegisterSilent
from digitalpost.registers.post_lookup import PostLookup
from digitalpost.registers.virk import Virk, VirkRegister

PAUSE = timedelta(seconds=60)
PAUSE_MOST = timedelta(minutes=15)

_NOT_SET_UP = "%(register)s er ikke sat op. En administrator kan sætte forbindelsen op."


@dataclass(frozen=True)
class RegisterStanding:
    """How it stands with one register, for a page. ``sentence`` is None when all is well."""

    register: RegisterName
    is_set_up: bool
    sentence: Sentence | None
    last_success_at: datetime | None


def is_set_up(settings: RegisterSettings, register: RegisterName) -> bool:
    """Whether there is an address to ask."""
    urls = {
        RegisterName.CONTACTS: settings.contacts.url,
        RegisterName.CPR: settings.cpr.url,
        RegisterName.VIRK: settings.virk.url,
    }
    return bool(urls[register])


@contextmanager
def open_contacts(settings: RegisterSettings) -> Iterator[Contacts]:
    """The contact register. Raises `Refused` when it is not set up, and `RegisterSilent`."""
    _require_set_up(settings, RegisterName.CONTACTS)
    platform, timeout = settings.contacts.platform, settings.contacts.timeout
    contacts: ContactRegister | PostLookup = (
        ContactRegister(settings.contacts)
        if platform is None
        else PostLookup(platform, timeout=timeout)
    )
    try:
        yield contacts
    finally:
        contacts.close()


@contextmanager
def open_cpr(settings: RegisterSettings) -> Iterator[Cpr]:
    """The CPR register. Raises `Refused` when it is not set up, and `RegisterSilent`."""
    _require_set_up(settings, RegisterName.CPR)
    cpr = CprRegister(settings.cpr)
    try:
        yield cpr
    finally:
        cpr.close()


@contextmanager
def open_virk(settings: RegisterSettings) -> Iterator[Virk]:
    """The CVR register. Raises `Refused` when it is not set up, and `RegisterSilent`."""
    _require_set_up(settings, RegisterName.VIRK)
    virk = VirkRegister(settings.virk)
    try:
        yield virk
    finally:
        virk.close()


def standings(session: Session, settings: RegisterSettings) -> list[RegisterStanding]:
    """What a page says about each register, from rows alone: nobody is asked."""
    found = []
    for register in RegisterName:
        state = session.get(RegisterState, register)
        sentence = None
        if not is_set_up(settings, register):
            sentence = Sentence(_NOT_SET_UP, {"register": register.label}, code="not_set_up")
        elif state is not None and state.paused_since is not None and state.reason:
            sentence = sentence_of(state.reason)
        found.append(
            RegisterStanding(
                register,
                is_set_up(settings, register),
                sentence,
                state.last_success_at if state else None,
            )
        )
    return found


def pause_of(session: Session, register: RegisterName, at: datetime) -> Sentence | None:
    """Why the register is left alone for now; None when it may be asked."""
    state = session.get(RegisterState, register)
    if state is None or state.paused_until is None or state.paused_until <= at:
        return None
    return sentence_of(state.reason) if state.reason else None


def note_silence(session: Session, silent: RegisterSilent, at: datetime) -> None:
    """Leave the register alone, longer each time until it answers. Logged once."""
    state = _state(session, silent.register)
    data = {"register": silent.register.value}
    if state.paused_since is None:
        state.paused_since = at
        events.record(session, SYSTEM, EventKind.REGISTER_PAUSED, data=data)
    wait = min(max(PAUSE, (at - state.paused_since) / 2), PAUSE_MOST)
    if silent.retry_after is not None:
        wait = max(wait, timedelta(seconds=min(silent.retry_after, PAUSE_MOST.total_seconds())))
    state.paused_until = at + wait
    state.reason = silent.sentence.as_json()


def note_answer(session: Session, register: RegisterName, at: datetime) -> None:
    """The register answered: it may be asked again."""
    state = _state(session, register)
    if state.paused_since is not None:
        state.paused_since = state.paused_until = state.reason = None
        data = {"register": register.value}
        events.record(session, SYSTEM, EventKind.REGISTER_OPENED, data=data)
    state.last_success_at = at


def _require_set_up(settings: RegisterSettings, register: RegisterName) -> None:
    if not is_set_up(settings, register):
        raise Refused(_NOT_SET_UP, register=register.label)


def _state(session: Session, register: RegisterName) -> RegisterState:
    state = session.get(RegisterState, register, with_for_update=True)
    if state is not None:
        return state
    try:
        with session.begin_nested():
            session.add(RegisterState(register=register))
    except IntegrityError:  # another worker was first
        session.expire_all()
    return session.get_one(RegisterState, register, with_for_update=True)

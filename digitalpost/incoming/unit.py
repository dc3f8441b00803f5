"""The mail room: the unit whose queue gets what nobody has routed yet."""

from __future__ import annotations

from sqlalchemy import select

from digitalpost.db import Session
from digitalpost.errors import Refused
from digitalpost.incoming_settings import IncomingSettings
from digitalpost.models import Unit


def mail_room(session: Session, settings: IncomingSettings) -> int:
    """The id of the unit named in INCOMING_UNIT, else of the first unit.

    A name that no unit has is no reason to leave mail lying: the first unit gets it. Raises
    `Refused` when there is no unit at all.
    """
    named = select(Unit.id).where(Unit.name == settings.unit)
    found = session.scalar(named) if settings.unit else None
    found = found or session.scalar(select(Unit.id).order_by(Unit.id).limit(1))
    if found is None:
        raise Refused("Der er ingen afdeling, som posten kan komme til. Opret en afdeling først.")
    return found

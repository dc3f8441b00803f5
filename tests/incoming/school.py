"""A school with a mail room and a counselling unit, for tests of what happens to its mail."""

from __future__ import annotations

import sqlalchemy as sa

from digitalpost.access import Actor
from digitalpost.db import Session
from digitalpost.events import EventKind
from digitalpost.incoming.assign import assign
from digitalpost.institution import Institution
from digitalpost.models import Event, Letter, Role, Unit, User
from tests.make import make_actor, make_case_type, make_unit, make_user
from tests.make_incoming import make_incoming

BO = "0405062345"


class School:
    """A mail room and a counselling unit, each with a clerk, and a supervisor of both."""

    def __init__(self, institution: Institution) -> None:
        self.institution = institution
        self.mail_room = make_unit(institution, "Postrummet")
        self.counsel = make_unit(institution, "Studievejledningen")
        make_case_type(institution, self.mail_room)
        make_case_type(institution, self.counsel)
        self.clerk_id = make_user(institution, units=(self.mail_room,), name="Ida Holm")
        self.counsellor_id = make_user(institution, units=(self.counsel,), name="Per Lind")
        both = (self.mail_room, self.counsel)
        self.boss_id = make_user(institution, role=Role.SUPERVISOR, units=both, name="Eva Bak")
        self.clerk = make_actor(institution, self.clerk_id)
        self.counsellor = make_actor(institution, self.counsellor_id)
        self.boss = make_actor(institution, self.boss_id)

    def letter(self, **columns: object) -> int:
        return make_incoming(self.institution, unit_id=self.mail_room, **columns)  # type: ignore[arg-type]

    def letters(self, session: Session, ids: list[int]) -> list[Letter]:
        return list(session.scalars(sa.select(Letter).where(Letter.id.in_(ids))))

    def assign(self, actor: Actor, ids: list[int], **options: object) -> str:
        owner, unit = options.pop("owner_id", None), options.pop("unit_id", None)
        with self.institution.transaction(actor.scope) as session:
            return assign(
                session,
                actor,
                self.letters(session, ids),
                owner=session.get_one(User, owner) if owner else None,
                unit=session.get_one(Unit, unit) if unit else None,
                **options,  # type: ignore[arg-type]
            )


def kinds(session: Session, letter_id: int) -> list[str]:
    found = session.scalars(
        sa.select(Event.kind).where(Event.letter_id == letter_id).order_by(Event.id)
    )
    return [kind for kind in found if kind != EventKind.LETTER_FILED.value]

"""Makes what a board shows: mailings at every stage, one lost letter, alarms open and closed."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from digitalpost.db import insert_if_missing, now
from digitalpost.institution import Institution
from digitalpost.models import ChannelName, ChannelState, Delivery, Letter, Watch
from digitalpost.oversight.watch import watch
from tests.make_mailings import ANNA, BO, FOUR, make_approved, make_mailing


def make_board(institution: Institution, *, case_type_id: int, owner_id: int) -> tuple[int, int]:
    """Two approved mailings, one of them long overdue, and one in review; ids of the first two."""
    how = {"case_type_id": case_type_id, "owner_id": owner_id}
    well = make_approved(institution, FOUR, hold_seconds=600, **how)
    stuck = make_approved(institution, [ANNA, BO], **how)
    make_mailing(institution, FOUR, red=[4], **how)
    with institution.transaction() as session:
        session.execute(sa.update(Letter).values(due_at=now() + timedelta(days=5)))
        for model, of in ((Delivery, Delivery.mailing_id), (Letter, Letter.mailing_id)):
            long_ago = now() - timedelta(hours=1)
            session.execute(sa.update(model).where(of == stuck).values(due_at=long_ago))
    return well, stuck


def lose_letter(institution: Institution, mailing_id: int) -> None:
    """One letter's row is gone, as after a mistaken hand in the database."""
    with institution.transaction() as session:
        letter_id = session.scalar(
            sa.select(sa.func.min(Letter.id)).where(Letter.mailing_id == mailing_id)
        )
        session.execute(sa.delete(Delivery).where(Delivery.letter_id == letter_id))
        session.execute(sa.delete(Letter).where(Letter.id == letter_id))


def pause_channel(institution: Institution, *, minutes: float | None) -> None:
    """e-Boks has been on pause for so long, or is open."""
    since = None if minutes is None else now() - timedelta(minutes=minutes)
    with institution.transaction() as session:
        session.merge(ChannelState(channel=ChannelName.EBOKS, paused_since=since))


def look(institution: Institution) -> None:
    """A watch by workers who have been there, whether or not a minute has passed."""
    with institution.transaction() as session:
        insert_if_missing(session, Watch, id=1, due_at=now())
        session.execute(sa.update(Watch).values(due_at=now(), worker_at=now()))
    assert watch(institution)

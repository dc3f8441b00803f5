"""An institution on the Serviceplatform, and statuses about its letters that are pushed."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from digitalpost.db import now
from digitalpost.deliveries.arrived import take_receipt
from digitalpost.deliveries.dispatch import dispatch_due, poll_receipts
from digitalpost.deliveries.join import join_receipts
from digitalpost.institution import Institution
from digitalpost.models import ArrivedReceipt, ChannelName, Delivery, Letter
from sandbox.sf1601_xml import post_status
from tests.channels.making_sf1601 import line_to
from tests.make import make_institution
from tests.sandbox_server import RunningSandbox

SF1601 = ChannelName.SF1601
BROKER = "ab" * 32
CAME, TAKEN, FAILED = "Afleveret Digital Post", "Modtaget Digital Post", "Fejlet"


def on_the_platform(
    home: Path, database_url: str, sandbox: RunningSandbox, **environ: str
) -> Institution:
    """An open institution whose letters go to the stand-in for the Serviceplatform."""
    return make_institution(
        home,
        tables=False,
        DATABASE_URL=database_url,
        DIGITALPOST_CHANNELS="sf1601",
        **line_to(sandbox),
        **environ,
    )


def dispatch(institution: Institution) -> int:
    """Send what is due."""
    return dispatch_due(institution, SF1601, seconds=30)


def poll(institution: Institution) -> int:
    """Look for receipts, as the sweep does with every channel."""
    return poll_receipts(institution, SF1601)


def status(delivery: Delivery, code: str, **changes: Any) -> bytes:
    """A PostStatus about a delivery, in its envelope."""
    told = {
        "channel": "Digital Post",
        "message_uuid": delivery.message_id,
        "transmission_id": "d2e1b8c3-5f46-4a79-8b21-3c4d5e6f7081",
        "cvr": "99000015",
    }
    return post_status(status=code, **{**told, **changes})


def arrive(
    institution: Institution, body: bytes, *, channel: ChannelName = SF1601, join: bool = True
) -> bool:
    """Store a receipt as the end point does, and join what is due."""
    with institution.transaction() as session:
        is_good = take_receipt(session, channel, body, sent_by=BROKER, own_cvr="99000015")
    if join:
        join_receipts(institution, channel)
    return is_good


def deliveries(institution: Institution) -> list[Delivery]:
    """Every delivery, in order."""
    with institution.reading() as session:
        found = list(session.scalars(sa.select(Delivery).order_by(Delivery.id)))
        session.expunge_all()
        return found


def standing(institution: Institution) -> tuple[list[str], list[str]]:
    """Where the deliveries stand, and the letters."""
    with institution.reading() as session:
        of_deliveries = session.scalars(sa.select(Delivery.status).order_by(Delivery.id))
        of_letters = session.scalars(sa.select(Letter.status).order_by(Letter.id))
        return [one.value for one in of_deliveries], [one.value for one in of_letters]


def receipts(institution: Institution) -> list[ArrivedReceipt]:
    """Every receipt that arrived, in order."""
    with institution.reading() as session:
        found = list(session.scalars(sa.select(ArrivedReceipt).order_by(ArrivedReceipt.id)))
        session.expunge_all()
        return found


def let_hours_pass(institution: Institution, hours: float) -> None:
    """As if everything so far had happened so many hours ago."""
    back = timedelta(hours=hours)
    with institution.transaction() as session:
        for model, names in (
            (Delivery, ("due_at", "accepted_at", "created_at", "give_up_at", "lease_until")),
            (ArrivedReceipt, ("arrived_at", "due_at")),
        ):
            for row in session.scalars(sa.select(model)):
                for name in names:
                    at = getattr(row, name)
                    if at is not None:
                        setattr(row, name, at - back)


def set_delivery(institution: Institution, **values: Any) -> None:
    """Put every delivery into a state by hand."""
    with institution.transaction() as session:
        session.execute(sa.update(Delivery).values(**values))


def soon() -> Any:
    """A time that has not come yet."""
    return now() + timedelta(minutes=5)

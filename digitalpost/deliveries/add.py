"""A new delivery: the id that it keeps for every attempt, and what is asked of its addressee."""

from __future__ import annotations

from digitalpost.channels.base import WayOut
from digitalpost.db import Session
from digitalpost.models import Delivery, Mailing
from digitalpost.signing.tasks import ask_to_sign


def add_delivery(session: Session, delivery: Delivery, mailing: Mailing, way: WayOut) -> None:
    """Add a delivery of the mailing that goes by ``way``. It need not be flushed.

    A letter that must be signed asks for it by a link of this delivery's own, where the way can
    carry one; paper can't.
    """
    delivery.message_id = way.new_message_id()
    session.add(delivery)
    if mailing.must_sign and way.can.can_sign and not delivery.on_paper:
        ask_to_sign(session, delivery, mailing)

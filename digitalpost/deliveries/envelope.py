"""What stands on the outside of a letter to one addressee, should it go on paper."""

from __future__ import annotations

from dataclasses import dataclass

from digitalpost.models import Delivery, DeliveryPurpose


@dataclass(frozen=True)
class Envelope:
    """Name, attention and address lines, and how many pages lie inside."""

    name: str
    attention: str  # a production unit or a case worker; empty: nobody in particular
    address: tuple[str, ...]  # empty: nobody knows it
    pages: int


def envelope_of(delivery: Delivery) -> Envelope:
    """The envelope of a delivery whose letter, recipient and document are loaded.

    A guardian without a number has no row of their own: their name comes with the delivery, and
    the pupil's address is not theirs.
    """
    attention = delivery.attention or {}
    recipient, letter = delivery.recipient, delivery.letter
    pages = delivery.document.pages or letter.page_count
    if attention.get("name"):
        return Envelope(str(attention["name"]), "", (), pages)
    is_main = delivery.purpose is DeliveryPurpose.MAIN
    return Envelope(
        name=(is_main and letter.recipient_name) or recipient.display_name,
        attention=str(attention.get("p_name") or attention.get("email") or ""),
        address=tuple(line.strip() for line in recipient.address.splitlines() if line.strip()),
        pages=pages,
    )

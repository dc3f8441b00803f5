"""What the channel is still to be told: the receipts that are missing, and what stays on its list.

A row says so, so that a fetch that died is finished by the next one.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, or_, select, update

from digitalpost.db import change_rows, now
from digitalpost.institution import Institution
from digitalpost.models import ChannelName, IncomingMessage, IncomingStatus


@dataclass(frozen=True)
class ToTell:
    """One message that the channel still has."""

    id: int
    message_uuid: str
    is_readable: bool
    is_told: bool  # the receipt is given; it only stands on the list


def may_be_told() -> ColumnElement[bool]:
    """Whether it is certain what to say of a message.

    One that a person had tried again is only certain when it is filed: until then it was tried.
    """
    fresh = and_(IncomingMessage.status == IncomingStatus.STORED, IncomingMessage.tries == 0)
    settled = IncomingMessage.status.in_([IncomingStatus.FILED, IncomingStatus.REFUSED])
    return and_(
        IncomingMessage.removed_at.is_(None),
        or_(fresh, settled, IncomingMessage.told_at.is_not(None)),
    )


def to_tell(
    institution: Institution,
    channel: ChannelName,
    message_uuids: Sequence[str] | None,
    *,
    most: int,
) -> list[ToTell]:
    """The oldest messages that the channel is still to be told of; of some only, when named."""
    query = (
        select(IncomingMessage)
        .where(may_be_told(), IncomingMessage.channel == channel)
        .order_by(IncomingMessage.id)
        .limit(most)
    )
    if message_uuids is not None:
        query = query.where(IncomingMessage.message_uuid.in_(message_uuids))
    with institution.reading() as session:
        return [
            ToTell(
                one.id,
                one.message_uuid,
                one.status is not IncomingStatus.REFUSED,
                one.told_at is not None,
            )
            for one in session.scalars(query)
        ]


def note_told(institution: Institution, ids: Sequence[int]) -> None:
    """The channel has our receipt for these messages."""
    _note(institution, ids, told_at=now())


def note_removed(institution: Institution, ids: Sequence[int]) -> None:
    """These messages are not on the channel's list any more."""
    _note(institution, ids, removed_at=now())


def note_listed_again(institution: Institution, message_uuids: Collection[str]) -> None:
    """Messages that we thought were off the channel's list stand on it: off with them again."""
    with institution.reading() as session:
        off = select(IncomingMessage.id).where(
            IncomingMessage.message_uuid.in_(message_uuids),
            IncomingMessage.removed_at.is_not(None),
        )
        _note(institution, session.scalars(off).all(), removed_at=None)


def _note(institution: Institution, ids: Sequence[int], **values: object) -> None:
    if ids:
        with institution.transaction() as session:
            of_them = IncomingMessage.id.in_(ids)
            change_rows(session, update(IncomingMessage).where(of_them).values(**values))

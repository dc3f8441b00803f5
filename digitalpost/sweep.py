"""What the rows say is due now. Jobs may be lost, doubled or late: this finds all of it again."""

from __future__ import annotations

from sqlalchemy import Select, and_, or_, select

from digitalpost.db import now
from digitalpost.deliveries.channel_state import is_paused
from digitalpost.deliveries.settle import close_mailing
from digitalpost.institution import Institution
from digitalpost.mailings.rehearse import rehearsals_due
from digitalpost.models import (
    ChannelName,
    Delivery,
    DeliveryStatus,
    Mailing,
    MailingStatus,
)
from digitalpost.oversight.notices import media_due
from digitalpost.oversight.watch import is_due
from digitalpost.registers.rounds import mailings_to_ask_about

Work = tuple[str, int | str]  # name of a task in jobs.tasks, and its one argument


def due_work(institution: Institution) -> list[Work]:
    """Everything that should be worked on now. Cheap: a handful of index look-ups."""
    at = now()
    work: list[Work] = []
    with institution.reading() as session:
        free = or_(Mailing.lease_until.is_(None), Mailing.lease_until < at)
        preparing = select(Mailing.id).where(Mailing.status == MailingStatus.PREPARING, free)
        work += [("prepare_mailing", one) for one in session.scalars(preparing.limit(20))]
        mended = select(Mailing.id).where(
            Mailing.status == MailingStatus.REVIEW, Mailing.mended_at.is_not(None), free
        )
        work += [("finish_letters", one) for one in session.scalars(mended.limit(20))]
        to_rehearse = select(Mailing.id).where(rehearsals_due(at)).limit(20)
        work += [("rehearse", one) for one in session.scalars(to_rehearse)]
        for channel in ChannelName:
            if is_paused(session, channel, at):
                continue
            to_send = or_(
                and_(Delivery.status == DeliveryStatus.WAITING, Delivery.due_at <= at),
                and_(Delivery.status == DeliveryStatus.CLAIMED, Delivery.lease_until < at),
            )
            to_ask = and_(
                Delivery.status == DeliveryStatus.ACCEPTED,
                Delivery.due_at <= at,
                or_(Delivery.lease_until.is_(None), Delivery.lease_until < at),
            )
            due = [("dispatch", to_send), ("poll_receipts", to_ask)]
            # Of what our own printer has, a person tells us.
            for task, condition in due[:1] if channel is ChannelName.LOCAL_PRINT else due:
                one = select(Delivery.id).where(Delivery.channel == channel, condition).limit(1)
                if session.scalar(one) is not None:
                    work.append((task, channel.value))
        work += [("close_mailing", one) for one in session.scalars(_all_settled().limit(20))]
        if institution.settings.registers.any_is_set_up:
            to_ask_about = mailings_to_ask_about(at).limit(20)
            work += [("check_mailboxes", one) for one in session.scalars(to_ask_about)]
    return work


def due_oversight(institution: Institution) -> list[Work]:
    """Looking for what is wrong, and the notices about it, when it is time for them."""
    at = now()
    with institution.reading() as session:
        work: list[Work] = [("watch", 1)] if is_due(session, at) else []
        work += [("send_notices", medium.value) for medium in media_due(session, at)]
    return work


def close_settled_mailing(institution: Institution, mailing_id: int) -> None:
    """Close a mailing whose last two deliveries were settled at the same moment."""
    with institution.transaction() as session:
        close_mailing(session, mailing_id)


def _all_settled() -> Select[int]:
    open_delivery = (
        select(Delivery.id)
        .where(
            Delivery.mailing_id == Mailing.id,
            Delivery.status.in_([DeliveryStatus.WAITING, DeliveryStatus.CLAIMED]),
        )
        .exists()
    )
    approved = Mailing.status.in_([MailingStatus.HOLDING, MailingStatus.SENDING])
    return select(Mailing.id).where(approved, ~open_delivery)

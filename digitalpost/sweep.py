"""What the rows say is due now. Jobs may be lost, doubled or late: this finds all of it again."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Select, and_, or_, select

from digitalpost.channels import remote_print
from digitalpost.channels.registry import limits_of
from digitalpost.db import Session, now
from digitalpost.deliveries.arrived import channels_with_receipts
from digitalpost.deliveries.channel_state import is_paused, is_shut
from digitalpost.deliveries.claim import may_be_claimed
from digitalpost.deliveries.limits import room_of
from digitalpost.deliveries.marks import stop_of
from digitalpost.deliveries.on_the_day import rechecks_due
from digitalpost.deliveries.settle import close_mailing
from digitalpost.deliveries.standing import hold_mailings
from digitalpost.incoming.lessons_due import lessons_due
from digitalpost.incoming.when import files_in_folder, filing_due, has_line, is_fetch_due
from digitalpost.institution import Institution
from digitalpost.mailings.rehearse import rehearsals_due
from digitalpost.models import (
    ChannelName,
    Delivery,
    DeliveryStatus,
    IncomingMessage,
    Mailing,
    MailingStatus,
    SigningTask,
)
from digitalpost.oversight.notices import media_due
from digitalpost.oversight.watch import is_due
from digitalpost.registers.rounds import mailings_to_ask_about
from digitalpost.settings import Settings
from digitalpost.signing.tasks import signings_due

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
        to_recheck = select(Mailing.id).where(rechecks_due(at)).limit(20)
        work += [("recheck_mailing", one) for one in session.scalars(to_recheck)]
        is_stopped = stop_of(session) is not None
        for channel in ChannelName:
            if is_shut(session, channel, at):
                continue
            to_send = may_be_claimed(channel, at)
            to_ask = and_(
                Delivery.channel == channel,
                Delivery.status == DeliveryStatus.ACCEPTED,
                Delivery.due_at <= at,
                or_(Delivery.lease_until.is_(None), Delivery.lease_until < at),
            )
            due = [("dispatch", to_send), ("poll_receipts", to_ask)]
            # Of what our own printer has, a person tells us.
            for task, condition in due[:1] if channel is ChannelName.LOCAL_PRINT else due:
                if task == "dispatch" and (is_stopped or is_paused(session, channel, at)):
                    continue
                if session.scalar(select(Delivery.id).where(condition).limit(1)) is None:
                    continue
                if task == "dispatch":
                    room = room_of(session, channel, limits_of(institution.settings, channel), at)
                    if room is not None and not room.letters:
                        continue
                work.append((task, channel.value))
        work += [("join_receipts", one.value) for one in channels_with_receipts(session, at)]
        work += _incoming_work(institution, session, at)
        work += [("close_mailing", one) for one in session.scalars(_all_settled().limit(20))]
        if session.scalar(select(SigningTask.id).where(signings_due(at)).limit(1)) is not None:
            work.append(("watch_signatures", "due"))
        if institution.settings.registers.any_is_set_up:
            to_ask_about = mailings_to_ask_about(at).limit(20)
            work += [("check_mailboxes", one) for one in session.scalars(to_ask_about)]
    return work + _work_in_folders(institution.settings, at)


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
        hold_mailings(session, [mailing_id])  # somebody may be sending letters of it again
        close_mailing(session, mailing_id)


def _incoming_work(institution: Institution, session: Session, at: datetime) -> list[Work]:
    """Mail that is to be fetched or filed, and people's routing that is to be learned from."""
    work: list[Work] = []
    if has_line(institution.settings) and is_fetch_due(session, ChannelName.DIGITAL_POST, at):
        work.append(("fetch_incoming", ChannelName.DIGITAL_POST.value))
    if session.scalar(select(IncomingMessage.id).where(filing_due(at)).limit(1)) is not None:
        work.append(("file_incoming", "due"))
    if lessons_due(session):
        work.append(("learn_routing", "due"))
    return work


def _work_in_folders(settings: Settings, at: datetime) -> list[Work]:
    """What others put into our folders. They may hang, so no transaction is open meanwhile."""
    work: list[Work] = []
    if remote_print.returned(settings.channels.remote_print):
        work.append(("note_returned", ChannelName.REMOTE_PRINT.value))
    if files_in_folder(settings, at):
        work.append(("take_in_folder", "due"))
    return work


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

"""Notices about alarms: claimed in one transaction, sent with none open, settled in another."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, or_, select, update
from sqlalchemy.orm import selectinload

from digitalpost.db import Session, change_rows, now
from digitalpost.errors import sentence_of
from digitalpost.institution import Institution
from digitalpost.models import AlarmNotice, NoticeMedium, NoticeStatus
from digitalpost.oversight.post import TIMEOUT, Notice, NotSent, send_mail, send_webhook
from digitalpost.settings import Settings

RETRY_FIRST = 30  # seconds; doubled each time
RETRY_MOST = 3600
_LEASE = timedelta(seconds=TIMEOUT * 10)  # longer than a slow mail server takes for all its steps
_AT_ONCE = 20


def media_due(session: Session, at: datetime) -> Iterator[NoticeMedium]:
    """The media on which something is to be sent now. One look at an index for each."""
    for medium in NoticeMedium:
        if session.scalar(select(AlarmNotice.id).where(_is_due(medium, at)).limit(1)) is not None:
            yield medium


def send_notices(institution: Institution, medium: NoticeMedium) -> int:
    """Send what is due on one medium. Returns how many went out.

    May be killed at any point and run twice at once: a notice whose sender died is sent again with
    the same message id, by which a mail program or the other side knows it.
    """
    sent = 0
    for _ in range(_AT_ONCE):
        owner = uuid.uuid4().hex
        with institution.transaction() as session:
            notice = _claim(session, medium, owner, institution.settings.institution_name)
        if notice is None:
            break
        problem = _send(institution.settings, medium, notice)
        with institution.transaction() as session:
            sent += _settle(session, owner, problem)
    return sent


def _is_due(medium: NoticeMedium, at: datetime) -> ColumnElement[bool]:
    return and_(
        AlarmNotice.medium == medium,
        or_(
            and_(AlarmNotice.status == NoticeStatus.WAITING, AlarmNotice.due_at <= at),
            and_(AlarmNotice.status == NoticeStatus.CLAIMED, AlarmNotice.lease_until < at),
        ),
    )


def _claim(
    session: Session, medium: NoticeMedium, owner: str, institution_name: str
) -> Notice | None:
    at = now()
    next_id = session.scalar(
        select(AlarmNotice.id)
        .where(_is_due(medium, at))
        .order_by(AlarmNotice.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    taken = next_id is not None and change_rows(
        session,
        update(AlarmNotice)
        .where(AlarmNotice.id == next_id, _is_due(medium, at))
        .values(
            status=NoticeStatus.CLAIMED,
            lease_owner=owner,
            lease_until=at + _LEASE,
            attempts=AlarmNotice.attempts + 1,
        ),
    )
    if not taken:
        return None
    row = session.scalars(
        select(AlarmNotice)
        .where(AlarmNotice.id == next_id)
        .options(selectinload(AlarmNotice.alarm))
        .execution_options(populate_existing=True)
    ).one()
    alarm = row.alarm
    return Notice(
        message_id=row.message_id,
        alarm_id=alarm.id,
        institution=institution_name,
        kind=alarm.kind.value,
        subject=alarm.subject,
        label=alarm.kind.label,
        what=str(sentence_of(alarm.what)),
        to_do=str(sentence_of(alarm.to_do)),
        opened_at=alarm.opened_at,
        closed_at=alarm.closed_at if row.is_closing else None,
    )


def _send(settings: Settings, medium: NoticeMedium, notice: Notice) -> str | None:
    """Why it did not go out; None when it did."""
    mail, webhook = settings.alarms.mail, settings.alarms.webhook
    try:
        if medium is NoticeMedium.MAIL and mail is not None:
            send_mail(mail, notice)
        elif medium is NoticeMedium.WEBHOOK and webhook is not None:
            send_webhook(webhook, notice, now())
        else:
            return "not set up"
    except NotSent as not_sent:
        return str(not_sent)
    except Exception as error:  # one that can't be built must not hold up the others
        return type(error).__name__
    return None


def _settle(session: Session, owner: str, problem: str | None) -> int:
    """Write down what became of the notice that ``owner`` holds; 1 when it went out."""
    notice = session.scalars(
        select(AlarmNotice)
        .where(AlarmNotice.lease_owner == owner, AlarmNotice.status == NoticeStatus.CLAIMED)
        .with_for_update()
    ).one_or_none()
    if notice is None:  # our lease ran out, and another took over
        return 0
    at = now()
    notice.lease_owner = notice.lease_until = None
    notice.problem = problem
    if problem is None:
        notice.status, notice.sent_at, notice.due_at = NoticeStatus.SENT, at, None
        return 1
    if at >= notice.give_up_at:
        notice.status, notice.due_at = NoticeStatus.FAILED, None
        return 0
    wait = min(RETRY_FIRST * 2 ** min(notice.attempts - 1, 10), RETRY_MOST)
    notice.status, notice.due_at = NoticeStatus.WAITING, at + timedelta(seconds=wait)
    return 0

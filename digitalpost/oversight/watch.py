"""Looking for what is wrong, once a minute: by a worker, or by the clock when no worker comes."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, or_, select, update

from digitalpost.db import Session, change_rows, insert_if_missing, now
from digitalpost.institution import Institution
from digitalpost.models import (
    AlarmKind,
    AttachmentStatus,
    ChannelName,
    Delivery,
    DeliveryStatus,
    Letter,
    Mailing,
    MailingAttachment,
    MailingStatus,
    Watch,
)
from digitalpost.oversight.alarms import bring_up_to_date
from digitalpost.oversight.certificates import read_certificates
from digitalpost.oversight.conditions import WORKERS_FOR, conditions
from digitalpost.oversight.incoming import incoming_conditions
from digitalpost.oversight.unowned_mail import without_owner

EVERY = timedelta(seconds=60)
LATE = timedelta(seconds=120)  # a look that no worker has taken for so long is the clock's
SILENT = timedelta(minutes=10)  # without a look for so long, nobody watches at all
_ROW = 1


def watch(institution: Institution, *, workers_silent_for: timedelta | None = None) -> bool:
    """Look once if it is time: take up what was forgotten, open and close alarms.

    ``workers_silent_for`` is None when a worker looks; the clock says how long none has. While the
    workers are away, and when they are only just back (the site was off over night), what stands
    still is not looked for: that is why. Two at once do no harm: the one who moves the time looks.
    Returns whether it was us.
    """
    at = now()
    certificates = read_certificates(institution.settings)
    with institution.transaction() as session:
        row = session.get(Watch, _ROW)
        worker_at = row.worker_at if row is not None else None
        if not _take(session, at, by_worker=workers_silent_for is None):
            return False
        take_up_forgotten(session, at)
    with_stuck = (
        workers_silent_for is None and worker_at is not None and at - worker_at < WORKERS_FOR
    )
    with institution.reading() as session:  # looking keeps nobody from writing
        found = conditions(
            session,
            at,
            certificates=certificates,
            workers_silent_for=workers_silent_for,
            with_stuck=with_stuck,
        )
        found += incoming_conditions(session, institution.settings, at)
        found += without_owner(session, at)
    left = frozenset() if with_stuck else frozenset({AlarmKind.LETTERS})
    with institution.transaction() as session:
        bring_up_to_date(session, found, institution.settings.alarms, at, not_looked_for=left)
    return True


def is_due(session: Session, at: datetime) -> bool:
    """Whether it is time to look again. One look at a key."""
    row = session.get(Watch, _ROW)
    return row is None or row.due_at <= at


def watch_when_no_worker_does(institution: Institution, *, since: datetime) -> bool:
    """The clock's own look: when workers have left it for `LATE`. Returns whether it looked.

    ``since`` is when this clock began: what lay there before does not count against the workers.
    """
    at = now()
    with institution.reading() as session:
        row = session.get(Watch, _ROW)
        due_at = row.due_at if row is not None else since
        worker_at = row.worker_at if row is not None else None
    if at - max(due_at, since) < LATE:
        return False
    return watch(institution, workers_silent_for=at - max(worker_at or since, since))


def silent_since(session: Session, at: datetime) -> datetime | None:
    """Since when nobody has looked, if that is too long; None while the watch is kept."""
    row = session.get(Watch, _ROW)
    if row is None or row.looked_at is None or row.looked_at > at - SILENT:
        return None
    return row.looked_at


def take_up_forgotten(session: Session, at: datetime) -> int:
    """Let the sweep find again what it can't see, where going on can do no harm.

    A claim without an end, a letter whose receipt has no time to be asked for, mended letters and
    files in a mailing that was not marked. What waits to be sent without a time is not sent: a
    person looks at it (the check NO_TIME). Returns how many rows it was.
    """
    claimed = and_(Delivery.status == DeliveryStatus.CLAIMED, Delivery.lease_until.is_(None))
    accepted = and_(
        Delivery.status == DeliveryStatus.ACCEPTED,
        Delivery.channel != ChannelName.LOCAL_PRINT,
        Delivery.due_at.is_(None),
    )
    files = select(MailingAttachment.id).where(
        MailingAttachment.mailing_id == Mailing.id,
        MailingAttachment.status == AttachmentStatus.WAITING,
    )
    letters = select(Letter.id).where(
        Letter.mailing_id == Mailing.id, Letter.mended_at.is_not(None)
    )
    unmarked = and_(
        Mailing.status == MailingStatus.REVIEW,
        Mailing.mended_at.is_(None),
        or_(files.exists(), letters.exists()),
    )
    return (
        change_rows(session, update(Delivery).where(claimed).values(lease_until=at))
        + change_rows(session, update(Delivery).where(accepted).values(due_at=at))
        + change_rows(session, update(Mailing).where(unmarked).values(mended_at=at))
    )


def _take(session: Session, at: datetime, *, by_worker: bool) -> bool:
    """Move the time of the next look; only one of several does."""
    insert_if_missing(session, Watch, id=_ROW, due_at=at)
    values: dict[str, Any] = {"due_at": at + EVERY, "looked_at": at}
    if by_worker:
        values["worker_at"] = at
    return bool(
        change_rows(
            session,
            update(Watch).where(Watch.id == _ROW, Watch.due_at <= at).values(**values),
        )
    )

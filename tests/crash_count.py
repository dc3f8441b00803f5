"""What both sides say when a site that was killed at has come to rest: us, and the far side."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from digitalpost.access import EVERYTHING
from digitalpost.documents import find_damaged
from digitalpost.events import verify
from digitalpost.institution import Institution
from digitalpost.mailings.books import balance
from digitalpost.models import ChannelName, Delivery, DeliveryStatus, Mailing


@dataclass
class Count:
    """What the two sides say at the end. Everything but ``letters`` and ``kills`` must be empty."""

    letters: int = 0
    kills: Counter[str] = field(default_factory=Counter)
    by_channel: Counter[str] = field(default_factory=Counter)
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    strange: list[str] = field(default_factory=list)
    unbalanced: list[int] = field(default_factory=list)
    open: int = 0
    damaged: int = 0
    broken_log: int = 0
    statuses: Counter[str] = field(default_factory=Counter)

    @property
    def is_right(self) -> bool:
        """Nothing lost, nothing doubled, and the books say so."""
        wrong = (self.lost, self.doubled, self.strange, self.unbalanced)
        return not any(wrong) and not (self.open or self.damaged or self.broken_log)


def count_both_sides(
    institution: Institution,
    mailings: Sequence[int],
    mailbox: Sequence[Mapping[str, Any]],
    printed: Sequence[Mapping[str, Any]],
    *,
    kills: Counter[str],
    open_: int,
) -> Count:
    """``mailbox`` and ``printed`` are what the sandbox got. Every recipient is written to once."""
    found = Count(kills=kills, open=open_)
    there = [one["message_id"] for one in (*mailbox, *printed)]
    with institution.session(EVERYTHING) as session:
        deliveries = session.scalars(sa.select(Delivery)).all()
        found.letters = len(deliveries)
        found.by_channel.update(one.channel.value for one in deliveries)
        found.statuses.update(one.status.value for one in deliveries)
        out = {one.message_id for one in deliveries if one.channel is not ChannelName.LOCAL_PRINT}
        found.lost = sorted(out - set(there))
        # SF1601 pushes its statuses, and nobody takes them at this site.
        told = [
            one
            for one in deliveries
            if (one.channel, one.status) == (ChannelName.SF1601, DeliveryStatus.ACCEPTED)
        ]
        done = (DeliveryStatus.DELIVERED, DeliveryStatus.PAPER)
        found.lost += [
            one.message_id for one in deliveries if one.status not in done and one not in told
        ]
        waiting = Counter(one.mailing_id for one in told)
        found.strange = sorted(set(there) - out)
        for mailing_id in mailings:
            books = balance(session, session.get_one(Mailing, mailing_id))
            if (
                not books.adds_up
                or books.heaps["failed"]
                or books.heaps["open"] != waiting[mailing_id]
            ):
                found.unbalanced.append(mailing_id)
        found.damaged = len(list(find_damaged(session)))
        found.broken_log = len(list(verify(session)))
    found.doubled = _twice([one["recipient"] for one in mailbox])
    found.doubled += _twice([one["sha256"] for one in (*mailbox, *printed)])
    return found


def _twice(names: Sequence[str]) -> list[str]:
    return [name for name, times in Counter(names).items() if times > 1]

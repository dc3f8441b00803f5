"""Fetching mail: list, store, acknowledge, take off the list. Whatever dies on the way, goes on.

The order is what counts (protocols/digital-post-rest.md section 4): a message is acknowledged only
after it is stored, and every step can be taken again from what the rows say. One poller at a time,
by a lease; two do no harm.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from time import monotonic

from digitalpost.channels.base import ChannelUnreachable
from digitalpost.channels.digital_post_receive import (
    CONNECTIONS,
    DigitalPostReceiver,
    Told,
)
from digitalpost.db import now
from digitalpost.errors import Refused, Sentence
from digitalpost.incoming.fetch_state import FetchLease, LeaseLost
from digitalpost.incoming.store import Prepared, known, prepare, write_down
from digitalpost.incoming.telling import (
    ToTell,
    note_listed_again,
    note_removed,
    note_told,
    to_tell,
)
from digitalpost.incoming.when import has_line
from digitalpost.institution import Institution
from digitalpost.models import ChannelName

log = logging.getLogger(__name__)

LONGEST = 600.0  # seconds of one fetch; the next one goes on
BATCH = 16  # messages that are under way together
_AGAIN = timedelta(minutes=5)  # after a fetch that failed, where no time is set
_NEVER = timedelta(days=3650)
_OWN_FAULT = Sentence(
    "Posten kan ikke hentes: certifikatet kan ikke læses, eller disken er fuld. Giv besked til "
    "den, der driver DigitalPost."
)
_STRANGE_IDS = Sentence(
    "Digital Post har meddelelser med et id, programmet ikke kender. De er ikke hentet. Giv besked "
    "til den, der driver DigitalPost."
)


@dataclass
class Fetched:
    """What came of one fetch."""

    stored: list[int] = field(default_factory=list)  # ids of the messages that are new
    duplicates: int = 0  # listed, but stored before
    unreadable: int = 0  # of those that are new
    waiting: int = 0  # still at the channel
    problem: Sentence | None = None  # why not all was fetched
    is_busy: bool = False  # somebody else is fetching: nothing was done


def fetch_due(
    institution: Institution, *, longest: float = LONGEST, at_once: bool = False
) -> Fetched:
    """Fetch all that waits in Digital Post, oldest first. ``at_once``: also before it is due.

    Where mail is only pushed to us (INCOMING_EVERY is 0), only receipts are given. Stops at the
    first answer that says *not now*: the sentence is in ``problem``, and what was stored stays
    stored. Raises `Refused` when there is no line to fetch by.
    """
    settings = institution.settings
    if not has_line(institution.settings):
        raise Refused(
            "Der er ingen forbindelse til at hente post. En administrator skal sætte den op."
        )
    lease = FetchLease(institution, ChannelName.DIGITAL_POST, uuid.uuid4().hex)
    if not lease.take(at_once=at_once):
        return Fetched(is_busy=True)
    found = Fetched()
    every = timedelta(seconds=settings.incoming.every)
    only_tell = not every and not at_once
    try:
        is_empty = _fetch(institution, lease, found, only_tell=only_tell, longest=longest)
        due_at = now() + (every or _NEVER) if is_empty else now()
        lease.give_up(due_at=due_at, waiting=found.waiting, is_done=is_empty, problem=found.problem)
    except LeaseLost:
        found.is_busy = True
    except (ChannelUnreachable, Refused, OSError) as error:
        found.problem, wait = _why(error)
        with suppress(LeaseLost):
            lease.give_up(due_at=now() + max(every or _AGAIN, wait), problem=found.problem)
    return found


def _fetch(
    institution: Institution, lease: FetchLease, found: Fetched, *, only_tell: bool, longest: float
) -> bool:
    """Fetch, and say whether nothing is left. Raises what stopped it."""
    settings = institution.settings
    receiver = DigitalPostReceiver(
        settings.channels.digital_post, max_bytes=settings.incoming.max_bytes
    )
    try:
        with ThreadPoolExecutor(CONNECTIONS, thread_name_prefix="fetch") as threads:
            run = _Run(institution, lease, receiver, threads, found, monotonic() + longest)
            run.tell()  # of what the last fetch left
            return only_tell or run.everything()
    finally:
        receiver.close()


def _why(error: ChannelUnreachable | Refused | OSError) -> tuple[Sentence, timedelta]:
    """What stopped the fetch, and how long Digital Post wants to be left alone."""
    if isinstance(error, ChannelUnreachable):
        said = error.outcome.sentence or Sentence("Digital Post svarer ikke lige nu.")
        return said, timedelta(seconds=error.outcome.retry_after or 0)
    if isinstance(error, Refused):  # there is no unit yet that the mail can come to
        return error.sentences[0], timedelta(0)
    log.error("Mail could not be fetched: %s", type(error).__name__)
    return _OWN_FAULT, timedelta(0)


@dataclass
class _Run:
    """One fetch, with what it needs."""

    institution: Institution
    lease: FetchLease
    receiver: DigitalPostReceiver
    threads: ThreadPoolExecutor
    found: Fetched
    end: float

    def everything(self) -> bool:
        """The list, until it is empty; False when time ran out."""
        seen: set[str] = set()
        page = 0
        while True:
            listed = self.receiver.list(page)
            new = [one for one in dict.fromkeys(listed.ids) if one not in seen]
            self.found.duplicates += len(listed.ids) - len(set(listed.ids))
            self.found.waiting = listed.total
            if listed.strange:
                self.found.problem = _STRANGE_IDS
            if not new and listed.is_last:
                return True
            if not new:  # all on this page stay where they are: those that nobody can read
                page += 1
                continue
            for at in range(0, len(new), BATCH):
                if monotonic() > self.end:
                    return False
                self._take(new[at : at + BATCH])
            seen.update(new)

    def _take(self, ids: Sequence[str]) -> None:
        """Store some messages, then acknowledge and remove them and those that were known."""
        before = known(self.institution, ids)
        note_listed_again(self.institution, before)
        self.found.duplicates += len(before)
        wanted = [one for one in ids if one not in before]
        calls = [self.threads.submit(self._prepare, one) for one in wanted]
        failures = [error for one in calls if (error := one.exception()) is not None]
        made = [one.result() for one in calls if one.exception() is None]
        prepared = [one for one in made if one is not None]
        self.found.unreadable += sum(one.problem is not None for one in prepared)
        if prepared:
            stored = write_down(self.institution, prepared, self.receiver.name)
            self.found.stored += [one for one in stored.values() if one is not None]
            self.found.duplicates += sum(one is None for one in stored.values())
        if failures:  # what did come is stored all the same
            raise failures[0]
        self.lease.renew()
        self.tell(ids)

    def _prepare(self, message_uuid: str) -> Prepared | None:
        """Download one message and put its bytes; None when it is not there any more."""
        file = self.receiver.download(message_uuid)
        if file is None:
            return None
        with file:
            return prepare(self.institution, file, message_uuid)

    def tell(self, ids: Sequence[str] | None = None) -> None:
        """Give receipts for what is stored and take it off the list; ``ids``: of those only."""
        while waiting := to_tell(self.institution, self.receiver.name, ids, most=BATCH * 4):
            untold = [one for one in waiting if not one.is_told]
            answers = self._each(
                untold,
                lambda one: self.receiver.acknowledge(
                    one.message_uuid, is_readable=one.is_readable
                ),
            )
            refused = {one.id for one, told in answers.items() if told is Told.REFUSED}
            note_told(self.institution, [one.id for one in answers if one.id not in refused])
            removable = [one for one in waiting if one.id not in refused]
            answers = self._each(removable, lambda one: self.receiver.remove(one.message_uuid))
            gone = [one.id for one, told in answers.items() if told is not Told.REFUSED]
            note_removed(self.institution, gone)
            self.lease.renew()
            if len(gone) < len(waiting):
                log.warning("Digital Post refused %d receipts", len(waiting) - len(gone))
                return

    def _each(self, some: Sequence[ToTell], call: Callable[[ToTell], Told]) -> dict[ToTell, Told]:
        """What the channel said for each; stops at the first that it gives no answer to."""
        calls = [self.threads.submit(call, one) for one in some]
        return {one: made.result() for one, made in zip(some, calls, strict=True)}

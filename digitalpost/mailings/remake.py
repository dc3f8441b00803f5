"""Making mended letters again: only their pages are read, cut, cleaned and proved anew.

One worker at a time holds the mailing by a lease. A letter that is mended while it is made stays
to be made: what was made of its old pages is thrown away. Killed anywhere, the rows still say which
letters wait, and the next run sweeps the objects that no row knows.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import groupby
from pathlib import Path

from sqlalchemy import select, update
from sqlalchemy.orm import selectinload

from digitalpost.db import change_rows, lock
from digitalpost.errors import Damaged, Refused, Sentence
from digitalpost.identifiers import Identifier
from digitalpost.institution import Institution
from digitalpost.mailings.addressees import known_numbers, make_recipients, names_in
from digitalpost.mailings.drafts import put_finished
from digitalpost.mailings.judge import find_owner, judge_owner
from digitalpost.mailings.lease import Lease, LeaseLost
from digitalpost.mailings.prepare import ATTEMPTS
from digitalpost.mailings.quiet import quiet_folder
from digitalpost.mailings.split import SplitLetter, identifier_of, proposed_names, to_remove
from digitalpost.mailings.work import (
    StoreSink,
    Work,
    read_work,
    sweep_unknown,
    sweep_unwritten,
)
from digitalpost.models import Letter, Mailing, MailingStatus
from digitalpost.pdf.finish import FinishedLetter
from digitalpost.pdf.orders import make_order
from digitalpost.pdf.pool import Workers, prepare_letters, read_some
from digitalpost.pdf.read import PageReading
from digitalpost.pdf.recipients import letterhead_numbers
from digitalpost.registers.recipients import number_of
from digitalpost.storage import StoredObject

# So many pages from the start of the file tell which company number is only the letterhead.
LETTERHEAD_PAGES = 40
_GAVE_UP = (
    "Brevet kunne ikke laves igen, selv om vi prøvede flere gange. "
    "Tag det ud, eller lav PDF-filen igen fra det oprindelige dokument."
)


@dataclass(frozen=True)
class Unfinished:
    """A letter that waits to be made; ``mended_at`` tells whether it is still the same."""

    id: int
    mended_at: datetime
    source_id: int
    pages: tuple[int, ...]
    is_chosen: bool
    name: str = field(repr=False)
    recipient_id: int | None
    recipient: Identifier | None


def finish_letters(institution: Institution, mailing_id: int, *, owner: str | None = None) -> bool:
    """Make all mended letters of a mailing in review again. False: nothing to do, or not ours.

    Safe to call at any time, any number of times, from any number of workers.
    """
    with institution.reading() as session:
        mailing = session.get(Mailing, mailing_id)
        if mailing is None or mailing.mended_at is None:
            return False
    lease = Lease(institution, mailing_id, owner or uuid.uuid4().hex, during=MailingStatus.REVIEW)
    if not lease.take():
        return False
    try:
        with lease.kept_alive(), quiet_folder() as folder:
            work = read_work(institution, mailing_id)
            sweep_unknown(institution, lease, work)
            if work.attempts > ATTEMPTS:
                _give_up(institution, lease, mailing_id, Sentence(_GAVE_UP, code="gave_up"))
            while not _is_done(institution, lease, mailing_id):
                try:
                    _Remaking(institution, lease, work, folder).run()
                except (Refused, Damaged) as error:
                    why = error.sentences[0] if isinstance(error, Refused) else Sentence(str(error))
                    _give_up(institution, lease, mailing_id, why)
    except LeaseLost:
        sweep_unwritten(institution, mailing_id)
        return False
    return True


class _Remaking:
    """One round over the letters that wait."""

    def __init__(self, institution: Institution, lease: Lease, work: Work, folder: Path) -> None:
        self.institution = institution
        self.lease = lease
        self.work = work
        self.folder = folder
        self.known = known_numbers(institution)

    def run(self) -> None:
        """Every letter that waits now, file by file."""
        waiting = _unfinished(self.institution, self.work.mailing_id)
        sources = {source.id: source for source in self.work.sources}
        with Workers(self.institution.settings.processes) as workers:
            for source_id, letters in groupby(waiting, lambda letter: letter.source_id):
                source = sources[source_id]
                path = self.folder / f"{source.id}.pdf"
                path.write_bytes(
                    self.institution.store.get(source.path, source.content_key, source.sha256)
                )
                self._remake(path, source.pages, list(letters), workers)
                path.unlink()

    def _remake(
        self, path: Path, pages: int, letters: Sequence[Unfinished], workers: Workers
    ) -> None:
        wanted = {page for letter in letters for page in letter.pages}
        if any(letter.recipient is None for letter in letters):
            wanted |= set(range(1, min(pages, LETTERHEAD_PAGES) + 1))
        readings = read_some(path, sorted(wanted), workers=workers)
        self.lease.require()
        ours = self.institution.settings.own_cvr | letterhead_numbers(
            [readings[page] for page in sorted(wanted)], self.known
        )
        splits = [
            self._judge(index, letter, [readings[page] for page in letter.pages], ours)
            for index, letter in enumerate(letters)
        ]
        sink = StoreSink(self.institution.store, self.work.folder)
        made: list[FinishedLetter[StoredObject]] = []
        for finished in prepare_letters(
            path, [split.order for split in splits], workers=workers, sink=sink
        ):
            made.append(finished)
            self.lease.require()
        self.institution.store.make_durable()
        found = [
            split.recipient
            for letter, split in zip(letters, splits, strict=True)
            if split.recipient is not None and letter.recipient_id is None
        ]
        recipients = make_recipients(
            self.institution, found, unit_id=self.work.unit_id, names=proposed_names(splits)
        )
        for finished in made:
            letter, split = letters[finished.index], splits[finished.index]
            owner = None
            if letter.recipient_id is not None:
                owner = (letter.recipient_id, letter.name)
            elif split.recipient is not None:
                owner = recipients[split.recipient]
            self._write(letter, split, finished, owner)

    def _judge(
        self,
        index: int,
        letter: Unfinished,
        readings: Sequence[PageReading],
        own_cvr: frozenset[str],
    ) -> SplitLetter:
        keep, owner = self.work.keep_numbers, letter.recipient
        if owner is None:
            names = names_in(self.institution, readings)
            planned = find_owner(readings, own_cvr, self.known, names)
            owner = identifier_of(planned.kind, planned.number)
            verdict, reasons = planned.verdict, planned.reasons
        else:
            planned = None
            verdict, reasons = judge_owner(
                owner, readings, keep, own_cvr, is_chosen=letter.is_chosen
            )
        order = make_order(
            index,
            tuple(readings),
            to_remove(owner, keep),
            self.work.title,
            every_number=self.work.every_number and not keep,
        )
        split = SplitLetter(order, owner, verdict, reasons)
        if planned is None:
            return split
        return replace(split, agreed=planned.agreed, proposed_name=planned.proposed_name)

    def _write(
        self,
        letter: Unfinished,
        split: SplitLetter,
        finished: FinishedLetter[StoredObject],
        owner: tuple[int, str] | None,
    ) -> None:
        """The letter as it was made, unless it was mended again meanwhile."""
        with self.institution.transaction() as session:
            self.lease.hold(session)
            draft = session.get(Letter, letter.id, with_for_update=True)
            if draft is not None and draft.mended_at == letter.mended_at:
                put_finished(
                    session,
                    self.work,
                    draft,
                    finished,
                    letter=split,
                    recipient=owner,
                    max_bytes=self.institution.settings.eboks.max_bytes,
                )
                draft.mended_at = None
                return
        if finished.stored is not None:
            self.institution.store.delete([finished.stored.path])


def _unfinished(institution: Institution, mailing_id: int) -> list[Unfinished]:
    with institution.reading() as session:
        letters = session.scalars(
            select(Letter)
            .where(Letter.mailing_id == mailing_id, Letter.mended_at.is_not(None))
            .order_by(Letter.source_id, Letter.id)
            .options(selectinload(Letter.recipient))
        )
        return [
            Unfinished(
                id=letter.id,
                mended_at=letter.mended_at,
                source_id=letter.source_id,
                pages=tuple(letter.pages),
                is_chosen=letter.recipient_chosen_at is not None,
                name=letter.recipient_name,
                recipient_id=letter.recipient_id,
                recipient=number_of(session.vault, letter.recipient) if letter.recipient else None,
            )
            for letter in letters
            if letter.mended_at is not None and letter.source_id is not None
        ]


def _is_done(institution: Institution, lease: Lease, mailing_id: int) -> bool:
    """Give the mailing back if no letter waits any more; mends after that find it free."""
    with institution.transaction() as session:
        mailing = session.get_one(Mailing, mailing_id)
        lock(session, mailing)
        if mailing.lease_owner != lease.owner or mailing.status is not MailingStatus.REVIEW:
            raise LeaseLost
        waits = select(Letter.id).where(
            Letter.mailing_id == mailing_id, Letter.mended_at.is_not(None)
        )
        if session.scalar(waits.limit(1)) is not None:
            return False
        mailing.mended_at = None
        mailing.registers_due_at = None  # letters may have got other recipients
        mailing.lease_owner = mailing.lease_until = None
        return True


def _give_up(institution: Institution, lease: Lease, mailing_id: int, why: Sentence) -> None:
    """Letters that can't be made stay red and say so; the rest of the mailing goes on."""
    with institution.transaction() as session:
        lease.hold(session)
        change_rows(
            session,
            update(Letter)
            .where(Letter.mailing_id == mailing_id, Letter.mended_at.is_not(None))
            .values(mended_at=None, reasons=[why.as_json()]),
        )

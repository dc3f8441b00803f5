"""Making mended letters again: only their pages are read, cut, cleaned and proved anew.

One worker at a time holds the mailing by a lease. A letter that is mended while it is made stays
to be made: what was made of its old pages is thrown away. Killed anywhere, the rows still say which
letters wait, and the next run sweeps the objects that no row knows.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from itertools import groupby, islice
from pathlib import Path

from sqlalchemy import select

from digitalpost.db import lock
from digitalpost.errors import Damaged, Refused, Sentence, sentence_of
from digitalpost.institution import Institution
from digitalpost.mailings.addressees import known_numbers, make_recipients, names_in
from digitalpost.mailings.appendices import Appendices
from digitalpost.mailings.attached import give_up_waiting, is_being_made_ready, settle
from digitalpost.mailings.attachment_intake import sweep_abandoned
from digitalpost.mailings.attachment_ready import make_attachments_ready
from digitalpost.mailings.drafts import put_finished
from digitalpost.mailings.judge import find_owner, judge_owner
from digitalpost.mailings.lease import Lease, LeaseLost
from digitalpost.mailings.prepare import ATTEMPTS
from digitalpost.mailings.quiet import quiet_folder
from digitalpost.mailings.split import (
    SplitLetter,
    identifier_of,
    proposed_names,
    to_remove,
    with_second_looks,
)
from digitalpost.mailings.unfinished import Unfinished, unfinished_letters
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
from digitalpost.pdf.tesseract import find_tesseract
from digitalpost.registers.rounds import ask_registers_again
from digitalpost.storage import StoredObject
from digitalpost.verdict import Verdict

# So many pages from the start of the file tell which company number is only the letterhead.
LETTERHEAD_PAGES = 40
LETTERS_AT_A_TIME = 200  # what is made for them lies in memory till they are written down
_GAVE_UP = (
    "Brevet kunne ikke laves igen, selv om vi prøvede flere gange. "
    "Tag det ud, eller lav PDF-filen igen fra det oprindelige dokument."
)


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
            sweep_abandoned(institution, work.folder)
            if work.attempts > ATTEMPTS:
                _give_up(institution, lease, mailing_id, Sentence(_GAVE_UP, code="gave_up"))
            while not _is_done(institution, lease, mailing_id):
                try:
                    make_attachments_ready(institution, lease, work, folder)
                    _Remaking(institution, lease, work, folder).run()
                    sweep_unknown(institution, lease, work)
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
        waiting = unfinished_letters(self.institution, self.work.mailing_id)
        sources = {source.id: source for source in self.work.sources}
        if not waiting:
            return
        with Workers(self.institution.settings.processes) as workers:
            appendices = Appendices(self.institution, self.work, self.folder, workers)
            for source_id, letters in groupby(waiting, lambda letter: letter.source_id):
                source = sources[source_id]
                path = self.folder / f"{source.id}.pdf"
                store, key = self.institution.store, source.content_key
                store.get_file(source.path, key, source.sha256, path)
                while part := list(islice(letters, LETTERS_AT_A_TIME)):
                    self._remake(path, source.pages, part, appendices)
                path.unlink()

    def _remake(
        self, path: Path, pages: int, letters: Sequence[Unfinished], appendices: Appendices
    ) -> None:
        workers = appendices.workers
        wanted = {page for letter in letters for page in letter.pages}
        if any(letter.recipient is None for letter in letters):
            wanted |= set(range(1, min(pages, LETTERHEAD_PAGES) + 1))
        ocr = find_tesseract(self.institution.settings.ocr)
        readings = read_some(path, sorted(wanted), workers=workers, ocr=ocr)
        self.lease.require()
        ours = self.institution.settings.own_cvr | letterhead_numbers(
            [readings[page] for page in sorted(wanted)], self.known
        )
        splits = with_second_looks(
            self._judge(index, letter, [readings[page] for page in letter.pages], ours)
            for index, letter in enumerate(letters)
        )
        splits = [
            appendices.put_behind(letter.id, split)
            for letter, split in zip(letters, splits, strict=True)
        ]
        sink = StoreSink(self.institution.store, self.work.folder)
        made: list[FinishedLetter[StoredObject]] = []
        for finished in prepare_letters(
            path, [split.order for split in splits], workers=workers, sink=sink
        ):
            made.append(finished)
            self.lease.require()
        appendices.forget(splits)
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
        agreed: tuple[str, ...] = ()
        proposed_name = ""
        if letter.judged is not None:
            verdict = Verdict(letter.judged["verdict"])
            reasons = tuple(sentence_of(one) for one in letter.judged["reasons"])
            agreed = tuple(letter.judged["witnesses"])
        elif owner is None:
            names = names_in(self.institution, readings)
            planned = find_owner(readings, own_cvr, self.known, names)
            owner = identifier_of(planned.kind, planned.number)
            verdict, reasons = planned.verdict, planned.reasons
            agreed, proposed_name = planned.agreed, planned.proposed_name
        else:
            names = {owner.number: letter.name} if letter.name else {}
            names |= names_in(self.institution, readings)
            verdict, reasons, agreed = judge_owner(
                owner, readings, keep, own_cvr, is_chosen=letter.is_chosen, names=names
            )
        order = make_order(
            index,
            tuple(readings),
            to_remove(owner, keep),
            self.work.title,
            every_number=self.work.every_number and not keep,
        )
        return SplitLetter(order, owner, verdict, reasons, agreed, proposed_name)

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


def _is_done(institution: Institution, lease: Lease, mailing_id: int) -> bool:
    """Give the mailing back if no letter waits any more; mends after that find it free."""
    with institution.transaction() as session:
        mailing = session.get_one(Mailing, mailing_id)
        lock(session, mailing)
        if mailing.lease_owner != lease.owner or mailing.status is not MailingStatus.REVIEW:
            raise LeaseLost
        settle(session, mailing)
        if is_being_made_ready(session, mailing):
            return False
        waits = select(Letter.id).where(
            Letter.mailing_id == mailing_id, Letter.mended_at.is_not(None)
        )
        if session.scalar(waits.limit(1)) is not None:
            return False
        mailing.mended_at = None
        mailing.registers_due_at = None  # letters may have got other recipients
        mailing.lease_owner = mailing.lease_until = None
        ask_registers_again(session, mailing.id)  # somebody may be its recipient now who was not
        return True


def _give_up(institution: Institution, lease: Lease, mailing_id: int, why: Sentence) -> None:
    """Letters that can't be made stay red and say so; the rest of the mailing goes on."""
    with institution.transaction() as session:
        lease.hold(session)
        give_up_waiting(session, mailing_id, why)
        waits = (Letter.mailing_id == mailing_id, Letter.mended_at.is_not(None))
        for letter in session.scalars(select(Letter).where(*waits)).all():
            letter.mended_at, letter.reasons = None, [why.as_json()]
            letter.parts = letter.judged = None
            before, letter.document = letter.document, None
            if before is not None:
                session.flush()
                session.delete(before)

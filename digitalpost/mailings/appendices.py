"""Attachments made clean to stand behind letters: numbers out, proved, and judged like a letter.

An individual one is made for its letter; a common one once, without any CPR number, for all.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from sqlalchemy import select

from digitalpost.documents import content_key
from digitalpost.errors import Damaged, Sentence
from digitalpost.identifiers import Identifier
from digitalpost.institution import Institution
from digitalpost.mailings.attached import letters_by_number
from digitalpost.mailings.attachment_intake import number_key
from digitalpost.mailings.parts import Behind
from digitalpost.mailings.split import SplitLetter, to_remove
from digitalpost.mailings.work import Work
from digitalpost.models import AttachmentStatus, MailingAttachment
from digitalpost.pdf.clean import CleanPage
from digitalpost.pdf.numbers import NumberKind
from digitalpost.pdf.orders import Appendix, LetterOrder, make_order
from digitalpost.pdf.owners import describe_ocr, describe_unreadable
from digitalpost.pdf.pool import Workers, prepare_letters, read_pages
from digitalpost.pdf.read import PageReading
from digitalpost.pdf.tesseract import find_tesseract
from digitalpost.verdict import Verdict

_MOST_PAGES = 8  # that a sentence names
_OTHERS = (
    "Bilaget har en anden persons CPR-nummer på side %(pages)s. Tjek, at det hører til brevet."
)
_MAYBE = "Bilaget har ti cifre på side %(pages)s, der måske er et CPR-nummer. Se bilaget igennem."


@dataclass(frozen=True)
class _File:
    """An attachment that is ready, with what is needed to read it back."""

    id: int
    title: str
    is_common: bool
    pages: int
    path: str
    sha256: str
    content_key: bytes = field(repr=False)


@dataclass(frozen=True)
class _FileSink:
    """Keeps a finished file where the letters are made, from inside a child process."""

    path: Path

    def __call__(self, finished: bytes) -> Path:
        self.path.write_bytes(finished)
        return self.path


class Appendices:
    """The attachments of one mailing in one round of making letters. Common ones are made once."""

    def __init__(
        self, institution: Institution, work: Work, folder: Path, workers: Workers
    ) -> None:
        self.institution = institution
        self.work = work
        self.folder = folder
        self.workers = workers
        self._common: list[_File] = []
        self._own: dict[int, list[_File]] = defaultdict(list)
        self._places: dict[int, int] = {}
        self._made: dict[int, Behind] = {}
        self._recipients: frozenset[str] = frozenset()
        self._read_rows()

    def put_behind(self, letter_id: int, letter: SplitLetter) -> SplitLetter:
        """The letter with its attachments, in their order. They are made in the children now."""
        files = sorted([*self._common, *self._own[letter_id]], key=lambda one: self._places[one.id])
        if not files:
            return letter
        behind = tuple(self._behind(file, letter.recipient) for file in files)
        appendices = tuple(one.appendix for one in behind if one.appendix is not None)
        return replace(letter, order=replace(letter.order, appendices=appendices), behind=behind)

    def forget(self, letters: Sequence[SplitLetter]) -> None:
        """The letters are made: what was made for them alone takes no more room."""
        common = {one.appendix.path for one in self._made.values() if one.appendix is not None}
        for letter in letters:
            for appendix in letter.order.appendices:
                if appendix.path not in common:
                    appendix.path.unlink(missing_ok=True)

    def _behind(self, file: _File, recipient: Identifier | None) -> Behind:
        if not file.is_common:
            return self._make(file, recipient)
        if file.id not in self._made:
            self._made[file.id] = self._make(file, None)
        return self._made[file.id]

    def _make(self, file: _File, recipient: Identifier | None) -> Behind:
        source, target = self.folder / f"bilag-{file.id}.pdf", self.folder / f"rent-{file.id}.pdf"
        try:
            self.institution.store.get_file(file.path, file.content_key, file.sha256, source)
        except Damaged as damaged:  # or removed just now: the letter is then made once more
            lost = _about(file, Sentence(str(damaged)))
            return Behind(file.id, file.title, file.pages, None, Verdict.RED, (lost,))
        ocr = find_tesseract(self.institution.settings.ocr)
        readings = read_pages(source, file.pages, workers=self.workers, ocr=ocr)
        order = self._order(file, readings, recipient)
        [finished] = prepare_letters(source, [order], workers=self.workers, sink=_FileSink(target))
        source.unlink()
        verdict, reasons = self._judge(file, readings, recipient)
        if finished.problem is not None or finished.proof is None:
            told = [_about(file, finished.problem)] if finished.problem is not None else []
            target.unlink(missing_ok=True)
            return Behind(file.id, file.title, file.pages, None, Verdict.RED, (*told, *reasons))
        again = read_pages(target, file.pages, workers=self.workers)
        pages = tuple(
            CleanPage(one.page, 0, one.content, None if one.traces.replaced else one.mark)
            for one in again
        )
        return Behind(
            file.id,
            file.title,
            file.pages,
            Appendix(target, file.title, pages),
            verdict,
            tuple(reasons),
            sum(times for _, times in finished.removed),
            finished.proof.as_json(),
        )

    def _order(
        self, file: _File, readings: Sequence[PageReading], recipient: Identifier | None
    ) -> LetterOrder:
        """What is taken out: the recipient's number of an individual one, all of a common one."""
        keep = self.work.keep_numbers
        every = (file.is_common or self.work.every_number) and not keep
        number = to_remove(recipient, keep)
        order = make_order(0, tuple(readings), number, file.title, every_number=every)
        if not file.is_common or keep:
            return order
        bare = {loose.number for reading in readings for loose in reading.loose}
        with self.institution.reading() as session:
            known = {one for one in bare if number_key(session, "cpr", one) in self._recipients}
        return replace(order, also=(*order.also, *sorted(known - set(order.also))))

    def _judge(
        self, file: _File, readings: Sequence[PageReading], recipient: Identifier | None
    ) -> tuple[Verdict, list[Sentence]]:
        """What the pages of an attachment say against sending it with this letter."""
        verdict, reasons = Verdict.GREEN, []
        own = recipient.number if recipient is not None else ""
        others = [
            reading.page
            for reading in readings
            if any(hit.kind is NumberKind.CPR and hit.number != own for hit in reading.numbers)
        ]
        maybe = [
            reading.page
            for reading in readings
            if any(loose.suspicious and loose.number != own for loose in reading.loose)
        ]
        for code, text, pages in (("other_number", _OTHERS, others), ("maybe", _MAYBE, maybe)):
            if pages and not file.is_common:
                reasons.append(_about(file, Sentence(text, {"pages": _named(pages)}, code=code)))
                verdict = Verdict.YELLOW
        for reading in readings:
            unreadable = describe_unreadable(reading)
            if unreadable is not None:
                reasons.append(_about(file, unreadable))
                stops = Verdict.YELLOW if self.work.keep_numbers else Verdict.RED
                verdict = max(verdict, stops, key=lambda one: one.risk)
        recognised = describe_ocr(readings)
        if recognised is not None:
            reasons.append(_about(file, recognised))
            verdict = max(verdict, Verdict.YELLOW, key=lambda one: one.risk)
        return verdict, reasons

    def _read_rows(self) -> None:
        with self.institution.reading() as session:
            rows = session.scalars(
                select(MailingAttachment)
                .where(
                    MailingAttachment.mailing_id == self.work.mailing_id,
                    MailingAttachment.status == AttachmentStatus.READY,
                )
                .order_by(MailingAttachment.position, MailingAttachment.id)
            ).all()
            for place, row in enumerate(rows):
                if row.document is None or not (row.is_common or row.letter_id):
                    continue
                file = _File(
                    row.id,
                    row.title,
                    row.is_common,
                    row.pages,
                    row.document.path,
                    row.document.sha256,
                    content_key(session, row.document),
                )
                self._places[row.id] = place
                if row.is_common:
                    self._common.append(file)
                elif row.letter_id is not None:
                    self._own[row.letter_id].append(file)
            if self._common:
                by_number, _ = letters_by_number(session, self.work.mailing_id)
                self._recipients = frozenset(by_number)


def _about(file: _File, one: Sentence) -> Sentence:
    return Sentence(one.text, one.values, one.page, file.title, one.code)


def _named(pages: Sequence[int]) -> str:
    more = " …" if len(pages) > _MOST_PAGES else ""
    return ", ".join(map(str, pages[:_MOST_PAGES])) + more

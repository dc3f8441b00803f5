"""Deciding whose letter each page is. Nothing is guessed: what is not certain stops the letter.

Pure functions over page readings. Every page of the file ends in exactly one letter or is left
out with a reason (design.md invariant 3).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from digitalpost.errors import Sentence
from digitalpost.identifiers import cpr_checks
from digitalpost.pdf.numbers import NumberKind
from digitalpost.pdf.read import PageProblem, PageReading
from digitalpost.pdf.recipients import Recipient, WeighedPage, labels_are_rare, weigh
from digitalpost.verdict import Verdict

_UNREADABLE = {
    PageProblem.NO_TEXT: (
        "Side %(page)s har ingen tekst, der kan læses (fx en scanning), og tekstgenkendelse (OCR) "
        "er ikke installeret eller er slået fra. "
        "Se siden igennem, eller send en fil, hvor teksten kan markeres."
    ),
    PageProblem.UNMAPPED: (
        "Teksten på side %(page)s kan ikke læses, fordi skrifttypen ikke siger, hvad tegnene er, "
        "og tekstgenkendelse (OCR) er ikke installeret eller er slået fra. "
        "Lav PDF-filen igen fra det oprindelige dokument."
    ),
    PageProblem.PICTURE: (
        "Side %(page)s er en scanning. Det, der står i billedet, kan hverken læses eller fjernes, "
        "fordi tekstgenkendelse (OCR) ikke er installeret eller er slået fra. "
        "Send en fil, der ikke er scannet, eller send brevet på papir."
    ),
    PageProblem.UNSURE: (
        "Side %(page)s er scannet, og tekstgenkendelsen kan ikke læse den med sikkerhed. "
        "Scan den igen, lige og med 300 dpi, eller send brevet på papir."
    ),
    PageProblem.BROKEN: (
        "Side %(page)s er beskadiget og kan ikke læses. "
        "Lav PDF-filen igen fra det oprindelige dokument."
    ),
    PageProblem.TOO_SLOW: (
        "Side %(page)s tog for lang tid at læse. Lav PDF-filen igen fra det oprindelige dokument."
    ),
    PageProblem.HEAVY: (
        "Side %(page)s er for tung til et brev: der er alt for meget på den, eller billederne er "
        "alt for store. Lav PDF-filen igen med mindre på siden."
    ),
}


@dataclass(frozen=True)
class PlannedLetter:
    """One letter: source pages from 1, and the recipient's number where it is certain.

    ``kind`` is "cpr", "cvr" or "replacement"; ``number`` and ``kind`` are None when nobody can be
    named. ``reasons`` say why it is not green, or what to notice when it is. ``agreed`` names the
    witnesses that confirm the owner, ``proposed_name`` is the name that a new recipient may get.
    """

    pages: tuple[int, ...]
    number: str | None
    kind: NumberKind | None
    verdict: Verdict
    reasons: tuple[Sentence, ...] = ()
    agreed: tuple[str, ...] = ()
    proposed_name: str = ""

    def __repr__(self) -> str:
        return f"PlannedLetter(pages={self.pages}, kind={self.kind}, verdict={self.verdict.value})"


@dataclass(frozen=True)
class Plan:
    """All letters of a file, the pages left out with a reason, and errors about the whole file."""

    letters: tuple[PlannedLetter, ...]
    left_out: tuple[tuple[int, Sentence], ...] = ()
    errors: tuple[Sentence, ...] = ()


@dataclass(slots=True)
class Draft:
    """A letter while its pages are gathered."""

    recipient: Recipient | None
    candidates: tuple[Recipient, ...] = ()
    pages: list[int] = field(default_factory=list)
    verdict: Verdict = Verdict.GREEN
    reasons: list[Sentence] = field(default_factory=list)

    def say(self, verdict: Verdict, code: str, text: str, page: int) -> None:
        """Add a reason that names the page; the verdict gets as bad as it says."""
        if verdict is Verdict.RED or self.verdict is Verdict.GREEN:
            self.verdict = verdict
        self.reasons.append(Sentence(text, {"page": page}, page=page, code=code))

    def done(self) -> PlannedLetter:
        """The letter as it is to be."""
        kind, number = self.recipient or (None, None)
        return PlannedLetter(tuple(self.pages), number, kind, self.verdict, tuple(self.reasons))


def _nobody(kind: str, number: str) -> bool:
    return False


def plan_letters(
    readings: Sequence[PageReading],
    *,
    own_cvr: frozenset[str] = frozenset(),
    known: Callable[[str, str], bool] = _nobody,
) -> Plan:
    """The letters of one file, from the readings of all its pages in order.

    A letter starts at a page whose recipient differs from the page before; pages without a number
    go on with the letter. ``own_cvr`` are the sender's numbers; ``known("cpr", number)`` tells of
    a recipient that is already known, so that ten bare digits count as theirs.
    """
    pages = weigh(readings, own_cvr, known)
    if not any(page.recipients or page.impossible for page in pages):
        return _nobody_found(readings)
    return _split(pages)


def _split(pages: Sequence[WeighedPage]) -> Plan:
    drafts: list[Draft] = []
    left_out: list[tuple[int, Sentence]] = []
    unlabelled = labels_are_rare(pages)
    for page in pages:
        number = page.reading.page
        current = drafts[-1] if drafts else None
        if current is None and page.reading.blank:
            text = "Side %(page)s er tom og står før det første brev. Den er udeladt."
            left_out.append((number, Sentence(text, {"page": number}, page=number, code="blank")))
            continue
        if _starts_letter(page, current, unlabelled):
            drafts.append(_new_draft(page, current))
        elif current is None:
            drafts.append(Draft(None))
            drafts[-1].say(Verdict.RED, "no_recipient", _BEFORE_FIRST, number)
        drafts[-1].pages.append(number)
        judge_page(drafts[-1], page)
    return Plan(tuple(draft.done() for draft in drafts), tuple(left_out))


_BEFORE_FIRST = (
    "Side %(page)s har intet CPR- eller CVR-nummer, og der er intet brev før den. "
    "Skriv modtageren, eller tag siden ud."
)


def _starts_letter(page: WeighedPage, current: Draft | None, unlabelled: bool) -> bool:
    if len(page.recipients) > 1:
        return True
    if page.recipients:
        # A CVR number that just stood beside a CPR number may be a letterhead we do not know.
        first = page.recipients[0]
        if current and first[0] is NumberKind.CVR and first in current.candidates:
            return False
        return current is None or current.recipient != page.recipients[0]
    # A number that can't exist is most likely a recipient with a slip of the pen, unless this
    # file writes CPR beside its numbers and this one has no such word.
    return page.impossible and (page.impossible_labelled or unlabelled or current is None)


def _new_draft(page: WeighedPage, before: Draft | None) -> Draft:
    number = page.reading.page
    if len(page.recipients) == 1:
        return Draft(page.recipients[0])
    draft = Draft(None, page.recipients)
    if page.recipients:
        draft.say(Verdict.RED, "two_numbers", _two_numbers(page), number)
        if before and before.recipient in page.recipients:
            before.say(
                Verdict.RED,
                "maybe_more_pages",
                "Side %(page)s har også dette brevs nummer og hører måske til her. Se den igennem.",
                number,
            )
    elif before and before.recipient:
        before.say(
            Verdict.YELLOW,
            "maybe_more_pages",
            "Siden efter brevet (side %(page)s) har et nummer, der ikke findes. "
            "Tjek, at brevet er helt.",
            number,
        )
    return draft


def _two_numbers(page: WeighedPage) -> str:
    kinds = {kind for kind, _ in page.recipients}
    if NumberKind.CVR in kinds and len(kinds) > 1:
        return (
            "Side %(page)s har både et CPR-nummer og et CVR-nummer. Skriv, hvem brevet er til. "
            "Er CVR-nummeret jeres eget, så bed en administrator om at skrive det i opsætningen."
        )
    return "Side %(page)s har to forskellige numre. Skriv, hvem brevet er til, eller del siden op."


def judge_page(draft: Draft, page: WeighedPage) -> None:
    """What one page, just added to a letter, says against it."""
    reading = page.reading
    if not reading.readable:
        draft.say(Verdict.RED, "unreadable", _UNREADABLE[reading.problem], reading.page)
    elif reading.scan and not any(reason.code == "ocr" for reason in draft.reasons):
        draft.say(Verdict.YELLOW, "ocr", _READ_BY_OCR, reading.page)
    if page.impossible and not page.recipients:
        draft.say(
            Verdict.RED,
            "impossible",
            "Side %(page)s har et nummer, der ikke kan være et rigtigt CPR- eller CVR-nummer. "
            "Ret nummeret, og send filen igen, eller skriv modtageren.",
            reading.page,
        )
    if page.suspicious:
        draft.say(
            Verdict.YELLOW,
            "maybe_number",
            "Side %(page)s har ti cifre, der måske er et CPR-nummer. Se siden igennem.",
            reading.page,
        )
    if len(draft.pages) == 1 and draft.recipient:
        _judge_recipient(draft, draft.recipient, reading.page)


def _judge_recipient(draft: Draft, recipient: Recipient, page: int) -> None:
    kind, number = recipient
    if kind is NumberKind.REPLACEMENT:
        draft.say(
            Verdict.RED,
            "replacement",
            "Side %(page)s har et erstatnings-CPR-nummer. "
            "Brevet kan ikke sendes digitalt; send det på papir.",
            page,
        )
    elif kind is NumberKind.CPR and not cpr_checks(number):
        text = (
            "CPR-nummeret på side %(page)s passer ikke med kontrolcifferet. Det gør nogle nye "
            "numre ikke, men tjek gerne, om det er tastet rigtigt."
        )
        draft.reasons.append(Sentence(text, {"page": page}, page=page, code="no_modulus"))


def _nobody_found(readings: Sequence[PageReading]) -> Plan:
    error = Sentence(
        "Der er ikke fundet noget CPR- eller CVR-nummer i filen. "
        "Tjek, at det er den rigtige fil, eller skriv modtageren.",
        code="no_number",
    )
    draft = Draft(None, verdict=Verdict.RED)
    draft.reasons.append(error)
    for reading in readings:
        draft.pages.append(reading.page)
        if not reading.readable:
            draft.say(Verdict.RED, "unreadable", _UNREADABLE[reading.problem], reading.page)
    return Plan((draft.done(),) if draft.pages else (), (), (error,))


_READ_BY_OCR = (
    "Side %(page)s er læst med tekstgenkendelse. Se efter, at modtageren er rigtig, "
    "og at siden ser ud, som den skal."
)


def describe_ocr(readings: Sequence[PageReading]) -> Sentence | None:
    """That pages were read as pictures, as one sentence that names the first; None if none were."""
    for reading in readings:
        if reading.scan and reading.readable:
            return Sentence(_READ_BY_OCR, {"page": reading.page}, page=reading.page, code="ocr")
    return None


def describe_unreadable(reading: PageReading) -> Sentence | None:
    """Why a page can't be checked, as a sentence that names it; None when it can."""
    if reading.readable:
        return None
    text = _UNREADABLE[reading.problem]
    return Sentence(text, {"page": reading.page}, page=reading.page, code="unreadable")

"""What the first pages of a file say, so that a wrong file is seen before all of it is prepared."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from digitalpost.conversion.kinds import kind_of_media
from digitalpost.documents import PDF
from digitalpost.errors import Sentence, sentence_of
from digitalpost.institution import Institution
from digitalpost.mailings.addressees import known_numbers
from digitalpost.mailings.split import identifier_of
from digitalpost.mailings.work import Source, Work
from digitalpost.models import Mailing
from digitalpost.pdf.inspect import PdfFacts
from digitalpost.pdf.owners import PlannedLetter, describe_unreadable
from digitalpost.pdf.pool import Workers, read_some
from digitalpost.pdf.propose import choose_best, propose
from digitalpost.pdf.splits import SplitMethod

LOOKED_AT = 20  # pages


@dataclass(frozen=True)
class FileState:
    """One file of a mailing on its way: what it is, what is done with it, what it says so far."""

    name: str
    kind: str
    state: Sentence
    found: tuple[Sentence, ...]
    stops: tuple[Sentence, ...]


def first_findings(
    institution: Institution,
    work: Work,
    source: Source,
    pdf: Path,
    facts: PdfFacts,
    workers: Workers,
) -> dict[str, Any]:
    """One file's line in ``Mailing.first_findings``: sentences, with numbers of people masked."""
    first = range(1, min(facts.pages, LOOKED_AT) + 1)
    read = read_some(pdf, first, workers=workers, marker=work.choice.marker)
    readings = [read[page] for page in first]
    stops = [one for one in map(describe_unreadable, readings) if one is not None][:1]
    found: list[Sentence] = []
    if not work.typed:
        asked = None if work.choice.method is SplitMethod.AUTO else work.choice
        ways = propose(
            readings,
            facts,
            asked=asked,
            own_cvr=institution.settings.own_cvr,
            known=known_numbers(institution),
        )
        used = next(one for one in ways if one.choice == asked) if asked else choose_best(ways)[0]
        found = _about_recipients(used.plan.letters, facts.pages)
        if found:
            way = {"way": used.choice.method.label}
            found.append(Sentence("Filen ser ud til at være delt sådan: %(way)s.", way))
        else:
            stops.insert(0, _nobody(facts.pages))
    return {
        "source": source.id,
        "found": [one.as_json() for one in found],
        "stops": [one.as_json() for one in stops],
    }


def file_states(mailing: Mailing) -> list[FileState]:
    """The files of a mailing that is being prepared, in their order."""
    said = {line["source"]: line for line in mailing.first_findings or ()}
    states = []
    for source in mailing.sources:
        kind = kind_of_media(source.as_it_came.media_type).label
        line = said.get(source.id, {"found": [], "stops": []})
        found, stops = (
            tuple(sentence_of(one) for one in line[name]) for name in ("found", "stops")
        )
        if source.pages:
            text = "1 side" if source.pages == 1 else "%(pages)s sider"
            state = Sentence(text, {"pages": source.pages})
        elif mailing.lease_owner is None:
            state = Sentence("Venter på at blive undersøgt")
        elif source.document.media_type == PDF:
            state = Sentence("Filen bliver undersøgt")
        else:
            state = Sentence("%(kind)s bliver lavet om til PDF …", {"kind": kind})
        states.append(FileState(source.file_name, kind, state, found, stops))
    return states


def _about_recipients(letters: tuple[PlannedLetter, ...], pages: int) -> list[Sentence]:
    who = list(dict.fromkeys((one.kind, one.number) for one in letters if one.number))
    first = identifier_of(*who[0]) if who else None
    if first is None:
        return []
    values = {"count": len(who), "looked": LOOKED_AT, "first": first.masked}
    if pages <= LOOKED_AT:
        one, more = (
            "Der er 1 modtager: %(first)s.",
            "Der er %(count)s modtagere. Den første er %(first)s.",
        )
    else:
        one, more = (
            "De første %(looked)s sider har 1 modtager: %(first)s.",
            "De første %(looked)s sider har %(count)s modtagere. Den første er %(first)s.",
        )
    return [Sentence(one if len(who) == 1 else more, values)]


def _nobody(pages: int) -> Sentence:
    if pages <= LOOKED_AT:
        return Sentence(
            "Der er ikke fundet noget CPR- eller CVR-nummer. Tjek, at det er den rigtige fil.",
            code="no_number",
        )
    return Sentence(
        "Der er ikke fundet noget CPR- eller CVR-nummer på de første %(looked)s sider. "
        "Tjek, at det er den rigtige fil.",
        {"looked": LOOKED_AT},
        code="no_number",
    )

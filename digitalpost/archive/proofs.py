"""What proves a finished letter: what was taken out where, who read it afterwards, whose it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from digitalpost.access import Actor, require
from digitalpost.db import Session
from digitalpost.errors import Sentence
from digitalpost.models import Letter
from digitalpost.pdf.frames import Box, PageFrames, find_frames
from digitalpost.registers.recipients import number_of

_ENGINES = {"mupdf": "MuPDF", "pdfium": "PDFium", "tesseract": "Tesseract"}
_WITNESSES = {
    "name": Sentence("navnet på siderne"),
    "address": Sentence("navnet i adressefeltet"),
    "greeting": Sentence("navnet i hilsenen"),
    "page_numbers": Sentence("sidetallene"),
    "likeness": Sentence("ligheden med de andre breve"),
}


@dataclass(frozen=True)
class Removal:
    """One page that something was taken out of: its number in the letter and in the source."""

    page: int
    source_page: int
    times: int


@dataclass(frozen=True)
class Proof:
    """The proof of one letter: ``engines`` read the finished file, ``witnesses`` its owner."""

    removals: tuple[Removal, ...]
    engines: tuple[str, ...]
    witnesses: tuple[Sentence, ...]
    sha256: str

    @property
    def with_eyes(self) -> bool:
        """Whether its pages were also read as pictures."""
        return _ENGINES["tesseract"] in self.engines


def proof_of(letter: Letter) -> Proof | None:
    """The proof of a letter whose file was made by us and found right; None for any other."""
    if letter.proof is None:
        return None
    places = {page: at for at, page in enumerate(letter.pages or (), start=1)}
    return Proof(
        tuple(
            Removal(places[one["page"]], one["page"], len(one["boxes"]))
            for one in letter.proof["removed"]
            if one["page"] in places
        ),
        tuple(_ENGINES.get(name, name) for name in letter.proof["engines"]),
        tuple(_WITNESSES[name] for name in letter.proof["witnesses"] if name in _WITNESSES),
        letter.proof["sha256"],
    )


@dataclass(frozen=True)
class LetterFrames:
    """The frames of one finished page: what was taken out, and where the recipient is read."""

    page: PageFrames
    removed: Sequence[Box]


def frames_of(
    session: Session, actor: Actor, letter: Letter, page: int, data: bytes
) -> LetterFrames:
    """The frames of page ``page`` (from 1) of a letter whose finished bytes are ``data``.

    Raises what `find_frames` raises.
    """
    require(actor, "letter.read", letter)
    number = None
    if letter.recipient is not None:
        number = number_of(session.vault, letter.recipient).number
    found = find_frames(data, page, name=letter.recipient_name, number=number)
    return LetterFrames(found, _removed(letter, page))


def _removed(letter: Letter, page: int) -> list[Box]:
    pages = letter.pages or []
    if letter.proof is None or page > len(pages):
        return []
    return [
        (box[0], box[1], box[2], box[3])
        for one in letter.proof["removed"]
        if one["page"] == pages[page - 1]
        for box in one["boxes"]
    ]

"""Marks that start a letter: our own invisible one, and a text or pattern that staff name.

The invisible mark is for templates in Word, LUDUS and the like: write ``[[BREV]]`` first on the
first page of the letter, in white or in size 1. The finished letters come without it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from digitalpost.errors import Refused
from digitalpost.pdf.loose import holds

MARKER = "[[BREV]]"
_MAX_LENGTH = 200


@dataclass(frozen=True, slots=True)
class Marker:
    """What starts a letter: a text as it stands on the page, or a pattern between slashes."""

    text: str

    def stands_in(self, page: str) -> bool:
        """Whether it is on the page. Line ends and repeated blanks are one blank."""
        flat = " ".join(page.split())
        if self.is_pattern:
            return re.search(self.text[1:-1], flat) is not None
        return " ".join(self.text.split()) in flat

    @property
    def is_pattern(self) -> bool:
        """Whether it is written as ``/pattern/``."""
        return len(self.text) > 2 and self.text.startswith("/") and self.text.endswith("/")


def make_marker(text: str) -> Marker:
    """The marker that a person wrote. Raises `Refused` when it can't be one."""
    marker = Marker(text.strip())
    if not marker.text:
        raise Refused("Skriv den tekst, der står på den første side af hvert brev.")
    if len(marker.text) > _MAX_LENGTH:
        raise Refused("Teksten, der deler filen, må højst være på 200 tegn.")
    if marker.is_pattern:
        try:
            re.compile(marker.text[1:-1])
        except re.error as error:
            raise Refused(
                "Mønsteret, der deler filen, kan ikke læses. Skriv teksten uden skråstreger, "
                "eller ret mønsteret."
            ) from error
    return marker


def is_left(wanted: str, text: str) -> bool:
    """Whether what is to be removed, a number or the invisible mark, can still be read."""
    return MARKER in text if wanted == MARKER else holds(text, wanted)

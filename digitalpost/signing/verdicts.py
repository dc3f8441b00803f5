"""What a signed file turned out to be: one of a few kinds, each with a sentence for staff."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from digitalpost.errors import Sentence


class SignatureKind(StrEnum):
    """How it stands with the signature of a file (protocols/guardian-and-signing.md part B)."""

    VALID = "valid"
    OTHER_DOCUMENT = "other_document"
    UNTRUSTED = "untrusted"
    CHANGED = "changed"
    BROKEN = "broken"
    NONE = "none"

    @property
    def sentence(self) -> Sentence:
        """What staff read."""
        return _SENTENCES[self]


_SENTENCES = {
    SignatureKind.VALID: Sentence("Underskriften er gyldig."),
    SignatureKind.OTHER_DOCUMENT: Sentence(
        "Underskriften er gyldig, men den står på et andet dokument end det, vi sendte."
    ),
    SignatureKind.UNTRUSTED: Sentence("Underskriften kommer fra en udsteder, som vi ikke kender."),
    SignatureKind.CHANGED: Sentence("Filen er ændret, efter at den blev underskrevet."),
    SignatureKind.BROKEN: Sentence("Filen er ødelagt og kan ikke læses."),
    SignatureKind.NONE: Sentence(
        "Der er ingen digital underskrift i filen. Den kan for eksempel være scannet ind."
    ),
}


@dataclass(frozen=True)
class Checked:
    """A file and how it stands with it; who signed is known only when the issuer is."""

    kind: SignatureKind
    signers: tuple[str, ...] = ()  # the names in the certificates, in the order of signing

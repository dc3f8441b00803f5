"""What stands beside the letters of a review: copies to guardians, and whom in a company it is for.

Values for the templates of other pages. Nobody is asked here: rows alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from digitalpost.danish_time import today
from digitalpost.db import Session
from digitalpost.errors import Sentence
from digitalpost.identifiers import IdentifierKind
from digitalpost.models import GuardianSuggestion, Letter, Mailing, RegisterName
from digitalpost.registers.attention import attentions_of
from digitalpost.registers.copies import suggestions_of
from digitalpost.registers.state import standings
from digitalpost.registers.suggestions import (
    Heap,
    Heaps,
    count_heaps,
    count_unanswered,
    suggestions_in,
)
from digitalpost.settings import Settings

SHOWN = 3  # suggestions of each heap on the review page; the rest have a page of their own


@dataclass(frozen=True)
class YoungCard:
    """Letters to people under 18, as the review page tells of them."""

    heaps: Heaps
    shown: dict[Heap, list[GuardianSuggestion]]
    unanswered: int  # letters to somebody who may be under 18, of whom CPR has said nothing
    register: RegisterLine

    @property
    def is_needed(self) -> bool:
        """Whether there is anything to tell."""
        return any(self.heaps.counts.values()) or self.unanswered > 0


@dataclass(frozen=True)
class RegisterLine:
    """Whether a register can be asked. ``sentence`` says why not."""

    is_set_up: bool
    sentence: Sentence | None


def register_line(session: Session, settings: Settings, register: RegisterName) -> RegisterLine:
    """How it stands with one register, from rows alone."""
    found = next(one for one in standings(session, settings.registers) if one.register is register)
    return RegisterLine(found.is_set_up, found.sentence)


def young_values(
    session: Session,
    settings: Settings,
    mailing: Mailing,
    letters: Sequence[Letter],
    letter: Letter | None,
) -> dict[str, Any]:
    """For the review page: the card about the young, and what is beside each letter."""
    heaps = count_heaps(session, mailing.id)
    card = YoungCard(
        heaps=heaps,
        shown={
            heap: suggestions_in(session, mailing.id, heap, size=SHOWN).items
            for heap, count in heaps.counts.items()
            if count
        },
        unanswered=count_unanswered(session, mailing.id, today()),
        register=register_line(session, settings, RegisterName.CPR),
    )
    everyone = [*letters, letter] if letter is not None else list(letters)
    return {"young": card, "Heap": Heap, **panel_values(session, everyone)}


def panel_values(session: Session, letters: Sequence[Letter]) -> dict[str, Any]:
    """For the panel of one letter, and the rows of several."""
    companies = {
        one.recipient_id
        for one in letters
        if one.recipient is not None and one.recipient.kind is IdentifierKind.CVR
    }
    return {
        "suggestions": suggestions_of(session, [one.id for one in letters]),
        "attentions": attentions_of(session, [one for one in companies if one is not None]),
    }

"""How sure the program is that a letter is right: one word for planning, rows and lists."""

from __future__ import annotations

from enum import StrEnum


class Verdict(StrEnum):
    """How sure the program is that the letter is right: only green and yellow ones may be sent."""

    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"

    @property
    def label(self) -> str:
        """The words that staff see."""
        return {
            Verdict.GREEN: "Klar",
            Verdict.YELLOW: "Se på brevet",
            Verdict.RED: "Kan ikke sendes",
        }[self]

    @property
    def risk(self) -> int:
        """For sorting: doubt comes first."""
        return {Verdict.RED: 2, Verdict.YELLOW: 1, Verdict.GREEN: 0}[self]


def worst(*verdicts: Verdict) -> Verdict:
    """The most doubtful of them; green when there are none."""
    return max(verdicts, key=lambda verdict: verdict.risk, default=Verdict.GREEN)

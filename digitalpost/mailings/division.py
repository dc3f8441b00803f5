"""How each file of a mailing was divided, and what every other way would come to.

Stored small in the mailing's row while it is prepared, so that review can show it without reading
a page again. No names and no numbers of people are in it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from digitalpost.errors import Sentence, sentence_of
from digitalpost.models import Mailing, MailingStatus
from digitalpost.pdf.propose import Proposal
from digitalpost.pdf.splits import SplitChoice, SplitMethod, parse_split

EXAMPLES = 3  # letters whose pages are shown


@dataclass(frozen=True)
class Way:
    """A way to divide all files of a mailing, and what it comes to."""

    choice: SplitChoice
    letters: int
    unexplained: int  # pages without a sure recipient
    least_pages: int  # in a letter
    most_pages: int
    usual_pages: int
    first: tuple[tuple[int, int], ...]  # first and last page of the first letters of the first file
    same: int  # letters that have the same pages in the way that is used now

    @property
    def label(self) -> Sentence:
        """The way in words, with what it divides by."""
        if self.choice.method is SplitMethod.PAGES:
            return Sentence("%(pages)s sider i hvert brev", {"pages": self.choice.pages_each})
        return Sentence(self.choice.method.label)


@dataclass(frozen=True)
class UsedInFile:
    """What one file was divided by, and why."""

    file: str
    way: Way
    why: Sentence | None  # None: somebody chose it


@dataclass(frozen=True)
class Division:
    """What review shows: the way used in each file, and the others that fit all files."""

    used: tuple[UsedInFile, ...]
    others: tuple[Way, ...]

    @property
    def is_asked_for(self) -> bool:
        """Whether the ways used were chosen by a person."""
        return all(one.why is None for one in self.used)

    @property
    def letters(self) -> int:
        """Letters in all files, as they are divided now."""
        return sum(one.way.letters for one in self.used)

    @property
    def unexplained(self) -> int:
        """Pages without a sure recipient, as the files are divided now."""
        return sum(one.way.unexplained for one in self.used)

    @property
    def is_another_better(self) -> bool:
        """Whether one of the others leaves fewer pages without a recipient."""
        return any(other.unexplained < self.unexplained for other in self.others)


def as_stored(
    file: str, used: Proposal, ways: Sequence[Proposal], why: Sentence | None, pages: int
) -> dict[str, Any]:
    """One file's line in ``Mailing.proposals``. Ways that explain no page at all are left out."""
    now = {letter.pages for letter in used.plan.letters}
    return {
        "file": file,
        "why": why.as_json() if why is not None else None,
        "ways": [_way(one, now) for one in ways if one is used or len(one.unexplained) < pages],
        "used": used.choice.written,
    }


def division_of(mailing: Mailing) -> Division | None:
    """How a mailing in review is divided; None for typed recipients and where nothing is known."""
    if mailing.status is not MailingStatus.REVIEW or not mailing.proposals:
        return None
    used = []
    for line in mailing.proposals:
        way = next(_read(one) for one in line["ways"] if one["split"] == line["used"])
        why = sentence_of(line["why"]) if line["why"] else None
        used.append(UsedInFile(line["file"], way, why))
    in_use = {line["used"] for line in mailing.proposals}
    fits_all = set.intersection(
        *({one["split"] for one in line["ways"]} for line in mailing.proposals)
    )
    written = [one["split"] for one in mailing.proposals[0]["ways"] if one["split"] in fits_all]
    others = [_of_all_files(mailing, one) for one in written if {one} != in_use]
    return Division(tuple(used), tuple(others))


def _of_all_files(mailing: Mailing, written: str) -> Way:
    """One way over all files; examples are of the first."""
    ways = [
        _read(one)
        for line in mailing.proposals or ()
        for one in line["ways"]
        if one["split"] == written
    ]
    biggest = max(ways, key=lambda way: way.letters)
    return Way(
        ways[0].choice,
        sum(way.letters for way in ways),
        sum(way.unexplained for way in ways),
        min(way.least_pages for way in ways),
        max(way.most_pages for way in ways),
        biggest.usual_pages,
        ways[0].first,
        sum(way.same for way in ways),
    )


def _way(proposal: Proposal, now: set[tuple[int, ...]]) -> dict[str, Any]:
    letters = [letter.pages for letter in proposal.plan.letters]
    sizes = Counter(len(pages) for pages in letters)
    return {
        "split": proposal.choice.written,
        "letters": len(letters),
        "unexplained": len(proposal.unexplained),
        "pages": [min(sizes), max(sizes), sizes.most_common(1)[0][0]] if sizes else [0, 0, 0],
        "first": [[pages[0], pages[-1]] for pages in letters[:EXAMPLES]],
        "same": sum(pages in now for pages in letters),
    }


def _read(stored: dict[str, Any]) -> Way:
    least, most, usual = stored["pages"]
    return Way(
        parse_split(stored["split"]),
        stored["letters"],
        stored["unexplained"],
        least,
        most,
        usual,
        tuple((first, last) for first, last in stored["first"]),
        stored["same"],
    )

"""Whose an individual attachment is: found by the numbers in its name, else by those in its pages.

Pure functions. One to one, and nothing is guessed: what fits two letters, or two that fit one, is
a doubt for a person. Numbers are compared by their blind index only.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from digitalpost.models import MatchedBy

_PERSON = "cpr:"


class Doubt(StrEnum):
    """Why nobody knows whose an attachment is."""

    NOBODY = "nobody"
    UNKNOWN_NAME = "unknown_name"
    SEVERAL_LETTERS = "several_letters"
    CONTRADICTION = "contradiction"
    SEVERAL_FILES = "several_files"


@dataclass(frozen=True)
class File:
    """An individual attachment: the numbers in its name and on its pages, and a person's choice."""

    id: int
    in_name: frozenset[str]
    in_content: frozenset[str]
    chosen: int | None = None  # letter id, when a person said whose it is


@dataclass(frozen=True)
class Match:
    """Whose an attachment is, or why nobody knows; ``letters`` are those that it might fit."""

    letter: int | None
    by: MatchedBy | None
    doubt: Doubt | None = None
    letters: tuple[int, ...] = ()


def match_files(files: Sequence[File], letters: Mapping[str, Sequence[int]]) -> dict[int, Match]:
    """The letter of each file. ``letters`` are the ids of the letters to each recipient's number.

    A number in the name decides, unless the pages name other recipients of the mailing only. A
    name that holds the number of somebody who gets no letter is a doubt, whatever the pages say.
    """
    found = {file.id: _alone(file, letters) for file in files}
    taken = Counter(match.letter for match in found.values() if match.letter is not None)
    return {
        file_id: match
        if match.by is MatchedBy.HAND or match.letter is None or taken[match.letter] == 1
        else Match(None, None, Doubt.SEVERAL_FILES, (match.letter,))
        for file_id, match in found.items()
    }


def _alone(file: File, letters: Mapping[str, Sequence[int]]) -> Match:
    """Whose a file is, before the others are looked at."""
    if file.chosen is not None:
        return Match(file.chosen, MatchedBy.HAND)
    told = _letters_of(file.in_content, letters)
    strangers = any(one.startswith(_PERSON) and one not in letters for one in file.in_name)
    named = _letters_of(file.in_name, letters)
    if strangers:
        return Match(None, None, Doubt.UNKNOWN_NAME, named)
    if not named:
        return _one_of(told, MatchedBy.CONTENT)
    match = _one_of(named, MatchedBy.FILE_NAME)
    people = _letters_of((one for one in file.in_content if one.startswith(_PERSON)), letters)
    if match.letter is not None and people and match.letter not in people:
        return replace(
            match, letter=None, by=None, doubt=Doubt.CONTRADICTION, letters=(*named, *people)
        )
    return match


def _one_of(fitting: tuple[int, ...], by: MatchedBy) -> Match:
    if not fitting:
        return Match(None, None, Doubt.NOBODY)
    if len(fitting) > 1:
        return Match(None, None, Doubt.SEVERAL_LETTERS, fitting)
    return Match(fitting[0], by)


def _letters_of(numbers: Iterable[str], letters: Mapping[str, Sequence[int]]) -> tuple[int, ...]:
    return tuple(sorted({letter for one in numbers for letter in letters.get(one, ())}))

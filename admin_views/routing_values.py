"""Values in a line of a routing rule, as rules hold them, or what is wrong with them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, time

from digitalpost.errors import Sentence
from digitalpost.identifiers import InvalidIdentifier, parse
from digitalpost.vault import Vault

_SEPARATOR = re.compile(r"\s*[,;\n]\s*")


def chosen_words(text: str, words: Mapping[str, str] | None) -> list[str] | Sentence:
    """Words parted by commas; with ``words`` only those, as the rule calls them."""
    values = parts_of_list(text)
    if words is None:
        return values
    found = [words.get(value.lower(), "") for value in values]
    if not all(found) or not found:
        return Sentence(
            "«%(text)s» kan ikke bruges her. Skriv %(choices)s.",
            {"text": text, "choices": " eller ".join(words)},
        )
    return found


def clocks(text: str) -> list[str] | Sentence:
    """Two clock times: ``16.00-8.00``."""
    found = re.fullmatch(r"(\d{1,2})(?:[.:](\d\d))?\s*[-–]\s*(\d{1,2})(?:[.:](\d\d))?", text)
    try:
        if found is None:
            raise ValueError
        times = [time(int(found[at]), int(found[at + 1] or 0)) for at in (1, 3)]
    except ValueError:
        return Sentence("Skriv klokkeslæt som 16.00-8.00.")
    return [f"{clock:%H:%M}" for clock in times]


def days_between(text: str) -> list[str] | Sentence:
    """Two dates: ``1.6.2026-30.6.2026``."""
    try:
        first, last = (
            date(int(year), int(month), int(day))
            for day, month, year in re.findall(r"(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4})", text)
        )
    except ValueError:
        return Sentence("Skriv to datoer, for eksempel 1.6.2026-30.6.2026.")
    return [first.isoformat(), last.isoformat()]


def numbers_typed(
    text: str, vault: Vault, kept: Mapping[str, str]
) -> tuple[list[str], list[str]] | Sentence:
    """CPR and CVR numbers as blind indexes, and how they are shown.

    ``kept``: those that the rule has already, as they are shown, with their indexes.
    """
    values, shown = [], []
    for part in parts_of_list(text):
        if part in kept:
            values.append(kept[part])
            shown.append(part)
            continue
        try:
            number = parse(part)
        except InvalidIdentifier:
            return Sentence("Skriv et CPR- eller CVR-nummer. Flere numre skilles med komma.")
        values.append(vault.blind_index(number.kind, number.number).hex())
        shown.append(number.masked)
    return values, shown


def parts_of_list(text: str) -> list[str]:
    """What stands between commas."""
    return [part for part in _SEPARATOR.split(text.strip()) if part]

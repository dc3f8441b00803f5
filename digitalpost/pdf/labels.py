"""The words beside a number that say what kind of number it is."""

from __future__ import annotations

import re

_CPR_LABEL = re.compile(
    r"(?:c\.?p\.?r\.?|person-?\s?(?:nummer|nr|numre))[^0-9]{0,30}$", re.IGNORECASE
)
_CPR_AFTER = re.compile(r"\s{0,2}[(\[]\s?(?:cpr|personn)", re.IGNORECASE)
_LIST_GLUE = re.compile(r"[\s,;/&+]{0,6}(?:og|eller|samt)?\s{0,3}")
_OTHER_LABEL = re.compile(
    r"(?<![a-zæøå])(?:[a-zæøå]*(?:faktura|konto|ordre|rekvisitions?|journal|sags?|kunde|medlems?|"
    r"aftale|police|bilags?|vare|serie|løbe|betalings|kreditor|giro|girokort|stel|måler)"
    r"|reg|regnr|tlf|telefon|tel|mobil|fax|ean|gln|iban|swift|fik|j|p|pnr|p-enhed|"
    r"produktionsenheds?|id|ref|reference|rykker|udbetalings)"
    r"(?:[-\s./]{0,2}(?:id|nr|no|num|nummer|numre|kode))?[\s.:#()=]{0,6}$",
    re.IGNORECASE,
)
_WINDOW = 48


def says_cpr(text: str, start: int, end: int) -> bool:
    """Whether a word before text[start:end], or one in brackets after it, says CPR."""
    before = text[max(0, start - _WINDOW) : start]
    label = _CPR_LABEL.search(before)
    if label and not _other_between(before[label.start() :]):
        return True
    return bool(_CPR_AFTER.match(text[end : end + 12]))


def _other_between(label_to_number: str) -> bool:
    """Whether a nearer word names another kind of number: "CPR-nr. ukendt, kontonr. "."""
    return bool(_OTHER_LABEL.search(label_to_number[3:]))


def says_other(text: str, start: int) -> bool:
    """Whether the word right before ``start`` says that another kind of number follows."""
    return bool(_OTHER_LABEL.search(text[max(0, start - _WINDOW) : start]))


def continues_list(text: str, start: int, ends: dict[int, bool]) -> bool:
    """Whether only a comma or *og* stands between here and the end of a labelled number."""
    return any(
        labelled and 0 < start - end <= 14 and _LIST_GLUE.fullmatch(text, end, start)
        for end, labelled in ends.items()
    )

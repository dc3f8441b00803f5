"""The ways in which people and programs write one and the same number on a page."""

from __future__ import annotations

from collections.abc import Callable

# Forms that name a recipient. The blanks and dashes are what real exports were seen to give.
CPR_FORMS: dict[str, Callable[[str], str]] = {
    "hyphen": lambda cpr: f"{cpr[:6]}-{cpr[6:]}",
    "bare": lambda cpr: cpr,
    "space": lambda cpr: f"{cpr[:6]} {cpr[6:]}",
    "no-break space": lambda cpr: f"{cpr[:6]}\u00a0{cpr[6:]}",
    "soft hyphen": lambda cpr: f"{cpr[:6]}\u00ad{cpr[6:]}",
    "hyphen 2010": lambda cpr: f"{cpr[:6]}\u2010{cpr[6:]}",
    "no-break hyphen": lambda cpr: f"{cpr[:6]}\u2011{cpr[6:]}",
    "en dash": lambda cpr: f"{cpr[:6]}\u2013{cpr[6:]}",
    "minus": lambda cpr: f"{cpr[:6]}\u2212{cpr[6:]}",
    "spaced hyphen": lambda cpr: f"{cpr[:6]} - {cpr[6:]}",
    "letter-spaced": lambda cpr: " ".join(f"{cpr[:6]}-{cpr[6:]}"),
}
CVR_FORMS: dict[str, Callable[[str], str]] = {
    "bare": lambda cvr: cvr,
    "pairs": lambda cvr: " ".join(cvr[place : place + 2] for place in range(0, 8, 2)),
    "DK": lambda cvr: f"DK{cvr}",
}


def write_number(number: str, form: str = "hyphen") -> str:
    """``number`` in a form named above; a CVR number stays bare unless the form is its own."""
    if len(number) == 8:
        return CVR_FORMS.get(form, CVR_FORMS["bare"])(number)
    return CPR_FORMS[form](number)


def label_of(number: str) -> str:
    """The word in front of a number in a letter."""
    return "CVR-nr.:" if len(number) == 8 else "CPR-nr.:"

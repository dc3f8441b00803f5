"""The signs that numbers are written with: digits, and what may stand between and beside them."""

from __future__ import annotations

import re
import unicodedata

from digitalpost.identifiers import HYPHENS

HYPHEN = rf"[{HYPHENS}\u2043\ufe63\uff0d]"
BLANK = r"[\s\u200b\u2060\ufeff]"
DIGIT = "[0-9]"
_SIGN = rf"[{HYPHENS}\s\u200b\u2060\ufeff\u2043\ufe63\uff0d./·]"
GAP = rf"{_SIGN}{{0,3}}"
_WIDE_GAP = rf"{_SIGN}{{0,7}}"
# Ten signs near each other that begin with six digits: a page without this has no CPR number.
_TEN = re.compile(rf"{DIGIT}(?:{GAP}{DIGIT}){{5}}(?:{_WIDE_GAP}[0-9A-Z]){{4}}")


# The first bytes in UTF-8 of all signs from U+0640 on, but not of U+2000 to U+2FFF, where no digits
# are and all the dashes and quotation marks.
_FOREIGN = bytes([*range(0xD9, 0xE2), *range(0xE3, 0xF5)])
_OTHER_DIGIT = re.compile(r"(?!{DIGIT})\d".replace("{DIGIT}", DIGIT))


def ascii_digits(text: str, data: bytes | None = None) -> str:
    """``text`` with Arabic, full-width and all other decimal digits as 0 to 9, one for one.

    ``data`` is the text in UTF-8, if it is at hand.
    """
    data = text.encode("utf-8", "surrogatepass") if data is None else data
    if len(data.translate(None, _FOREIGN)) == len(data):
        return text
    return _OTHER_DIGIT.sub(lambda match: str(unicodedata.decimal(match[0])), text)


def may_hold_cpr(text: str) -> bool:
    """Whether any ten signs stand near enough to be a CPR number; blanks and line ends are one."""
    return _TEN.search(text) is not None


def bare_digits(raw: str) -> str:
    """A written number without all that divides it; letters of a substitute number stay."""
    return "".join(char for char in raw if char.isascii() and char.isalnum())


_BEFORE_GLUED = re.compile(rf"(?:{DIGIT}{HYPHEN}|{DIGIT}[.,/])$")
_AFTER_GLUED = re.compile(rf"{HYPHEN}{DIGIT}|[.,/]{DIGIT}")
_BEFORE_SPACED = re.compile(rf"{DIGIT}{BLANK}$")
_AFTER_SPACED = re.compile(rf"{BLANK}{DIGIT}(?!{DIGIT})")


def inside_longer(text: str, start: int, end: int, raw: str) -> bool:
    """Whether the digits go on beside the match: glued by a sign, or letter-spaced as it is."""
    before, after = text[max(0, start - 3) : start], text[end : end + 3]
    if _BEFORE_GLUED.search(before) or _AFTER_GLUED.match(after):
        return True
    if raw and re.match(rf"{DIGIT}{BLANK}{DIGIT}{BLANK}", raw):
        return bool(_BEFORE_SPACED.search(before) or _AFTER_SPACED.match(after))
    return False


def digit_beside(text: str, start: int, end: int) -> bool:
    """Whether another digit stands right before or after text[start:end]."""
    before, after = text[max(0, start - 3) : start], text[end : end + 3]
    return bool(re.search(rf"{DIGIT} ?$", before) or re.match(rf" ?{DIGIT}", after))

"""A receipt that was sent to us, read: whose letter, what was said, and nothing about a person."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass

_ID = re.compile(r"[\w.:-]{1,64}")
# Prose may quote what was in the letter: runs of digits as long as a number are not kept.
_NUMBERS = re.compile(r"\d{6}[ -]?\d{4}|\d{8,}")
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
LONGEST = 300  # characters of one thing that was said
MOST_BYTES = 1_000_000  # of one receipt as it came


class Unreadable(Exception):  # noqa: N818 - a state, found on reading
    """The body is not a receipt of this channel. Why is for our log only."""


@dataclass(frozen=True)
class Told:
    """One receipt. ``sha256`` is that of the receipt itself, without the envelope it came in."""

    message_id: str
    transmission_id: str
    said: Mapping[str, str]
    sha256: str
    for_cvr: frozenset[str] = frozenset()  # whom the envelope is for; empty: it does not say


def make_told(
    message_id: str,
    transmission_id: str,
    said: Mapping[str, str],
    content: bytes,
    *,
    for_cvr: frozenset[str] = frozenset(),
) -> Told:
    """The receipt with ids in one spelling. Raises `Unreadable` without an id."""
    found = message_id.strip().lower()
    if not _ID.fullmatch(found) or _NUMBERS.fullmatch(found):
        raise Unreadable("no message id")
    return Told(
        message_id=found,
        transmission_id=transmission_id.strip().lower()[:64],
        said={name: _plain(text) for name, text in said.items() if text.strip()},
        sha256=hashlib.sha256(content).hexdigest(),
        for_cvr=for_cvr,
    )


def _plain(text: str) -> str:
    printable = "".join(one if one.isprintable() else " " for one in text.strip())
    return printable if _UUID.fullmatch(printable) else _NUMBERS.sub("…", printable)[:LONGEST]

"""Texts that people give us, made safe to show and send: titles and file names without numbers."""

from __future__ import annotations

import re
from pathlib import PurePath

from digitalpost.errors import Refused
from digitalpost.identifiers import HYPHENS, birth_date, cvr_checks

TITLE_LENGTH = 120  # e-Boks clients store 255 and up; a list of letters shows far less

# File names part the digits with whatever stands there: "010203_1234".
_CPR_SHAPE = re.compile(rf"(?<!\d)(\d{{6}})[\s._{re.escape(HYPHENS)}]{{0,3}}(\d{{4}})(?!\d)")
_CVR_SHAPE = re.compile(r"(?<!\d)\d{8}(?!\d)")
_LONG_NUMBERS = re.compile(r"\b(\d{6})[- ]?\d{4}\b")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2066-\u2069]+")


def holds_cpr(text: str) -> bool:
    """Whether something that reads as a CPR number stands in the text."""
    return any(birth_date(six + four) for six, four in _CPR_SHAPE.findall(text))


def numbers_in_name(name: str) -> list[tuple[str, str]]:
    """The numbers in a file name as it was given: ("cpr", ten digits) and ("cvr", eight)."""
    people = [six + four for six, four in _CPR_SHAPE.findall(name) if birth_date(six + four)]
    companies = [hit for hit in _CVR_SHAPE.findall(name) if cvr_checks(hit)]
    return [("cpr", one) for one in people] + [("cvr", one) for one in companies]


def without_cpr(text: str) -> str:
    """The text with every CPR number taken out and the blanks tidied up."""
    bare = _CPR_SHAPE.sub(lambda hit: "" if birth_date(hit[1] + hit[2]) else hit[0], text)
    return re.sub(r"\s+", " ", _CONTROL.sub(" ", bare)).strip(" -_")


def clean_title(text: str) -> str:
    """A title as the recipient will see it. Raises `Refused` when it is empty or holds a CPR."""
    title = re.sub(r"\s+", " ", _CONTROL.sub(" ", text)).strip()
    if not title:
        raise Refused("Skriv en titel. Den er det første, modtageren ser.")
    if len(title) > TITLE_LENGTH:
        raise Refused("Titlen er for lang. Den må højst fylde %(most)s tegn.", most=TITLE_LENGTH)
    if holds_cpr(title):
        raise Refused("Titlen må ikke indeholde et CPR-nummer.")
    return title


def title_from_file_name(name: str) -> str:
    """A first suggestion for a title: the file name without ending, underscores and numbers."""
    stem = PurePath(name.replace("\\", "/")).name.rpartition(".")[0] or name
    title = without_cpr(re.sub(r"[_]+", " ", stem))[:TITLE_LENGTH].strip()
    return title[:1].upper() + title[1:] if title else "Brev"


def safe_file_name(name: str) -> str:
    """A file name to keep and show: last part only, no CPR number, at most 150 characters."""
    last = PurePath(name.replace("\\", "/")).name
    return without_cpr(last)[-150:] or "uden navn"


def without_numbers(text: str) -> str:
    """``text`` with everything that looks like a CPR number masked, as a last line of defence."""
    return _LONG_NUMBERS.sub(r"\1-••••", text)

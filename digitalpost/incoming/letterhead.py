"""A short message as a letter: the institution's name and address, the date, what it is about."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from html import escape
from pathlib import Path

import pymupdf

from digitalpost.deadlines import danish

_PAGE = pymupdf.paper_rect("a4")
_INSIDE = pymupdf.Rect(71, 64, _PAGE.width - 71, _PAGE.height - 71)  # 2.5 cm at the sides
_CSS = """
* { font-family: sans-serif; font-size: 11pt; line-height: 1.45; }
.from { text-align: right; font-size: 9.5pt; }
.from b { font-size: 13pt; }
.to { margin-top: 28pt; }
.day { text-align: right; margin-top: 22pt; }
.about { font-weight: bold; margin-top: 22pt; }
p { margin: 0 0 9pt 0; }
"""
_GREETED = re.compile(r"(kære|hej|goddag|til|dear|hello|hi)\b", re.IGNORECASE)
_SIGNED = re.compile(r"hilsen\b|\bregards\b|\bmvh\b", re.IGNORECASE)
_END = 250  # characters at the end of a message in which its closing words stand


@dataclass(frozen=True)
class ShortLetter:
    """What is to be written."""

    sender: str
    sender_address: Sequence[str]
    clerk: str  # who signs
    to: str
    to_address: Sequence[str]
    day: date
    title: str
    text: str


def write_letter(letter: ShortLetter, target: Path) -> None:
    """Write the letter as an A4 PDF. A greeting and closing words are added where they lack."""
    story = pymupdf.Story(_html(letter), user_css=_CSS)
    with pymupdf.DocumentWriter(str(target)) as writer:
        more = True
        while more:
            device = writer.begin_page(_PAGE)
            more, _ = story.place(_INSIDE)
            story.draw(device)
            writer.end_page()


def _html(letter: ShortLetter) -> str:
    text = letter.text.strip()
    greeting = "" if _GREETED.match(text) else f"<p>{escape(f'Kære {letter.to}')}</p>"
    closing = "" if _SIGNED.search(text[-_END:]) else "<p>Med venlig hilsen</p>"
    signed = "" if letter.clerk in text[-_END:] else _lines([letter.clerk, letter.sender])
    paragraphs = "".join(
        f"<p>{_lines(part.splitlines())}</p>" for part in re.split(r"\n\s*\n", text)
    )
    return (
        f'<div class="from"><b>{escape(letter.sender)}</b><br>{_lines(letter.sender_address)}</div>'
        f'<div class="to">{_lines([letter.to, *letter.to_address])}</div>'
        f'<div class="day">{danish(letter.day)}</div>'
        f'<p class="about">Vedr.: {escape(letter.title)}</p>'
        f"{greeting}{paragraphs}{closing}<p>{signed}</p>"
    )


def _lines(lines: Sequence[str]) -> str:
    return "<br>".join(escape(line.strip()) for line in lines)

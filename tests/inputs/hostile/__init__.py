"""Hostile and odd files by group: what staff may get from anybody, each with one trick in it."""

from __future__ import annotations

from tests.inputs.hostile import (
    beside,
    bombs,
    content,
    drawings,
    files,
    fonts,
    growths,
    notes,
    odd_fonts,
    pages,
    pictures,
    replacement,
    uploads,
)
from tests.inputs.hostile.kit import Case, Expected
from tests.inputs.nasty import NASTY, REFUSED

GROUPS: dict[str, dict[str, Case]] = {
    "hiding places": {
        name: Case(nasty, Expected.PAGE if nasty.expected == REFUSED else Expected.CLEAN)
        for name, nasty in NASTY.items()
    },
    "drawing orders": content.CASES,
    "replacement text": replacement.CASES,
    "fonts": fonts.CASES | odd_fonts.CASES,
    "drawn from elsewhere": drawings.CASES,
    "pages": pages.CASES,
    "annotations and fields": notes.CASES,
    "beside the pages": beside.CASES,
    "files": files.CASES,
    "bombs": bombs.CASES | growths.CASES,
    "bombs of pictures": pictures.CASES,
    "sent in": uploads.CASES,
}

"""What the panel of an incoming letter shows: on its own page, and in the inbox."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import abort, url_for
from flask_babel import gettext

from admin_views import page_images
from admin_views.console import ConsoleView
from digitalpost.archive.letters import note_opened
from digitalpost.errors import Damaged, Refused, Sentence
from digitalpost.incoming.opened import (
    DRAWN,
    OpenedIncoming,
    files_of,
    is_drawn,
    note_pages,
    open_incoming,
    read_file,
    to_count,
)
from digitalpost.models import INCOMING_STATUSES, IncomingFile, Letter
from digitalpost.signing.verdicts import SignatureKind

PAGES_SHOWN = 8  # of each file; the rest is in the file
_TONES = {SignatureKind.VALID: "good", SignatureKind.NONE: "wait"}


@dataclass(frozen=True)
class Signature:
    """What is said of a signed file."""

    tone: str
    sentence: Sentence
    signers: Sequence[str]  # known only when their issuer is


class PanelView(ConsoleView):
    """A view with a page that shows `console/incoming_panel.html`."""

    def panel_values(self, letter_id: int) -> dict[str, Any]:
        """What the panel shows, once the look is in the log and the pages are counted."""
        self.letter_that_came(letter_id)
        self.act(note_opened, row=(Letter, letter_id), quiet=True)
        self._count_pages(letter_id)
        letter = self.letter_that_came(letter_id)
        opened: OpenedIncoming | None = None
        damaged = None
        try:
            opened = open_incoming(self.db, self.actor, letter)
        except (Damaged, Refused) as error:
            damaged = gettext(str(error))
        return {
            "letter": letter,
            "opened": opened,
            "damaged": damaged,
            "drawn": is_drawn,
            "signature_of": signature_of,
            "pages_shown": PAGES_SHOWN,
            "answer_url": url_for("incoming_letter.answer", letter_id=letter_id),
        }

    def _count_pages(self, letter_id: int) -> None:
        """At the first look: how many pages there are to draw."""
        found: dict[int, int] = {}
        for file in to_count(files_of(self.db, self.letter_that_came(letter_id))):
            try:
                content = read_file(self.db, self.actor, file)
            except (Damaged, Refused):
                continue  # said where the file stands
            found[file.position] = page_images.count(content, DRAWN[file.media_type])
        if found:
            self.act(note_pages, found, row=(Letter, letter_id), quiet=True)

    def letter_that_came(self, letter_id: int) -> Letter:
        """An incoming letter, or 404."""
        letter = self.row(Letter, letter_id)
        if letter.status not in INCOMING_STATUSES:
            abort(404)
        return letter


def signature_of(file: IncomingFile, expected: bool) -> Signature | None:
    """How it stands with the signature of a file; None where nobody would ask."""
    if file.signature is None:
        return None
    kind = SignatureKind(file.signature["verdict"])
    if kind is SignatureKind.NONE and not expected:
        return None
    return Signature(_TONES.get(kind, "bad"), kind.sentence, file.signature.get("signers", []))

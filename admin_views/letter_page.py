"""Brev: one letter with its pages, its receipt, its way through the channel, and its history."""

from __future__ import annotations

from flask import Response, abort, flash, redirect, render_template, request, url_for
from flask_admin import expose
from flask_babel import gettext
from werkzeug.wrappers import Response as AnyResponse

from admin_views.console import ConsoleView, see_other
from admin_views.page_images import overlay, picture
from admin_views.texts import mark
from digitalpost.archive import timeline
from digitalpost.archive.letters import (
    Download,
    download_letter,
    download_receipt,
    note_opened,
    open_letter,
    read_finished,
)
from digitalpost.archive.proofs import frames_of
from digitalpost.deliveries.standing import is_to_print, who_gets, word_of
from digitalpost.errors import Damaged, Refused
from digitalpost.incoming.thread import conversation
from digitalpost.mailings.cancel import cancel_letter
from digitalpost.models import INCOMING_STATUSES, Letter, LetterStatus
from digitalpost.signing.tasks import tasks_of_letters

PAGES_SHOWN = 12
_CAN_BE_CANCELLED = (LetterStatus.WAITING, LetterStatus.ACTION)


class LetterView(ConsoleView):
    """The page of one letter. The list is another view."""

    permission = "letter.read"
    icon = "letter"
    in_menu = False
    home = "letters"

    def __init__(self) -> None:
        self._default_view = "show"  # the list at the root of the address is another view's
        super().__init__(name=mark("Brev"), endpoint="letter", url="/letters")

    @expose("/<int:letter_id>/")
    def show(self, letter_id: int) -> str | AnyResponse:
        """The letter. Opening it is written in the log. One that came in has a page of its own."""
        if self.row(Letter, letter_id).status in INCOMING_STATUSES:
            return redirect(url_for("incoming_letter.show", letter_id=letter_id))
        self.act(note_opened, row=(Letter, letter_id), quiet=True)
        letter = self.row(Letter, letter_id)
        opened = None
        try:
            opened = open_letter(self.db, self.actor, letter)
        except Damaged as damaged:
            flash(gettext(str(damaged)), "error")
        return self.render(
            "console/letter.html",
            letter=letter,
            deliveries=opened.deliveries if opened else [],
            receipts=opened.receipts if opened else [],
            to_print=any(map(is_to_print, opened.deliveries)) if opened else False,
            who_gets=who_gets,
            word_of=word_of,
            signings=tasks_of_letters(self.db, [letter.id]),
            conversation=conversation(self.db, letter),
            history=timeline.of_letter(self.db, letter),
            first_page=_first_page(letter),
            pages_shown=PAGES_SHOWN,
            can_cancel=letter.status in _CAN_BE_CANCELLED and self.actor.may("letter.cancel"),
        )

    @expose("/<int:letter_id>/page/<int:page>.png")
    def page_image(self, letter_id: int, page: int) -> Response:
        """One finished page as a picture; the right to see it is asked for every time."""
        letter = self.row(Letter, letter_id)
        if letter.document is None or not 1 <= page <= (letter.document.pages or 0):
            abort(404)
        width = request.args.get("w", "")
        try:
            return picture(
                letter.document.sha256,
                page,
                int(width) if width.isascii() and width.isdigit() and len(width) < 6 else 900,
                lambda: read_finished(self.db, self.actor, letter),
            )
        except (Damaged, Refused, ValueError):
            abort(404)  # the page itself says what is wrong with the file

    @expose("/<int:letter_id>/page/<int:page>.svg")
    def frames(self, letter_id: int, page: int) -> Response:
        """Frames that lie over the picture of a page: what was taken out, and the recipient."""
        letter = self.row(Letter, letter_id)
        if letter.document is None or not 1 <= page <= (letter.document.pages or 0):
            abort(404)

        def draw(data: bytes) -> bytes:
            found = frames_of(self.db, self.actor, letter, page, data)
            return render_template("console/frames.svg", frames=found).encode()

        try:
            return overlay(
                letter.document.sha256,
                page,
                f"{letter.id}.{letter.recipient_id}",
                lambda: read_finished(self.db, self.actor, letter),
                draw,
            )
        except (Damaged, Refused, RuntimeError, IndexError):
            abort(404)  # the page itself says what is wrong with the file

    @expose("/<int:letter_id>/brev.pdf")
    def pdf(self, letter_id: int) -> AnyResponse:
        """The finished file to take away; logged."""
        outcome = self.act(download_letter, row=(Letter, letter_id))
        return file_answer(outcome.value) if outcome else self._back(letter_id)

    @expose("/<int:letter_id>/kvittering.json")
    def receipt(self, letter_id: int) -> AnyResponse:
        """The receipt as it was filed; logged."""
        outcome = self.act(download_receipt, row=(Letter, letter_id))
        return file_answer(outcome.value) if outcome else self._back(letter_id)

    @expose("/<int:letter_id>/cancel", methods=("POST",))
    def cancel(self, letter_id: int) -> AnyResponse:
        """Stop the letter while it waits, or close it when it needs action."""
        outcome = self.act(cancel_letter, row=(Letter, letter_id))
        if outcome and outcome.value.already_left:
            flash(
                gettext(
                    "Afleveringer, der blev stoppet: %(stopped)s. Allerede sendt: %(left)s.",
                    stopped=outcome.value.stopped,
                    left=outcome.value.already_left,
                ),
                "note",
            )
        elif outcome:
            flash(gettext("Brevet er annulleret."), "success")
        return self._back(letter_id)

    def _back(self, letter_id: int) -> AnyResponse:
        return see_other("letter.show", letter_id=letter_id)


def _first_page(letter: Letter) -> int:
    """The page that the viewer begins at; long letters are shown some pages at a time."""
    wanted = request.args.get("page", "")
    pages = letter.document.pages or 1 if letter.document is not None else 1
    return (
        min(int(wanted), pages) if wanted.isdecimal() and 0 < len(wanted) < 6 and int(wanted) else 1
    )


def file_answer(download: Download) -> Response:
    """A file for the user to keep; no browser and no proxy stores it."""
    answer = Response(download.content, mimetype=download.media_type)
    answer.headers["Content-Disposition"] = f'attachment; filename="{download.name}"'
    answer.headers["Cache-Control"] = "private, no-store"
    return answer

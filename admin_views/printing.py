"""Breve til print: what somebody here prints and posts, as one file, and a word when done."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from flask import Response, flash, request
from flask_admin import expose
from flask_babel import gettext, ngettext
from werkzeug.wrappers import Response as AnyResponse

from admin_views.console import ConsoleView, see_other, whole_number
from admin_views.formatting import number
from admin_views.texts import mark
from digitalpost.deliveries import printing
from digitalpost.errors import Damaged, Refused
from digitalpost.models import Mailing
from digitalpost.pdf.bind import Cover, bind
from digitalpost.pdf.pool import Workers

_PIECE = 1 << 18


class PrintingView(ConsoleView):
    """The letters of one mailing that wait for the printer."""

    permission = "mailing.approve"
    icon = "file"
    in_menu = False
    home = "mailings"

    def __init__(self) -> None:
        self._default_view = "show"  # the list at the root of the address is another view's
        super().__init__(name=mark("Breve til print"), endpoint="printing", url="/mailings")

    @expose("/<int:mailing_id>/print/")
    def show(self, mailing_id: int) -> str:
        """How many there are, who lacks an address, and the two buttons."""
        mailing = self.row(Mailing, mailing_id)
        waiting = printing.to_print(self.db, mailing)
        return self.render("console/mailings/print.html", mailing=mailing, waiting=waiting)

    @expose("/<int:mailing_id>/print/breve.pdf", methods=("POST",))
    def pdf(self, mailing_id: int) -> AnyResponse:
        """All letters as one file, in order, each with its address page. Logged."""
        if not self.act(printing.note_printout, row=(Mailing, mailing_id)):
            return self._back(mailing_id)
        folder = Path(tempfile.mkdtemp(prefix="digitalpost-print-"))
        try:
            file = self._bound(mailing_id, folder)
        except (Damaged, Refused) as error:
            shutil.rmtree(folder)
            flash(gettext(str(error)), "error")
            return self._back(mailing_id)
        except BaseException:
            shutil.rmtree(folder)
            raise
        answer = Response(_pieces(file), mimetype="application/pdf")
        answer.call_on_close(lambda: shutil.rmtree(folder))
        answer.headers["Content-Length"] = str(file.stat().st_size)
        answer.headers["Content-Disposition"] = f'attachment; filename="print-{mailing_id}.pdf"'
        answer.headers["Cache-Control"] = "private, no-store"
        return answer

    @expose("/<int:mailing_id>/print/done", methods=("POST",))
    def done(self, mailing_id: int) -> AnyResponse:
        """The letters were printed and posted."""
        seen = whole_number(request.form.get("count", ""))
        outcome = self.act(printing.mark_printed, row=(Mailing, mailing_id), confirm_count=seen)
        if not outcome:
            return self._back(mailing_id)
        marked: int = outcome.value
        flash(
            ngettext(
                "1 brev er markeret som printet og lagt i posten.",
                "%(shown)s breve er markeret som printet og lagt i posten.",
                marked,
                shown=number(marked),
            ),
            "success",
        )
        return see_other("mailings.show", mailing_id=mailing_id)

    def _bound(self, mailing_id: int, folder: Path) -> Path:
        mailing = self.row(Mailing, mailing_id)
        missing = gettext("Adressen mangler. Skriv den på kuverten.")
        letters = (
            (_cover(one, missing), one.content)
            for one in printing.printouts(self.db, self.actor, mailing)
        )
        with Workers(1) as workers:
            return bind(letters, folder, workers=workers)

    def _back(self, mailing_id: int) -> AnyResponse:
        return see_other("printing.show", mailing_id=mailing_id)


def _cover(one: printing.Printout, missing: str) -> Cover:
    envelope = one.envelope
    attention = (f"Att.: {envelope.attention}",) if envelope.attention else ()
    lines = (envelope.name, *attention, *envelope.address)
    return Cover(lines, "" if envelope.address else missing)


def _pieces(file: Path) -> Iterator[bytes]:
    with file.open("rb") as stream:
        while piece := stream.read(_PIECE):
            yield piece

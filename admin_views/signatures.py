"""Underskrifter: what is missing, the signed files, and closing what is not waited for any more."""

from __future__ import annotations

from flask import flash, request
from flask_admin import expose
from flask_babel import gettext
from werkzeug.wrappers import Response as AnyResponse

from admin_views.console import ConsoleView, see_other, whole_number
from admin_views.letter_page import file_answer
from admin_views.texts import mark
from digitalpost.archive.letters import download_signed
from digitalpost.errors import Damaged
from digitalpost.models import Mailing, SigningTask
from digitalpost.paging import page
from digitalpost.signing.tasks import close_task, missing_of, unsigned_of

PAGE_SIZE = 30


class SignaturesView(ConsoleView):
    """What was asked to be signed. The addressee's own page is another (`signing`)."""

    permission = "letter.read"
    icon = "pencil"
    in_menu = False
    home = "letters"

    def __init__(self) -> None:
        super().__init__(name=mark("Mangler underskrift"), endpoint="signatures", url="/signatures")

    @expose("/")
    def index(self) -> str:
        """What is missing of one's own letters, or all that is not signed of one mailing."""
        mailing_id = whole_number(request.args.get("mailing", ""))
        mailing = self.row(Mailing, mailing_id) if mailing_id else None
        found = page(
            self.db,
            missing_of(self.actor) if mailing is None else unsigned_of(mailing),
            order=[(SigningTask.id, False)],
            after=request.args.get("after"),
            before=request.args.get("before"),
            size=PAGE_SIZE,
        )
        return self.render("console/signing/list.html", found=found, mailing=mailing)

    @expose("/<int:task_id>/underskrevet.pdf")
    def pdf(self, task_id: int) -> AnyResponse:
        """The signed file to take away; logged."""
        letter_id = self.row(SigningTask, task_id).letter_id
        try:
            outcome = self.act(download_signed, row=(SigningTask, task_id))
        except Damaged as damaged:
            flash(gettext(str(damaged)), "error")
            return see_other("letter.show", letter_id=letter_id)
        if not outcome:
            return see_other("letter.show", letter_id=letter_id)
        return file_answer(outcome.value)

    @expose("/<int:task_id>/close", methods=("POST",))
    def close(self, task_id: int) -> AnyResponse:
        """Do not wait for the signature any more, or put aside that it is missing."""
        letter_id = self.row(SigningTask, task_id).letter_id
        self.act(close_task, row=(SigningTask, task_id), done=gettext("Underskriften er lukket."))
        return see_other("letter.show", letter_id=letter_id)

"""What the page of a mailing does with its files: dividing them in another way, taking one away."""

from __future__ import annotations

from flask import Response, abort, flash, request
from flask_admin import expose
from flask_babel import gettext
from werkzeug.wrappers import Response as AnyResponse

from admin_views.console import ConsoleView, see_other
from admin_views.ports import wake
from admin_views.texts import mark
from digitalpost.errors import Damaged
from digitalpost.mailings import change
from digitalpost.mailings.source_files import note_file_taken, read_file
from digitalpost.models import Mailing, MailingSource


class DivisionView(ConsoleView):
    """Acts without a page of their own; the mailing's page is another view."""

    permission = "mailing.change"
    icon = "stack"
    in_menu = False
    home = "mailings"

    def __init__(self) -> None:
        self._default_view = "divide"  # the list at the root of the address is another view's
        super().__init__(name=mark("Deling"), endpoint="division", url="/mailings")

    @expose("/<int:mailing_id>/divide", methods=("POST",))
    def divide(self, mailing_id: int) -> AnyResponse:
        """Divide the files in another way; the letters are made anew."""
        how = request.form.get("split", "")
        if self.act(change.divide_anew, how, row=(Mailing, mailing_id)):
            wake("prepare_mailing", mailing_id)
        return see_other("mailings.show", mailing_id=mailing_id)

    @expose("/<int:mailing_id>/files/<int:source_id>")
    def file(self, mailing_id: int, source_id: int) -> AnyResponse:
        """A file as it came, to take away; logged."""
        if self.row(MailingSource, source_id).mailing_id != mailing_id:
            abort(404)
        if not self.act(note_file_taken, row=(MailingSource, source_id)):
            return see_other("mailings.show", mailing_id=mailing_id)
        try:
            download = read_file(self.db, self.actor, self.row(MailingSource, source_id))
        except Damaged as damaged:
            flash(gettext(str(damaged)), "error")
            return see_other("mailings.show", mailing_id=mailing_id)
        answer = Response(download.content, mimetype=download.media_type)
        answer.headers["Content-Disposition"] = f'attachment; filename="{download.name}"'
        answer.headers["Cache-Control"] = "private, no-store"
        return answer

"""Prøvekørsel: ask for a dry run of a mailing; its report is a card on the mailing's page."""

from __future__ import annotations

from flask_admin import expose
from flask_babel import gettext
from werkzeug.wrappers import Response as AnyResponse

from admin_views.console import ConsoleView, see_other
from admin_views.ports import wake
from admin_views.texts import mark
from digitalpost.mailings.rehearse import ask_for_rehearsal
from digitalpost.models import Mailing


class RehearsalView(ConsoleView):
    """One button. A worker does the work, and the page shows the report when it is there."""

    permission = "mailing.approve"
    in_menu = False
    home = "mailings"

    def __init__(self) -> None:
        self._default_view = "ask"  # the list at the root of the address is another view's
        super().__init__(name=mark("Prøvekørsel"), endpoint="rehearsal", url="/mailings")

    @expose("/<int:mailing_id>/rehearse", methods=("POST",))
    def ask(self, mailing_id: int) -> AnyResponse:
        """Ask for a dry run."""
        done = gettext("Prøvekørslen er sat i gang. Intet bliver sendt.")
        if self.act(ask_for_rehearsal, row=(Mailing, mailing_id), done=done):
            wake("rehearse", mailing_id)
        return see_other("mailings.show", mailing_id=mailing_id, _anchor="rehearsal")

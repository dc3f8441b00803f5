"""Send brev, to whom: the name behind each typed number, before it counts."""

from __future__ import annotations

from flask import Response, make_response, render_template, request
from flask_admin import expose

from admin_views.console import ConsoleView
from admin_views.texts import mark
from digitalpost.identifiers import Identifier
from digitalpost.registers.typed import who_are


class SendToView(ConsoleView):
    """Answers the script of the field. Numbers are posted: none stands in an address."""

    permission = "mailing.prepare"
    in_menu = False
    home = "send"

    def __init__(self) -> None:
        self._default_view = "recipient"
        super().__init__(name=mark("Modtagere"), endpoint="send_to", url="/send")

    @expose("/recipient", methods=("POST",))
    def recipient(self) -> Response:
        """Who the lines are, as entries for the list, in the order of the lines."""
        lines = [line for line in request.form.get("to", "").splitlines() if line.strip()]
        self.db.rollback()  # nothing is held while a register is asked
        page = render_template(
            "console/send_to_people.html",
            people=who_are(self.institution, self.actor, lines),
            key=self._key,
        )
        answer = make_response(page)
        answer.headers["Cache-Control"] = "private, no-store"
        return answer

    def _key(self, number: Identifier) -> str:
        """The same for the same number, however it was written; it says nothing about it."""
        return self.institution.vault.blind_index("typed", f"{number.kind} {number.number}").hex()

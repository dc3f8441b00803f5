"""Vælg modtager: finds recipients by name for the fields of other pages. See `macros/pick.html`."""

from __future__ import annotations

import re

from flask import Response, abort, make_response, render_template, request
from flask_admin import expose

from admin_views.console import ConsoleView
from admin_views.texts import mark
from digitalpost.registers.find import find_by_name

_FIELD = re.compile(r"[a-z_]{1,30}")


class PickRecipientView(ConsoleView):
    """Answers the macro's script. Names are posted: they never stand in an address."""

    permission = "recipient.read"
    in_menu = False

    def __init__(self) -> None:
        self._default_view = "found"
        super().__init__(name=mark("Vælg modtager"), endpoint="pick", url="/pick-recipient")

    @expose("/", methods=("POST",))
    def found(self) -> Response:
        """The recipients that the words stand for, as choices of the field that asked."""
        field = request.form.get("field", "")
        if not _FIELD.fullmatch(field):
            abort(400)
        page = render_template(
            "console/pick_recipient.html",
            found=find_by_name(self.db, self.actor, request.form.get("words", "")),
            field=field,
            several=request.form.get("several") == "1",
        )
        answer = make_response(page)
        answer.headers["Cache-Control"] = "private, no-store"
        return answer

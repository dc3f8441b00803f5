"""Sag: one case with its recipient, its letters and documents, and its log."""

from __future__ import annotations

from flask import request
from flask_admin import expose
from flask_babel import gettext
from werkzeug.wrappers import Response as AnyResponse

from admin_views.console import ConsoleView, see_other
from admin_views.texts import mark
from digitalpost.archive import cases, timeline
from digitalpost.archive.case_file import note_case_read, open_case
from digitalpost.models import Case


class CaseView(ConsoleView):
    """The page of one case. The list is another view."""

    permission = "case.read"
    icon = "folder"
    in_menu = False
    home = "cases"

    def __init__(self) -> None:
        self._default_view = "show"  # the list at the root of the address is another view's
        super().__init__(name=mark("Sag"), endpoint="case", url="/cases")

    @expose("/<int:case_id>/")
    def show(self, case_id: int) -> str:
        """The case. Opening it is written in the log."""
        self.act(note_case_read, row=(Case, case_id), quiet=True)
        case = self.row(Case, case_id)
        opened = open_case(
            self.db,
            self.actor,
            case,
            after=request.args.get("after"),
            before=request.args.get("before"),
        )
        return self.render(
            "console/case.html",
            case=case,
            opened=opened,
            log=timeline.of_case(self.db, case),
            can_change=self.actor.may("case.change"),
        )

    @expose("/<int:case_id>/rename", methods=("POST",))
    def rename(self, case_id: int) -> AnyResponse:
        """Another title."""
        self.act(
            cases.rename_case,
            title=request.form.get("title", ""),
            row=(Case, case_id),
            done=gettext("Titlen er gemt."),
        )
        return see_other("case.show", case_id=case_id)

    @expose("/<int:case_id>/close", methods=("POST",))
    def close(self, case_id: int) -> AnyResponse:
        """Close the case: the next letter to the recipient opens a new one."""
        self.act(cases.close_case, row=(Case, case_id), done=gettext("Sagen er lukket."))
        return see_other("case.show", case_id=case_id)

    @expose("/<int:case_id>/reopen", methods=("POST",))
    def reopen(self, case_id: int) -> AnyResponse:
        """Open it again."""
        self.act(cases.reopen_case, row=(Case, case_id), done=gettext("Sagen er åben igen."))
        return see_other("case.show", case_id=case_id)

"""Tavle: whether every letter stands somewhere, what stands still, and the alarms."""

from __future__ import annotations

from flask import url_for
from flask_admin import expose
from flask_babel import gettext
from werkzeug.wrappers import Response as AnyResponse

from admin_views.console import CONTROL, ConsoleView, see_other
from admin_views.texts import mark
from digitalpost.models import Alarm
from digitalpost.oversight.alarms import closed_alarms, mark_seen, open_alarms
from digitalpost.oversight.board import read_board
from digitalpost.oversight.watch import silent_since

MAILINGS_SHOWN = 40


class BoardView(ConsoleView):
    """The page, and the button of each alarm."""

    permission = "board.read"
    icon = "check"

    def __init__(self) -> None:
        super().__init__(name=mark("Tavle"), category=CONTROL, endpoint="board", url="/board")

    @expose("/")
    def index(self) -> str:
        """Everything counted now."""
        board = read_board(self.db, self.actor)
        alarms = open_alarms(self.db, self.actor)
        return self.render(
            "console/board.html",
            board=board,
            mailings=board.mailings[:MAILINGS_SHOWN],
            more=len(board.mailings) - MAILINGS_SHOWN,
            alarms=alarms,
            told={one.subject for one in alarms},  # what to do stands with the alarm
            closed=closed_alarms(self.db, self.actor),
            unwatched_since=silent_since(self.db, board.at),
            address=address_of,
        )

    @expose("/alarms/<int:alarm_id>/seen", methods=("POST",))
    def seen(self, alarm_id: int) -> AnyResponse:
        """Somebody takes care of it."""
        done = gettext("Alarmen er markeret som set. Den lukker af sig selv, når alt er i orden.")
        self.act(mark_seen, row=(Alarm, alarm_id), done=done)
        return see_other("board.index", _anchor="alarms")


def address_of(about: str, row_id: int) -> str:
    """The page of what a check found."""
    if about == "letter":
        return url_for("letter.show", letter_id=row_id)
    return url_for("mailings.show", mailing_id=row_id)

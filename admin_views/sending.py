"""Afsendelse: whether letters may go, each line and its limits, and the button after a restore."""

from __future__ import annotations

from flask import flash
from flask_admin import expose
from flask_babel import gettext, ngettext
from werkzeug.wrappers import Response as AnyResponse

from admin_views.console import CONTROL, ConsoleView, see_other
from admin_views.texts import mark
from digitalpost.deliveries.marks import release, stop_of
from digitalpost.deliveries.waits import uses
from digitalpost.mailings.waiting import lines


class SendingView(ConsoleView):
    """One page. Supervisors look; an administrator sets sending going again."""

    permission = "channel.read"
    icon = "send"

    def __init__(self) -> None:
        super().__init__(name=mark("Afsendelse"), category=CONTROL, endpoint="sending")

    @expose("/")
    def index(self) -> str:
        """How it stands."""
        return self.render(
            "console/sending.html",
            stop=stop_of(self.db),
            lines=lines(self.db),
            uses={one.channel: one for one in uses(self.db, self.institution.settings)},
            may_release=self.actor.may("channel.manage"),
        )

    @expose("/go-on", methods=("POST",))
    def go_on(self) -> AnyResponse:
        """Somebody has looked: letters may go again."""
        outcome = self.act(
            release, everything=True, done=gettext("Brevene bliver sendt igen fra nu af.")
        )
        if outcome and outcome.value:
            flash(
                ngettext(
                    "1 forsendelse til gennemsyn kan være sendt før. Det står på den.",
                    "%(num)s forsendelser til gennemsyn kan være sendt før. Det står på dem.",
                    outcome.value,
                ),
                "note",
            )
        return see_other("sending.index")

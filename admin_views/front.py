"""Forside: what waits for the visitor, what can still be stopped, and whether the lines work."""

from __future__ import annotations

from flask_admin import expose

from admin_views.console import POST, ConsoleView
from admin_views.texts import mark
from digitalpost.db import now
from digitalpost.deliveries.marks import stop_of
from digitalpost.incoming.inbox import waiting_mail
from digitalpost.incoming.overview import overview
from digitalpost.mailings.review import preparing_progress, seconds_of_hold, sending_progress
from digitalpost.mailings.waiting import lines, waiting_for
from digitalpost.models import MailingStatus
from digitalpost.oversight.alarms import count_open


class FrontView(ConsoleView):
    """The front page."""

    icon = "home"

    def __init__(self) -> None:
        super().__init__(name=mark("Forside"), category=POST, endpoint="front", url="/")

    @expose("/")
    def index(self) -> str:
        """What waits for the visitor."""
        waiting = waiting_for(self.db, self.actor)
        alarm_count, alarm = count_open(self.db, self.actor)
        return self.render(
            "console/front.html",
            waiting=waiting,
            holds={mailing.id: seconds_of_hold(mailing) for mailing in waiting.stoppable},
            progress={
                mailing.id: preparing_progress(self.db, mailing)
                if mailing.status is MailingStatus.PREPARING
                else sending_progress(self.db, mailing)
                for mailing in waiting.running
            },
            lines=lines(self.db),
            mail=waiting_mail(self.db, self.actor),
            incoming=overview(self.db, self.institution.settings),
            at=now(),
            stopped=stop_of(self.db) is not None,
            alarm=alarm,
            more_alarms=alarm_count - 1,
            may_send=self.actor.may("mailing.prepare"),
        )

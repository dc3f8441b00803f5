"""Forside: where one lands after signing in."""

from __future__ import annotations

from flask_admin import expose

from admin_views.console import POST, ConsoleView
from admin_views.texts import mark


class FrontView(ConsoleView):
    """The front page."""

    icon = "home"

    def __init__(self) -> None:
        super().__init__(name=mark("Forside"), category=POST, endpoint="front", url="/")

    @expose("/")
    def index(self) -> str:
        """What waits for the visitor."""
        return self.render("console/front.html")

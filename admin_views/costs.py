"""Forbrug: what was sent each month, by which way, what it cost and what it saved."""

from __future__ import annotations

from flask_admin import expose

from admin_views.console import CONTROL, ConsoleView
from admin_views.texts import mark
from digitalpost.deliveries.costs import costs_by_month
from digitalpost.models import ChannelName


class CostsView(ConsoleView):
    """Letters and money by month."""

    permission = "cost.read"
    icon = "file"

    def __init__(self) -> None:
        super().__init__(name=mark("Forbrug"), category=CONTROL, endpoint="costs", url="/costs")

    @expose("/")
    def index(self) -> str:
        """The last thirteen months."""
        prices = self.institution.settings.channels.prices
        months = costs_by_month(self.db, self.actor, prices)
        used = {channel for one in months for channel in one.letters}
        channels = [one for one in ChannelName if one in used]
        return self.render(
            "console/costs.html", months=months, channels=channels, has_prices=bool(prices)
        )

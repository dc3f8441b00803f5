"""Modtaget post, der ikke kan læses: how fetching goes, and what a person must decide."""

from __future__ import annotations

from flask import flash, request
from flask_admin import expose
from flask_babel import gettext
from werkzeug.wrappers import Response as AnyResponse

from admin_views.console import CONTROL, ConsoleView, see_other
from admin_views.letter_page import file_answer
from admin_views.ports import wake
from admin_views.texts import mark
from digitalpost.db import now
from digitalpost.errors import Damaged, Refused
from digitalpost.incoming.overview import overview
from digitalpost.incoming.unreadable import (
    fetch_now,
    note_raw_taken,
    read_raw,
    try_again,
    turn_down,
    unreadable_messages,
)
from digitalpost.models import ChannelName, IncomingMessage
from digitalpost.paging import page

PAGE_SIZE = 20


class UnreadableView(ConsoleView):
    """One page, for administrators. Nothing on it is about a person: the raw file is."""

    permission = "incoming.manage"
    icon = "warning"

    def __init__(self) -> None:
        name = mark("Modtaget post, der ikke kan læses")
        super().__init__(name=name, category=CONTROL, endpoint="unreadable", url="/unreadable")

    @expose("/")
    def index(self) -> str:
        """What waits for somebody to decide, oldest first."""
        found = page(
            self.db,
            unreadable_messages(),
            order=[(IncomingMessage.id, False)],
            after=request.args.get("after"),
            before=request.args.get("before"),
            size=PAGE_SIZE,
        )
        return self.render(
            "console/unreadable.html",
            found=found,
            incoming=overview(self.db, self.institution.settings),
            at=now(),
        )

    @expose("/fetch", methods=("POST",))
    def fetch(self) -> AnyResponse:
        """Fetch now instead of in a few minutes."""
        if self.act(fetch_now, done=gettext("Posten bliver hentet nu.")):
            wake("fetch_incoming", ChannelName.DIGITAL_POST.value)
        return see_other("unreadable.index")

    @expose("/<int:row_id>/again", methods=("POST",))
    def again(self, row_id: int) -> AnyResponse:
        """Try once more to file a message."""
        done = gettext("Meddelelsen bliver prøvet igen. Kan den stadig ikke læses, står den her.")
        if self.act(try_again, row=(IncomingMessage, row_id), done=done):
            wake("file_incoming", "due")
        return see_other("unreadable.index")

    @expose("/<int:row_id>/turn-down", methods=("POST",))
    def turn_down(self, row_id: int) -> AnyResponse:
        """Tell Digital Post that a message can't be read."""
        done = gettext("Digital Post får besked om, at meddelelsen ikke kan læses.")
        if self.act(turn_down, row=(IncomingMessage, row_id), done=done):
            wake("fetch_incoming", ChannelName.DIGITAL_POST.value)
        return see_other("unreadable.index")

    @expose("/<int:row_id>/raw", methods=("POST",))
    def raw(self, row_id: int) -> AnyResponse:
        """The message as it came, to take away; logged."""
        if not self.act(note_raw_taken, row=(IncomingMessage, row_id)):
            return see_other("unreadable.index")
        try:
            download = read_raw(self.db, self.actor, self.row(IncomingMessage, row_id))
        except (Damaged, Refused) as error:
            flash(gettext(str(error)), "error")
            return see_other("unreadable.index")
        return file_answer(download)

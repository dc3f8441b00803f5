"""Indbakke: the list, the letter, and what can be done with it, side by side."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from flask import Response, jsonify, redirect, request, url_for
from flask_admin import expose
from sqlalchemy import select
from werkzeug.wrappers import Response as AnyResponse

from admin_views import search_words
from admin_views.console import POST
from admin_views.inbox_address import Place, address_of_search, place_in
from admin_views.incoming_panel import PanelView
from admin_views.texts import mark
from digitalpost.danish_time import local
from digitalpost.db import Session, now
from digitalpost.errors import Damaged
from digitalpost.incoming.inbox import (
    Queue,
    count_of,
    counts,
    home_of,
    letters_page,
    neighbours,
    newest_id,
)
from digitalpost.incoming.learn import Suggestion, suggest
from digitalpost.incoming.notes import notes_on
from digitalpost.incoming.receivers import receivers
from digitalpost.incoming.saved_views import views_of
from digitalpost.incoming.together import be_here, followers_of
from digitalpost.incoming.undo import own_act
from digitalpost.models import (
    INCOMING_STATUSES,
    IncomingLetter,
    Letter,
    LetterStatus,
    Unit,
    User,
)
from digitalpost.paging import Page


class InboxView(PanelView):
    """Reading the inbox. What is done there is `inbox_acts` and `inbox_many`."""

    permission = "incoming.read"
    icon = "inbox"

    def __init__(self) -> None:
        super().__init__(name=mark("Indbakke"), category=POST, endpoint="inbox", url="/inbox")

    @expose("/")
    def index(self) -> str:
        """The list, and no letter."""
        return self._page(self._place())

    @expose("/<int:letter_id>")
    def show(self, letter_id: int) -> AnyResponse | str:
        """The list with one letter open beside it. Opening it is written in the log."""
        if self.row(Letter, letter_id).status not in INCOMING_STATUSES:
            return redirect(url_for("letter.show", letter_id=letter_id))
        outcome = self.act(be_here, row=(Letter, letter_id), quiet=True)
        values = self.panel_values(letter_id)
        return self._page(self._place(), **values, others=outcome.value)

    @expose("/search", methods=("POST",))
    def search(self) -> AnyResponse:
        """The list that the search form asks for."""
        values = address_of_search(request.form, self.institution.vault)
        return redirect(url_for("inbox.index", **values), code=303)  # type: ignore[arg-type]

    @expose("/<int:letter_id>/here", methods=("POST",))
    def here(self, letter_id: int) -> Response:
        """The visitor still has the letter open; who else has."""
        outcome = self.act(be_here, row=(Letter, letter_id), quiet=True)
        return jsonify(others=outcome.value or [])

    def _place(self) -> Place:
        place = place_in(request.args, self.institution.vault)
        asked = home_of(place.asked, self._units())
        if asked == place.asked:
            return place
        parameters = {key: value for key, value in place.parameters.items() if key != "unit"}
        if asked.unit_id:
            parameters["unit"] = str(asked.unit_id)
        return replace(place, asked=asked, parameters=parameters)

    def _units(self) -> list[Unit]:
        mine = self.actor.scope.unit_ids or ()
        return list(self.db.scalars(select(Unit).where(Unit.id.in_(mine)).order_by(Unit.name)))

    def _page(self, place: Place, letter: Letter | None = None, **values: Any) -> str:
        units = self._units()
        page = letters_page(
            self.db, self.actor, place.asked, after=place.after, before=place.before
        )
        if not page.items and (place.after or place.before):
            place = replace(place, after=None, before=None)
            page = letters_page(self.db, self.actor, place.asked)
        return self.render(
            "console/inbox/page.html",
            place=place,
            page=page,
            count=count_of(self.db, self.actor, place.asked),
            upto=newest_id(self.db),
            queues=counts(self.db, self.actor, units),
            done_unit=units[0] if units else None,
            people=receivers(self.db, self.actor),
            views=views_of(self.db, self.actor),
            did=own_act(self.db, self.actor, place.did),
            owners=_owners(self.db, page, letter),
            at=now(),
            Queue=Queue,
            due_day=_due_day,
            **self._beside(place, page, letter),
            letter=letter,
            **values,
        )

    def _suggestion(self, letter: Letter) -> Suggestion | None:
        """Whom a letter without owner should perhaps go to."""
        if letter.owner_id is not None or letter.status is LetterStatus.DONE:
            return None
        named = self.institution.settings.incoming.named
        try:
            return suggest(self.db, self.actor, letter, naming=named)
        except Damaged:
            return None  # its text is gone; the letter's panel says so

    def _beside(self, place: Place, page: Page[Letter], letter: Letter | None) -> dict[str, Any]:
        """What stands with the open letter, and where J and K lead."""
        around = [one.id for one in page.items]
        if letter is None:
            first = place.url(around[0]) if around else None
            return {"previous_url": None, "next_url": first, "about": None}
        before, after = neighbours(self.db, self.actor, place.asked, letter.id)
        about = self.db.scalars(
            select(IncomingLetter).where(IncomingLetter.letter_id == letter.id)
        ).one_or_none()
        vault = self.institution.vault
        return {
            "previous_url": _step(place, before, around, {"before": page.newer or ""}),
            "next_url": _step(place, after, around, {"after": page.older or ""}),
            "about": about,
            "notes": notes_on(self.db, self.actor, letter),
            "followers": followers_of(self.db, self.actor, letter),
            "tag_links": {
                tag: url_for("inbox.index", q="unit", unit=letter.unit_id,
                             tag=search_words.sealed(vault, tag))
                for tag in (about.tags if about else ())
            },
            "suggestion": self._suggestion(letter),
            "is_done": letter.status is LetterStatus.DONE,
        }  # fmt: skip


def _step(
    place: Place, letter_id: int | None, around: list[int], beyond: dict[str, str]
) -> str | None:
    """The address of the next letter, on this page of the list or the one beyond."""
    if letter_id is None:
        return None
    if letter_id in around:
        return place.url(letter_id)
    return place.url(letter_id, page=beyond if all(beyond.values()) else {})


def _due_day(due_at: datetime | None) -> str:
    """The last day of a deadline, for a date field."""
    return local(due_at - timedelta(seconds=1)).date().isoformat() if due_at else ""


def _owners(session: Session, page: Page[Letter], letter: Letter | None) -> dict[int, str]:
    """The names of those who have the letters shown."""
    ids = {one.owner_id for one in [*page.items, *([letter] if letter else [])]}
    found = session.execute(select(User.id, User.name).where(User.id.in_(ids - {None})))
    return {row.id: row.name for row in found}

"""Many letters of the inbox at once, undoing, and saved views."""

from __future__ import annotations

from collections.abc import Sequence

from flask import flash, redirect, request
from flask_admin import expose
from flask_babel import gettext, ngettext
from sqlalchemy import select
from werkzeug.wrappers import Response as AnyResponse

from admin_views.console import ConsoleView, whole_number
from admin_views.formatting import number
from admin_views.inbox_address import Place, place_of
from admin_views.texts import mark, say_all
from digitalpost.access import Actor
from digitalpost.db import Session
from digitalpost.errors import Refused
from digitalpost.incoming.assign import finish
from digitalpost.incoming.bulk import MOST, Acted, Picked, act_on, count_picked
from digitalpost.incoming.inbox import home_of
from digitalpost.incoming.receivers import Receiver, find_receiver, hand_to, receivers
from digitalpost.incoming.saved_views import delete_view, save_view
from digitalpost.incoming.undo import Undone, undo
from digitalpost.models import Letter, Unit

_ACTS = ("assign", "finish")


class InboxManyView(ConsoleView):
    """The bar under the list."""

    permission = "incoming.assign"
    in_menu = False
    home = "inbox"

    def __init__(self) -> None:
        self._default_view = "act_on"
        super().__init__(name=mark("Indbakke"), endpoint="inbox_many", url="/inbox/many")

    @expose("/", methods=("POST",))
    def act_on(self) -> AnyResponse | str:
        """Do it when the button said how many; else show a button that does."""
        place, picked = self._place(), self._picked()
        act = request.form.get("act", "")
        said = whole_number(request.form.get("count", ""))
        try:
            receiver = self._receiver() if act == "assign" else None
        except Refused as refused:
            for reason in say_all(refused):
                flash(reason, "error")
            return redirect(place.url(), code=303)
        count = count_picked(self.db, self.actor, picked)
        if act not in _ACTS or not count:
            flash(gettext("Vælg først nogle breve."), "error")
            return redirect(place.url(), code=303)
        if not said:
            return self.render(
                "console/inbox/confirm.html",
                place=place, picked=picked, act=act, receiver=receiver, count=count, most=MOST,
            )  # fmt: skip

        def what(session: Session, actor: Actor, letters: Sequence[Letter]) -> str:
            if receiver is None:
                return finish(session, actor, letters)
            to = find_receiver(receivers(session, actor), receiver.label)
            return hand_to(session, actor, letters, to)

        outcome = self.act(act_on, picked, what, confirm_count=said)
        acted: Acted | None = outcome.value if outcome else None
        return redirect(place.url(did=acted.batch if acted else ""), code=303)

    @expose("/undo", methods=("POST",))
    def undo(self) -> AnyResponse:
        """Put the letters of an act back where they were."""
        place = self._place()
        outcome = self.act(undo, request.form.get("batch", "")[:32])
        undone: Undone | None = outcome.value if outcome else None
        if undone:
            flash(
                ngettext(
                    "Fortrudt: 1 brev er tilbage, hvor det var.",
                    "Fortrudt: %(shown)s breve er tilbage, hvor de var.",
                    undone.letters,
                    shown=number(undone.letters),
                ),
                "success",
            )
            for reason in say_all(Refused(undone.problems)):
                flash(reason, "note")
        return redirect(place.url(undone.only if undone else None), code=303)

    @expose("/views", methods=("POST",))
    def save(self) -> AnyResponse:
        """Keep the list as it is narrowed down now."""
        place = self._place()
        name = request.form.get("name", "").replace("\0", "")
        self.act(save_view, name=name, query=place.view, done=gettext("Visningen er gemt."))
        return redirect(place.url(), code=303)

    @expose("/views/<int:view_id>/delete", methods=("POST",))
    def forget(self, view_id: int) -> AnyResponse:
        """Forget a view."""
        self.act(delete_view, view_id, done=gettext("Visningen er slettet."))
        return redirect(self._place().url(), code=303)

    def _place(self) -> Place:
        return place_of(request.form, self.institution.vault)

    def _receiver(self) -> Receiver:
        return find_receiver(receivers(self.db, self.actor), request.form.get("to", "")[:200])

    def _picked(self) -> Picked:
        if request.form.get("all") != "1":
            ids = (whole_number(one) for one in request.form.getlist("row"))
            return Picked(ids=tuple(sorted({one for one in ids if one})[: MOST + 1]))
        mine = self.actor.scope.unit_ids or ()
        units = self.db.scalars(select(Unit).where(Unit.id.in_(mine)).order_by(Unit.name)).all()
        asked = home_of(self._place().asked, units)
        return Picked(asked=asked, upto=whole_number(request.form.get("upto", "")))

"""Breve til unge under 18: what CPR gave reason to suggest, and the clerk's decisions about it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import abort, flash, request
from flask_admin import expose
from flask_babel import gettext, ngettext
from werkzeug.wrappers import Response as AnyResponse

from admin_views.console import ConsoleView, see_other, whole_number
from admin_views.formatting import number
from admin_views.panel import register_line
from admin_views.ports import wake
from admin_views.texts import mark
from digitalpost.mailings import review
from digitalpost.models import Letter, LetterWay, Mailing, MailingStatus, RegisterName
from digitalpost.registers.decide_copies import accept_copies, decline_copies
from digitalpost.registers.suggestions import Heap, count_heaps, suggestions_in

_WAYS = {
    "": None,
    **{one.value: one for one in (LetterWay.DIGITAL, LetterWay.HOLD, LetterWay.LOCAL_PRINT)},
}
_LIST, _PANEL = "list", "viewer"  # where the form stood, when not on the card of the review


class GuardiansView(ConsoleView):
    """All suggestions of one mailing, and the forms that decide about them wherever they stand."""

    permission = "mailing.read"
    icon = "person"
    in_menu = False
    home = "mailings"

    def __init__(self) -> None:
        self._default_view = "show"  # the list at the root of the address is another view's
        name = mark("Breve til unge under 18")
        super().__init__(name=name, endpoint="guardians", url="/mailings")

    @expose("/<int:mailing_id>/young/")
    def show(self, mailing_id: int) -> str | AnyResponse:
        """The suggestions of one heap, a page at a time."""
        mailing = self.row(Mailing, mailing_id)
        if mailing.status is not MailingStatus.REVIEW:
            return see_other("mailings.show", mailing_id=mailing_id)
        heaps = count_heaps(self.db, mailing_id)
        heap = self._heap() or next((one for one in Heap if heaps.counts[one]), Heap.UNSURE)
        found = suggestions_in(
            self.db,
            mailing_id,
            heap,
            after=request.args.get("after"),
            before=request.args.get("before"),
        )
        return self.render(
            "console/guardians.html",
            mailing=mailing,
            heaps=heaps,
            heap=heap,
            found=found,
            register=register_line(self.db, self.institution.settings, RegisterName.CPR),
        )

    @expose("/<int:mailing_id>/young/accept-all", methods=("POST",))
    def accept_all(self, mailing_id: int) -> AnyResponse:
        """Accept every suggestion that leaves nothing to the clerk, as many as were shown."""
        self.row(Mailing, mailing_id)
        outcome = self.act(
            accept_copies,
            row=(Mailing, mailing_id),
            everything=True,
            seen=_seen(),
            count=whole_number(request.form.get("count", "")),
        )
        if outcome:
            wake("check_mailboxes", mailing_id)  # whether the guardians can be reached
            done = ngettext(
                "1 forslag er godkendt.",
                "%(shown)s forslag er godkendt.",
                outcome.value,
                shown=number(outcome.value),
            )
            flash(done, "success")
        return self._back(mailing_id)

    @expose("/<int:mailing_id>/letters/<int:letter_id>/young/accept", methods=("POST",))
    def accept(self, mailing_id: int, letter_id: int) -> AnyResponse:
        """Send one letter as suggested."""
        return self._decide(mailing_id, letter_id, accept_copies, gettext("Forslaget er godkendt."))

    @expose("/<int:mailing_id>/letters/<int:letter_id>/young/decline", methods=("POST",))
    def decline(self, mailing_id: int, letter_id: int) -> AnyResponse:
        """The letter is for its recipient alone, or for nobody yet."""
        wanted = request.form.get("way", "")
        if wanted not in _WAYS:
            abort(400)
        way = _WAYS[wanted]
        alone = gettext("Kopierne er valgt fra. Brevet går kun til modtageren selv.")
        done = {
            None: alone,
            LetterWay.DIGITAL: alone,
            LetterWay.HOLD: gettext("Brevet bliver holdt tilbage og ikke sendt med de andre."),
            LetterWay.LOCAL_PRINT: gettext("Kopierne er valgt fra. Brevet skal printes."),
        }[way]
        return self._decide(mailing_id, letter_id, decline_copies, done, way=way)

    def _decide(
        self, mailing_id: int, letter_id: int, use_case: Any, done: str, **options: Any
    ) -> AnyResponse:
        letter = self.row(Letter, letter_id)
        mailing = self.row(Mailing, mailing_id)
        if review.letter_of(self.db, mailing, letter.id) is None:
            abort(404)
        outcome = self.act(
            use_case,
            row=(Mailing, mailing_id),
            everything=True,
            letter_ids=[letter_id],
            seen=_seen(),
            **options,
        )
        if outcome:
            wake("check_mailboxes", mailing_id)
            flash(done, "success")
        return self._back(mailing_id, letter_id)

    def _heap(self) -> Heap | None:
        wanted = request.values.get("heap", "")
        return Heap(wanted) if wanted in set(Heap) else None

    def _back(self, mailing_id: int, letter_id: int | None = None) -> AnyResponse:
        """To where the form stood."""
        at = request.form.get("at", "")
        if at == _LIST:
            heap = self._heap()
            values = {"heap": heap.value} if heap else {}
            return see_other("guardians.show", mailing_id=mailing_id, **values)
        if at == _PANEL and letter_id is not None:
            return see_other(
                "mailings.show", mailing_id=mailing_id, letter=letter_id, _anchor="viewer"
            )
        return see_other("mailings.show", mailing_id=mailing_id, _anchor="young")


def _seen() -> datetime:
    """When the suggestion was fetched that the visitor looked at."""
    try:
        return datetime.fromisoformat(request.form.get("seen", ""))
    except ValueError:
        abort(400)

"""Opfølgning: who did not get their letter, the list as a file, and sending letters again."""

from __future__ import annotations

from typing import Any

from flask import Response, abort, flash, request, stream_with_context
from flask_admin import expose
from flask_babel import gettext, ngettext
from werkzeug.wrappers import Response as AnyResponse

from admin_views.console import ConsoleView, Outcome, see_other, whole_number
from admin_views.formatting import number
from admin_views.ports import wake
from admin_views.texts import mark, say, say_all
from digitalpost.channels.registry import ways_out
from digitalpost.deliveries import follow, follow_list
from digitalpost.deliveries.again import send_again
from digitalpost.deliveries.heaps import HEAPS, reasons
from digitalpost.deliveries.proposal import MOST, propose
from digitalpost.deliveries.replan import Again
from digitalpost.errors import Refused, Sentence
from digitalpost.models import Mailing


class FollowView(ConsoleView):
    """The follow-up of one mailing. The mailing's own page is another view's."""

    permission = "mailing.read"  # each use case asks for its own
    icon = "stack"
    in_menu = False
    home = "mailings"

    def __init__(self) -> None:
        self._default_view = "show"  # the list at the root of the address is another view's
        super().__init__(name=mark("Opfølgning"), endpoint="follow", url="/mailings")

    @expose("/<int:mailing_id>/follow-up/")
    def show(self, mailing_id: int) -> str | AnyResponse:
        """Letters that need a look, by heap or reason."""
        mailing = self._approved(mailing_id)
        if mailing is None:
            return see_other("mailings.show", mailing_id=mailing_id)
        calendar = self.institution.settings.calendar
        heap, reason = request.args.get("show", ""), request.args.get("reason", "")
        every = reasons(self.db, mailing)
        chosen = next((one for one in every if one.key == reason), None)
        found = follow.follow_page(
            self.db,
            mailing,
            calendar,
            heap=heap if heap in HEAPS else "",
            reason=chosen.key if chosen else "",
            after=request.args.get("after"),
            before=request.args.get("before"),
        )
        return self.render(
            "console/mailings/follow.html",
            mailing=mailing,
            found=found,
            heap=heap if heap in HEAPS and chosen is None else "",
            heaps=HEAPS,
            counts=follow.heap_counts(self.db, mailing, calendar),
            total=follow.count_to_follow(self.db, mailing, calendar),
            reasons=every,
            chosen=chosen,
            deadline=follow.deadline_of(self.db, mailing, calendar),
            hows=list(Again),
            may_send=self.actor.may("mailing.approve"),
        )

    @expose("/<int:mailing_id>/follow-up/opfoelgning.csv")
    def csv(self, mailing_id: int) -> AnyResponse:
        """The whole list for a spreadsheet; logged."""
        calendar = self.institution.settings.calendar
        if not self.act(follow_list.note_listed, calendar, row=(Mailing, mailing_id)):
            return see_other("mailings.show", mailing_id=mailing_id)
        pieces = follow_list.follow_csv(
            self.db, self.actor, self.row(Mailing, mailing_id), calendar, say=_say
        )
        answer = Response(stream_with_context(pieces), mimetype="text/csv")
        name = f"opfoelgning-{mailing_id}.csv"
        answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        answer.headers["Cache-Control"] = "private, no-store"
        return answer

    @expose("/<int:mailing_id>/follow-up/again", methods=("GET", "POST"))
    def again(self, mailing_id: int) -> AnyResponse | str | tuple[str, int]:
        """First the list of what would be sent again; then, by the number typed, the sending."""
        if not self.actor.may("mailing.approve"):
            abort(403)
        how = request.values.get("how", "")
        if self._approved(mailing_id) is None or how not in set(Again):
            return see_other("follow.show", mailing_id=mailing_id)
        ids = self._chosen(mailing_id)
        if not ids:
            flash(gettext("Sæt hak ved de breve, der skal sendes igen."), "error")
            return see_other("follow.show", mailing_id=mailing_id)
        if request.method == "GET":
            return self._list(mailing_id, Again(how), ids)
        typed = request.form.get("count", "")
        bare = typed.replace(".", "").replace("\N{NO-BREAK SPACE}", "").replace(" ", "")
        if not whole_number(bare):
            problem = gettext("Skriv antallet af breve med tal. Ingen breve er sendt.")
            return self._list(mailing_id, Again(how), ids, typed, [problem]), 422
        outcome = self._send(mailing_id, Again(how), ids, int(bare))
        if not outcome:
            return self._list(mailing_id, Again(how), ids, typed, list(outcome.reasons)), 422
        sent: int = outcome.value
        flash(
            ngettext(
                "1 brev er sat til at blive sendt igen.",
                "%(shown)s breve er sat til at blive sendt igen.",
                sent,
                shown=number(sent),
            ),
            "success",
        )
        return see_other("mailings.show", mailing_id=mailing_id)

    def _send(self, mailing_id: int, how: Again, ids: list[int], count: int) -> Outcome:
        settings = self.institution.settings
        ways = ways_out(settings)
        outcome = self.act(
            send_again,
            how,
            row=(Mailing, mailing_id),
            quiet=True,
            letter_ids=ids,
            confirm_count=count,
            ways=ways,
            hold_seconds=settings.hold_seconds,
            give_up_hours=settings.give_up_hours,
        )
        if outcome and not settings.hold_seconds:
            for way in ways:
                wake("dispatch", way.name.value)
        return outcome

    def _list(
        self,
        mailing_id: int,
        how: Again,
        ids: list[int],
        typed: str = "",
        problems: list[str] | None = None,
    ) -> str:
        """Exactly what would be sent again, as it stands now."""
        mailing, ways = self.row(Mailing, mailing_id), ways_out(self.institution.settings)
        proposal, told = None, list(problems or [])
        try:
            proposal = propose(self.db, mailing, how, letter_ids=ids, ways=ways)
        except Refused as refused:
            told = told or say_all(refused)
        more: dict[str, Any] = {}
        if request.values.get("reason") and len(ids) == MOST:
            more["most"] = MOST
        return self.render(
            "console/mailings/again.html",
            mailing=mailing,
            how=how,
            hows=list(Again),
            ids=ids,
            proposal=proposal,
            problems=told,
            typed=typed,
            hold=self.institution.settings.hold_seconds,
            **more,
        )

    def _chosen(self, mailing_id: int) -> list[int]:
        """The letters with a tick, or all that failed for one reason."""
        ids = [whole_number(one) for one in request.values.getlist("letter")]
        reason = request.values.get("reason", "")
        if not ids and reason:
            mailing = self.row(Mailing, mailing_id)
            calendar = self.institution.settings.calendar
            ids = follow.ids_with_reason(self.db, mailing, calendar, reason, most=MOST)
        return sorted({one for one in ids if one})

    def _approved(self, mailing_id: int) -> Mailing | None:
        mailing = self.row(Mailing, mailing_id)
        return mailing if mailing.approved_at is not None else None


def _say(said: Sentence | str) -> str:
    return gettext(said) if isinstance(said, str) else say(said)

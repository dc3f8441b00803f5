"""Forsendelser: the list, and one permanent page for each mailing that is right at every stage."""

from __future__ import annotations

from flask import Response, abort, flash, make_response, render_template, request
from flask_admin import expose
from flask_babel import gettext
from werkzeug.wrappers import Response as AnyResponse

from admin_views.console import POST, see_other
from admin_views.mailing_page import Attempt, MailingPage
from admin_views.panel import panel_values
from admin_views.ports import wake
from admin_views.review_values import letter_values
from admin_views.stopping import say_stopped
from admin_views.texts import mark
from digitalpost.channels.registry import ways_out
from digitalpost.mailings import change, review
from digitalpost.mailings.approve import approve
from digitalpost.mailings.cancel import cancel
from digitalpost.mailings.recheck import recheck
from digitalpost.mailings.waiting import action_counts, mailings_page
from digitalpost.models import Letter, Mailing, MailingStatus


class MailingsView(MailingPage):
    """List of mailings, and the page of one."""

    permission = "mailing.read"
    icon = "stack"

    def __init__(self) -> None:
        name = mark("Forsendelser")
        super().__init__(name=name, category=POST, endpoint="mailings", url="/mailings")

    @expose("/")
    def index(self) -> str:
        """All mailings that the visitor may see, or only their own, newest first."""
        wanted = request.args.get("status", "")
        status = MailingStatus(wanted) if wanted in set(MailingStatus) else None
        mine = request.args.get("whose") == "mine"
        found = mailings_page(
            self.db,
            owner_id=self.actor.user_id if mine else None,
            status=status,
            after=request.args.get("after"),
            before=request.args.get("before"),
        )
        return self.render(
            "console/mailings/list.html",
            found=found,
            needs_action=action_counts(self.db, found.items),
            statuses=list(MailingStatus),
            status=status,
            mine=mine,
            kept={key: request.args[key] for key in ("status", "whose") if request.args.get(key)},
        )

    @expose("/<int:mailing_id>/")
    def show(self, mailing_id: int) -> str:
        """The page of one mailing."""
        return self._page(mailing_id, "console/mailings/show.html")

    @expose("/<int:mailing_id>/live")
    def live(self, mailing_id: int) -> Response:
        """What of the page moves, for the script that refreshes it."""
        answer = make_response(self._page(mailing_id, "console/mailings/live.html", look=False))
        answer.headers["X-Stage"] = review.pulse(self.db, self.row(Mailing, mailing_id))
        answer.headers["Cache-Control"] = "private, no-store"
        return answer

    @expose("/<int:mailing_id>/viewer")
    def viewer(self, mailing_id: int) -> str:
        """The finished pages of one letter, for the script that steps through them."""
        mailing = self.row(Mailing, mailing_id)
        letter = self._letter(mailing, look=True)
        if letter is None:
            abort(404)
        values = {"mailing": mailing, "letter": letter, "place": self._place()}
        return render_template(
            "console/mailings/viewer.html",
            **values,
            **letter_values(self.db, letter),
            **panel_values(self.db, [letter]),
        )

    @expose("/<int:mailing_id>/approve", methods=("POST",))
    def approve(self, mailing_id: int) -> AnyResponse | tuple[str, int]:
        """Approve by the number that was typed."""
        typed = request.form.get("count", "")
        bare = typed.replace(".", "").replace("\N{NO-BREAK SPACE}", "").replace(" ", "")
        if not (bare.isascii() and bare.isdigit()) or len(bare) > 9:
            problem = gettext("Skriv antallet af breve med tal. Ingen breve er godkendt.")
            return self._not_approved(mailing_id, Attempt(typed, [problem]))
        settings = self.institution.settings
        if self.actor.may("mailing.approve") and self.row(Mailing, mailing_id):
            self.db.rollback()  # nothing is held while registers are asked
            recheck(self.institution, mailing_id)
        ways = ways_out(settings)
        outcome = self.act(
            approve,
            row=(Mailing, mailing_id),
            quiet=True,
            confirm_count=int(bare),
            ways=ways,
            hold_seconds=settings.hold_seconds,
            give_up_hours=settings.give_up_hours,
            doubtful_percent=settings.doubtful_percent,
        )
        if not outcome:
            return self._not_approved(mailing_id, Attempt(typed, list(outcome.reasons)))
        if not settings.hold_seconds:
            for way in ways:
                wake("dispatch", way.name.value)
        return see_other("mailings.show", mailing_id=mailing_id)

    @expose("/<int:mailing_id>/cancel", methods=("POST",))
    def cancel(self, mailing_id: int) -> AnyResponse:
        """Stop everything that has not left, or discard what was never approved."""
        outcome = self.act(cancel, row=(Mailing, mailing_id))
        if outcome:
            say_stopped(outcome.value)
        return see_other("mailings.show", mailing_id=mailing_id)

    @expose("/<int:mailing_id>/title", methods=("POST",))
    def title(self, mailing_id: int) -> AnyResponse:
        """Give the mailing another title."""
        self.act(
            change.rename_mailing,
            request.form.get("title", ""),
            row=(Mailing, mailing_id),
            done=gettext("Titlen er gemt."),
        )
        return self._back(mailing_id)

    @expose("/<int:mailing_id>/numbers", methods=("POST",))
    def numbers(self, mailing_id: int) -> AnyResponse:
        """Take CPR numbers out, or leave them in; the letters are made anew."""
        keep = request.form.get("keep") == "1"
        if self.act(change.keep_numbers, keep, row=(Mailing, mailing_id)):
            wake("prepare_mailing", mailing_id)
        return see_other("mailings.show", mailing_id=mailing_id)

    @expose("/<int:mailing_id>/letters/<int:letter_id>/take-out", methods=("POST",))
    def take_out(self, mailing_id: int, letter_id: int) -> AnyResponse:
        """Leave one letter out."""
        done = gettext("Brevet er taget ud og bliver ikke sendt.")
        self.act(change.take_out_letter, row=(Letter, letter_id), done=done)
        return self._back(mailing_id)

    @expose("/<int:mailing_id>/letters/<int:letter_id>/put-back", methods=("POST",))
    def put_back(self, mailing_id: int, letter_id: int) -> AnyResponse:
        """Take one letter in again."""
        done = gettext("Brevet er med igen.")
        if self.act(change.put_back_letter, row=(Letter, letter_id), done=done):
            wake("check_mailboxes", mailing_id)
        return self._back(mailing_id)

    def _not_approved(self, mailing_id: int, attempt: Attempt) -> AnyResponse | tuple[str, int]:
        """Calmly on when somebody else was first; else the page as it was, with the reason."""
        if self.row(Mailing, mailing_id).status is not MailingStatus.REVIEW:
            for problem in attempt.problems:
                flash(problem, "note")
            return see_other("mailings.show", mailing_id=mailing_id)
        return self._page(mailing_id, "console/mailings/show.html", attempt=attempt), 422

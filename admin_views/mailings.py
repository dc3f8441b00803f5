"""Forsendelser: the list, and one permanent page for each mailing that is right at every stage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from flask import Response, abort, flash, make_response, render_template, request
from flask_admin import expose
from flask_babel import gettext
from werkzeug.wrappers import Response as AnyResponse

from admin_views.console import POST, ConsoleView, see_other
from admin_views.mend import warnings
from admin_views.ports import wake
from admin_views.stopping import say_stopped
from admin_views.texts import mark
from digitalpost.archive import timeline
from digitalpost.archive.letters import note_opened
from digitalpost.channels.registry import ways_out
from digitalpost.deliveries.forecast import forecast
from digitalpost.deliveries.plan import Plan, plans_of_page
from digitalpost.deliveries.printing import count_to_print
from digitalpost.mailings import change, review
from digitalpost.mailings.approve import approve
from digitalpost.mailings.books import balance
from digitalpost.mailings.cancel import cancel
from digitalpost.mailings.recheck import recheck
from digitalpost.mailings.report import report_of
from digitalpost.mailings.waiting import action_counts, mailings_page
from digitalpost.models import Letter, LetterStatus, Mailing, MailingStatus

_PLACE = ("show", "after", "before", "letter")  # where in the list of letters one is


@dataclass(frozen=True)
class Attempt:
    """An approval that was not done: what was typed, and why not."""

    typed: str = ""
    problems: list[str] = field(default_factory=list)


class MailingsView(ConsoleView):
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
        return render_template(
            "console/mailings/viewer.html", mailing=mailing, letter=letter, place=self._place()
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
        self.act(change.put_back_letter, row=(Letter, letter_id), done=done)
        return self._back(mailing_id)

    def _not_approved(self, mailing_id: int, attempt: Attempt) -> AnyResponse | tuple[str, int]:
        """Calmly on when somebody else was first; else the page as it was, with the reason."""
        if self.row(Mailing, mailing_id).status is not MailingStatus.REVIEW:
            for problem in attempt.problems:
                flash(problem, "note")
            return see_other("mailings.show", mailing_id=mailing_id)
        return self._page(mailing_id, "console/mailings/show.html", attempt=attempt), 422

    def _page(
        self, mailing_id: int, template: str, *, attempt: Attempt | None = None, look: bool = True
    ) -> str:
        """Everything that a template of the mailing may show."""
        letter = self._letter(self.row(Mailing, mailing_id), look=look)
        mailing = self.row(Mailing, mailing_id)
        place = self._place()
        found = review.letters_by_risk(
            self.db,
            mailing,
            show=place.get("show", ""),
            after=place.get("after"),
            before=place.get("before"),
        )
        values: dict[str, Any] = self._moving(mailing)
        if look:
            values |= {
                "left_out": review.left_out_pages(self.db, mailing),
                "log": timeline.of_mailing(self.db, mailing),
            }
        if look and mailing.approved_at is not None:
            values["report"] = report_of(self.db, mailing)
        if look and mailing.status is MailingStatus.REVIEW:
            values |= warnings(self.db, self.institution.settings, mailing)
        return self.render(
            template,
            mailing=mailing,
            stage=mailing.status.value,
            pulse=review.pulse(self.db, mailing),
            found=found,
            letter=letter,
            place=place,
            attempt=attempt or Attempt(),
            plans=self._plans(mailing, found.items),
            confirm_above=self.institution.settings.confirm_above,
            **values,
        )

    def _moving(self, mailing: Mailing) -> dict[str, Any]:
        """Counts and progress of this stage."""
        match mailing.status:
            case MailingStatus.PREPARING:
                return {"progress": review.preparing_progress(self.db, mailing)}
            case MailingStatus.REVIEW:
                expected = forecast(self.db, mailing, ways_out(self.institution.settings))
                counts = review.review_counts(self.db, mailing, held=expected.held_letters)
                return {"counts": counts, "forecast": expected}
            case MailingStatus.HOLDING:
                left, whole = review.seconds_of_hold(mailing)
                books = balance(self.db, mailing)
                return {
                    "hold_left": left,
                    "hold_whole": whole,
                    "waiting": books.by_status.get(LetterStatus.WAITING, 0),
                    "outcomes": review.outcome_counts(self.db, mailing),
                }
        return {
            "progress": review.sending_progress(self.db, mailing),
            "outcomes": review.outcome_counts(self.db, mailing),
            "books": balance(self.db, mailing),
            "to_print": count_to_print(self.db, mailing),
        }

    def _plans(self, mailing: Mailing, letters: Sequence[Letter]) -> dict[int, Plan]:
        """Where each letter of the list would go, while that can still be changed."""
        if mailing.status is not MailingStatus.REVIEW:
            return {}
        return plans_of_page(self.db, mailing, letters, ways_out(self.institution.settings))

    def _letter(self, mailing: Mailing, *, look: bool) -> Letter | None:
        """The letter that the viewer shows: the one asked for, else the first. Seeing is logged."""
        if mailing.status is not MailingStatus.REVIEW:
            return None
        mailing_id, wanted = mailing.id, request.args.get("letter", "")
        letter_id = int(wanted) if wanted.isascii() and wanted.isdigit() else 0
        letter = review.letter_of(self.db, mailing, letter_id) if letter_id else None
        if letter is None:
            place = self._place()
            first = review.letters_by_risk(
                self.db,
                mailing,
                show=place.get("show", ""),
                after=place.get("after"),
                before=place.get("before"),
                size=1 if not place.get("before") else review.PAGE_SIZE,
            ).items
            letter = first[0] if first else None
        if letter is None or not look:
            return letter
        letter_id = letter.id
        if self.actor.may("letter.read"):
            self.act(note_opened, row=(Letter, letter_id), quiet=True)
        return review.letter_of(self.db, self.row(Mailing, mailing_id), letter_id)

    def _place(self) -> dict[str, str]:
        return {key: request.values[key] for key in _PLACE if request.values.get(key)}

    def _back(self, mailing_id: int) -> AnyResponse:
        return see_other("mailings.show", mailing_id=mailing_id, **self._place())

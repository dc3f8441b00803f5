"""The page of one mailing, whichever view shows it: stage, letters, and one letter beside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from flask import request
from werkzeug.wrappers import Response as AnyResponse

from admin_views.attachments import attachments_card
from admin_views.console import ConsoleView, see_other
from admin_views.mend import warnings
from admin_views.panel import young_values
from admin_views.review_values import late_values, letter_values, review_values
from digitalpost.archive import timeline
from digitalpost.archive.letters import note_opened
from digitalpost.channels.registry import ways_out
from digitalpost.deliveries.costs import cost_of
from digitalpost.deliveries.follow import deadline_of
from digitalpost.deliveries.forecast import forecast
from digitalpost.deliveries.plan import Plan, plans_of_page
from digitalpost.deliveries.printing import count_to_print
from digitalpost.deliveries.waits import waits_of
from digitalpost.mailings import review
from digitalpost.mailings.books import balance
from digitalpost.mailings.division import division_of
from digitalpost.mailings.findings import file_states
from digitalpost.mailings.report import report_of
from digitalpost.models import Letter, LetterStatus, Mailing, MailingStatus
from digitalpost.signing.tasks import count_by_status

_PLACE = ("show", "after", "before", "letter")  # where in the list of letters one is


@dataclass(frozen=True)
class Attempt:
    """An approval that was not done: what was typed, and why not."""

    typed: str = ""
    problems: list[str] = field(default_factory=list)


class MailingPage(ConsoleView):
    """What the views have in common that show the page of a mailing."""

    def _page(
        self,
        mailing_id: int,
        template: str,
        *,
        attempt: Attempt | None = None,
        look: bool = True,
        more: dict[str, Any] | None = None,
    ) -> str:
        """Everything that a template of the mailing may show; ``more`` is what was just typed."""
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
        values["waits"] = waits_of(self.db, self.institution.settings, mailing)
        if look:
            values |= {
                "left_out": review.left_out_pages(self.db, mailing),
                "log": timeline.of_mailing(self.db, mailing),
            }
        if look and mailing.approved_at is not None:
            values["report"] = report_of(self.db, mailing)
            values["signings"] = count_by_status(self.db, mailing)
        if look and mailing.status is MailingStatus.REVIEW:
            settings = self.institution.settings
            values |= warnings(self.db, settings, mailing)
            values |= review_values(self.db, settings, mailing, found.items)
            values |= letter_values(self.db, letter)
            values |= attachments_card(self.db, mailing) | {"division": division_of(mailing)}
            values |= young_values(self.db, settings, mailing, found.items, letter)
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
            **(values | (more or {})),
        )

    def _moving(self, mailing: Mailing) -> dict[str, Any]:
        """Counts and progress of this stage."""
        settings = self.institution.settings
        match mailing.status:
            case MailingStatus.PREPARING:
                return {
                    "progress": review.preparing_progress(self.db, mailing),
                    "files": file_states(mailing),
                }
            case MailingStatus.REVIEW:
                expected = forecast(self.db, mailing, ways_out(settings))
                counts = review.review_counts(self.db, mailing, no_way=expected.held_letters)
                late = late_values(mailing, expected, settings.calendar)
                cost = cost_of(expected.by_channel, settings.channels.prices)
                return {"counts": counts, "forecast": expected, "cost": cost} | late
            case MailingStatus.HOLDING:
                left, whole = review.seconds_of_hold(mailing)
                if mailing.finished_at is not None:  # letters that are sent again
                    whole = max(left, settings.hold_seconds)
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
            "deadline": deadline_of(self.db, mailing, settings.calendar),
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
        mailing_id, wanted = mailing.id, request.values.get("letter", "")
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

    def _back(self, mailing_id: int, anchor: str | None = None) -> AnyResponse:
        place = {"mailing_id": mailing_id, **self._place(), "_anchor": anchor}
        return see_other("mailings.show", **place)

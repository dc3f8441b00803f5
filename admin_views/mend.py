"""Ret brev: a doubtful letter of a mailing in review, its pages, and the ways to put it right."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Response, abort, make_response, request
from flask_admin import expose
from flask_babel import gettext
from werkzeug.wrappers import Response as AnyResponse

from admin_views.console import ConsoleView, Outcome, see_other
from admin_views.ports import wake
from admin_views.source_images import source_picture
from admin_views.texts import mark, say_all
from digitalpost.access import Actor
from digitalpost.archive.letters import note_opened
from digitalpost.db import Session
from digitalpost.errors import Damaged, Refused
from digitalpost.mailings import mend, mendable, review
from digitalpost.mailings.compare import compare, doubtful
from digitalpost.models import LeftOutPage, Letter, Mailing, MailingSource, MailingStatus
from digitalpost.settings import Settings

PAGES_SHOWN = 12
_NEW = "new"


@dataclass(frozen=True)
class Typed:
    """What stands in the forms when they were not carried out at once."""

    number: str = ""
    who: mend.Who | None = None  # shown, and waiting for a yes
    problem: str = ""


class MendView(ConsoleView):
    """The page of one letter that is to be mended. The mailing's own page is another view."""

    permission = "mailing.change"
    icon = "pencil"
    in_menu = False
    home = "mailings"

    def __init__(self) -> None:
        self._default_view = "show"  # the list at the root of the address is another view's
        super().__init__(name=mark("Ret brev"), endpoint="mend", url="/mailings")

    @expose("/<int:mailing_id>/mend/<int:letter_id>/")
    def show(self, mailing_id: int, letter_id: int) -> AnyResponse:
        """The letter's source pages with what can be done. Seeing is logged."""
        mailing, letter = self._found(mailing_id, letter_id)
        if mailing.status is not MailingStatus.REVIEW:
            return see_other("mailings.show", mailing_id=mailing_id)
        if self.actor.may("letter.read"):
            self.act(note_opened, row=(Letter, letter.id), quiet=True)
        return self._page(mailing_id, letter_id)

    @expose("/<int:mailing_id>/mend/<int:letter_id>/recipient", methods=("POST",))
    def recipient(self, mailing_id: int, letter_id: int) -> AnyResponse:
        """Whose letter it is: the name is shown first, and counts after a yes."""
        self._found(mailing_id, letter_id)
        number = request.form.get("number", "")
        if request.form.get("sure") != "1":
            try:
                who = mend.who_is(self.db, self.actor, number)
            except Refused as refused:
                typed = Typed(number, problem=" ".join(say_all(refused)))
                return self._page(mailing_id, letter_id, typed, status=422)
            return self._page(mailing_id, letter_id, Typed(number, who))
        outcome = self.act(
            mend.choose_recipient,
            number,
            row=(Letter, letter_id),
            everything=True,
            done=gettext("Modtageren er valgt. Brevet bliver lavet igen nu."),
        )
        return self._after(mailing_id, letter_id, outcome)

    @expose("/<int:mailing_id>/mend/<int:letter_id>/confirm", methods=("POST",))
    def confirm(self, mailing_id: int, letter_id: int) -> AnyResponse:
        """The letter is right as it is."""
        self._found(mailing_id, letter_id)
        done = gettext("Brevet er set igennem. Det bliver lavet igen nu.")
        outcome = self.act(mend.confirm_letter, row=(Letter, letter_id), done=done)
        return self._after(mailing_id, letter_id, outcome)

    @expose("/<int:mailing_id>/mend/<int:letter_id>/split", methods=("POST",))
    def split(self, mailing_id: int, letter_id: int) -> AnyResponse:
        """Cut the letter in two."""
        self._found(mailing_id, letter_id)
        done = gettext("Brevet er delt i to. Tjek begge dele.")
        before = _whole(request.form.get("before"))
        outcome = self.act(mend.split_letter, before, row=(Letter, letter_id), done=done)
        return self._after(mailing_id, letter_id, outcome)

    @expose("/<int:mailing_id>/mend/<int:letter_id>/join", methods=("POST",))
    def join(self, mailing_id: int, letter_id: int) -> AnyResponse:
        """Put the letter together with the one before or after it, as it was shown."""
        self._found(mailing_id, letter_id)
        other_id = _whole(request.form.get("other"))
        done = gettext("Brevene er lagt sammen.")
        outcome = self.act(self._join, other_id, row=(Letter, letter_id), done=done)
        return self._after(mailing_id, outcome.value or letter_id, outcome)

    @expose("/<int:mailing_id>/mend/<int:letter_id>/move", methods=("POST",))
    def move(self, mailing_id: int, letter_id: int) -> AnyResponse:
        """Move the chosen pages into another letter."""
        self._found(mailing_id, letter_id)
        done = gettext("Siderne er flyttet. Tjek begge breve.")
        outcome = self.act(self._move, row=(Letter, letter_id), done=done)
        return self._after(mailing_id, letter_id, outcome)

    @expose("/<int:mailing_id>/mend/<int:letter_id>/move-up", methods=("POST",))
    def move_up(self, mailing_id: int, letter_id: int) -> AnyResponse:
        """Put a page before the one that it stands behind."""
        self._found(mailing_id, letter_id)
        page, done = _whole(request.form.get("page")), gettext("Siden er flyttet op.")
        outcome = self.act(mend.move_page_up, page, row=(Letter, letter_id), done=done)
        return self._after(mailing_id, letter_id, outcome)

    @expose("/<int:mailing_id>/mend/<int:letter_id>/leave-out", methods=("POST",))
    def leave_out(self, mailing_id: int, letter_id: int) -> AnyResponse:
        """Take the chosen pages out, with the reason."""
        self._found(mailing_id, letter_id)
        why, pages = request.form.get("why", ""), _pages()
        done = gettext("Siderne er udeladt. De står nederst på gennemsynet med grunden.")
        outcome = self.act(mend.leave_out_pages, pages, why, row=(Letter, letter_id), done=done)
        return self._after(mailing_id, letter_id, outcome)

    @expose("/<int:mailing_id>/left-out/<int:row_id>/take-back", methods=("POST",))
    def take_back(self, mailing_id: int, row_id: int) -> AnyResponse:
        """Make a left-out page a letter of its own; from there it can be joined to another."""
        if self.row(LeftOutPage, row_id).mailing_id != mailing_id:
            abort(404)
        done = gettext("Siden er nu et brev for sig. Vælg modtager, eller læg det sammen.")
        outcome = self.act(mend.take_back_page, row=(LeftOutPage, row_id), to=None, done=done)
        if not outcome:
            return see_other("mailings.show", mailing_id=mailing_id)
        return self._after(mailing_id, outcome.value, outcome)

    @expose("/<int:mailing_id>/source/<int:source_id>/<int:page>.png")
    def source(self, mailing_id: int, source_id: int, page: int) -> Response:
        """A page as it came; the right to see it is asked for every time."""
        source = self.row(MailingSource, source_id)
        mailing = self.row(Mailing, mailing_id)
        if (
            source.mailing_id != mailing_id
            or mailing.status is not MailingStatus.REVIEW
            or not 1 <= page <= source.pages
        ):
            abort(404)

        def draw(pages: range) -> dict[int, bytes]:
            try:
                return mendable.draw_source_pages(self.db, self.actor, source, pages, width=900)
            except (Damaged, Refused):
                return {}  # the page says that there is no picture

        return source_picture(source.document.sha256, page, draw)

    def _join(self, session: Session, actor: Actor, letter: Letter, other_id: int) -> Letter:
        other = self.row(Letter, other_id, session=session)
        first, second = sorted((letter, other), key=lambda one: one.pages)
        mend.join_letters(session, actor, first, second)
        return first

    def _move(self, session: Session, actor: Actor, letter: Letter) -> Letter:
        wanted = request.form.get("to", "")
        to: Letter | None = None
        if wanted == "number":
            position = _whole(request.form.get("position"))
            to = mendable.letter_at(session, letter, position)
            if to is None:
                raise Refused("Der er ikke noget brev med det nummer. Tjek nummeret på listen.")
        elif wanted != _NEW:
            to = self.row(Letter, wanted, session=session)
        return mend.move_pages(session, actor, letter, _pages(), to=to)

    def _found(self, mailing_id: int, letter_id: int) -> tuple[Mailing, Letter]:
        mailing = self.row(Mailing, mailing_id)
        letter = review.letter_of(self.db, mailing, self.row(Letter, letter_id).id)
        return (mailing, letter) if letter is not None else abort(404)

    def _after(self, mailing_id: int, letter_id: int, outcome: Outcome) -> AnyResponse:
        """On with the letter; to the list when it has no pages any more."""
        if outcome:
            wake("finish_letters", mailing_id)
        mailing = self.row(Mailing, mailing_id)
        if review.letter_of(self.db, mailing, letter_id) is None:
            return see_other("mailings.show", mailing_id=mailing_id)
        return see_other("mend.show", mailing_id=mailing_id, letter_id=letter_id)

    def _page(
        self, mailing_id: int, letter_id: int, typed: Typed | None = None, *, status: int = 200
    ) -> AnyResponse:
        mailing, letter = self._found(mailing_id, letter_id)
        before, after = mendable.neighbours(self.db, letter)
        first = min(_whole(request.args.get("from")), len(letter.pages))
        values: dict[str, Any] = {
            "mailing": mailing,
            "letter": letter,
            "before": before,
            "after": after,
            "following": mendable.next_doubtful(self.db, mailing, letter),
            "typed": typed or Typed(),
            "first": first,
            "shown": letter.pages[first : first + PAGES_SHOWN],
            "pages_shown": PAGES_SHOWN,
        }
        answer = make_response(self.render("console/mend.html", **values), status)
        answer.headers["Cache-Control"] = "private, no-store"  # a typed number may stand in it
        return answer


def warnings(session: Session, settings: Settings, mailing: Mailing) -> dict[str, Any]:
    """What the review says besides its letters: the difference from last time, and the stop."""
    return {
        "difference": compare(session, mailing),
        "doubt": doubtful(session, mailing, percent=settings.doubtful_percent),
    }


def _whole(text: str | None) -> int:
    """A number that a form or an address holds; 0 when it is none."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 9 else 0


def _pages() -> list[int]:
    return [_whole(one) for one in request.form.getlist("pages")]

"""Indgående brev: one letter that came, read safely, in its conversation, and answered from here.

The panel is also a page part of its own: the inbox shows it between its list and its acts.
"""

from __future__ import annotations

from flask import Response, abort, flash, make_response, request
from flask import render_template as render_part
from flask_admin import expose
from flask_babel import gettext
from markupsafe import Markup
from werkzeug.wrappers import Response as AnyResponse

from admin_views.console import see_other
from admin_views.incoming_panel import PanelView
from admin_views.letter_page import file_answer
from admin_views.page_images import picture
from admin_views.ports import wake
from admin_views.texts import mark, say_all
from admin_views.uploads import uploaded
from digitalpost.archive import timeline
from digitalpost.channels.registry import ways_out
from digitalpost.errors import Damaged, Refused
from digitalpost.incoming.answer import LONGEST, answer, title_of_answer, why_not_digital
from digitalpost.incoming.files import HTML
from digitalpost.incoming.opened import (
    DRAWN,
    download_file,
    files_of,
    is_drawn,
    read_file,
    read_html,
)
from digitalpost.mailings.options import can_do
from digitalpost.models import IncomingFile, Letter

# What a letter from outside may do in its frame: nothing, and it loads nothing from anywhere.
BODY_POLICY = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; "
    "base-uri 'none'; frame-ancestors 'self'"
)

_FRAME_STYLE = """
body { margin: 0; padding: 1rem; background: #fff; color: #14202a; overflow-wrap: anywhere; }
body { font: 16px/1.55 system-ui, sans-serif; }
img { max-width: 100%; height: auto; }
img:not([src]) { display: none; }
table { border-collapse: collapse; max-width: 100%; }
td, th { padding: .2rem .5rem; border: 1px solid #dfe5e9; text-align: left; vertical-align: top; }
pre { white-space: pre-wrap; }
.note { padding: .5rem .75rem; background: #ebeff2; border-radius: 8px; }
"""


class IncomingLetterView(PanelView):
    """The page of one letter that came. Lists of them are another view's."""

    permission = "incoming.read"
    icon = "inbox"
    in_menu = False
    home = "inbox"

    def __init__(self) -> None:
        self._default_view = "show"  # the list at the root of the address is another view's
        super().__init__(name=mark("Brev"), endpoint="incoming_letter", url="/incoming")

    @expose("/<int:letter_id>/")
    def show(self, letter_id: int) -> str:
        """The letter with its conversation and what is known of it. Opening it is logged."""
        values = self.panel_values(letter_id)
        letter = values["letter"]
        return self.render(
            "console/incoming_letter.html",
            **values,
            history=timeline.of_letter(self.db, letter),
            can_answer=self.actor.may("mailing.prepare"),
        )

    @expose("/<int:letter_id>/panel")
    def panel(self, letter_id: int) -> Response:
        """The letter alone, for a page that shows it beside other things. Logged as a look."""
        part = make_response(
            render_part("console/incoming_panel.html", **self.panel_values(letter_id))
        )
        part.headers["Cache-Control"] = "private, no-store"
        return part

    @expose("/<int:letter_id>/files/<int:position>/body.html")
    def body(self, letter_id: int, position: int) -> Response:
        """A letter that came as a web page, made harmless, for a frame that may do nothing."""
        file = self._file(letter_id, position)
        if file.media_type != HTML:
            abort(404)
        try:
            safe = read_html(self.db, self.actor, file)
        except (Damaged, Refused) as error:
            return _framed(gettext(str(error)))
        note = gettext("Billeder, der ligger uden for brevet, er ikke hentet.")
        return _framed(note if safe.left_out else "", safe.html)

    @expose("/<int:letter_id>/files/<int:position>/page/<int:page>.png")
    def page_image(self, letter_id: int, position: int, page: int) -> Response:
        """One page of a file as a picture; the right to see it is asked for every time."""
        file = self._file(letter_id, position)
        if not is_drawn(file) or not 1 <= page <= (file.document.pages or 0):
            abort(404)
        width = request.args.get("w", "")
        try:
            return picture(
                file.document.sha256,
                page,
                int(width) if width.isascii() and width.isdigit() and len(width) < 6 else 900,
                lambda: read_file(self.db, self.actor, file),
                DRAWN[file.media_type],
            )
        except (Damaged, Refused, ValueError):
            abort(404)

    @expose("/<int:letter_id>/files/<int:position>/file")
    def download(self, letter_id: int, position: int) -> AnyResponse:
        """A file to take away; logged."""
        self.letter_that_came(letter_id)
        outcome = self.act(download_file, position, row=(Letter, letter_id))
        if not outcome:
            return see_other("incoming_letter.show", letter_id=letter_id)
        found = file_answer(outcome.value)
        found.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
        return found

    @expose("/<int:letter_id>/answer", methods=("GET", "POST"))
    def answer(self, letter_id: int) -> str | tuple[str, int] | AnyResponse:
        """Write an answer; it becomes a mailing of one letter that is reviewed like any other."""
        letter = self.letter_that_came(letter_id)
        if not self.actor.may("mailing.prepare"):
            abort(403)
        if request.method == "GET":
            return self._answer_form(letter)
        form = request.form
        try:
            mailing_id = answer(
                self.institution,
                self.actor,
                letter_id,
                title=form.get("title", ""),
                text=form.get("text", "").replace("\r\n", "\n"),
                file=next(uploaded(request, "file"), None),
                can_reply="can_reply" in form,
                finishes="finishes" in form,
            )
        except Refused as refused:
            return self._answer_form(letter, say_all(refused)), 422
        wake("prepare_mailing", mailing_id)
        flash(gettext("Svaret er lavet. Se det igennem, og godkend det."), "success")
        return see_other("mailings.show", mailing_id=mailing_id)

    def _answer_form(self, letter: Letter, problems: list[str] | None = None) -> str:
        form, first = request.form, request.method == "GET"
        why_not = why_not_digital(self.db, self.actor, letter, ways_out(self.institution.settings))
        return self.render(
            "console/incoming_answer.html",
            letter=letter,
            problems=problems or [],
            why_not=why_not,
            title=form.get("title", title_of_answer(letter)),
            text=form.get("text", ""),
            longest=LONGEST,
            may_reply=can_do(self.institution.settings).reply,
            can_reply=first or "can_reply" in form,
            finishes=first or "finishes" in form,
        )

    def _file(self, letter_id: int, position: int) -> IncomingFile:
        files = files_of(self.db, self.letter_that_came(letter_id))
        found = next((file for file in files if file.position == position), None)
        if found is None:
            abort(404)
        return found


def _framed(note: str, html: str = "") -> Response:
    """A page for the frame: what was made harmless is put in as it is, a note as text."""
    harmless = Markup(html)  # noqa: S704 - by nh3
    answer = make_response(
        render_part("console/incoming_body.html", note=note, style=_FRAME_STYLE, html=harmless)
    )
    answer.headers["Content-Security-Policy"] = BODY_POLICY
    answer.headers["X-Frame-Options"] = "SAMEORIGIN"
    answer.headers["Cache-Control"] = "private, no-store"
    return answer

"""Bilag: what goes with the letters of a mailing in review, whose each file is, and its order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Request, Response, abort, flash, request
from flask_admin import expose
from flask_babel import gettext, ngettext
from werkzeug.wrappers import Response as AnyResponse

from admin_views.console import ConsoleView, Outcome, see_other, whole_number
from admin_views.formatting import number
from admin_views.ports import wake
from admin_views.source_images import source_picture
from admin_views.texts import mark, say_all
from admin_views.uploads import uploaded
from digitalpost.db import Session
from digitalpost.errors import Damaged, Refused
from digitalpost.mailings import attachment_list, attachments
from digitalpost.mailings.attachment_intake import GivenAttachment
from digitalpost.models import Mailing, MailingAttachment, MailingStatus
from digitalpost.paging import Page

CARD_SIZE = 6  # attachments on the mailing's own page; the rest has a page of its own
_EACH = "each"  # in forms: every file goes with the one letter it belongs to


class AttachmentsView(ConsoleView):
    """The page of a mailing's attachments, and every act on them. Its card is on the mailing's."""

    permission = "mailing.change"
    icon = "file"
    in_menu = False
    home = "mailings"

    def __init__(self) -> None:
        self._default_view = "index"
        super().__init__(name=mark("Bilag"), endpoint="attachments", url="/mailings")

    @expose("/<int:mailing_id>/attachments/")
    def index(self, mailing_id: int) -> str | AnyResponse:
        """All attachments, and the letters that have none of their own."""
        mailing = self.row(Mailing, mailing_id)
        if mailing.status is not MailingStatus.REVIEW:
            return see_other("mailings.show", mailing_id=mailing_id)
        place = {
            key: request.args[key] for key in ("show", "after", "before") if key in request.args
        }
        return self.render(
            "console/mailings/attachments.html",
            mailing=mailing,
            place=place,
            files=self._files(mailing, place),
            editing=whole_number(request.args.get("edit", "")),
            attached=attachment_list.attachment_counts(self.db, mailing),
            without=attachment_list.letters_without(
                self.db, mailing, after=request.args.get("next"), before=request.args.get("prev")
            ),
        )

    @expose("/<int:mailing_id>/attachments/add", methods=("POST",))
    def add(self, mailing_id: int) -> AnyResponse:
        """Take files in; the job makes them ready."""
        self.row(Mailing, mailing_id)
        files = list(uploaded(request, "attachments"))
        is_common = request.form.get("attachments_to") != _EACH
        self.db.rollback()
        try:
            added = attachments.attach(
                self.institution, self.actor, mailing_id, files, is_common=is_common
            )
        except Refused as refused:
            for reason in say_all(refused):
                flash(reason, "error")
            return self._back(mailing_id)
        flash(
            ngettext(
                "1 bilag er lagt til og bliver gjort klar.",
                "%(shown)s bilag er lagt til og bliver gjort klar.",
                len(added),
                shown=number(len(added)),
            ),
            "success",
        )
        return self._woken(mailing_id)

    @expose("/<int:mailing_id>/attachments/<int:attachment_id>/remove", methods=("POST",))
    def remove(self, mailing_id: int, attachment_id: int) -> AnyResponse:
        """Take one away."""
        self._found(mailing_id, attachment_id)
        done = gettext("Bilaget er fjernet.")
        outcome = self.act(attachments.remove, row=(MailingAttachment, attachment_id), done=done)
        return self._removed(mailing_id, outcome)

    @expose("/<int:mailing_id>/attachments/send-without", methods=("POST",))
    def send_without(self, mailing_id: int) -> AnyResponse:
        """Take away all that belong to no letter."""
        done = gettext("Bilagene uden et brev er fjernet.")
        outcome = self.act(attachments.remove_unmatched, row=(Mailing, mailing_id), done=done)
        return self._removed(mailing_id, outcome)

    @expose("/<int:mailing_id>/attachments/<int:attachment_id>/rename", methods=("POST",))
    def rename(self, mailing_id: int, attachment_id: int) -> AnyResponse:
        """Give one another title."""
        title = request.form.get("title", "")
        done = gettext("Titlen er gemt.")
        return self._change(mailing_id, attachment_id, attachments.rename, title, done=done)

    @expose("/<int:mailing_id>/attachments/<int:attachment_id>/move", methods=("POST",))
    def move(self, mailing_id: int, attachment_id: int) -> AnyResponse:
        """One place up or down."""
        by = -1 if request.form.get("by") == "up" else 1
        done = gettext("Rækkefølgen er ændret.")
        return self._change(mailing_id, attachment_id, attachments.move, by, done=done)

    @expose("/<int:mailing_id>/attachments/order", methods=("POST",))
    def order(self, mailing_id: int) -> AnyResponse:
        """The order in which they were dragged."""
        ids = [whole_number(one) for one in request.form.get("ids", "").split(",")]
        done = gettext("Rækkefølgen er ændret.")
        outcome = self.act(attachments.reorder, ids, row=(Mailing, mailing_id), done=done)
        return self._woken(mailing_id) if outcome else self._back(mailing_id)

    @expose("/<int:mailing_id>/attachments/<int:attachment_id>/match", methods=("POST",))
    def match(self, mailing_id: int, attachment_id: int) -> AnyResponse:
        """Say which letter one belongs to, by the letter's number."""
        position = whole_number(request.form.get("position", "").strip())
        done = gettext("Bilaget er lagt til brevet.")
        return self._change(
            mailing_id, attachment_id, attachments.match_by_hand, position, done=done
        )

    @expose("/<int:mailing_id>/attachments/<int:attachment_id>/unmatch", methods=("POST",))
    def unmatch(self, mailing_id: int, attachment_id: int) -> AnyResponse:
        """Take back what was said."""
        done = gettext("Valget er taget tilbage.")
        return self._change(mailing_id, attachment_id, attachments.unmatch, done=done)

    @expose("/<int:mailing_id>/attachments/accept-several", methods=("POST",))
    def accept_several(self, mailing_id: int) -> AnyResponse:
        """Yes to every attachment whose letter has more than one."""
        done = gettext("Bilagene er lagt til deres breve.")
        outcome = self.act(attachments.accept_several, row=(Mailing, mailing_id), done=done)
        return self._woken(mailing_id) if outcome else self._back(mailing_id)

    @expose("/<int:mailing_id>/attachments/<int:attachment_id>/<int:page>.png")
    def picture(self, mailing_id: int, attachment_id: int, page: int) -> Response:
        """A page as it came; the right to see it is asked for every time."""
        attachment = self._found(mailing_id, attachment_id)
        document = attachment.document
        if document is None or not 1 <= page <= attachment.pages:
            abort(404)

        def draw(pages: range) -> dict[int, bytes]:
            try:
                return attachment_list.draw_attachment_pages(
                    self.db, self.actor, attachment, pages, width=900
                )
            except (Damaged, Refused):
                return {}  # the page says that there is no picture

        return source_picture(document.sha256, page, draw)

    def _files(self, mailing: Mailing, place: Mapping[str, str]) -> Page[MailingAttachment]:
        """The page of the list; it begins with the one that is edited."""
        edited = self.db.get(MailingAttachment, whole_number(request.args.get("edit", "")))
        return attachment_list.attachments_page(
            self.db,
            mailing,
            show=place.get("show", ""),
            since=edited.position if edited is not None and edited.mailing_id == mailing.id else 0,
            after=place.get("after"),
            before=place.get("before"),
        )

    def _found(self, mailing_id: int, attachment_id: int) -> MailingAttachment:
        attachment = self.row(MailingAttachment, attachment_id)
        self.row(Mailing, mailing_id)
        if attachment.mailing_id != mailing_id:
            abort(404)
        return attachment

    def _change(
        self, mailing_id: int, attachment_id: int, use_case: Any, *arguments: Any, done: str
    ) -> AnyResponse:
        self._found(mailing_id, attachment_id)
        row = (MailingAttachment, attachment_id)
        outcome = self.act(use_case, *arguments, row=row, done=done)
        return self._woken(mailing_id) if outcome else self._back(mailing_id)

    def _removed(self, mailing_id: int, outcome: Outcome) -> AnyResponse:
        if not outcome:
            return self._back(mailing_id)
        self.institution.store.delete(outcome.value)
        return self._woken(mailing_id)

    def _woken(self, mailing_id: int) -> AnyResponse:
        wake("finish_letters", mailing_id)
        return self._back(mailing_id)

    def _back(self, mailing_id: int) -> AnyResponse:
        """To the page that the form stood on."""
        if request.form.get("from") == "all":
            return see_other("attachments.index", mailing_id=mailing_id)
        return see_other("mailings.show", mailing_id=mailing_id, _anchor="attached")


def attachments_card(session: Session, mailing: Mailing) -> Mapping[str, Any]:
    """What the card on the mailing's own page shows: doubt first, or the first ones in order."""
    counts = attachment_list.attachment_counts(session, mailing)
    show = attachment_list.DOUBTFUL if counts.in_doubt else ""
    files = attachment_list.attachments_page(session, mailing, show=show, size=CARD_SIZE)
    return {"attached": counts, "files": files}


def given_attachments(request: Request) -> list[GivenAttachment]:
    """The files that came with an upload, to go with all letters or with one each."""
    is_common = request.form.get("attachments_to") != _EACH
    return [GivenAttachment(file, is_common) for file in uploaded(request, "attachments")]

"""What staff choose while a mailing is reviewed: options, ways around digital post, copies."""

from __future__ import annotations

from dataclasses import dataclass

from flask import abort, flash, make_response, render_template, request
from flask_admin import expose
from flask_babel import gettext, ngettext
from werkzeug.wrappers import Response as AnyResponse

from admin_views.console import see_other, whole_number
from admin_views.formatting import number
from admin_views.mailing_page import MailingPage
from admin_views.options_form import read_options, typed_in
from admin_views.ports import wake
from admin_views.review_values import mailbox_card
from admin_views.texts import mark, say_all
from digitalpost.errors import Refused
from digitalpost.mailings import copies, mend, ways
from digitalpost.mailings.options import set_options
from digitalpost.models import (
    Letter,
    LetterCopy,
    LetterWay,
    MailboxStatus,
    Mailing,
    MailingStatus,
    Recipient,
)
from digitalpost.registers.find import Found, find_by_name, picked_recipients
from digitalpost.registers.recipients import number_of
from digitalpost.registers.rounds import ask_anew

_SHOW = "console/mailings/show.html"


@dataclass(frozen=True)
class CopyTyped:
    """What stands in the fields for a copy when it was not added at once."""

    number: str = ""
    picked: int = 0  # the recipient who was picked by name
    words: str = ""
    found: Found | None = None
    who: mend.Who | None = None  # shown, and waiting for a yes
    problem: str = ""


class ReviewChoicesView(MailingPage):
    """The forms of the review. The page itself is another view's."""

    permission = "mailing.read"  # each use case asks for its own
    in_menu = False
    home = "mailings"

    def __init__(self) -> None:
        self._default_view = "mailboxes"  # the list at the root of the address is another view's
        super().__init__(name=mark("Valg for forsendelsen"), endpoint="choices", url="/mailings")

    @expose("/<int:mailing_id>/options", methods=("POST",))
    def options(self, mailing_id: int) -> AnyResponse:
        """What recipients are asked for, and when it goes out."""
        mailing = self.row(Mailing, mailing_id)
        options, form = read_options(typed_in(request.form))
        if not form.problems:
            outcome = self.act(
                set_options,
                **vars(options),
                row=(Mailing, mailing_id),
                quiet=mailing.status is MailingStatus.REVIEW,
                done=gettext("Valgene er gemt."),
            )
            if outcome or self.row(Mailing, mailing_id).status is not MailingStatus.REVIEW:
                return self._back(mailing_id)
            form = form.with_problems(dict(zip(outcome.codes, outcome.reasons, strict=True)))
        return make_response(self._page(mailing_id, _SHOW, more={"options_form": form}), 422)

    @expose("/<int:mailing_id>/mailboxes")
    def mailboxes(self, mailing_id: int) -> AnyResponse:
        """The card about mailboxes, for the script that refreshes it."""
        mailing = self.row(Mailing, mailing_id)
        if mailing.status is not MailingStatus.REVIEW:
            return see_other("mailings.show", mailing_id=mailing_id)
        card = mailbox_card(self.db, self.institution.settings, mailing)
        page = render_template(
            "console/mailings/review_mailboxes.html",
            mailing=mailing,
            mailboxes=card,
            base={"mailing_id": mailing_id},
            place=self._place(),
        )
        answer = make_response(page)
        answer.headers["Cache-Control"] = "private, no-store"
        return answer

    @expose("/<int:mailing_id>/ask-again", methods=("POST",))
    def ask_again(self, mailing_id: int) -> AnyResponse:
        """Ask the registers now, however new their last answers are."""
        if self.act(ask_anew, row=(Mailing, mailing_id)):
            wake("check_mailboxes", mailing_id)
        return self._back(mailing_id, "mailboxes")

    @expose("/<int:mailing_id>/group", methods=("POST",))
    def group(self, mailing_id: int) -> AnyResponse:
        """What happens to the letters of one mailbox group."""
        self.row(Mailing, mailing_id)
        status, act = request.form.get("mailbox", ""), request.form.get("act", "")
        if status not in set(MailboxStatus):
            abort(400)
        mailbox = MailboxStatus(status)
        if act == "take_out":
            outcome = self.act(ways.take_out_group, mailbox, row=(Mailing, mailing_id))
        elif act == "put_back":
            outcome = self.act(ways.put_back_group, mailbox, row=(Mailing, mailing_id))
            wake("check_mailboxes", mailing_id)
        else:
            way = _way(act)
            outcome = self.act(ways.choose_way, way, mailbox=mailbox, row=(Mailing, mailing_id))
        if outcome:
            changed = outcome.value
            flash(
                ngettext(
                    "1 brev er ændret.", "%(shown)s breve er ændret.", changed,
                    shown=number(changed),
                ),
                "success",
            )  # fmt: skip
        return self._back(mailing_id, "mailboxes")

    @expose("/<int:mailing_id>/letters/<int:letter_id>/way", methods=("POST",))
    def way(self, mailing_id: int, letter_id: int) -> AnyResponse:
        """How one letter goes out."""
        self._letter_of(mailing_id, letter_id)
        self.act(
            ways.choose_way,
            _way(request.form.get("way", "")),
            letter_ids=[letter_id],
            row=(Mailing, mailing_id),
            done=gettext("Forsendelsesmåden er gemt."),
        )
        return self._back(mailing_id, "viewer")

    @expose("/<int:mailing_id>/letters/<int:letter_id>/find-copy", methods=("POST",))
    def find_copy(self, mailing_id: int, letter_id: int) -> AnyResponse:
        """Look for somebody by name, for a browser without script."""
        self._letter_of(mailing_id, letter_id)
        words = request.form.get("words", "")
        found = find_by_name(self.db, self.actor, words)
        return self._with_copy(mailing_id, CopyTyped(words=words, found=found))

    @expose("/<int:mailing_id>/letters/<int:letter_id>/copies", methods=("POST",))
    def copy(self, mailing_id: int, letter_id: int) -> AnyResponse:
        """Who gets a copy: the name is shown first, and counts after a yes."""
        self._letter_of(mailing_id, letter_id)
        form = request.form
        typed, picked = form.get("number", ""), whole_number(form.get("copy_to", ""))
        sure = form.get("sure", "")
        try:
            who = self._whom(typed, picked)
        except Refused as refused:
            problem = " ".join(say_all(refused))
            shown = CopyTyped(typed, words=form.get("words", ""), problem=problem)
            return self._with_copy(mailing_id, shown, status=422)
        if sure not in {"one", "all"}:
            return self._with_copy(mailing_id, CopyTyped(typed, picked, who=who))
        row = (Letter, letter_id) if sure == "one" else (Mailing, mailing_id)
        use_case = copies.add_copy if sure == "one" else copies.add_copy_to_all
        outcome = self.act(use_case, who.number, row=row, everything=True)
        if outcome:
            wake("check_mailboxes", mailing_id)
            added = 1 if sure == "one" else outcome.value
            flash(
                ngettext(
                    "1 kopi er tilføjet.", "%(shown)s kopier er tilføjet.", added,
                    shown=number(added),
                ),
                "success",
            )  # fmt: skip
        return self._back(mailing_id, "viewer")

    @expose("/<int:mailing_id>/copies/<int:copy_id>/remove", methods=("POST",))
    def remove_copy(self, mailing_id: int, copy_id: int) -> AnyResponse:
        """Send no copy to that one after all."""
        self.row(Mailing, mailing_id)
        if self.row(LetterCopy, copy_id).letter.mailing_id != mailing_id:
            abort(404)
        self.act(copies.remove_copy, row=(LetterCopy, copy_id), done=gettext("Kopien er fjernet."))
        return self._back(mailing_id, "viewer")

    @expose("/<int:mailing_id>/copied/<int:recipient_id>/remove", methods=("POST",))
    def remove_all(self, mailing_id: int, recipient_id: int) -> AnyResponse:
        """Send no copy of any letter to that one after all."""
        self.row(Mailing, mailing_id)
        self.row(Recipient, recipient_id)
        self.act(
            copies.remove_copy_from_all,
            recipient_id,
            row=(Mailing, mailing_id),
            done=gettext("Kopierne er fjernet."),
        )
        return self._back(mailing_id)

    def _whom(self, typed: str, picked: int) -> mend.Who:
        """Whom a number or a pick stands for. Picked are only those whom the visitor may see."""
        if picked:
            (recipient,) = picked_recipients(self.db, self.actor, [picked])
            return mend.Who(number_of(self.db.vault, recipient), recipient.name)
        return mend.who_is(self.db, self.actor, typed)

    def _letter_of(self, mailing_id: int, letter_id: int) -> None:
        self.row(Mailing, mailing_id)
        if self.row(Letter, letter_id).mailing_id != mailing_id:
            abort(404)

    def _with_copy(self, mailing_id: int, typed: CopyTyped, *, status: int = 200) -> AnyResponse:
        if self.row(Mailing, mailing_id).status is not MailingStatus.REVIEW:
            return see_other("mailings.show", mailing_id=mailing_id)
        answer = make_response(self._page(mailing_id, _SHOW, more={"copy": typed}), status)
        answer.headers["Cache-Control"] = "private, no-store"  # a typed number may stand in it
        return answer


def _way(text: str) -> LetterWay:
    return LetterWay(text) if text in set(LetterWay) else abort(400)

"""Til hvem i virksomheden: a P-number or a case worker for a company's letters, remembered.

The CVR register is asked when somebody opens the choice, never while a page is made.
"""

from __future__ import annotations

from typing import Any

from flask import Response, abort, flash, make_response, render_template, request
from flask_admin import expose
from flask_babel import gettext
from werkzeug.wrappers import Response as AnyResponse

from admin_views.console import ConsoleView, see_other, whole_number
from admin_views.texts import mark, say
from digitalpost.identifiers import IdentifierKind
from digitalpost.models import Recipient
from digitalpost.registers.at_once import CompanyAnswer, company_now
from digitalpost.registers.attention import attentions_of, remember_choice, remembered_choice
from digitalpost.registers.recipients import number_of

UNITS_SHOWN = 20  # a company with more has its P-number typed
_P, _TYPED, _EMAIL, _NOBODY = "p:", "typed", "email", "nobody"


class AttentionView(ConsoleView):
    """The choice for one company: as a page, as a piece of another page, and its form."""

    permission = "recipient.read"
    icon = "building"
    in_menu = False
    home = "recipients"

    def __init__(self) -> None:
        self._default_view = "show"  # the list at the root of the address is another view's
        name = mark("Til hvem i virksomheden?")
        super().__init__(name=name, endpoint="attention", url="/recipients")

    @expose("/<int:recipient_id>/attention/")
    def show(self, recipient_id: int) -> str:
        """What is remembered, and the button that asks the register."""
        recipient = self._company(recipient_id)
        return self.render("console/attention.html", **self._values(recipient, None))

    @expose("/<int:recipient_id>/attention/units", methods=("POST",))
    def units(self, recipient_id: int) -> str | Response:
        """The company's units, asked for now; a piece of a page for the script."""
        recipient = self._company(recipient_id)
        number = number_of(self.db.vault, recipient)
        self.db.rollback()  # nothing is held while the register is asked
        answer = company_now(self.institution, number)
        values = self._values(self._company(recipient_id), answer)
        if request.headers.get("X-Piece") != "1":
            return self.render("console/attention.html", **values)
        piece = make_response(render_template("console/attention_units.html", **values))
        piece.headers["Cache-Control"] = "private, no-store"
        return piece

    @expose("/<int:recipient_id>/attention/choose", methods=("POST",))
    def choose(self, recipient_id: int) -> AnyResponse:
        """Remember the choice, after asking the register about a P-number once more."""
        recipient = self._company(recipient_id)
        choice = request.form.get("choice", "")
        p_number = request.form.get("p_number", "") if choice == _TYPED else ""
        p_number = choice.removeprefix(_P) if choice.startswith(_P) else p_number
        email = request.form.get("email", "") if choice == _EMAIL else ""
        if not (p_number.strip() or email.strip() or choice == _NOBODY):
            flash(gettext("Vælg et P-nummer, eller skriv en e-mailadresse."), "error")
            return self._back(recipient_id)
        answer = CompanyAnswer(None)
        if p_number:
            number = number_of(self.db.vault, recipient)
            self.db.rollback()
            answer = company_now(self.institution, number)
            if answer.sentence is not None:
                flash(say(answer.sentence), "error")
                return self._back(recipient_id)
        done = gettext("Valget er gemt og bruges til virksomhedens breve fra nu af.")
        self.act(
            remember_choice,
            row=(Recipient, recipient_id),
            company=answer.company,
            p_number=p_number,
            case_worker_email=email,
            done=gettext("Brevene er til virksomheden som helhed.") if choice == _NOBODY else done,
        )
        return self._back(recipient_id)

    def _company(self, recipient_id: int) -> Recipient:
        recipient = self.row(Recipient, recipient_id)
        return recipient if recipient.kind is IdentifierKind.CVR else abort(404)

    def _values(self, recipient: Recipient, answer: CompanyAnswer | None) -> dict[str, Any]:
        company = answer.company if answer is not None else None
        _, gone = remembered_choice(self.db, recipient, company)
        open_units = [one for one in company.units if not one.is_closed] if company else []
        return {
            "recipient": recipient,
            "kept": attentions_of(self.db, [recipient.id]).get(recipient.id),
            "gone": gone,
            "answer": answer,
            "units": open_units[:UNITS_SHOWN],
            "more_units": len(open_units) > UNITS_SHOWN,
            "back": {name: _id(name) for name in ("mailing", "letter")},
        }

    def _back(self, recipient_id: int) -> AnyResponse:
        """To the letter that the choice was made beside, else to the recipient's own page."""
        mailing, letter = _id("mailing"), _id("letter")
        if mailing and letter:
            return see_other("mailings.show", mailing_id=mailing, letter=letter, _anchor="viewer")
        return see_other("recipients.details_view", row_id=recipient_id)


def _id(name: str) -> int:
    return whole_number(request.values.get(name, ""))

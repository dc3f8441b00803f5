"""Bevis: everything that proves what became of one letter, to see and to take away."""

from __future__ import annotations

from pathlib import Path

from flask import Response, flash, request
from flask_admin import expose
from flask_babel import gettext
from werkzeug.wrappers import Response as AnyResponse

from admin_views.console import ConsoleView, see_other
from admin_views.texts import mark
from digitalpost.archive.evidence import Evidence, bundle, facts_file, gather, take_evidence
from digitalpost.archive.evidence_sheet import evidence_sheet
from digitalpost.archive.letters import note_opened
from digitalpost.errors import Damaged, Refused
from digitalpost.identifiers import IdentifierKind
from digitalpost.models import ChannelName, DeliveryPurpose, DeliveryStatus, Letter
from digitalpost.registers.edit import RevealReason

_SCRIPT = Path(__file__).resolve().parent.parent / "scripts" / "verify_evidence.py"
_TYPES = {"zip": "application/zip", "pdf": "application/pdf", "json": "application/json"}


class EvidenceView(ConsoleView):
    """The evidence for one letter. The letter's own page is another view's."""

    permission = "letter.read"
    icon = "check"
    in_menu = False
    home = "letters"

    def __init__(self) -> None:
        self._default_view = "show"  # the list at the root of the address is another view's
        super().__init__(name=mark("Bevis"), endpoint="evidence", url="/letters")

    @expose("/<int:letter_id>/evidence/")
    def show(self, letter_id: int) -> str | AnyResponse:
        """What the evidence says; looking is logged as a look at the letter."""
        self.act(note_opened, row=(Letter, letter_id), quiet=True)
        letter = self.row(Letter, letter_id)
        try:
            found = gather(
                self.db,
                self.actor,
                letter,
                institution=self.institution.settings.institution_name,
                calendar=self.institution.settings.calendar,
            )
        except (Refused, Damaged) as error:
            flash(gettext(str(error)), "error")
            return see_other("letter.show", letter_id=letter_id)
        is_person = letter.recipient is not None and letter.recipient.kind is IdentifierKind.CPR
        return self.render(
            "console/evidence.html",
            letter=letter,
            facts=found.facts,
            digest=found.digest,
            channels={one.value: one.label for one in ChannelName},
            purposes={one.value: one.label for one in DeliveryPurpose},
            statuses={one.value: one for one in DeliveryStatus},
            reasons=RevealReason if is_person and self.actor.may("recipient.reveal") else (),
        )

    @expose("/<int:letter_id>/evidence/bevis.<kind>", methods=("POST",))
    def take(self, letter_id: int, kind: str) -> AnyResponse:
        """The evidence to take away; logged."""
        asked = request.form.get("reason", "")
        reason = RevealReason(asked) if asked in {one.value for one in RevealReason} else None
        if kind not in _TYPES:
            return see_other("evidence.show", letter_id=letter_id)
        settings = self.institution.settings
        try:
            outcome = self.act(
                take_evidence,
                row=(Letter, letter_id),
                institution=settings.institution_name,
                calendar=settings.calendar,
                reason=reason,
            )
            if not outcome:
                return see_other("letter.show", letter_id=letter_id)
            content = _made(outcome.value, kind)
        except (Damaged, ValueError) as error:
            flash(
                gettext(str(error))
                if isinstance(error, Damaged)
                else gettext("Beviset kan ikke laves. Kontakt en administrator."),
                "error",
            )
            return see_other("letter.show", letter_id=letter_id)
        return _file(content, f"bevis-{letter_id}.{kind}", _TYPES[kind])

    @expose("/<int:letter_id>/evidence/verify_evidence.py")
    def script(self, letter_id: int) -> AnyResponse:
        """The program with which anybody checks evidence, without us: the same for each letter."""
        self.row(Letter, letter_id)
        return _file(_SCRIPT.read_bytes(), _SCRIPT.name, "text/x-python")


def _made(evidence: Evidence, kind: str) -> bytes:
    if kind == "json":
        return facts_file(evidence)
    sheet = evidence_sheet(evidence)
    return sheet if kind == "pdf" else bundle(evidence, sheet)


def _file(content: bytes, name: str, media_type: str) -> Response:
    answer = Response(content, mimetype=media_type)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    answer.headers["Cache-Control"] = "private, no-store"
    return answer

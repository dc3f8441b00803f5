"""Send brev: choose the file, say what it is, and it becomes a mailing with a page of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flask import request
from flask_admin import expose
from sqlalchemy import select
from sqlalchemy.orm import selectinload
from werkzeug.wrappers import Response as AnyResponse

from admin_views.attachments import given_attachments
from admin_views.console import POST, ConsoleView, see_other, whole_number
from admin_views.options_form import OptionsForm, read_options, typed_in
from admin_views.ports import wake
from admin_views.texts import mark, say_all
from admin_views.uploads import uploaded
from digitalpost.errors import Refused
from digitalpost.mailings.intake import take_in
from digitalpost.mailings.options import can_do
from digitalpost.models import CaseType, MailingChannel
from digitalpost.pdf.splits import SplitMethod
from digitalpost.registers.typed import numbers_of_lines

# All but the whole file to typed recipients: that one is chosen by typing them.
_SPLIT_METHODS = tuple(method for method in SplitMethod if method is not SplitMethod.WHOLE)


class SendView(ConsoleView):
    """The upload page."""

    permission = "mailing.prepare"
    icon = "send"

    def __init__(self) -> None:
        super().__init__(name=mark("Send brev"), category=POST, endpoint="send", url="/send")

    @expose("/", methods=("GET", "POST"))
    def index(self) -> str | tuple[str, int] | AnyResponse:
        """The form; a POST takes the files in and goes on to the mailing."""
        if request.method == "GET":
            return self._form(OptionsForm())
        form = request.form
        options, options_form = read_options(typed_in(form))
        if options_form.problems:
            return self._form(options_form), 422
        try:
            mailing_id = take_in(
                self.institution,
                self.actor,
                list(uploaded(request, "files")),
                case_type_id=whole_number(form.get("case_type", "")),
                came_by=MailingChannel.UPLOAD,
                title=form.get("title", ""),
                to=numbers_of_lines(self.db, self.actor, form.get("to", "").splitlines()),
                split=_split_asked_for(form),
                keep_numbers="remove_numbers" not in form,
                every_number="every_number" in form,
                options=options,
                attachments=given_attachments(request),
            )
        except Refused as refused:
            about_options = {
                sentence.code: text
                for sentence, text in zip(refused.sentences, say_all(refused), strict=True)
                if sentence.code in {"reply_by", "sign_by", "send_at", "arrive_by"}
            }
            return self._form(options_form.with_problems(about_options), say_all(refused)), 422
        wake("prepare_mailing", mailing_id)
        return see_other("mailings.show", mailing_id=mailing_id)

    def _form(self, options_form: OptionsForm, problems: Sequence[str] = ()) -> str:
        form = request.form
        problems = list(problems) or list(options_form.problems.values())
        case_types = self.db.scalars(
            select(CaseType)
            .order_by(CaseType.unit_id, CaseType.name, CaseType.id)
            .options(selectinload(CaseType.unit))
        ).all()
        return self.render(
            "console/send.html",
            problems=problems,
            options_form=options_form,
            abilities=can_do(self.institution.settings),
            case_types=case_types,
            several_units=len({one.unit_id for one in case_types}) > 1,
            chosen=form.get("case_type", ""),
            title=form.get("title", ""),
            to=form.get("to", ""),
            remove_numbers="remove_numbers" in form or request.method == "GET",
            every_number="every_number" in form,
            split_methods=_SPLIT_METHODS,
            split=form.get("split", SplitMethod.AUTO.value),
            pages_each=form.get("pages_each", ""),
            marker=form.get("marker", ""),
            limit=self.institution.settings.max_upload_bytes,
            scans=self.institution.settings.conversion.clamd_url is not None,
        )


def _split_asked_for(form: Mapping[str, str]) -> str:
    """The way to divide as the domain writes it: ``pages:2``, ``marker:TEXT``, ``auto``."""
    method = form.get("split", SplitMethod.AUTO.value)
    if method == SplitMethod.PAGES.value:
        return f"{method}:{form.get('pages_each', '').strip()}"
    marker = form.get("marker", "").strip()
    return f"{method}:{marker}" if method == SplitMethod.MARKER.value and marker else method

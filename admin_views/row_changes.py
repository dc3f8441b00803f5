"""Making, changing, deleting and bulk acts in a register: form, use case, message, next page."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from flask import abort, flash, redirect, request, url_for
from flask_admin import expose
from flask_babel import gettext
from werkzeug.wrappers import Response

from admin_views.console import Outcome, whole_number
from admin_views.texts import mark
from digitalpost.errors import Refused, Sentence


@dataclass(frozen=True)
class BulkAct:
    """Something that can be done to several rows at once: ``use_case(session, actor, row)``."""

    name: str
    label: str  # on the bar: "Luk sager"
    question: str  # on the page that asks: "Vil du lukke sagerne?"
    done: str  # afterwards: "Sagerne er lukket."
    use_case: Callable[..., Any]
    permission: str


class RowChanges:
    """The writing half of `model_view.ConsoleModelView`. Nothing here writes but use cases.

    ``create`` / ``change`` / ``remove`` are the use cases; `form_values` says what they get.
    """

    bulk_acts: ClassVar[Sequence[BulkAct]] = ()
    create: ClassVar[Callable[..., Any] | None] = None
    change: ClassVar[Callable[..., Any] | None] = None
    remove: ClassVar[Callable[..., Any] | None] = None
    saved_text: ClassVar[str] = mark("Gemt.")
    removed_text: ClassVar[str] = mark("Slettet.")
    delete_warning: ClassVar[str] = mark("Det kan ikke fortrydes.")

    @expose("/new", methods=("GET", "POST"))
    def create_view(self) -> str | Response | tuple[str, int]:
        """The form for a new row."""
        self._must(self.can_create)
        form = self.create_form()
        problems: list[Any] = []
        if request.method == "POST":
            if form.validate():
                outcome = self.save_new(form)
                if outcome:
                    return self._saved(outcome)
                _tie(form, outcome)
            problems = _problems(form)
        body = self.render(self.create_template, form=form, row=None, problems=problems)
        return (body, 422) if problems else body

    @expose("/<row_id>/edit", methods=("GET", "POST"))
    def edit_view(self, row_id: str) -> str | Response | tuple[str, int]:
        """The form for a row that is there."""
        self._must(self.can_edit)
        row = self.row(self.model, row_id)
        form = self.edit_form(obj=row)
        problems: list[Any] = []
        if request.method == "POST":
            if form.validate():
                outcome = self.save_changed(form, row.id)
                if outcome:
                    return self._saved(outcome)
                _tie(form, outcome)
                row = self.row(self.model, row_id)
            problems = _problems(form)
        body = self.render(self.edit_template, form=form, row=row, problems=problems)
        return (body, 422) if problems else body

    def form_values(self, form: Any) -> dict[str, Any]:
        """What the use case is given, from the form."""
        return {field.name: field.data for field in form}

    def save_new(self, form: Any) -> Outcome:
        """Run ``create``."""
        return self.act(_use_case(self, "create"), quiet=True, **self.form_values(form))

    def save_changed(self, form: Any, row_id: int) -> Outcome:
        """Run ``change``."""
        return self.act(
            _use_case(self, "change"), row=(self.model, row_id), quiet=True,
            **self.form_values(form),
        )  # fmt: skip

    def after_save(self, row_id: int) -> str:
        """Where one lands afterwards."""
        if self.can_view_details:
            return url_for(f"{self.endpoint}.details_view", row_id=row_id)
        return url_for(f"{self.endpoint}.index_view")

    def _saved(self, outcome: Outcome) -> Response:
        flash(gettext(self.saved_text), "success")
        return redirect(self.after_save(outcome.value), code=303)

    @expose("/<row_id>/delete", methods=("GET", "POST"))
    def delete_view(self, row_id: str) -> str | Response:
        """Ask first, then delete."""
        self._must(self.can_delete)
        row = self.row(self.model, row_id)
        if request.method == "POST":
            outcome = self.act(_use_case(self, "remove"), row=(self.model, row_id))
            if outcome:
                flash(gettext(self.removed_text), "success")
                return redirect(url_for(f"{self.endpoint}.index_view"), code=303)
            row = self.row(self.model, row_id)
        return self.render(self.delete_template, row=row)

    @expose("/bulk", methods=("POST",))
    def action_view(self) -> str | Response:
        """Do one thing to the rows that were ticked; first ask, with their number."""
        act = next((a for a in self.bulk_acts if a.name == request.form.get("act")), None)
        if act is None:
            abort(404)
        self._must(self.actor.may(act.permission))
        ids = [whole_number(text) for text in request.form.getlist("row")][:500]
        rows = [self.row(self.model, row_id) for row_id in dict.fromkeys(ids)]
        back = url_for(f"{self.endpoint}.index_view")
        if not rows:
            flash(gettext("Sæt først hak ved de rækker, det gælder."), "error")
            return redirect(back, code=303)
        if request.form.get("sure") != "1":
            return self.render(self.bulk_template, act=act, rows=rows)
        if self.act(self._each(act), [row.id for row in rows]):
            flash(gettext(act.done), "success")
        return redirect(back, code=303)

    def _each(self, act: BulkAct) -> Callable[..., None]:
        """One use case for all rows: all of them or none, with every reason gathered."""

        def run(session: Any, actor: Any, ids: list[int]) -> None:
            reasons: list[Sentence] = []
            for row_id in ids:
                try:
                    act.use_case(session, actor, self.row(self.model, row_id, session=session))
                except Refused as refused:
                    reasons += refused.sentences
            if reasons:
                raise Refused(reasons)

        return run

    def _must(self, allowed: bool) -> None:
        if not allowed:
            abort(403)


def _use_case(view: Any, name: str) -> Callable[..., Any]:
    """From the class: found on the instance, a function would take the view as its session."""
    found = inspect.getattr_static(type(view), name)
    if found is None:
        raise LookupError(f"{type(view).__name__} offers {name} but names no use case for it")
    return found.__func__ if isinstance(found, staticmethod) else found  # type: ignore[no-any-return]


def _tie(form: Any, outcome: Outcome) -> None:
    """Put each reason at the field that it is about; the rest stand on top of the form."""
    form.other_problems = []
    for code, reason in zip(outcome.codes, outcome.reasons, strict=True):
        if code and code in form:
            form[code].errors = [*form[code].errors, reason]
        else:
            form.other_problems.append(reason)


def _problems(form: Any) -> list[Any]:
    """For the summary: texts, or field and text."""
    found: list[Any] = list(getattr(form, "other_problems", []))
    for field in form:
        label = gettext(field.label.text)
        found += [(field.id, f"{label}: {error}") for error in field.errors]
    return found

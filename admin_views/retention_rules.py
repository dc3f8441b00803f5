"""Kassationsregler: how long cases of each type are kept."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext, ngettext
from markupsafe import Markup
from sqlalchemy.orm import selectinload
from wtforms import validators

from admin_views import cells
from admin_views.console import CONTROL
from admin_views.filters import FlagFilter
from admin_views.model_view import ConsoleModelView
from admin_views.texts import mark
from digitalpost.archive import retention
from digitalpost.models import CaseType, RetentionRule


class RetentionRuleView(ConsoleModelView):
    """The register of retention rules."""

    permission = "retention.read"
    change_permission = "retention.manage"
    offers = frozenset({"details", "create", "edit", "delete"})
    icon = "clock"
    lead = mark("Reglerne siger, hvornår sager må slettes. De sletter ikke noget af sig selv.")
    new_label = mark("Opret regel")
    empty_title = mark("Der er ingen regler endnu. Alt gemmes.")
    main_column = "name"
    newest_first = False
    column_list = ("name", "case_type", "keep_months", "counted_from", "is_active")
    column_details_list = (
        "name", "case_type", "keep_months", "counted_from", "legal_basis", "is_active",
    )  # fmt: skip
    column_labels = {
        "name": mark("Regel"),
        "case_type": mark("Sagstype"),
        "keep_months": mark("Gemmes i"),
        "counted_from": mark("Regnet fra"),
        "legal_basis": mark("Hjemmel"),
        "is_active": mark("I brug"),
    }
    column_formatters = {
        "case_type": lambda _view, _context, row, _name: cells.row_label(row.case_type),
        "keep_months": lambda _view, _context, row, _name: months(row.keep_months),
        "counted_from": lambda _view, _context, row, _name: gettext(row.counted_from.label),
        "is_active": lambda _view, _context, row, _name: cells.yes_no(
            row.is_active, mark("I brug"), mark("Ikke i brug")
        ),
    }
    form_columns = (
        "name", "case_type", "keep_months", "counted_from", "legal_basis", "is_active",
    )  # fmt: skip
    form_args = {
        "keep_months": {
            "label": mark("Gemmes i måneder"),
            "description": mark("5 år er 60 måneder."),
            "validators": [validators.NumberRange(min=1, max=retention.LONGEST_MONTHS)],
        },
        "legal_basis": {
            "description": mark("Den lov eller aftale, som tiden følger af."),
            "validators": [validators.Length(max=300)],
        },
        "is_active": {"label": mark("Reglen er i brug")},
    }
    load = (selectinload(RetentionRule.case_type).selectinload(CaseType.unit),)
    filters = (
        FlagFilter(
            "active", mark("I brug"), RetentionRule.is_active, yes=mark("Ja"), no=mark("Nej")
        ),
    )
    create = staticmethod(retention.create_rule)
    change = staticmethod(retention.change_rule)
    remove = staticmethod(retention.delete_rule)
    removed_text = mark("Reglen er slettet.")
    delete_warning = mark(
        "Sager af den type gemmes derefter, indtil en anden regel siger noget andet. "
        "Der slettes ingen sager."
    )
    history_subject = "rule"

    def __init__(self) -> None:
        super().__init__(RetentionRule, mark("Kassationsregler"), CONTROL, "retention")

    def form_values(self, form: Any) -> dict[str, Any]:
        """The case type by its id."""
        values = super().form_values(form)
        values["case_type_id"] = values.pop("case_type")
        return values


def months(count: int) -> Markup | str:
    """A time as people say it: years where they come out even."""
    if count % 12 == 0:
        return ngettext("%(num)s år", "%(num)s år", count // 12)
    return ngettext("%(num)s måned", "%(num)s måneder", count)

"""Afdelinger: the parts of the institution that rights are cut by."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext
from wtforms import validators

from admin_views.console import CONTROL
from admin_views.model_view import ConsoleModelView
from admin_views.texts import mark
from digitalpost import units
from digitalpost.models import Unit


class UnitView(ConsoleModelView):
    """The register of units."""

    permission = "unit.manage"
    change_permission = "unit.manage"
    offers = frozenset({"create", "edit"})
    icon = "building"
    lead = mark("Sager, breve og forsendelser hører til én afdeling og ses kun af dens brugere.")
    new_label = mark("Opret afdeling")
    search_hint = mark("Søg efter navn")
    main_column = "name"
    newest_first = False
    column_list = ("name", "escalate_after")
    column_labels = {
        "name": mark("Navn"),
        "escalate_after": mark("Post uden ejer: arbejdsdage før besked"),
    }
    column_formatters = {
        "escalate_after": lambda _view, _context, row, _name: (
            str(row.escalate_after) if row.escalate_after else gettext("Ingen besked")
        ),
    }
    column_searchable_list = (Unit.name,)
    form_columns = ("name", "escalate_after")
    form_args = {
        "name": {"validators": []},
        "escalate_after": {
            "description": mark(
                "Supervisorerne får besked, når et brev har ligget så længe, uden at nogen har "
                "taget sig af det. 0: ingen besked."
            ),
            "validators": [validators.Optional()],
        },
    }
    create = staticmethod(units.create_unit)
    change = staticmethod(units.change_unit)

    def __init__(self) -> None:
        super().__init__(Unit, mark("Afdelinger"), CONTROL, "units")

    def form_lead(self, row: Any) -> str:
        """What to do next."""
        return "" if row else mark("Giv bagefter brugerne adgang til afdelingen under Brugere.")

"""The base of every register: list, details, create, edit, delete and bulk acts over one model.

Flask-Admin gives routes, forms from models and the menu. Its list query, its look and its way of
saving are replaced: pages are found by key, writing goes through use cases, and what a visitor may
do is asked anew in each request.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from flask import has_request_context, redirect, request, url_for
from flask_admin import expose
from flask_admin.contrib.sqla import ModelView
from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import QueryableAttribute
from werkzeug.wrappers import Response

from admin_views.console import ConsoleView
from admin_views.filters import Filter
from admin_views.forms import ConsoleConverter, ConsoleForm
from admin_views.listing import Listing, ListRequest, address_of_search, read_request
from admin_views.row_changes import RowChanges
from admin_views.texts import mark
from admin_views.visitor import current_visitor, request_session
from digitalpost.models import Event
from digitalpost.paging import capped_count, page

_STOCK_ONLY = frozenset({"export", "ajax_lookup", "ajax_update"})
_ROUTES = {
    "create_view": "create",
    "edit_view": "edit",
    "details_view": "details",
    "delete_view": "delete",
    "action_view": "bulk",
}


class RequestSession:
    """What Flask-Admin takes for a database: always the session of the request."""

    @property
    def session(self) -> Any:
        """The request's session, with the visitor's scope. None while the views are made."""
        return request_session() if has_request_context() else None


class ConsoleModelView(RowChanges, ConsoleView, ModelView):
    """One register. Declare ``offers`` and permissions, then columns, filters, form and use cases.

    What it can change is in `row_changes`.
    """

    offers: ClassVar[frozenset[str]] = frozenset({"details"})
    change_permission: str | None = None
    lead: ClassVar[str] = ""  # one sentence under the title
    singular: ClassVar[str] = mark("række")
    new_label: ClassVar[str] = mark("Opret")
    empty_title: ClassVar[str] = mark("Her er ikke noget endnu")
    search_hint: ClassVar[str] = ""  # empty: no search
    main_column: ClassVar[str] = ""
    filters: ClassVar[Sequence[Filter]] = ()
    load: ClassVar[Sequence[Any]] = ()  # options that load what the list shows
    newest_first: ClassVar[bool] = True
    history_subject: ClassVar[str] = ""  # events of this subject stand on the details page

    list_template = "console/list.html"
    details_template = "console/details.html"
    create_template = edit_template = "console/form.html"
    delete_template = "console/delete.html"
    bulk_template = "console/bulk.html"
    form_base_class = ConsoleForm
    model_form_converter = ConsoleConverter
    page_size = 50
    column_display_actions = False
    named_filter_urls = True

    def __init__(self, model: type[Any], name: str, category: str, endpoint: str) -> None:
        super().__init__(
            model, RequestSession(), name=name, category=category, endpoint=endpoint,
            url=f"/{endpoint}",
        )  # fmt: skip

    def create_blueprint(self, admin: Any) -> Any:
        """Only the routes that this register offers; nothing of the stock script interface."""
        self._urls = [
            rule
            for rule in type(self)._urls
            if rule[1] not in _STOCK_ONLY
            and (rule[1] not in _ROUTES or _ROUTES[rule[1]] in self.offered)
        ]
        return super().create_blueprint(admin)

    @property
    def offered(self) -> frozenset[str]:
        """What the register can do at all, for anybody."""
        return self.offers | ({"bulk"} if self.bulk_acts else frozenset())

    def _may_change(self, what: str) -> bool:
        visitor = current_visitor()
        if what not in self.offers or visitor is None:
            return False
        return self.change_permission is not None and visitor.actor.may(self.change_permission)

    # Asked in every request; as plain attributes they would be shared between visitors.
    @property
    def can_create(self) -> bool:  # type: ignore[override]
        """Whether this visitor may make new rows."""
        return self._may_change("create")

    @property
    def can_edit(self) -> bool:  # type: ignore[override]
        """Whether this visitor may change rows."""
        return self._may_change("edit")

    @property
    def can_delete(self) -> bool:  # type: ignore[override]
        """Whether this visitor may delete rows."""
        return self._may_change("delete")

    @property
    def can_view_details(self) -> bool:  # type: ignore[override]
        """Whether rows have a page of their own."""
        return "details" in self.offers

    can_export = False

    def get_one(self, id: Any) -> Any:
        """The row, or None: the second wall behind the session's scope."""
        row = self.row(self.model, id)
        return row if self.may_see(row) else None

    # The list

    def list_statement(self) -> Select[Any]:
        """The rows of the list before search and filters."""
        return select(self.model)

    def search(self, stmt: Select[Any], text: str) -> Select[Any]:
        """The rows that the text finds. Here for short registers, word parts of the columns."""
        like = [
            func.lower(column).contains(text.lower(), autoescape=True)
            for column in self.column_searchable_list or ()
        ]
        return stmt.where(or_(*like)) if like else stmt

    def init_search(self) -> bool:
        """Search is ours; the stock one would build joins and ILIKE."""
        return bool(self.search_hint)

    def scaffold_filters(self, name: Any) -> None:
        """Filters are ours."""

    def sort_columns(self) -> dict[str, QueryableAttribute[Any]]:
        """Sortable columns by their name: indexed, never NULL."""
        return {
            str(name): getattr(self.model, str(name)) for name in self.column_sortable_list or ()
        }

    def _order(self, asked: ListRequest) -> list[tuple[Any, bool]]:
        key = self.model.id
        column = self.sort_columns().get(asked.sort)
        if column is None or asked.search:  # a search is walked in the order it finds
            return [(key, self.newest_first)]
        return [(column, asked.descending), (key, asked.descending)]

    @expose("/")
    def index_view(self) -> str:
        """The list."""
        asked = read_request(request.args, self.filters, self.sort_columns(), self.db)
        stmt = self.list_statement()
        if asked.search and self.search_hint:
            stmt = self.search(stmt, asked.search)
        for active in asked.active:
            stmt = active.filter.apply(stmt, active.raw)
        found = page(
            self.db,
            stmt.options(*self.load),
            order=self._order(asked),
            after=asked.after,
            before=asked.before,
            size=self.page_size,
        )
        return self.render(
            self.list_template,
            listing=Listing(self.endpoint, asked, found, capped_count(self.db, stmt)),
            options={item.name: item.options(self.db) for item in self.filters},
            columns=self._list_columns,
            sortable=self.sort_columns(),
            get_value=self.get_list_value,
            bulk_acts=[act for act in self.bulk_acts if self.actor.may(act.permission)],
        )

    @expose("/search", methods=("POST",))
    def search_view(self) -> Response:
        """What the search form asks for, as an address without names and numbers in it."""
        parameters = address_of_search(request.form, self.filters, self.db)
        address = url_for(f"{self.endpoint}.index_view", **parameters)  # type: ignore[arg-type]
        return redirect(address, code=303)

    def under_main(self, row: Any) -> Any:
        """A quieter line under the main cell."""
        return ""

    def bulk_line(self, row: Any) -> Any:
        """A row as it stands on the page that asks before a bulk act."""
        return str(row)

    def form_lead(self, row: Any) -> str:
        """A sentence over the form; ``row`` is None for a new one."""
        return ""

    def row_url(self, row: Any) -> str | None:
        """Where the main cell of a row leads."""
        if self.can_view_details:
            return url_for(f"{self.endpoint}.details_view", row_id=row.id)
        if self.can_edit:
            return url_for(f"{self.endpoint}.edit_view", row_id=row.id)
        return None

    # One row

    @expose("/<row_id>/")
    def details_view(self, row_id: str) -> str | Response:
        """A row's own page."""
        row = self.row(self.model, row_id)
        self.opened(row)
        return self.render(
            self.details_template,
            row=row,
            columns=self._details_columns,
            get_value=self.get_detail_value,
            events=self.history(row),
            row_acts=self.row_acts(row),
        )

    def opened(self, row: Any) -> None:
        """Called when a row's page is opened, for registers that log it."""

    def row_acts(self, row: Any) -> list[tuple[str, str, str]]:
        """More buttons on the details page: address, label, and ``get`` or ``post``."""
        return []

    def history(self, row: Any) -> list[Event]:
        """The latest lines of the log about the row, for who may read the log."""
        if not self.history_subject or not self.actor.may("log.read"):
            return []
        stmt = select(Event).where(
            Event.subject == self.history_subject, Event.subject_id == row.id
        )
        return page(self.db, stmt, order=[(Event.id, True)], size=20).items

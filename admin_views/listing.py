"""What the address of a list asks for, and the addresses of what lies around it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import url_for

from admin_views import search_words
from admin_views.filters import Active, Filter
from digitalpost.db import Session
from digitalpost.paging import Count, Page

MAX_SEARCH = 200
SEARCH = "s"  # the sealed words in an address
_CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]+")


@dataclass(frozen=True)
class ListRequest:
    """A list as asked for. Whatever the address holds that we don't know is not here."""

    search: str
    sealed_search: str
    active: tuple[Active, ...]
    sort: str
    descending: bool
    after: str | None
    before: str | None

    def parameters(self) -> dict[str, str]:
        """The address again, without the page."""
        found = {active.filter.name: active.raw for active in self.active}
        if self.sealed_search:
            found[SEARCH] = self.sealed_search
        if self.sort:
            found["sort"] = f"-{self.sort}" if self.descending else self.sort
        return found


def read_request(
    arguments: Mapping[str, str],
    filters: Sequence[Filter],
    sortable: Mapping[str, Any],
    session: Session,
) -> ListRequest:
    """Read an address. Never refuses: what makes no sense is left out."""
    sort = arguments.get("sort", "")
    descending, sort = sort.startswith("-"), sort.removeprefix("-")
    if sort not in sortable:
        sort, descending = "", False
    active = [item.read(arguments, session) for item in filters]
    token = arguments.get(SEARCH, "")
    search = search_words.opened(session.vault, token) if token else ""
    return ListRequest(
        search=search,
        sealed_search=token if search else "",
        active=tuple(item for item in active if item is not None),
        sort=sort,
        descending=descending,
        after=arguments.get("after"),
        before=arguments.get("before"),
    )


def address_of_search(
    form: Mapping[str, str], filters: Sequence[Filter], session: Session
) -> dict[str, str]:
    """The list that a posted search form asks for, with the words sealed."""
    names = ("sort", *(item.name for item in filters))
    parameters = {name: form[name][:100] for name in names if form.get(name)}
    words = _CONTROL.sub(" ", form.get("q", ""))[:MAX_SEARCH].strip()
    if words:
        parameters[SEARCH] = search_words.sealed(session.vault, words)
    return parameters


@dataclass(frozen=True)
class Listing:
    """A page of a list with everything that its template asks for."""

    endpoint: str
    asked: ListRequest
    page: Page[Any]
    count: Count

    @property
    def items(self) -> list[Any]:
        """The rows."""
        return self.page.items

    @property
    def is_narrowed(self) -> bool:
        """Whether a search or filter hides rows."""
        return bool(self.asked.search or self.asked.active)

    def chosen(self, name: str) -> str:
        """The value of a filter as it stands in the address."""
        return next((a.raw for a in self.asked.active if a.filter.name == name), "")

    def first_url(self) -> str:
        """The beginning of the list."""
        return self._url(self.asked.parameters())

    def newer_url(self) -> str | None:
        """The page before this one."""
        token = self.page.newer
        return self._url({**self.asked.parameters(), "before": token}) if token else None

    def older_url(self) -> str | None:
        """The page after this one."""
        token = self.page.older
        return self._url({**self.asked.parameters(), "after": token}) if token else None

    def sort_url(self, name: str) -> str:
        """The list by this column; the other way round when it is so already."""
        turned = self.asked.sort == name and not self.asked.descending
        return self._url({**self.asked.parameters(), "sort": f"-{name}" if turned else name})

    def without_url(self, name: str) -> str:
        """The list without one filter, or without the search (``s``)."""
        kept = {key: value for key, value in self.asked.parameters().items() if key != name}
        return self._url(kept)

    def _url(self, parameters: Mapping[str, str]) -> str:
        return url_for(f"{self.endpoint}.index_view", **parameters)  # type: ignore[arg-type]

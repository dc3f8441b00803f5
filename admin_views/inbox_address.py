"""What the address of the inbox asks for. Ids and sealed words only: nothing about a person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import parse_qsl, urlencode

from flask import url_for

from admin_views import search_words
from admin_views.console import MAX_ID, whole_number
from digitalpost.incoming.inbox import Asked, Queue
from digitalpost.models import OPEN_INCOMING, LetterStatus
from digitalpost.vault import Vault

_TOKEN = 8000  # characters of a page's token
Kind = TypeVar("Kind", Queue, LetterStatus)


@dataclass(frozen=True)
class Place:
    """A list as the address asks for it, the page of it, and the act that can be undone."""

    asked: Asked
    parameters: dict[str, str]  # of ``asked``
    after: str | None = None
    before: str | None = None
    did: str = ""

    @property
    def view(self) -> str:
        """The list without page and act: the same for the same list."""
        return urlencode(self.parameters)

    @property
    def whole(self) -> str:
        """All of it, for the forms of a page."""
        return urlencode({**self.parameters, **self.page()})

    def page(self) -> dict[str, str]:
        """The page of the list."""
        if self.after:
            return {"after": self.after}
        return {"before": self.before} if self.before else {}

    def url(
        self, letter_id: int | None = None, *, page: Mapping[str, str] | None = None, did: str = ""
    ) -> str:
        """The address of this list, with one of its letters open or none."""
        values = {**self.parameters, **(self.page() if page is None else page)}
        if did or self.did:
            values["did"] = did or self.did
        if letter_id is None:
            return url_for("inbox.index", **values)  # type: ignore[arg-type]
        return url_for("inbox.show", letter_id=letter_id, **values)  # type: ignore[arg-type]

    def without(self, name: str) -> str:
        """The list with one filter less."""
        kept = {key: value for key, value in self.parameters.items() if key != name}
        return url_for("inbox.index", **kept)  # type: ignore[arg-type]


def place_in(values: Mapping[str, str], vault: Vault) -> Place:
    """Read an address. Never refuses: what makes no sense is left out."""
    queue = _member(Queue, values.get("q", "")) or Queue.UNOWNED
    words, tag = values.get("s", ""), values.get("tag", "")
    opened = search_words.opened(vault, words) if words else ""
    status = _member(LetterStatus, values.get("status", ""))
    asked = Asked(
        queue=queue,
        unit_id=_id(values.get("unit", "")) if queue in (Queue.UNIT, Queue.DONE) else None,
        words=opened,
        deep=bool(opened) and values.get("deep") == "1",
        sender_id=_id(values.get("from", "")),
        owner_id=_id(values.get("owner", "")),
        rule_id=_id(values.get("rule", "")),
        tag=search_words.opened(vault, tag) if tag else "",
        status=status if status in OPEN_INCOMING else None,
        days=min(whole_number(values.get("days", "")), 3650),
        late=values.get("late") == "1",
    )
    numbers = {
        "unit": asked.unit_id, "from": asked.sender_id, "owner": asked.owner_id,
        "rule": asked.rule_id, "days": asked.days or None,
    }  # fmt: skip
    parameters = {"q": queue.value}
    parameters |= {name: str(value) for name, value in numbers.items() if value is not None}
    parameters |= {"s": words} if asked.words else {}
    parameters |= {"deep": "1"} if asked.deep else {}
    parameters |= {"tag": tag} if asked.tag else {}
    parameters |= {"status": asked.status.value} if asked.status else {}
    parameters |= {"late": "1"} if asked.late else {}
    did = values.get("did", "")
    return Place(
        asked,
        parameters,
        after=values.get("after", "")[:_TOKEN] or None,
        before=values.get("before", "")[:_TOKEN] or None,
        did=did if did.isalnum() and len(did) <= 32 else "",
    )


def place_of(form: Mapping[str, str], vault: Vault) -> Place:
    """The place that a form was sent from: its field ``view``."""
    return place_in(dict(parse_qsl(form.get("view", "")[:_TOKEN])), vault)


def address_of_search(form: Mapping[str, str], vault: Vault) -> dict[str, str]:
    """The list that the posted search form asks for, with the words sealed."""
    names = ("q", "unit", "deep", "status", "owner", "days", "late", "from", "rule", "tag")
    values = {name: form[name][:500] for name in names if form.get(name)}
    words = " ".join(form.get("words", "")[:200].replace("\0", "").split())
    if words:
        values["s"] = search_words.sealed(vault, words)
    return place_in(values, vault).parameters


def _id(text: str) -> int | None:
    number = whole_number(text)
    return number if 0 < number <= MAX_ID else None


def _member(kind: type[Kind], text: str) -> Kind | None:
    return next((one for one in kind if one.value == text), None)

"""What a routing rule does, in plain Danish, with the names of those it names."""

from __future__ import annotations

from collections.abc import Iterable

from digitalpost.access import across_units
from digitalpost.db import Session
from digitalpost.errors import Sentence
from digitalpost.incoming.rules import Action, Do
from digitalpost.models import CaseType, Unit, User

_GONE = Sentence("nogen, der ikke findes mere")
_DOES = {
    Do.PERSON: "Fordel til %(value)s",
    Do.UNIT: "Fordel til %(value)s",
    Do.TAG: "Sæt mærket «%(value)s»",
    Do.CASE_TYPE: "Læg på en sag af typen «%(value)s»",
    Do.DEADLINE: "Sæt fristen til %(value)s dage",
    Do.FINISH: "Meld brevet færdigt",
}


def actions_in_words(session: Session, actions: Iterable[Action]) -> list[Sentence]:
    """What a rule does, a line for each action; names are those of today."""
    found = []
    for action in actions:
        shown: object = action.value
        if action.do is Do.PERSON:
            shown = getattr(session.get(User, action.value), "name", _GONE)
        elif action.do is Do.UNIT:
            shown = getattr(session.get(Unit, action.value), "name", _GONE)
        elif action.do is Do.CASE_TYPE:
            with across_units(session):
                shown = getattr(session.get(CaseType, action.value), "name", _GONE)
        found.append(Sentence(_DOES[action.do], {"value": shown}))
    return found

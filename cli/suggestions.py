"""The command that says how good the suggestions for routing are."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from cli.answers import Answer
from digitalpost.access import OPERATOR
from digitalpost.incoming.lessons import Accuracy, accuracy, learn_due
from digitalpost.institution import open_institution
from digitalpost.migrate import upgrade
from digitalpost.settings import Settings

MONTHS = 12


def suggestions(_arguments: Namespace, settings: Settings) -> Answer:
    """Learn what is not learned yet, and print the accuracy of the last twelve months."""
    institution = open_institution(settings)
    try:
        upgrade(institution.engine)
        learned = learn_due(institution)
        with institution.reading() as session:
            months = accuracy(session, OPERATOR, months=MONTHS)
    finally:
        institution.close()
    data: dict[str, Any] = {"learned_now": learned, "months": [_data(one) for one in months]}
    lines = [
        f"{one.month:%m.%Y}: {one.right} af {one.routed} forslag var rigtige"
        f" ({one.share or 0:.0%}); {one.routed - one.suggested} breve fik intet forslag."
        for one in months
    ]
    return Answer(data, lines or ["Ingen har fordelt breve endnu."])


def _data(one: Accuracy) -> dict[str, Any]:
    return {
        "month": f"{one.month:%Y-%m}",
        "routed": one.routed,
        "suggested": one.suggested,
        "right": one.right,
        "accuracy": round(one.share, 4) if one.share is not None else None,
    }

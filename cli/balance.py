"""The command that balances the books: every mailing and every day, and what stands still."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from cli.answers import DONE, REFUSED, Answer
from digitalpost.access import OPERATOR
from digitalpost.errors import Refused, sentence_of
from digitalpost.institution import open_institution
from digitalpost.migrate import upgrade
from digitalpost.models import Alarm
from digitalpost.oversight.alarms import open_alarms
from digitalpost.oversight.board import MOST_DAYS, Board, Books, read_board
from digitalpost.oversight.checks import Finding, told
from digitalpost.settings import Settings


def balance(arguments: Namespace, settings: Settings) -> Answer:
    """The whole board; exit 1 when the books do not balance."""
    if not 0 < arguments.days <= MOST_DAYS:
        raise Refused("Antallet af dage skal være fra 1 til %(most)s.", most=MOST_DAYS)
    institution = open_institution(settings)
    try:
        upgrade(institution.engine)
        with institution.reading() as session:
            board = read_board(session, OPERATOR, days=arguments.days)
            alarms = [_alarm(one) for one in open_alarms(session, OPERATOR)]
    finally:
        institution.close()
    data = {
        "balances": board.balances,
        "at": board.at.isoformat(),
        "total": _books(board.total),
        "mailings": [
            {"mailing": one.mailing_id, "status": one.status.label, **_books(one.books)}
            for one in board.mailings
        ],
        "days": [
            {"day": one.day.isoformat(), "mailings": one.mailings, **_books(one.books)}
            for one in board.days
        ],
        "checks": [_finding(one) for one in board.findings],
        "alarms": alarms,
    }
    return Answer(data, _lines(board, alarms), DONE if board.balances else REFUSED)


def _books(books: Books) -> dict[str, Any]:
    difference = {"difference": books.difference, "overdue": books.overdue}
    return {"created": books.created, **books.heaps, **difference}


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "check": finding.check.name.value,
        "weight": finding.check.weight.value,
        "count": finding.count,
        "about": finding.check.about,
        "ids": list(finding.ids),
        "message": finding.check.title,
        "to_do": finding.check.to_do,
    }


def _alarm(alarm: Alarm) -> dict[str, Any]:
    return {
        "alarm": alarm.id,
        "kind": alarm.kind.value,
        "subject": alarm.subject,
        "message": str(sentence_of(alarm.what)),
        "to_do": str(sentence_of(alarm.to_do)),
        "opened_at": alarm.opened_at.isoformat(),
        "seen": alarm.seen_at is not None,
    }


def _lines(board: Board, alarms: list[dict[str, Any]]) -> list[str]:
    total = board.total
    verdict = "Regnskabet går op" if board.balances else "REGNSKABET GÅR IKKE OP"
    lines = [f"{verdict}: {_sum(total)}"]
    lines += [f"  Alarm: {one['message']} {one['to_do']}" for one in alarms]
    lines += [
        f"  {told(one.check, one.count)} "
        f"({'brev' if one.check.about == 'letter' else 'forsendelse'} nr. "
        f"{', '.join(map(str, one.ids))}{' …' if one.count > len(one.ids) else ''})"
        for one in board.findings
    ]
    lines += [
        f"  Forsendelse {one.mailing_id}, {one.status.label}: {_sum(one.books)}"
        for one in board.mailings
    ]
    lines += [f"  {one.day:%d.%m.%Y}: {_sum(one.books)}" for one in board.days if one.mailings]
    return lines


def _sum(books: Books) -> str:
    """One line of the books, as a sum that anybody can check."""
    heaps = books.heaps
    difference = f", difference {books.difference}" if books.difference else ""
    late = f", forsinket {books.overdue}" if books.overdue else ""
    return (
        f"{books.created} lavet = {heaps['delivered']} leveret + {heaps['paper']} på papir + "
        f"{heaps['failed']} kræver handling + {heaps['cancelled']} annulleret + "
        f"{heaps['open']} åbne{difference}{late}"
    )

"""The command for a dry run: what approval would do, with nothing sent."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from cli.answers import DONE, REFUSED, Answer
from digitalpost.access import OPERATOR
from digitalpost.errors import Refused, sentence_of
from digitalpost.institution import open_institution
from digitalpost.mailings.rehearse import rehearse as rehearse_mailing
from digitalpost.migrate import upgrade
from digitalpost.models import ChannelName, Mailing
from digitalpost.settings import Settings


def rehearse(arguments: Namespace, settings: Settings) -> Answer:
    """Rehearse a mailing; exit 1 when its approval would be refused or a letter can't be built."""
    institution = open_institution(settings)
    try:
        upgrade(institution.engine)
        with institution.reading() as session:
            if session.get(Mailing, arguments.mailing) is None:
                raise Refused(
                    "Der er ingen forsendelse med nummer %(number)s.", number=arguments.mailing
                )
        report = rehearse_mailing(institution, OPERATOR, arguments.mailing)
    finally:
        institution.close()
    fails = bool(report["refused"] or report["failed"])
    said = {
        **report,
        "mailing": arguments.mailing,
        "held": [{**one, "reason": str(sentence_of(one["reason"]))} for one in report["held"]],
        "refused": [str(sentence_of(one)) for one in report["refused"]],
        "problems": [{**one, "why": str(sentence_of(one["why"]))} for one in report["problems"]],
    }
    return Answer(said, _lines(said), REFUSED if fails else DONE)


def _lines(report: dict[str, Any]) -> list[str]:
    channels = ", ".join(
        f"{ChannelName(name).label}: {count}" for name, count in report["deliveries"].items()
    )
    lines = [f"Prøvekørsel: {report['letters']} breve ville blive sendt. Intet er sendt."]
    if channels:
        lines.append(f"  {channels}")
        lines.append(
            f"  Kopier: {report['guardians'] + report['copies']}. "
            f"Nye sager: {report['new_cases']}. Kendte sager: {report['existing_cases']}."
        )
    lines += [f"  Holdes tilbage ({one['letters']}): {one['reason']}" for one in report["held"]]
    lines += [f"  Brev {one['letter']}: {one['why']}" for one in report["problems"]]
    return lines + report["refused"]

"""A school whose registers are those of the sandbox, with drafts to given numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from digitalpost.db import now
from digitalpost.identifiers import parse
from digitalpost.models import Letter, LetterStatus, Mailing, Role
from digitalpost.registers.recipients import find_or_make_recipients
from tests.console.mailings import School, close, make_school
from tests.make import make_mailing
from tests.sandbox_server import RunningSandbox

FOURTEEN, SIXTEEN, EIGHTEEN = "0202124014", "0303124016", "0404124018"
FOURTEEN_TOO = "0605124014"


@contextmanager
def school_beside(
    sandbox: RunningSandbox, home: Path, *, role: Role = Role.STAFF, **environ: str
) -> Iterator[School]:
    """The school with a signed-in clerk; its CPR, Virk and contacts are the sandbox's."""
    home.mkdir()
    (home / "sandbox").symlink_to(sandbox.home)
    school = make_school(home, role=role, EBOKS_URL="", **environ)
    yield school
    close(school)


def make_drafts(school: School, numbers: Sequence[str], *, names: Sequence[str] = ()) -> int:
    """A mailing in review with a draft to each of the numbers; its id."""
    mailing_id = make_mailing(school.institution, case_type_id=school.case_type_id)
    with school.institution.transaction() as session:
        mailing = session.get_one(Mailing, mailing_id)
        wanted = [parse(number) for number in numbers]
        found = find_or_make_recipients(
            session,
            school.actor,
            wanted,
            unit_id=school.unit_id,
            names=dict(zip(wanted, names, strict=False)),
        )
        for position, identifier in enumerate(wanted, start=1):
            recipient = found[identifier]
            session.add(
                Letter(
                    mailing_id=mailing_id,
                    unit_id=school.unit_id,
                    position=position,
                    title=mailing.title,
                    status=LetterStatus.DRAFT,
                    recipient_id=recipient.id,
                    recipient_name=recipient.name,
                    search_text=mailing.title,
                    created_at=now(),
                )
            )
    return mailing_id

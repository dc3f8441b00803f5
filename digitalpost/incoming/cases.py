"""In which case an incoming letter is filed: the one of what it answers, else the sender's own."""

from __future__ import annotations

from sqlalchemy import select

from digitalpost.access import SYSTEM
from digitalpost.archive.filing import open_cases
from digitalpost.db import Session, insert_if_missing
from digitalpost.models import Case, CaseStatus, CaseType, Letter, Recipient


def case_for(
    session: Session,
    answered: Letter | None,
    sender: Recipient,
    unit_id: int,
    case_type_name: str,
) -> Case:
    """The case of the letter that is answered, else the sender's open one for incoming mail.

    In a case that was closed since, nothing is filed any more: the sender's open case of its type
    takes the answer.
    """
    before = answered.case if answered is not None else None
    if before is not None and before.status is CaseStatus.OPEN:
        return before
    case_type = (
        before.case_type
        if before is not None
        else case_type_for_mail(session, unit_id, case_type_name)
    )
    session.execute(select(CaseType.id).where(CaseType.id == case_type.id).with_for_update())
    whose = before.recipient if before is not None else sender
    return open_cases(session, SYSTEM, [whose], case_type)[whose.id]


def case_type_for_mail(session: Session, unit_id: int, name: str) -> CaseType:
    """The unit's case type for mail that belongs to no other case; made when it is missing."""
    wanted = select(CaseType).where(CaseType.unit_id == unit_id, CaseType.name == name)
    found = session.scalars(wanted).one_or_none()
    if found is None:
        insert_if_missing(session, CaseType, unit_id=unit_id, name=name)
        found = session.scalars(wanted).one()
    return found

"""Filing: every letter in its recipient's case, made where it is missing, always the same one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import select, update

from digitalpost import events
from digitalpost.access import Actor
from digitalpost.danish_time import local
from digitalpost.db import Session, insert_if_missing, now
from digitalpost.documents import move_to_key
from digitalpost.events import EventKind
from digitalpost.keys import make_data_key
from digitalpost.models import Case, CaseStatus, CaseType, Counter, Letter, Recipient

_BATCH = 500


def file_letters(
    session: Session,
    actor: Actor,
    letters: Sequence[Letter],
    case_type: CaseType,
    *,
    into: Case | None = None,
) -> None:
    """Put each letter, with its main document, into the open case of its recipient.

    ``into`` is the one case that all of them go into instead, whoever its recipient is.

    The case type's row is locked first, so that two who file for the same recipient at once find
    the same case. Documents change hands from the mailing's key to the case's; bytes stay.
    """
    session.execute(select(CaseType.id).where(CaseType.id == case_type.id).with_for_update())
    recipients = {letter.recipient_id: letter.recipient for letter in letters if letter.recipient}
    cases = {}
    if into is None:
        cases = open_cases(session, actor, [r for r in recipients.values() if r], case_type)
    for letter in letters:
        if letter.recipient_id is None:
            raise ValueError(f"letter {letter.id} has no recipient to file it under")
        case = into or cases[letter.recipient_id]
        letter.case_id = case.id
        letter.search_text = search_text(letter, case)
        if letter.document is not None:
            move_to_key(session, letter.document, case.key_id)
        # The hash in the chained log ties the letter to its bytes, whatever its row says later.
        data = {"sha256": letter.document.sha256} if letter.document is not None else {}
        events.record(session, actor, EventKind.LETTER_FILED, letter, case=case, data=data)


def open_cases(
    session: Session, actor: Actor, recipients: Sequence[Recipient], case_type: CaseType
) -> dict[int, Case]:
    """The one open case of each recipient and this case type, by recipient id; made if missing."""
    cases = dict(_existing(session, [recipient.id for recipient in recipients], case_type.id))
    missing = [recipient for recipient in recipients if recipient.id not in cases]
    if not missing:
        return cases
    opened_at = now()
    numbers = _next_case_numbers(session, local(opened_at).year, len(missing))
    keys = [make_data_key(session) for _ in missing]
    session.flush()
    for recipient, number, key in zip(missing, numbers, keys, strict=True):
        case = Case(
            number=number,
            title=f"{case_type.name}: {recipient.display_name}"[:200],
            recipient_id=recipient.id,
            case_type_id=case_type.id,
            unit_id=case_type.unit_id,
            key_id=key.id,
            opened_at=opened_at,
        )
        session.add(case)
        cases[recipient.id] = case
        events.record(session, actor, EventKind.CASE_OPENED, case)
    session.flush()
    return cases


def search_text(letter: Letter, case: Case | None) -> str:
    """What a letter is found by: its title, the recipient's name as sent, the case number."""
    return " ".join(
        part for part in (letter.title, letter.recipient_name, case and case.number) if part
    )


def _existing(
    session: Session, recipient_ids: Sequence[int], case_type_id: int
) -> Iterable[tuple[int, Case]]:
    for start in range(0, len(recipient_ids), _BATCH):
        part = recipient_ids[start : start + _BATCH]
        for case in session.scalars(
            select(Case).where(
                Case.recipient_id.in_(part),
                Case.case_type_id == case_type_id,
                Case.status == CaseStatus.OPEN,
            )
        ):
            yield case.recipient_id, case


def _next_case_numbers(session: Session, year: int, count: int) -> list[str]:
    """The next numbers of the year's series, ``2026-000123``; the counter's row is the lock."""
    name = f"case-{year}"
    insert_if_missing(session, Counter, name=name, value=0)
    last = session.scalars(
        update(Counter)
        .where(Counter.name == name)
        .values(value=Counter.value + count)
        .returning(Counter.value)
        .execution_options(synchronize_session=False)
    ).one()
    return [f"{year}-{number:06d}" for number in range(last - count + 1, last + 1)]

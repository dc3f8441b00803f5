"""Whom a company's letters are meant for: choose a P-number or a case worker, and remember it."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from sqlalchemy import select

from digitalpost import events
from digitalpost.access import Actor, require
from digitalpost.db import Session, lock, now
from digitalpost.errors import Refused, Sentence
from digitalpost.events import EventKind
from digitalpost.identifiers import IdentifierKind
from digitalpost.models import Attention, Recipient
from digitalpost.registers.recipients import number_of
from digitalpost.registers.virk import Company

_EMAIL = re.compile(r"[^\s@<>,;\"()]+@[^\s@<>,;\"()]+\.[^\s@<>,;\"().]{2,}")
_LONGEST_EMAIL = 254
_ELSEWHERE = "P-nummer %(p_number)s hører ikke til virksomheden i dag. Vælg et fra listen."
_CLOSED = "P-nummer %(p_number)s er lukket i CVR-registret. Vælg et andet."


def remember_choice(
    session: Session,
    actor: Actor,
    recipient: Recipient,
    *,
    company: Company | None = None,
    p_number: str = "",
    case_worker_email: str = "",
) -> Attention | None:
    """Remember whom this company's letters are for; with neither, forget it and return None.

    ``company`` is what the CVR register just said: a P-number counts only when it belongs to the
    company now and is open (protocols/virk-cvr.md). Raises `Refused`, with every reason.
    """
    require(actor, "recipient.change")
    p_number, email = "".join(p_number.split()), case_worker_email.strip()
    problems = _problems(session, recipient, company, p_number, email)
    if problems:
        raise Refused(problems)
    lock(session, recipient)
    kept = session.get(Attention, recipient.id)
    if not p_number and not email:
        if kept is not None:
            session.delete(kept)
            _record(session, actor, recipient, "nothing")
        return None
    if kept is None:
        kept = Attention(recipient_id=recipient.id)
        session.add(kept)
    unit = company.unit(p_number) if company is not None else None
    kept.p_number, kept.p_name = p_number, unit.name if unit is not None else ""
    kept.email = email
    kept.chosen_at, kept.chosen_by_id = now(), actor.user_id
    _record(session, actor, recipient, "p_number" if p_number else "email")
    return kept


def attentions_of(session: Session, recipient_ids: Collection[int]) -> dict[int, Attention]:
    """What was chosen last for each of these companies, as it stands: nobody is asked."""
    rows = session.scalars(select(Attention).where(Attention.recipient_id.in_(recipient_ids)))
    return {row.recipient_id: row for row in rows}


def remembered_choice(
    session: Session, recipient: Recipient, company: Company | None
) -> tuple[Attention | None, Sequence[Sentence]]:
    """What was chosen last, and what has changed since: a unit that closed or was sold.

    ``company`` None: the register was not asked now, so the choice is given as it stands.
    """
    kept = session.get(Attention, recipient.id)
    if kept is None or not kept.p_number or company is None or company.unit(kept.p_number):
        return kept, []
    gone = Sentence(
        "P-nummer %(p_number)s, som blev valgt sidst, hører ikke længere til virksomheden. "
        "Vælg et andet.",
        {"p_number": kept.p_number},
        code="p_number",
    )
    return None, [gone]


def _problems(
    session: Session, recipient: Recipient, company: Company | None, p_number: str, email: str
) -> list[Sentence]:
    problems: list[Sentence] = []
    if recipient.kind is not IdentifierKind.CVR:
        return [Sentence("Kun en virksomhed kan have et P-nummer eller en sagsbehandler.")]
    if p_number and email:
        problems.append(Sentence("Vælg enten et P-nummer eller en sagsbehandler, ikke begge."))
    if p_number:
        is_its = company is not None and company.identifier == number_of(session.vault, recipient)
        units = company.units if is_its and company is not None else ()
        unit = next((one for one in units if one.p_number == p_number), None)
        if unit is None:
            problems.append(Sentence(_ELSEWHERE, {"p_number": p_number}, code="p_number"))
        elif unit.is_closed:
            problems.append(Sentence(_CLOSED, {"p_number": p_number}, code="p_number"))
    if email and (len(email) > _LONGEST_EMAIL or not _EMAIL.fullmatch(email)):
        problems.append(Sentence("E-mailadressen er ikke skrevet rigtigt. Tjek den.", code="email"))
    return problems


def _record(session: Session, actor: Actor, recipient: Recipient, chosen: str) -> None:
    data = {"chosen": chosen}
    events.record(session, actor, EventKind.RECIPIENT_ATTENTION_CHOSEN, recipient, data=data)

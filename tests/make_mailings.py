"""Makes mailings and letters for tests straight in the rows and the store, without PDF work."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from itertools import count
from typing import Any

import sqlalchemy as sa

from digitalpost.access import OPERATOR, SYSTEM, Actor
from digitalpost.channels.registry import ways_out
from digitalpost.db import now
from digitalpost.deliveries.dispatch import dispatch_due, poll_receipts
from digitalpost.deliveries.forecast import forecast
from digitalpost.documents import PDF, add_document
from digitalpost.identifiers import parse
from digitalpost.institution import Institution
from digitalpost.keys import make_data_key
from digitalpost.mailings.approve import approve
from digitalpost.mailings.books import balance
from digitalpost.models import (
    CaseType,
    ChannelName,
    ChannelState,
    Delivery,
    DeliveryStatus,
    DocumentKind,
    Letter,
    LetterStatus,
    Mailing,
    MailingChannel,
    MailingSource,
    MailingStatus,
    Verdict,
)
from digitalpost.registers.recipients import find_or_make_recipients
from tests.make import make_unit
from tests.sandbox_server import RunningSandbox

ANNA, BO, CARL, DORTE = "0102031234", "0405062345", "0708093456", "1011014567"
EXEMPT, INVALID, DEAD, MINOR, RESOLVED = (f"010260000{one}" for one in range(1, 6))
FOUR = (ANNA, BO, CARL, DORTE)
_numbers = count(1)


def line_of(sandbox: RunningSandbox) -> dict[str, str]:
    """The environment that sends through a sandbox."""
    address = sandbox.address
    return {
        "EBOKS_URL": address["eboks"],
        "EBOKS_SYSTEM_ID": address["system_id"],
        "EBOKS_CLIENT_ID": address["client_id"],
        "EBOKS_CA": address["ca"],
        "EBOKS_CERTIFICATE": address["client_certificate"],
        "EBOKS_KEY": address["client_key"],
        "EBOKS_CONNECTIONS": "2",
    }


def make_case_type(institution: Institution, unit_id: int | None = None) -> int:
    """A case type, in a unit of its own unless one is given; its id."""
    unit_id = unit_id or make_unit(institution)
    with institution.transaction() as session:
        case_type = CaseType(name=f"Elevsag {next(_numbers)}", unit_id=unit_id)
        session.add(case_type)
        session.flush()
        return case_type.id


def make_mailing(
    institution: Institution,
    numbers: Sequence[str] = FOUR,
    *,
    case_type_id: int | None = None,
    red: Sequence[int] = (),
    owner_id: int | None = None,
    contents: Sequence[bytes] | None = None,
) -> int:
    """A mailing that waits for review, with one one-page letter to each number; its id.

    ``red`` are the positions, from 1, of letters that can't be sent.
    """
    case_type_id = case_type_id or make_case_type(institution)
    with institution.transaction() as session:
        unit_id = session.get_one(CaseType, case_type_id).unit_id
        key = make_data_key(session)
        session.flush()
        folder = f"{next(_numbers):032x}"
        mailing = Mailing(
            title="Indkaldelse til samtale",
            status=MailingStatus.REVIEW,
            came_by=MailingChannel.UPLOAD,
            owner_id=owner_id,
            unit_id=unit_id,
            case_type_id=case_type_id,
            key_id=key.id,
            folder=folder,
            pages_total=len(numbers),
            letters_total=len(numbers),
            created_at=now(),
        )
        place: dict[str, Any] = {"unit_id": unit_id, "key_id": key.id, "media_type": PDF}
        file = add_document(
            session,
            institution.store.put(folder, b"%PDF source"),
            kind=DocumentKind.SOURCE,
            **place,
        )
        session.add_all([mailing, file])
        session.flush()
        source = MailingSource(
            mailing_id=mailing.id,
            unit_id=unit_id,
            position=1,
            file_name="brev.pdf",
            fingerprint=session.vault.blind_index("file", folder),
            pages=len(numbers),
            document_id=file.id,
        )
        session.add(source)
        session.flush()
        who = find_or_make_recipients(
            session, SYSTEM, [parse(one) for one in numbers], unit_id=unit_id
        )
        for position, number in enumerate(numbers, start=1):
            verdict = Verdict.RED if position in red else Verdict.GREEN
            content = contents[position - 1] if contents else f"%PDF brev {folder} {position}"
            content = content if isinstance(content, bytes) else content.encode()
            stored = institution.store.put(folder, content)
            session.add(
                Letter(
                    mailing_id=mailing.id,
                    unit_id=unit_id,
                    owner_id=owner_id,
                    position=position,
                    title=mailing.title,
                    status=LetterStatus.DRAFT,
                    recipient_id=who[parse(number)].id,
                    verdict=verdict,
                    risk=verdict.risk,
                    source_id=source.id,
                    pages=[position],
                    page_count=1,
                    document=add_document(session, stored, kind=DocumentKind.MAIN, **place),
                    due_at=now(),
                    created_at=now(),
                )
            )
        session.flush()
        return mailing.id


def approve_mailing(
    institution: Institution,
    mailing_id: int,
    *,
    actor: Actor = OPERATOR,
    confirm: int | None = None,
    hold_seconds: int = 0,
    give_up_hours: int = 24,
) -> None:
    """Approve; ``confirm`` is the number of letters unless given."""
    ways = ways_out(institution.settings)
    with institution.transaction(actor.scope) as session:
        mailing = session.get_one(Mailing, mailing_id)
        approve(
            session,
            actor,
            mailing,
            confirm_count=(
                forecast(session, mailing, ways).letters if confirm is None else confirm
            ),
            ways=ways,
            hold_seconds=hold_seconds,
            give_up_hours=give_up_hours,
        )


def make_approved(institution: Institution, numbers: Sequence[str] = FOUR, **how: Any) -> int:
    """A mailing that was approved and whose hold is over; its id."""
    hold_seconds = how.pop("hold_seconds", 0)
    mailing_id = make_mailing(institution, numbers, **how)
    approve_mailing(institution, mailing_id, hold_seconds=hold_seconds)
    return mailing_id


def send(institution: Institution) -> int:
    """Send what is due, once."""
    return dispatch_due(institution, ChannelName.EBOKS, seconds=30)


def ask(institution: Institution) -> int:
    """Ask for receipts that are due, once."""
    return poll_receipts(institution, ChannelName.EBOKS)


def let_time_pass(institution: Institution) -> None:
    """As if every pause, lease and hold were over now."""
    with institution.transaction() as session:
        for model, column in (
            (Delivery, "due_at"),
            (Delivery, "lease_until"),
            (Mailing, "lease_until"),
            (ChannelState, "paused_until"),
        ):
            attribute = getattr(model, column)
            session.execute(
                sa.update(model)
                .where(attribute.is_not(None))
                .values({column: now() - timedelta(seconds=1)})
                .execution_options(synchronize_session=False)
            )


def finish(institution: Institution, *, most: int = 40) -> None:
    """Send and ask again, with time passing between, until nothing is on its way."""
    for _ in range(most):
        let_time_pass(institution)
        send(institution)
        let_time_pass(institution)
        ask(institution)
        if not on_their_way(institution):
            return
    raise AssertionError("letters are still on their way")


def on_their_way(institution: Institution) -> int:
    """How many deliveries wait, are claimed or accepted."""
    moving = [DeliveryStatus.WAITING, DeliveryStatus.CLAIMED, DeliveryStatus.ACCEPTED]
    with institution.reading() as session:
        query = sa.select(sa.func.count(Delivery.id)).where(Delivery.status.in_(moving))
        return session.scalar(query) or 0


def letter_statuses(institution: Institution, mailing_id: int) -> list[str]:
    """Where each letter stands, in order; the books must balance."""
    with institution.reading() as session:
        mailing = session.get_one(Mailing, mailing_id)
        assert balance(session, mailing).adds_up
        query = sa.select(Letter.status).where(Letter.mailing_id == mailing_id)
        return [one.value for one in session.scalars(query.order_by(Letter.position))]


def mailing_status(institution: Institution, mailing_id: int) -> str:
    """Where the mailing stands."""
    with institution.reading() as session:
        return session.get_one(Mailing, mailing_id).status.value

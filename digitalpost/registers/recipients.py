"""The register of recipients: find whoever a number belongs to, or make them known."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import select

from digitalpost import events
from digitalpost.access import Actor
from digitalpost.db import Session, now
from digitalpost.events import EventKind
from digitalpost.identifiers import Identifier, IdentifierKind
from digitalpost.models import Recipient, RecipientUnit
from digitalpost.vault import Vault, seal, unseal

_BATCH = 500  # both databases take far more bound values than this


def find_recipients(
    session: Session, identifiers: Iterable[Identifier]
) -> dict[Identifier, Recipient]:
    """Those of the numbers that the register knows, in the session's row scope."""
    wanted = {
        (identifier.kind, session.vault.blind_index(identifier.kind, identifier.number)): identifier
        for identifier in identifiers
    }
    indexes = [index for _, index in wanted]
    found: dict[Identifier, Recipient] = {}
    for start in range(0, len(indexes), _BATCH):
        part = indexes[start : start + _BATCH]
        for recipient in session.scalars(select(Recipient).where(Recipient.number_index.in_(part))):
            identifier = wanted.get((recipient.kind, recipient.number_index))
            if identifier is not None:
                found[identifier] = recipient
    return found


def find_or_make_recipients(
    session: Session,
    actor: Actor,
    identifiers: Iterable[Identifier],
    *,
    unit_id: int,
    names: Mapping[Identifier, str] | None = None,
) -> dict[Identifier, Recipient]:
    """One recipient for each number, new ones made, all of them visible to the unit.

    Needs a session that sees everything: a recipient whom another unit knows is the same person.
    ``names`` names those who are new; a name that is known already is never overwritten here.
    """
    wanted = list(dict.fromkeys(identifiers))
    found = find_recipients(session, wanted)
    for identifier in wanted:
        if identifier not in found:
            recipient = _new_recipient(session, identifier, (names or {}).get(identifier))
            events.record(session, actor, EventKind.RECIPIENT_CREATED, recipient)
            found[identifier] = recipient
    session.flush()
    make_visible(session, [recipient.id for recipient in found.values()], unit_id)
    return found


def number_of(vault: Vault, recipient: Recipient) -> Identifier:
    """The whole number of a recipient. Whoever shows it to a person logs that they did."""
    sealed = unseal(number_key(vault), recipient.number_sealed, recipient.kind.encode())
    return Identifier(recipient.kind, sealed.decode())


def number_key(vault: Vault) -> bytes:
    """The key that recipient numbers are sealed under in their column."""
    return vault.derive("recipient number")


def seal_number(vault: Vault, identifier: Identifier) -> tuple[bytes, bytes]:
    """A number sealed for its column, and its blind index."""
    sealed = seal(number_key(vault), identifier.number.encode(), identifier.kind.encode())
    return sealed, vault.blind_index(identifier.kind, identifier.number)


def _new_recipient(session: Session, identifier: Identifier, name: str | None) -> Recipient:
    sealed, index = seal_number(session.vault, identifier)
    recipient = Recipient(
        kind=IdentifierKind(identifier.kind),
        number_sealed=sealed,
        number_index=index,
        number_masked=identifier.masked,
        name=name or "",
        created_at=now(),
    )
    session.add(recipient)
    return recipient


def make_visible(session: Session, recipient_ids: Sequence[int], unit_id: int) -> None:
    """Let a unit see these recipients in the register: it deals with them from now on."""
    seen: set[int] = set()
    for start in range(0, len(recipient_ids), _BATCH):
        part = recipient_ids[start : start + _BATCH]
        seen.update(
            session.scalars(
                select(RecipientUnit.recipient_id).where(
                    RecipientUnit.unit_id == unit_id, RecipientUnit.recipient_id.in_(part)
                )
            )
        )
    session.add_all(
        RecipientUnit(recipient_id=recipient_id, unit_id=unit_id)
        for recipient_id in recipient_ids
        if recipient_id not in seen
    )

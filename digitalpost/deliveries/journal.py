"""What was sent, written down outside the database, so that a restore does not forget it.

Beside each mark (marks.py) lies a note with a fingerprint of every letter of that claim: a keyed
hash of recipient and bytes, which says nothing to anybody else. After a restore the notes that the
database does not know of are read in. A letter that is approved anew then, since its approval was
lost, is met again by its fingerprint: it is not sent, and a person looks.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from sqlalchemy import delete, select

from digitalpost.db import Session, change_rows, insert_if_missing
from digitalpost.errors import Sentence
from digitalpost.models import ChannelName, Delivery, SendingStop, SentBefore
from digitalpost.storage import ObjectStore
from digitalpost.vault import Vault

if TYPE_CHECKING:
    from digitalpost.deliveries.claim import Claimed

SENT_BEFORE = Sentence(
    "Det samme brev blev sendt til modtageren, før databasen blev hentet ind fra en "
    "sikkerhedskopi. Det er ikke sendt igen. Se efter, om modtageren har fået det."
)
_KEPT = 20_000  # claims that are remembered; older ones are in every backup


def fingerprint(vault: Vault, claimed: Claimed) -> bytes | None:
    """Who gets which bytes; None for a letter that can't be opened and so is not sent."""
    if claimed.opened is None:
        return None
    recipient, _ = claimed.opened
    # The name too: guardians without a number stand under the pupil's.
    to = f"{recipient.kind}:{recipient.number}:{claimed.envelope.name}"
    return vault.blind_index("sent", f"{to}:{claimed.sha256}")


def write_note(
    store: ObjectStore, channel: ChannelName, number: int, prints: Iterable[bytes]
) -> None:
    """Write down what claim ``number`` is about to send. With no transaction open."""
    text = "\n".join(sorted(one.hex() for one in prints))
    store.write_note(_path(channel, number), text.encode())
    if number > _KEPT:
        store.delete([_path(channel, number - _KEPT)])


def read_notes(store: ObjectStore, channel: ChannelName, after: int, upto: int) -> set[bytes]:
    """What was sent by the claims after ``after``. With no transaction open."""
    found: set[bytes] = set()
    for number in range(max(after, upto - _KEPT) + 1, upto + 1):
        text = store.read_note(_path(channel, number)) or b""
        found.update(bytes.fromhex(line) for line in text.decode().split())
    return found


def remember(session: Session, prints: Iterable[bytes]) -> None:
    """These went out and the database had forgotten it."""
    for one in sorted(prints):
        insert_if_missing(session, SentBefore, fingerprint=one)


def sent_before(session: Session, claimed: Sequence[Claimed]) -> dict[str, bytes]:
    """Those that went out before a restore under another id: message id and fingerprint.

    What was approved before the restore has its old id, which the channel knows: it may go.
    """
    if session.scalar(select(SentBefore.fingerprint).limit(1)) is None:
        return {}
    stop = session.get(SendingStop, 1)
    since = stop.released_at if stop is not None else None
    ids = [one.delivery_id for one in claimed]
    new = session.scalars(
        select(Delivery.id).where(
            Delivery.id.in_(ids), *(() if since is None else (Delivery.created_at > since,))
        )
    )
    is_new = set(new)
    prints = {
        one.message_id: found
        for one in claimed
        if one.delivery_id in is_new and (found := fingerprint(session.vault, one)) is not None
    }
    known = set(
        session.scalars(
            select(SentBefore.fingerprint).where(SentBefore.fingerprint.in_(prints.values()))
        )
    )
    return {message_id: one for message_id, one in prints.items() if one in known}


def forget(session: Session, prints: Iterable[bytes]) -> None:
    """A person has been told of these: whoever sends one again now means it."""
    wanted = list(prints)
    if wanted:
        change_rows(session, delete(SentBefore).where(SentBefore.fingerprint.in_(wanted)))


def _path(channel: ChannelName, number: int) -> str:
    return f"marks/{channel.value}-{number:010d}"

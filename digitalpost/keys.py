"""Data keys in use: make one, open one, destroy one."""

from __future__ import annotations

from digitalpost.db import Session, now
from digitalpost.errors import Damaged
from digitalpost.models import DataKey


def make_data_key(session: Session) -> DataKey:
    """A new data key row, not yet flushed."""
    _, wrapped = session.vault.new_data_key()
    key = DataKey(wrapped=wrapped, created_at=now())
    session.add(key)
    return key


def open_data_key(session: Session, key_id: int) -> bytes:
    """The data key itself, opened once per session. Raises `Damaged` when it was destroyed."""
    opened: dict[int, bytes] = session.info.setdefault("opened_keys", {})
    if key_id not in opened:
        row = session.get(DataKey, key_id)
        if row is None or row.wrapped is None:
            raise Damaged("Nøglen er destrueret. Indholdet findes ikke mere.")
        opened[key_id] = session.vault.unwrap_data_key(row.wrapped)
    return opened[key_id]


def destroy_data_key(session: Session, key: DataKey) -> None:
    """Make everything under this key unreadable for ever. Cannot be undone."""
    key.wrapped = None
    key.destroyed_at = now()
    session.info.get("opened_keys", {}).pop(key.id, None)

"""One institution's installation: its settings, database, keys and document store, opened."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Engine, event
from sqlalchemy.orm import sessionmaker

from digitalpost import access, events
from digitalpost.access import Scope
from digitalpost.db import Session, make_engine
from digitalpost.settings import Settings
from digitalpost.storage import ObjectStore
from digitalpost.vault import Vault, open_vault


@dataclass(frozen=True)
class Institution:
    """Everything that a use case needs is reached from here; nothing is global."""

    settings: Settings
    vault: Vault
    store: ObjectStore
    engine: Engine
    sessions: sessionmaker[Session]

    def session(self, scope: Scope | None) -> Session:
        """A session that the caller commits and closes. Its scope cannot change later."""
        return self.sessions(info={"vault": self.vault, "store": self.store, "scope": scope})

    @contextmanager
    def transaction(self, scope: Scope = access.EVERYTHING) -> Iterator[Session]:
        """A writing transaction: commit at the end, roll back on any exception."""
        with self.session(scope) as session:
            session.begin_writing()
            yield session
            session.commit()

    @contextmanager
    def reading(self, scope: Scope = access.EVERYTHING) -> Iterator[Session]:
        """A session for looking only; nothing it did is kept."""
        with self.session(scope) as session:
            yield session

    def close(self) -> None:
        """Close the database connections. A forked child calls this before its first query."""
        self.engine.dispose()


def open_institution(settings: Settings) -> Institution:
    """Open what `init` made. Raises `SettingsError` when there is no master key."""
    vault = open_vault(settings)
    settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    engine = make_engine(settings.database_url)
    sessions = sessionmaker(engine, class_=Session)
    event.listen(sessions, "do_orm_execute", access.apply_scope)
    event.listen(sessions, "before_commit", events.write_pending)
    event.listen(sessions, "after_transaction_create", events.mark_pending)
    event.listen(sessions, "after_soft_rollback", events.drop_pending)
    return Institution(settings, vault, ObjectStore(settings.documents_url), engine, sessions)

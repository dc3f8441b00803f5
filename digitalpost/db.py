"""Engine, session, base class and column types. SQLite (WAL) and PostgreSQL alike."""

from __future__ import annotations

import enum
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy import event, orm
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, Dialect, Engine, make_url
from sqlalchemy.types import TypeDecorator

if TYPE_CHECKING:
    from digitalpost.access import Scope
    from digitalpost.storage import ObjectStore
    from digitalpost.vault import Vault

BUSY_TIMEOUT_MS = 30_000
_BEGIN = "digitalpost_begin"


class UTCDateTime(TypeDecorator[datetime]):
    """A point in time: aware datetimes in, aware UTC datetimes out, on both databases."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(orm.DeclarativeBase):
    """All tables. Constraint names are fixed so that migrations can name them."""

    metadata = sa.MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012 - read by SQLAlchemy at class creation
        datetime: UTCDateTime,
        bytes: sa.LargeBinary,
        enum.StrEnum: sa.Enum(
            enum.StrEnum,
            native_enum=False,
            length=32,
            values_callable=lambda kind: [member.value for member in kind],
        ),
        dict[str, Any]: sa.JSON,
        list[dict[str, Any]]: sa.JSON,
        list[int]: sa.JSON,
        list[str]: sa.JSON,
    }


class UnitScoped:
    """A row that belongs to one unit: only who has that unit may know that it exists."""

    unit_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("units.id"))


class Session(orm.Session):
    """A database session that carries what use cases need: vault, document store and row scope."""

    @property
    def vault(self) -> Vault:
        """The keys of this institution."""
        vault: Vault = self.info["vault"]
        return vault

    @property
    def store(self) -> ObjectStore:
        """The document store of this institution."""
        store: ObjectStore = self.info["store"]
        return store

    @property
    def scope(self) -> Scope | None:
        """Which units' rows this session sees; None refuses every scoped model."""
        return self.info.get("scope")

    def begin_writing(self) -> None:
        """Start the transaction as a writer. SQLite then waits in line now, not at commit."""
        self.connection(execution_options={_BEGIN: "BEGIN IMMEDIATE"})


def change_rows(session: orm.Session, statement: sa.UpdateBase) -> int:
    """Run a conditional UPDATE or DELETE and say how many rows it changed.

    Objects in the session are not told: refresh those that are used afterwards.
    """
    result = session.execute(statement.execution_options(synchronize_session=False))
    return int(result.rowcount)  # type: ignore[attr-defined]


def insert_if_missing(session: orm.Session, model: type[Base], **values: Any) -> None:
    """Insert a row unless one with its primary key is there; two who do it at once take turns."""
    is_sqlite = session.connection().dialect.name == "sqlite"
    insert = sqlite.insert if is_sqlite else postgresql.insert
    session.execute(insert(model).values(values).on_conflict_do_nothing())


def lock(session: orm.Session, row: Base) -> None:
    """Read a row anew and hold it until commit, so that two use cases take turns over it.

    Rows that point to it may still be written: FOR NO KEY UPDATE, or settling would wait in a ring.
    """
    session.refresh(row, with_for_update={"key_share": True})


def now() -> datetime:
    """The time, aware, in UTC. The one place where the domain reads the clock."""
    return datetime.now(UTC)


def make_engine(url: str) -> Engine:
    """An engine with what both databases need to be safe: WAL, foreign keys, waiting for locks."""
    parsed = make_url(url)
    if parsed.drivername == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg")
    if parsed.get_backend_name() != "sqlite":
        return sa.create_engine(
            parsed, pool_pre_ping=True, pool_size=10, max_overflow=20, hide_parameters=True
        )
    if parsed.database:
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    engine = sa.create_engine(
        parsed,
        pool_size=10,
        max_overflow=20,
        hide_parameters=True,  # an error must not quote names and numbers into a log
        connect_args={"timeout": BUSY_TIMEOUT_MS / 1000},
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # we send BEGIN ourselves, see _begin_sqlite
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")  # a commit survives a power cut
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get(_BEGIN, "BEGIN"))

"""Brings a database up to date with the program, at every start.

The migrations lie in ``migrations/versions`` beside the package. The first makes the tables of the
models; the second what models can't say: the event log that only grows, and full text search.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.engine import Connection, Engine

from digitalpost import models
from digitalpost.db import Base, Session

MIGRATIONS = Path(__file__).resolve().parent.parent / "migrations"
_LOCK = 0x4469_6750_6F73_74  # any fixed number: "DigPost"


def upgrade(engine: Engine) -> None:
    """Run the migrations that the database lacks, all or none, silently.

    Safe when several processes start at once: one does it while the others wait, and then find
    nothing left to do.
    """
    with Session(engine) as session:
        session.begin_writing()
        connection = session.connection()
        if connection.dialect.name == "postgresql":
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
        command.upgrade(alembic_config(connection), "head")
        session.commit()


def is_current(engine: Engine) -> bool:
    """Whether the database has every migration that this program knows, and no other."""
    with engine.connect() as connection:
        found = MigrationContext.configure(connection).get_current_heads()
        known = ScriptDirectory.from_config(alembic_config(connection)).get_heads()
    return set(found) == set(known)


def differences(engine: Engine) -> list[Any]:
    """What the models have and the database lacks, or the other way round, in Alembic's words."""
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts=comparison_options())
        return list(compare_metadata(context, Base.metadata))


def alembic_config(connection: Connection) -> Config:
    """Alembic's settings for the migrations of this program, to run on ``connection``."""
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def comparison_options() -> dict[str, Any]:
    """How the models and the database are compared, and how a difference is written down."""
    assert models.__name__  # loaded, so that every table is known
    return {
        "target_metadata": Base.metadata,
        "compare_type": True,
        "compare_server_default": True,
        "include_object": _is_of_the_models,
        "render_item": _render,
        "transactional_ddl": True,
    }


def _is_of_the_models(
    _thing: Any, name: str | None, kind: str, reflected: bool, _other: Any
) -> bool:
    """False for the full text tables, columns and indexes, which no model knows."""
    if not reflected or name is None:
        return True
    if kind == "table":
        return "_fts" not in name
    return not name.endswith("search_vector")


def _render(kind: str, thing: Any, _context: Any) -> str | bool:
    """Types as the database has them: a migration must not change when the program does."""
    if kind != "type":
        return False
    if isinstance(thing, sa.Enum):
        return f"sa.String(length={thing.length})"
    if isinstance(thing, sa.types.TypeDecorator):
        return f"sa.{thing.impl_instance!r}"
    return False

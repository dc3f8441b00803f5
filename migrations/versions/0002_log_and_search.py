"""The event log only grows; letters, cases and recipients are found by the words in them."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

SEARCHED = {
    "letters": ("search_text",),
    "cases": ("number", "title"),
    "recipients": ("name",),
}


def upgrade() -> None:
    on_sqlite = op.get_bind().dialect.name == "sqlite"
    statements = _append_only_on_sqlite() if on_sqlite else _append_only_on_postgresql()
    for table, columns in SEARCHED.items():
        statements += (_search_on_sqlite if on_sqlite else _search_on_postgresql)(table, columns)
    for statement in statements:
        op.execute(sa.text(statement.replace(":", "\\:")))


def _append_only_on_sqlite() -> list[str]:
    refuse = "BEGIN SELECT RAISE(ABORT, 'the event log is append-only'); END"
    return [
        f"CREATE TRIGGER events_refuse_update BEFORE UPDATE ON events {refuse}",
        f"CREATE TRIGGER events_refuse_delete BEFORE DELETE ON events {refuse}",
        # INSERT OR REPLACE removes the old row without asking the delete trigger.
        "CREATE TRIGGER events_refuse_replace BEFORE INSERT ON events "
        f"WHEN EXISTS (SELECT 1 FROM events WHERE id = NEW.id) {refuse}",
    ]


def _append_only_on_postgresql() -> list[str]:
    return [
        "CREATE FUNCTION refuse_change_of_events() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'the event log is append-only'; END $$",
        "CREATE TRIGGER events_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON events "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_events()",
    ]


def _search_on_sqlite(table: str, columns: tuple[str, ...]) -> list[str]:
    """FTS5 without a copy of the text. Letters keep their marks: ø is not o, and å is not a."""
    names = ", ".join(columns)
    new, old = (", ".join(f"{row}.{name}" for name in columns) for row in ("NEW", "OLD"))
    changed = " OR ".join(f"OLD.{name} IS NOT NEW.{name}" for name in ("id", *columns))
    add = f"INSERT INTO {table}_fts (rowid, {names}) VALUES (NEW.id, {new});"
    # FTS5 must be told the old words to take them out again.
    remove = (
        f"INSERT INTO {table}_fts ({table}_fts, rowid, {names}) VALUES ('delete', OLD.id, {old});"
    )
    return [
        f"CREATE VIRTUAL TABLE {table}_fts USING fts5({names}, content='{table}', "
        "content_rowid='id', tokenize='unicode61 remove_diacritics 0', prefix='2 3 4', "
        "columnsize=0)",
        f"CREATE TRIGGER {table}_fts_insert AFTER INSERT ON {table} BEGIN {add} END",
        f"CREATE TRIGGER {table}_fts_delete AFTER DELETE ON {table} BEGIN {remove} END",
        f"CREATE TRIGGER {table}_fts_update AFTER UPDATE OF id, {names} ON {table} "
        f"WHEN {changed} BEGIN {remove} {add} END",
        f"INSERT INTO {table}_fts ({table}_fts) VALUES ('rebuild')",
    ]


def _search_on_postgresql(table: str, columns: tuple[str, ...]) -> list[str]:
    """A generated vector of plain words.

    The text is cut into words before PostgreSQL's own parser sees it, because that one takes the
    hyphen of "2026-000123" for a minus. Case and letters are ICU's: the database's own locale may
    be C, which knows no Æ.
    """
    icu = op.get_bind().scalar(sa.text("SELECT 1 FROM pg_collation WHERE collname = 'und-x-icu'"))
    collation = ' COLLATE "und-x-icu"' if icu else ""
    joined = " || ' ' || ".join(columns)
    words = f"regexp_replace(lower(normalize({joined}){collation}), '[^[:alnum:]]+', ' ', 'g')"
    return [
        f"ALTER TABLE {table} ADD COLUMN search_vector tsvector "
        f"GENERATED ALWAYS AS (to_tsvector('simple', {words})) STORED",
        f"CREATE INDEX ix_{table}_search_vector ON {table} USING gin (search_vector)",
    ]

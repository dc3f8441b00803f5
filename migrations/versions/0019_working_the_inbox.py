"""Working the inbox together: notes, followers, presence, saved views, absence, escalation."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "incoming_words",
        sa.Column("word", sa.LargeBinary(length=8), nullable=False),
        sa.Column("letter_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["letter_id"], ["letters.id"], name=op.f("fk_incoming_words_letter_id_letters")
        ),
        sa.PrimaryKeyConstraint("word", "letter_id", name=op.f("pk_incoming_words")),
    )
    op.create_index(op.f("ix_incoming_words_letter_id"), "incoming_words", ["letter_id"])
    op.create_table(
        "absences",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("deputy_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["deputy_id"], ["users.id"], name=op.f("fk_absences_deputy_id_users")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_absences_user_id_users")),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_absences")),
    )
    op.create_table(
        "saved_views",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("query", sa.String(length=2000), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_saved_views_user_id_users")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_views")),
        sa.UniqueConstraint("user_id", "name", name=op.f("uq_saved_views_user_id_name")),
    )
    op.create_table(
        "letter_followers",
        sa.Column("letter_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["letter_id"], ["letters.id"], name=op.f("fk_letter_followers_letter_id_letters")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_letter_followers_user_id_users")
        ),
        sa.PrimaryKeyConstraint("letter_id", "user_id", name=op.f("pk_letter_followers")),
    )
    op.create_index(
        op.f("ix_letter_followers_user_id_letter_id"),
        "letter_followers",
        ["user_id", "letter_id"],
    )
    op.create_table(
        "letter_notes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("letter_id", sa.Integer(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("key_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["users.id"], name=op.f("fk_letter_notes_by_id_users")),
        sa.ForeignKeyConstraint(
            ["key_id"], ["data_keys.id"], name=op.f("fk_letter_notes_key_id_data_keys")
        ),
        sa.ForeignKeyConstraint(
            ["letter_id"], ["letters.id"], name=op.f("fk_letter_notes_letter_id_letters")
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["units.id"], name=op.f("fk_letter_notes_unit_id_units")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letter_notes")),
    )
    op.create_index(op.f("ix_letter_notes_letter_id_id"), "letter_notes", ["letter_id", "id"])
    op.create_table(
        "letter_presence",
        sa.Column("letter_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["letter_id"], ["letters.id"], name=op.f("fk_letter_presence_letter_id_letters")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_letter_presence_user_id_users")
        ),
        sa.PrimaryKeyConstraint("letter_id", "user_id", name=op.f("pk_letter_presence")),
    )
    op.create_index(op.f("ix_letter_presence_at"), "letter_presence", ["at"])
    for name, columns, where in (
        ("ix_letters_without_owner", ["id"], "status IN ('new', 'assigned') AND owner_id IS NULL"),
        (
            "ix_letters_open_of_owner",
            ["owner_id", "id", "status", "unit_id", "due_at"],
            "status IN ('new', 'assigned')",
        ),
        (
            "ix_letters_open_of_unit",
            ["unit_id", "id", "status", "due_at"],
            "status IN ('new', 'assigned')",
        ),
        ("ix_letters_done_of_unit", ["unit_id", "id"], "status IN ('done')"),
    ):
        op.create_index(
            name, "letters", columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where)
        )
    op.add_column(
        "units", sa.Column("escalate_after", sa.Integer(), server_default="2", nullable=False)
    )

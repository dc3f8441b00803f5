"""What routing learns."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "learned_counts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("feature", sa.LargeBinary(length=8), nullable=False),
        sa.Column("target", sa.String(length=16), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["units.id"], name=op.f("fk_learned_counts_unit_id_units")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_learned_counts")),
        sa.UniqueConstraint(
            "unit_id", "feature", "target", name=op.f("uq_learned_counts_unit_id_feature_target")
        ),
    )
    op.create_table(
        "never_suggested",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("feature", sa.LargeBinary(length=8), nullable=False),
        sa.Column("target", sa.String(length=16), nullable=False),
        sa.Column("shown", sa.LargeBinary(), nullable=True),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["by_id"], ["users.id"], name=op.f("fk_never_suggested_by_id_users")
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["units.id"], name=op.f("fk_never_suggested_unit_id_units")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_never_suggested")),
        sa.UniqueConstraint(
            "unit_id", "feature", "target", name=op.f("uq_never_suggested_unit_id_feature_target")
        ),
    )
    op.create_table(
        "incoming_texts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("letter_id", sa.Integer(), nullable=False),
        sa.Column("key_id", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["key_id"], ["data_keys.id"], name=op.f("fk_incoming_texts_key_id_data_keys")
        ),
        sa.ForeignKeyConstraint(
            ["letter_id"], ["letters.id"], name=op.f("fk_incoming_texts_letter_id_letters")
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["units.id"], name=op.f("fk_incoming_texts_unit_id_units")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incoming_texts")),
        sa.UniqueConstraint("letter_id", name=op.f("uq_incoming_texts_letter_id")),
    )
    op.create_table(
        "learned_letters",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("letter_id", sa.Integer(), nullable=False),
        sa.Column("assignment_id", sa.Integer(), nullable=False),
        sa.Column("target", sa.String(length=16), nullable=False),
        sa.Column("suggested", sa.String(length=16), nullable=True),
        sa.Column("features", sa.LargeBinary(), nullable=False),
        sa.Column("learned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["assignment_id"],
            ["assignments.id"],
            name=op.f("fk_learned_letters_assignment_id_assignments"),
        ),
        sa.ForeignKeyConstraint(
            ["letter_id"], ["letters.id"], name=op.f("fk_learned_letters_letter_id_letters")
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["units.id"], name=op.f("fk_learned_letters_unit_id_units")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_learned_letters")),
        sa.UniqueConstraint(
            "letter_id", "unit_id", name=op.f("uq_learned_letters_letter_id_unit_id")
        ),
    )
    op.create_index(
        op.f("ix_learned_letters_assignment_id"), "learned_letters", ["assignment_id"], unique=False
    )
    op.create_index(
        op.f("ix_learned_letters_learned_at"), "learned_letters", ["learned_at"], unique=False
    )
    op.create_index(op.f("ix_assignments_undone_at"), "assignments", ["undone_at"])

"""Signing tasks: one addressee who is asked to sign one letter."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_TIMES = ("reminded_at", "state_until", "opened_at", "settled_at", "handled_at")


def upgrade() -> None:
    time = sa.DateTime(timezone=True)
    op.create_table(
        "signing_tasks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("delivery_id", sa.Integer(), nullable=False),
        sa.Column("letter_id", sa.Integer(), nullable=False),
        sa.Column("mailing_id", sa.Integer(), nullable=True),
        sa.Column("seed", sa.LargeBinary(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("deadline", time, nullable=True),
        sa.Column("due_at", time, nullable=True),
        *(sa.Column(name, time, nullable=True) for name in _TIMES),
        sa.Column("state_seed", sa.LargeBinary(), nullable=True),
        sa.Column("state_hash", sa.String(length=64), nullable=True),
        sa.Column("why", sa.JSON(), nullable=True),
        sa.Column("signer", sa.String(length=200), nullable=True),
        sa.Column("document_id", sa.Integer(), nullable=True),
        sa.Column("created_at", time, nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["delivery_id"], ["deliveries.id"], name=op.f("fk_signing_tasks_delivery_id_deliveries")
        ),
        sa.ForeignKeyConstraint(
            ["letter_id"], ["letters.id"], name=op.f("fk_signing_tasks_letter_id_letters")
        ),
        sa.ForeignKeyConstraint(
            ["mailing_id"], ["mailings.id"], name=op.f("fk_signing_tasks_mailing_id_mailings")
        ),
        sa.ForeignKeyConstraint(
            ["document_id"], ["documents.id"], name=op.f("fk_signing_tasks_document_id_documents")
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["units.id"], name=op.f("fk_signing_tasks_unit_id_units")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signing_tasks")),
        sa.UniqueConstraint("delivery_id", name=op.f("uq_signing_tasks_delivery_id")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_signing_tasks_token_hash")),
        sa.UniqueConstraint("state_hash", name=op.f("uq_signing_tasks_state_hash")),
    )
    for columns in (
        ["status", "due_at"],
        ["letter_id"],
        ["mailing_id", "status"],
        ["unit_id", "id"],
    ):
        name = op.f(f"ix_signing_tasks_{'_'.join(columns)}")
        op.create_index(name, "signing_tasks", columns, unique=False)

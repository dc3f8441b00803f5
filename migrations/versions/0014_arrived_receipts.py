"""Receipts that are sent to us, and deliveries that go on paper through a channel of both kinds."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "deliveries",
        sa.Column("on_paper", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    op.create_table(
        "arrived_receipts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(length=32), nullable=False),
        sa.Column("message_id", sa.String(length=64), nullable=False),
        sa.Column("transmission_id", sa.String(length=64), nullable=False),
        sa.Column("said", sa.JSON(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("sent_by", sa.String(length=64), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("arrived_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.JSON(), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("delivery_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["delivery_id"],
            ["deliveries.id"],
            name=op.f("fk_arrived_receipts_delivery_id_deliveries"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_arrived_receipts")),
        sa.UniqueConstraint("channel", "sha256", name=op.f("uq_arrived_receipts_channel_sha256")),
    )
    op.create_index(
        op.f("ix_arrived_receipts_status_due_at"), "arrived_receipts", ["status", "due_at"]
    )
    op.create_index(op.f("ix_arrived_receipts_message_id"), "arrived_receipts", ["message_id"])

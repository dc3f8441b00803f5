"""Limits and slow channels; postponed mailings looked at again; restored databases noticed."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    time = sa.DateTime(timezone=True)
    op.add_column("deliveries", sa.Column("tried_at", time))
    op.add_column("deliveries", sa.Column("mailbox", sa.String(32)))
    op.create_index(
        "ix_deliveries_channel_tried_at", "deliveries", ["channel", "tried_at"], unique=False
    )
    op.add_column("mailings", sa.Column("recheck_due_at", time))
    op.create_index("ix_mailings_recheck_due_at", "mailings", ["recheck_due_at"], unique=False)
    op.add_column("channel_states", sa.Column("slow_since", time))
    for name in ("retries_in_row", "claims"):
        op.add_column(
            "channel_states", sa.Column(name, sa.Integer(), nullable=False, server_default="0")
        )
    op.create_table(
        "sent_before",
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("fingerprint", name="pk_sent_before"),
    )
    op.create_table(
        "sending_stops",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("stopped_at", time),
        sa.Column("reason", sa.JSON()),
        sa.Column("database_at", time),
        sa.Column("sent_until", time),
        sa.Column("released_at", time),
        sa.Column("released_by_id", sa.Integer()),
        sa.ForeignKeyConstraint(
            ["released_by_id"], ["users.id"], name="fk_sending_stops_released_by_id_users"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_sending_stops"),
    )

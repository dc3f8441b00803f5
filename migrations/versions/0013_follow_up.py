"""Following letters up: a day to have arrived by, failures in doubt, and what took their place."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("mailings", sa.Column("arrive_by", sa.Date()))
    op.add_column(
        "deliveries",
        sa.Column("is_doubtful", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    # Of what failed before, only a first attempt that was turned down at once is beyond doubt.
    op.execute(
        sa.text(
            "UPDATE deliveries SET is_doubtful = true "
            "WHERE status = 'failed' AND (attempts > 1 OR accepted_at IS NOT NULL)"
        )
    )
    # In the column itself: SQLite can't add a foreign key to a table that is there.
    op.execute(
        sa.text(
            "ALTER TABLE deliveries ADD COLUMN replaced_by_id INTEGER "
            "CONSTRAINT fk_deliveries_replaced_by_id_deliveries REFERENCES deliveries (id)"
        )
    )

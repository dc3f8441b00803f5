"""Dry runs: the last report of each mailing, when and by whom, and when one is asked for."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("mailings", sa.Column("rehearsal", sa.JSON()))
    op.add_column("mailings", sa.Column("rehearsed_at", sa.DateTime(timezone=True)))
    op.add_column("mailings", sa.Column("rehearse_due_at", sa.DateTime(timezone=True)))
    # In the column itself: SQLite can't add a foreign key to a table that is there.
    op.execute(
        sa.text(
            "ALTER TABLE mailings ADD COLUMN rehearsed_by_id INTEGER "
            "CONSTRAINT fk_mailings_rehearsed_by_id_users REFERENCES users (id)"
        )
    )

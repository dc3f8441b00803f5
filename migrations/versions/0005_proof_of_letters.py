"""Each letter keeps the proof of what was taken out; a mailing may take out every CPR number."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("letters", sa.Column("proof", sa.JSON(), nullable=True))
    op.add_column(
        "mailings",
        sa.Column("remove_every_number", sa.Boolean(), nullable=False, server_default=sa.false()),
    )

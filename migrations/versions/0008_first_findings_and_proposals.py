"""What the first pages of a file say while it is prepared, and the ways to divide it."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("mailings", sa.Column("first_findings", sa.JSON()))
    op.add_column("mailings", sa.Column("proposals", sa.JSON()))

"""When a person asked the registers again: answers from before that are too old."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("mailings", sa.Column("answers_from", sa.DateTime(timezone=True)))

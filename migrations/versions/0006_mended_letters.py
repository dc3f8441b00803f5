"""Letters that were mended in review wait to be made again; a person may name the recipient."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("letters", sa.Column("mended_at", sa.DateTime(timezone=True)))
    op.add_column("letters", sa.Column("recipient_chosen_at", sa.DateTime(timezone=True)))
    op.add_column("mailings", sa.Column("mended_at", sa.DateTime(timezone=True)))

"""Sources keep the file as it came, beside the PDF that was made from it."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

KEY = "fk_mailing_sources_original_document_id_documents"


def upgrade() -> None:
    # In the column itself: SQLite can't add a foreign key to a table that is there.
    op.execute(
        sa.text(
            "ALTER TABLE mailing_sources ADD COLUMN original_document_id INTEGER "
            f"CONSTRAINT {KEY} REFERENCES documents (id)"
        )
    )
    op.add_column("mailing_sources", sa.Column("original_media_type", sa.String(100)))

"""Attachments of a mailing, and what was said of a letter without them."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("letters", sa.Column("judged", sa.JSON()))
    op.create_table(
        "mailing_attachments",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("mailing_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("file_name", sa.String(length=200), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("is_common", sa.Boolean(), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("why", sa.JSON(), nullable=True),
        sa.Column("remarks", sa.JSON(), nullable=False),
        sa.Column("original_document_id", sa.Integer(), nullable=True),
        sa.Column("document_id", sa.Integer(), nullable=True),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("name_numbers", sa.JSON(), nullable=False),
        sa.Column("content_numbers", sa.JSON(), nullable=False),
        sa.Column("letter_id", sa.Integer(), nullable=True),
        sa.Column("matched_by", sa.String(length=32), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["mailing_id"], ["mailings.id"], name=op.f("fk_mailing_attachments_mailing_id_mailings")
        ),
        sa.ForeignKeyConstraint(
            ["original_document_id"],
            ["documents.id"],
            name=op.f("fk_mailing_attachments_original_document_id_documents"),
        ),
        sa.ForeignKeyConstraint(
            ["document_id"],
            ["documents.id"],
            name=op.f("fk_mailing_attachments_document_id_documents"),
        ),
        sa.ForeignKeyConstraint(
            ["letter_id"],
            ["letters.id"],
            name=op.f("fk_mailing_attachments_letter_id_letters"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["units.id"], name=op.f("fk_mailing_attachments_unit_id_units")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mailing_attachments")),
    )
    op.create_index(
        op.f("ix_mailing_attachments_mailing_id_position_id"),
        "mailing_attachments",
        ["mailing_id", "position", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_mailing_attachments_letter_id"), "mailing_attachments", ["letter_id"], unique=False
    )
    op.create_index(
        op.f("ix_mailing_attachments_unit_id_id"),
        "mailing_attachments",
        ["unit_id", "id"],
        unique=False,
    )

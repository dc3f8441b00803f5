"""What recipients are asked for, how each letter goes out, and copies added by hand."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("can_reply", "must_sign"):
        op.add_column(
            "mailings",
            sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.false()),
        )
    op.add_column("mailings", sa.Column("reply_by", sa.Date()))
    op.add_column("mailings", sa.Column("sign_by", sa.Date()))
    op.add_column("mailings", sa.Column("send_at", sa.DateTime(timezone=True)))
    op.add_column(
        "letters",
        sa.Column("way", sa.String(length=32), nullable=False, server_default="digital"),
    )
    op.add_column("letters", sa.Column("parts", sa.JSON()))
    op.add_column(
        "deliveries",
        sa.Column("purpose", sa.String(length=32), nullable=False, server_default="main"),
    )
    op.add_column("deliveries", sa.Column("attention", sa.JSON()))
    op.create_table(
        "letter_copies",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("letter_id", sa.Integer(), nullable=False),
        sa.Column("recipient_id", sa.Integer(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("added_by_id", sa.Integer(), nullable=True),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["letter_id"],
            ["letters.id"],
            name=op.f("fk_letter_copies_letter_id_letters"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["recipient_id"],
            ["recipients.id"],
            name=op.f("fk_letter_copies_recipient_id_recipients"),
        ),
        sa.ForeignKeyConstraint(
            ["added_by_id"], ["users.id"], name=op.f("fk_letter_copies_added_by_id_users")
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["units.id"], name=op.f("fk_letter_copies_unit_id_units")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letter_copies")),
        sa.UniqueConstraint(
            "letter_id", "recipient_id", name=op.f("uq_letter_copies_letter_id_recipient_id")
        ),
    )
    op.create_index(
        op.f("ix_letter_copies_recipient_id"), "letter_copies", ["recipient_id"], unique=False
    )

"""Calls that we make, how often a number was rung, and which numbers want no calls."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "outbound_calls",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("conversation_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("phone", sa.String(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("result", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversations.id"],
            name=op.f("fk_outbound_calls_conversation_id_conversations"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbound_calls")),
    )
    op.create_index(op.f("ix_outbound_calls_conversation_id"), "outbound_calls", ["conversation_id"])
    op.create_index("ix_outbound_calls_status_due_at", "outbound_calls", ["status", "due_at"])
    op.create_index(
        "uq_outbound_calls_calling",
        "outbound_calls",
        ["phone"],
        unique=True,
        sqlite_where=sa.text("status = 'calling'"),
        postgresql_where=sa.text("status = 'calling'"),
    )
    op.create_table(
        "outbound_attempts",
        sa.Column("call_id", sa.String(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("phone", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("result", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["call_id"], ["outbound_calls.id"], name=op.f("fk_outbound_attempts_call_id_outbound_calls")
        ),
        sa.PrimaryKeyConstraint("call_id", "attempt", name=op.f("pk_outbound_attempts")),
    )
    op.create_index("ix_outbound_attempts_phone_at", "outbound_attempts", ["phone", "at"])
    op.create_table(
        "outbound_refusals",
        sa.Column("phone", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("phone", name=op.f("pk_outbound_refusals")),
    )

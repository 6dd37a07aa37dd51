"""A conversation that waits for a human is owned by the queue, not yet by an operator."""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.execute(
        "UPDATE conversations SET owner = 'queue' WHERE owner = 'operator' AND id IN"
        " (SELECT conversation_id FROM handoffs WHERE status = 'waiting')"
    )

"""What a conversation says is pushed only where somebody listens, not on a channel as a whole."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column(
        "conversations", sa.Column("pushed", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.execute("UPDATE conversations SET pushed = true WHERE channel = 'rest'")

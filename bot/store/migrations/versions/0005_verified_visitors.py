"""A visitor whom the host page has signed in, and until when that holds."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column("chat_sessions", sa.Column("customer_ref", sa.String(), nullable=True))
    op.add_column("chat_sessions", sa.Column("verified_until", sa.DateTime(timezone=True), nullable=True))

"""Who should take a handoff, and by when it is decided and done."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("handoffs", sa.Column("skills", sa.JSON(), nullable=False, server_default="[]"))
    op.add_column("handoffs", sa.Column("decide_by", MOMENT, nullable=True))
    op.add_column("handoffs", sa.Column("finish_by", MOMENT, nullable=True))

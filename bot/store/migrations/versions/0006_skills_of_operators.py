"""What an operator knows, such as a language."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.add_column("operators", sa.Column("skills", sa.JSON(), nullable=False, server_default="[]"))

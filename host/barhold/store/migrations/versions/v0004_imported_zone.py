"""Imported sets: the offset from UTC in which their start was read."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the column; "" says that the offset was not kept."""
    op.add_column("imported", sa.Column("zone", sa.String(), nullable=False, server_default=""))

"""Imported sets: the offset from UTC in which their start was read."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add the column; it is null for sets that were imported before."""
    op.add_column("imported", sa.Column("zone", sa.String(), nullable=True))

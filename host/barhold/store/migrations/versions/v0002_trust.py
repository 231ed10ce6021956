"""Trust: the key that a sensor was given over the cable."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "trust",
        sa.Column("device_id", sa.String(16), nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("since_utc_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("device_id", name="pk_trust"),
        sa.ForeignKeyConstraint(["device_id"], ["device.device_id"], name="fk_trust_device"),
        sa.CheckConstraint("length(key) = 32", name="ck_trust_key_bytes"),
    )

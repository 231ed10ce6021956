"""The first schema: device, record, anchor, quarantine."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create the four tables."""
    op.create_table(
        "device",
        sa.Column("device_id", sa.String(16), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("firmware", sa.String(), nullable=False),
        sa.Column("seen_utc_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("device_id", name="pk_device"),
    )
    op.create_table(
        "record",
        sa.Column("device_id", sa.String(16), nullable=False),
        sa.Column("log_id", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("boot", sa.Integer(), nullable=False),
        sa.Column("type", sa.SmallInteger(), nullable=False),
        sa.Column("flags", sa.SmallInteger(), nullable=False),
        sa.Column("t_ms", sa.BigInteger(), nullable=False),
        sa.Column("received_utc_ms", sa.BigInteger(), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("device_id", "log_id", "seq", name="pk_record"),
        sa.ForeignKeyConstraint(["device_id"], ["device.device_id"], name="fk_record_device"),
        sa.CheckConstraint("length(raw) = 32", name="ck_record_raw_bytes"),
    )
    op.create_table(
        "anchor",
        sa.Column("device_id", sa.String(16), nullable=False),
        sa.Column("log_id", sa.BigInteger(), nullable=False),
        sa.Column("boot", sa.Integer(), nullable=False),
        sa.Column("t_ms", sa.BigInteger(), nullable=False),
        sa.Column("utc_ms", sa.BigInteger(), nullable=False),
        sa.Column("rtt_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("device_id", "log_id", "boot", name="pk_anchor"),
        sa.ForeignKeyConstraint(["device_id"], ["device.device_id"], name="fk_anchor_device"),
    )
    op.create_table(
        "quarantine",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("device_id", sa.String(16), nullable=False),
        sa.Column("log_id", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("received_utc_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_quarantine"),
        sa.ForeignKeyConstraint(["device_id"], ["device.device_id"], name="fk_quarantine_device"),
        sa.UniqueConstraint("device_id", "log_id", "seq", "raw", name="uq_quarantine"),
    )

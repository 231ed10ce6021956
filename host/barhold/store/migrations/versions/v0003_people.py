"""People: lifters, who wears which sensor since when, what they say of their sets, kept recordings, imported sets."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Create the five tables."""
    _people()
    _edits()
    _recordings()
    _imported()


def _people() -> None:
    op.create_table(
        "lifter",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("plan", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_lifter"),
    )
    op.create_table(
        "wearer",
        sa.Column("device_id", sa.String(16), nullable=False),
        sa.Column("since_utc_ms", sa.BigInteger(), nullable=False),
        sa.Column("lifter", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("device_id", "since_utc_ms", name="pk_wearer"),
        sa.ForeignKeyConstraint(["device_id"], ["device.device_id"], name="fk_wearer_device"),
        sa.ForeignKeyConstraint(["lifter"], ["lifter.name"], name="fk_wearer_lifter"),
    )


def _edits() -> None:
    op.create_table(
        "edit",
        sa.Column("edit_id", sa.String(32), nullable=False),
        sa.Column("device_id", sa.String(16), nullable=False),
        sa.Column("log_id", sa.BigInteger(), nullable=False),
        sa.Column("boot", sa.Integer(), nullable=False),
        sa.Column("start_ms", sa.BigInteger(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.Column("made_utc_ms", sa.BigInteger(), nullable=False),
        sa.Column("undone_utc_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("edit_id", name="pk_edit"),
        sa.ForeignKeyConstraint(["device_id"], ["device.device_id"], name="fk_edit_device"),
    )


def _recordings() -> None:
    op.create_table(
        "recording",
        sa.Column("recording_id", sa.String(64), nullable=False),
        sa.Column("device_id", sa.String(16), nullable=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("kept_utc_ms", sa.BigInteger(), nullable=False),
        sa.Column("csv_zlib", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("recording_id", name="pk_recording"),
        sa.ForeignKeyConstraint(["device_id"], ["device.device_id"], name="fk_recording_device"),
    )


def _imported() -> None:
    op.create_table(
        "imported",
        sa.Column("import_id", sa.String(64), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("lifter", sa.String(), nullable=True),
        sa.Column("start_utc_ms", sa.BigInteger(), nullable=False),
        sa.Column("workout", sa.String(), nullable=False),
        sa.Column("exercise", sa.String(), nullable=False),
        sa.Column("set_index", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("load", sa.String(), nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("reps", sa.Integer(), nullable=False),
        sa.Column("hold_s", sa.Float(), nullable=True),
        sa.Column("note", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("import_id", name="pk_imported"),
        sa.ForeignKeyConstraint(["lifter"], ["lifter.name"], name="fk_imported_lifter"),
    )

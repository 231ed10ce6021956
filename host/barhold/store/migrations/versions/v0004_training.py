"""Training: sets and reps as tables, the record's columns that only repeated its bytes gone, anchors in dispute."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_LOAD_KG = "case load_unit when 'lb' then load * 0.45359237 else load end"


def upgrade() -> None:
    """Create the new tables, move the records into the narrower one, and create the views."""
    _logs()
    _records()
    _disputed()
    _nobody_wears()
    _derived()
    _views()


def _logs() -> None:
    op.create_table(
        "log",
        sa.Column("device_id", sa.String(16), nullable=False),
        sa.Column("log_id", sa.BigInteger(), nullable=False),
        sa.Column("received_utc_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("device_id", "log_id", name="pk_log"),
        sa.ForeignKeyConstraint(["device_id"], ["device.device_id"], name="fk_log_device"),
    )
    op.execute("insert into log select device_id, log_id, max(received_utc_ms) from record group by device_id, log_id")


def _records() -> None:
    op.rename_table("record", "old_record")
    if op.get_bind().dialect.name == "postgresql":  # names of constraints are the whole schema's there
        op.execute("alter index pk_record rename to pk_old_record")
    op.create_table(
        "record",
        sa.Column("log_id", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("device_id", sa.String(16), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("device_id", "log_id", "seq", name="pk_record"),
        sa.ForeignKeyConstraint(["device_id"], ["device.device_id"], name="fk_record_device"),
        sa.CheckConstraint("length(raw) = 32", name="ck_record_raw_bytes"),
        sqlite_with_rowid=False,
    )
    op.execute("insert into record select log_id, seq, device_id, raw from old_record order by device_id, log_id, seq")
    op.drop_table("old_record")


def _disputed() -> None:
    op.create_table(
        "disputed_anchor",
        sa.Column("device_id", sa.String(16), nullable=False),
        sa.Column("log_id", sa.BigInteger(), nullable=False),
        sa.Column("boot", sa.Integer(), nullable=False),
        sa.Column("t_ms", sa.BigInteger(), nullable=False),
        sa.Column("utc_ms", sa.BigInteger(), nullable=False),
        sa.Column("rtt_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("device_id", "log_id", "boot", name="pk_disputed_anchor"),
        sa.ForeignKeyConstraint(["device_id"], ["device.device_id"], name="fk_disputed_anchor_device"),
    )


def _nobody_wears() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.alter_column("wearer", "lifter", existing_type=sa.String(), nullable=True)
        return
    op.rename_table("wearer", "old_wearer")
    op.create_table(
        "wearer",
        sa.Column("device_id", sa.String(16), nullable=False),
        sa.Column("since_utc_ms", sa.BigInteger(), nullable=False),
        sa.Column("lifter", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("device_id", "since_utc_ms", name="pk_wearer"),
        sa.ForeignKeyConstraint(["device_id"], ["device.device_id"], name="fk_wearer_device"),
        sa.ForeignKeyConstraint(["lifter"], ["lifter.name"], name="fk_wearer_lifter"),
    )
    op.execute("insert into wearer select device_id, since_utc_ms, lifter from old_wearer")
    op.drop_table("old_wearer")


def _derived() -> None:
    op.create_table(
        "boot",
        sa.Column("device_id", sa.String(16), nullable=False),
        sa.Column("log_id", sa.BigInteger(), nullable=False),
        sa.Column("boot", sa.Integer(), nullable=False),
        sa.Column("first_seq", sa.BigInteger(), nullable=False),
        sa.Column("last_seq", sa.BigInteger(), nullable=False),
        sa.Column("last_ms", sa.BigInteger(), nullable=False),
        sa.Column("utc_at_0_ms", sa.BigInteger(), nullable=False),
        sa.Column("time_quality", sa.String(), nullable=False),
        sa.Column("in_order", sa.SmallInteger(), nullable=False),
        sa.PrimaryKeyConstraint("device_id", "log_id", "boot", name="pk_boot"),
        sa.ForeignKeyConstraint(["device_id"], ["device.device_id"], name="fk_boot_device"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "training_set",
        sa.Column("row_id", sa.Integer(), nullable=False),
        sa.Column("set_id", sa.String(10), nullable=False),
        sa.Column("device_id", sa.String(16), nullable=False),
        sa.Column("log_id", sa.BigInteger(), nullable=False),
        sa.Column("boot", sa.Integer(), nullable=False),
        sa.Column("start_ms", sa.BigInteger(), nullable=False),
        sa.Column("first_seq", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.SmallInteger(), nullable=False),
        sa.Column("start_utc_ms", sa.BigInteger(), nullable=False),
        sa.Column("end_utc_ms", sa.BigInteger(), nullable=False),
        sa.Column("time_quality", sa.String(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("lifter", sa.String(), nullable=True),
        sa.Column("reps", sa.SmallInteger(), nullable=False),
        sa.Column("load", sa.Float(), nullable=True),
        sa.Column("load_unit", sa.String(), nullable=True),
        sa.Column("warm_up", sa.SmallInteger(), nullable=False),
        sa.Column("working", sa.SmallInteger(), nullable=False),
        sa.Column("note", sa.String(), nullable=True),
        sa.Column("edits", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("row_id", name="pk_training_set"),
        sa.ForeignKeyConstraint(["device_id"], ["device.device_id"], name="fk_training_set_device"),
    )
    op.create_index("ix_training_set_boot", "training_set", ["device_id", "log_id", "boot", "start_ms"])
    op.create_index("ix_training_set_owner", "training_set", ["owner", "start_utc_ms"])
    op.create_index("ix_training_set_start", "training_set", ["start_utc_ms"])
    op.create_index("ix_training_set_id", "training_set", ["set_id"])
    op.create_index("ix_anchor_utc", "anchor", ["utc_ms"])
    op.create_index("ix_edit_boot", "edit", ["device_id", "log_id", "boot"])
    figures = ("rise_ms", "hold_ms", "fall_ms", "bottom_ms", "rom_mm", "peak_mm_s", "hold_err_ms")
    op.create_table(
        "rep",
        sa.Column("row_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.SmallInteger(), nullable=False),
        sa.Column("flags", sa.SmallInteger(), nullable=False),
        sa.Column("start_ms", sa.BigInteger(), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in figures),
        sa.PrimaryKeyConstraint("row_id", "number", name="pk_rep"),
        sa.ForeignKeyConstraint(["row_id"], ["training_set.row_id"], name="fk_rep_training_set"),
        sqlite_with_rowid=False,
    )


def _views() -> None:
    postgres = op.get_bind().dialect.name == "postgresql"
    start = "to_timestamp(start_utc_ms / 1000.0)" if postgres else _sqlite_time("start_utc_ms")
    day = "to_char(to_timestamp(start_utc_ms / 1000.0) at time zone 'UTC', 'YYYY-MM-DD')"
    day = day if postgres else "strftime('%Y-%m-%d', start_utc_ms / 1000, 'unixepoch')"
    of_set = f"""
        t.set_id, t.lifter, t.owner, t.device_id, {start} as start_utc, {day} as day_utc, t.time_quality,
        t.warm_up, t.load, t.load_unit, {_LOAD_KG} as load_kg
    """
    # A view runs with the rights of its owner unless it says otherwise: row level security must go by who asks.
    guard = "with (security_invoker = true)" if postgres and _server_version() >= 150_000 else ""
    op.execute(
        _literal(f"""
        create view set_view {guard} as
        select {of_set}, t.start_utc_ms, t.end_utc_ms, t.reps, t.note,
            (select avg(r.hold_ms) from rep r where r.row_id = t.row_id) as mean_hold_ms
        from training_set t
    """)  # noqa: S608 - constants
    )
    op.execute(
        _literal(f"""
        create view rep_view {guard} as
        select {of_set}, r.number, r.flags, r.rise_ms, r.hold_ms, r.fall_ms, r.bottom_ms, r.rom_mm, r.peak_mm_s,
            r.hold_err_ms
        from rep r join training_set t on t.row_id = r.row_id
    """)  # noqa: S608 - constants
    )


def _sqlite_time(column: str) -> str:
    return f"strftime('%Y-%m-%dT%H:%M:%SZ', {column} / 1000, 'unixepoch')"


def _server_version() -> int:
    return int(op.get_bind().exec_driver_sql("show server_version_num").scalar_one())


def _literal(statement: str) -> sa.TextClause:
    """Return SQL whose colons and percent signs stand for themselves."""
    return sa.text(statement.replace(":", "\\:"))

"""A number stands for a sensor's log in the tables with the most rows; the exercise of a lifter's plan; new views."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_LOAD_KG = "case t.load_unit when 'lb' then t.load * 0.45359237 else t.load end"


def upgrade() -> None:
    """Number the logs, move the records, and make the derived tables anew: what is in them is derived afterwards."""
    for view in ("set_view", "rep_view"):
        op.execute(f"drop view {view}")
    for table in ("rep", "training_set", "boot"):
        op.drop_table(table)
    _logs()
    _records()
    _derived()
    op.add_column("lifter", sa.Column("exercise", sa.String(), nullable=True))
    _views()


def _logs() -> None:
    _put_aside("log")
    op.create_table(
        "log",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("device_id", sa.String(16), nullable=False),
        sa.Column("log_id", sa.BigInteger(), nullable=False),
        sa.Column("received_utc_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_log"),
        sa.ForeignKeyConstraint(["device_id"], ["device.device_id"], name="fk_log_device"),
        sa.UniqueConstraint("device_id", "log_id", name="uq_log"),
    )
    of_log = "device_id, log_id, received_utc_ms"
    op.execute(f"insert into log ({of_log}) select {of_log} from old_log order by device_id, log_id")  # noqa: S608
    op.drop_table("old_log")


def _records() -> None:
    _put_aside("record")
    op.create_table(
        "record",
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("log_number", sa.Integer(), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("log_number", "seq", name="pk_record"),
        sa.ForeignKeyConstraint(["log_number"], ["log.number"], name="fk_record_log"),
        sa.CheckConstraint("length(raw) = 32", name=op.f("ck_record_raw_bytes")),
        sqlite_with_rowid=False,
    )
    op.execute(
        "insert into record (seq, log_number, raw) select r.seq, g.number, r.raw from old_record r"
        " join log g on g.device_id = r.device_id and g.log_id = r.log_id order by g.number, r.seq"
    )
    op.drop_table("old_record")


def _put_aside(table: str) -> None:
    op.rename_table(table, f"old_{table}")
    if op.get_bind().dialect.name == "postgresql":  # names of constraints are the whole schema's there
        op.execute(f"alter index pk_{table} rename to pk_old_{table}")


def _derived() -> None:
    op.create_table(
        "boot",
        sa.Column("first_seq", sa.BigInteger(), nullable=False),
        sa.Column("last_seq", sa.BigInteger(), nullable=False),
        sa.Column("last_ms", sa.BigInteger(), nullable=False),
        sa.Column("utc_at_0_ms", sa.BigInteger(), nullable=False),
        sa.Column("log_number", sa.Integer(), nullable=False),
        sa.Column("boot", sa.Integer(), nullable=False),
        sa.Column("in_order", sa.SmallInteger(), nullable=False),
        sa.Column("time_quality", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("log_number", "boot", name="pk_boot"),
        sa.ForeignKeyConstraint(["log_number"], ["log.number"], name="fk_boot_log"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "training_set",
        sa.Column("start_ms", sa.BigInteger(), nullable=False),
        sa.Column("first_seq", sa.BigInteger(), nullable=False),
        sa.Column("start_utc_ms", sa.BigInteger(), nullable=False),
        sa.Column("end_utc_ms", sa.BigInteger(), nullable=False),
        sa.Column("load", sa.Float(), nullable=True),
        sa.Column("row_id", sa.Integer(), nullable=False),
        sa.Column("log_number", sa.Integer(), nullable=False),
        sa.Column("boot", sa.Integer(), nullable=False),
        sa.Column("number", sa.SmallInteger(), nullable=False),
        sa.Column("reps", sa.SmallInteger(), nullable=False),
        sa.Column("warm_up", sa.SmallInteger(), nullable=False),
        sa.Column("working", sa.SmallInteger(), nullable=False),
        sa.Column("set_id", sa.String(10), nullable=False),
        sa.Column("time_quality", sa.String(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("load_unit", sa.String(), nullable=True),
        sa.Column("note", sa.String(), nullable=True),
        sa.Column("edits", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("row_id", name="pk_training_set"),
        sa.ForeignKeyConstraint(["log_number"], ["log.number"], name="fk_training_set_log"),
    )
    op.create_index("ix_training_set_boot", "training_set", ["log_number", "boot"])
    op.create_index("ix_training_set_owner", "training_set", ["owner", "start_utc_ms"])
    op.create_index("ix_training_set_start", "training_set", ["start_utc_ms"])
    op.create_index("ix_training_set_id", "training_set", ["set_id"])
    figures = ("rise_ms", "hold_ms", "fall_ms", "bottom_ms", "rom_mm", "peak_mm_s", "hold_err_ms")
    op.create_table(
        "rep",
        sa.Column("start_ms", sa.BigInteger(), nullable=False),
        sa.Column("row_id", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in figures),
        sa.Column("number", sa.SmallInteger(), nullable=False),
        sa.Column("flags", sa.SmallInteger(), nullable=False),
        sa.PrimaryKeyConstraint("row_id", "number", name="pk_rep"),
        sa.ForeignKeyConstraint(["row_id"], ["training_set.row_id"], name="fk_rep_training_set"),
        sqlite_with_rowid=False,
    )


def _views() -> None:
    postgres = op.get_bind().dialect.name == "postgresql"
    start = "to_timestamp(t.start_utc_ms / 1000.0)" if postgres else _sqlite_time("%Y-%m-%dT%H:%M:%SZ")
    day = "to_char(to_timestamp(t.start_utc_ms / 1000.0) at time zone 'UTC', 'YYYY-MM-DD')"
    of_set = f"""
        t.set_id, nullif(t.owner, g.device_id) as lifter, t.owner, g.device_id, {start} as start_utc,
        {day if postgres else _sqlite_time("%Y-%m-%d")} as day_utc, t.time_quality, p.exercise, t.warm_up,
        t.load, t.load_unit, {_LOAD_KG} as load_kg
    """
    sets = "training_set t join log g on g.number = t.log_number left join lifter p on p.name = t.owner"
    # A view runs with the rights of its owner unless it says otherwise: row level security must go by who asks.
    guard = "with (security_invoker = true)" if postgres and _server_version() >= 150_000 else ""
    _execute(f"""
        create view set_view {guard} as
        select {of_set}, t.start_utc_ms, t.end_utc_ms, t.reps, t.note,
            (select avg(r.hold_ms) from rep r where r.row_id = t.row_id) as mean_hold_ms
        from {sets}
        """)  # noqa: S608 - constants
    _execute(f"""
        create view rep_view {guard} as
        select {of_set}, r.number, r.flags, r.rise_ms, r.hold_ms, r.fall_ms, r.bottom_ms, r.rom_mm, r.peak_mm_s,
            r.hold_err_ms
        from rep r join {sets.replace("training_set t", "training_set t on t.row_id = r.row_id", 1)}
        """)  # noqa: S608 - constants


def _sqlite_time(form: str) -> str:
    return f"strftime('{form}', t.start_utc_ms / 1000, 'unixepoch')"


def _server_version() -> int:
    return int(op.get_bind().exec_driver_sql("show server_version_num").scalar_one())


def _execute(statement: str) -> None:
    """Run SQL whose colons and percent signs stand for themselves."""
    op.execute(sa.text(statement.replace(":", "\\:")))

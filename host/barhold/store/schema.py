"""The tables as the newest migration leaves them; a test compares the two.

What was said, and is never derived:

device(device_id) <- log(number) <- record(log_number, seq)
                  <- anchor(device_id, log_id, boot)
                  <- disputed_anchor(device_id, log_id, boot)
                  <- quarantine(device_id, log_id, seq, raw)
                  <- trust(device_id)
                  <- edit(edit_id)
                  <- wearer(device_id, since_utc_ms) -> lifter(name) <- imported(import_id)
                  <- recording(recording_id)

What follows from it, and is derived again whenever it changes (see barhold.store.derived):

log(number) <- boot(log_number, boot)
            <- training_set(row_id)

A log's number is each database's own: rows by the million need not repeat which sensor and which log they are of.
PostgreSQL pads a wide column that follows a narrow one, so the widest come first; and it has no unsigned types, so
unsigned 32-bit numbers of the wire stand in BigInteger columns.
"""

from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    SmallInteger,
    String,
    Table,
    UniqueConstraint,
)

from barcore.protocol import KEY_BYTES, RECORD_BYTES

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(referred_table_name)s",
        "uq": "uq_%(table_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)

device = Table(
    "device",
    metadata,
    Column("device_id", String(16), primary_key=True),
    Column("name", String, nullable=False),
    Column("firmware", String, nullable=False),
    Column("seen_utc_ms", BigInteger, nullable=False),
)

log = Table(
    "log",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("device_id", ForeignKey("device.device_id"), nullable=False),
    Column("log_id", BigInteger, nullable=False),
    Column("received_utc_ms", BigInteger, nullable=False),  # when its newest record came
    UniqueConstraint("device_id", "log_id"),
)

# All that a record says is in its bytes.
record = Table(
    "record",
    metadata,
    Column("seq", BigInteger, nullable=False),
    Column("log_number", ForeignKey("log.number"), nullable=False),
    Column("raw", LargeBinary, nullable=False),
    PrimaryKeyConstraint("log_number", "seq"),
    CheckConstraint(f"length(raw) = {RECORD_BYTES}", name="raw_bytes"),
    sqlite_with_rowid=False,
)


def _anchor_columns() -> tuple[Column[Any], ...]:
    return (
        Column("device_id", ForeignKey("device.device_id"), primary_key=True),
        Column("log_id", BigInteger, primary_key=True, autoincrement=False),
        Column("boot", Integer, primary_key=True, autoincrement=False),
        Column("t_ms", BigInteger, nullable=False),
        Column("utc_ms", BigInteger, nullable=False),
        Column("rtt_ms", BigInteger, nullable=False),
    )


anchor = Table("anchor", metadata, *_anchor_columns(), Index("ix_anchor_utc", "utc_ms"))

# The last anchor that contradicts the one that counts: another computer's clock says otherwise.
disputed_anchor = Table("disputed_anchor", metadata, *_anchor_columns())

# The same bad bytes at the same place count once, however often they are synced.
quarantine = Table(
    "quarantine",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("device_id", ForeignKey("device.device_id"), nullable=False),
    Column("log_id", BigInteger, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("raw", LargeBinary, nullable=False),
    Column("reason", String, nullable=False),
    Column("received_utc_ms", BigInteger, nullable=False),
    UniqueConstraint("device_id", "log_id", "seq", "raw"),
)

# Who reads this table can pass for the sensors in it: a key is a secret of this database.
trust = Table(
    "trust",
    metadata,
    Column("device_id", ForeignKey("device.device_id"), primary_key=True),
    Column("key", LargeBinary, nullable=False),
    Column("since_utc_ms", BigInteger, nullable=False),
    CheckConstraint(f"length(key) = {KEY_BYTES}", name="key_bytes"),
)

lifter = Table(
    "lifter",
    metadata,
    Column("name", String, primary_key=True),
    Column("plan", String, nullable=False),
    Column("exercise", String),  # what that plan is for; null where none was named
)

# From since_utc_ms on the sensor's sets are the lifter's, or nobody's.
wearer = Table(
    "wearer",
    metadata,
    Column("device_id", ForeignKey("device.device_id"), primary_key=True),
    Column("since_utc_ms", BigInteger, primary_key=True, autoincrement=False),
    Column("lifter", ForeignKey("lifter.name")),
)

# What people said of a set: added and marked as undone, never changed otherwise and never deleted.
edit = Table(
    "edit",
    metadata,
    Column("edit_id", String(32), primary_key=True),
    Column("device_id", ForeignKey("device.device_id"), nullable=False),
    Column("log_id", BigInteger, nullable=False),
    Column("boot", Integer, nullable=False),
    Column("start_ms", BigInteger, nullable=False),
    Column("action", String, nullable=False),
    Column("value", String, nullable=False),
    Column("made_utc_ms", BigInteger, nullable=False),
    Column("undone_utc_ms", BigInteger),
    Index("ix_edit_boot", "device_id", "log_id", "boot"),
)

# Raw motion, kept to be judged again: the recording's CSV, compressed by zlib; its id is the CSV's SHA-256.
recording = Table(
    "recording",
    metadata,
    Column("recording_id", String(64), primary_key=True),
    Column("device_id", ForeignKey("device.device_id")),
    Column("name", String, nullable=False),
    Column("kept_utc_ms", BigInteger, nullable=False),
    Column("csv_zlib", LargeBinary, nullable=False),
)

# Sets from another program's file; the id is made from what the row says, so that importing twice adds nothing.
imported = Table(
    "imported",
    metadata,
    Column("import_id", String(64), primary_key=True),
    Column("source", String, nullable=False),
    Column("lifter", ForeignKey("lifter.name")),
    Column("start_utc_ms", BigInteger, nullable=False),
    Column("workout", String, nullable=False),
    Column("exercise", String, nullable=False),
    Column("set_index", Integer, nullable=False),
    Column("kind", String, nullable=False),
    Column("load", String, nullable=False),
    Column("unit", String, nullable=False),
    Column("reps", Integer, nullable=False),
    Column("hold_s", Float),
    Column("note", String, nullable=False),
    Column("zone", String),
)

# --- derived ------------------------------------------------------------------------------------------------------

# One start of a sensor: which records are its, and its clock. The clock of an estimated one may be any time.
boot = Table(
    "boot",
    metadata,
    Column("first_seq", BigInteger, nullable=False),
    Column("last_seq", BigInteger, nullable=False),
    Column("last_ms", BigInteger, nullable=False),
    Column("utc_at_0_ms", BigInteger, nullable=False),
    Column("log_number", ForeignKey("log.number"), nullable=False),
    Column("boot", Integer, nullable=False),
    Column("in_order", SmallInteger, nullable=False),  # 0: its last sets cannot be read without the earlier ones
    Column("time_quality", String, nullable=False),
    PrimaryKeyConstraint("log_number", "boot"),
    sqlite_with_rowid=False,
)

# What is kept of a rep; start_ms counts from the sensor's start, and the rep's number is its place in the list.
REP_VALUES = ("start_ms", "rise_ms", "hold_ms", "fall_ms", "bottom_ms", "rom_mm", "peak_mm_s", "hold_err_ms", "flags")

training_set = Table(
    "training_set",
    metadata,
    Column("start_ms", BigInteger, nullable=False),
    Column("first_seq", BigInteger, nullable=False),
    Column("start_utc_ms", BigInteger, nullable=False),
    Column("end_utc_ms", BigInteger, nullable=False),
    Column("load", Float),
    Column("row_id", Integer, primary_key=True),  # this database's own; set_id is the same everywhere
    Column("log_number", ForeignKey("log.number"), nullable=False),
    Column("boot", Integer, nullable=False),
    Column("number", SmallInteger, nullable=False),  # as the sensor counted it
    Column("reps", SmallInteger, nullable=False),
    Column("warm_up", SmallInteger, nullable=False),
    Column("working", SmallInteger, nullable=False),
    Column("set_id", String(10), nullable=False),
    Column("time_quality", String, nullable=False),
    Column("owner", String, nullable=False),  # the lifter, or the sensor's id as long as nobody is named
    Column("load_unit", String),
    Column("note", String),
    Column("edits", String),  # the ids of the edits that made it what it is, one after the other
    # A JSON list of reps, each a list of REP_VALUES: a row and an index entry for each rep would take twice the space.
    Column("rep_values", String, nullable=False, server_default="[]"),
    Index("ix_training_set_boot", "log_number", "boot"),
    Index("ix_training_set_owner", "owner", "start_utc_ms"),
    Index("ix_training_set_start", "start_utc_ms"),
    Index("ix_training_set_id", "set_id"),
)

DERIVED = (boot, training_set)
SAID = tuple(table for table in metadata.sorted_tables if table not in DERIVED)

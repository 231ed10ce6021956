"""The tables as the newest migration leaves them; a test compares the two.

device(device_id) <- record(device_id, log_id, seq)
                  <- anchor(device_id, log_id, boot)
                  <- quarantine(device_id, log_id, seq, raw)
                  <- trust(device_id)
                  <- edit(edit_id)
                  <- wearer(device_id, since_utc_ms) -> lifter(name) <- imported(import_id)
                  <- recording(recording_id)

Unsigned 32-bit numbers of the wire stand in BigInteger columns: PostgreSQL has no unsigned types.
"""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Integer,
    LargeBinary,
    MetaData,
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

# boot, type, flags and t_ms are read out of raw so that SQL can select by them; raw is what counts.
record = Table(
    "record",
    metadata,
    Column("device_id", ForeignKey("device.device_id"), primary_key=True),
    Column("log_id", BigInteger, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("boot", Integer, nullable=False),
    Column("type", SmallInteger, nullable=False),
    Column("flags", SmallInteger, nullable=False),
    Column("t_ms", BigInteger, nullable=False),
    Column("received_utc_ms", BigInteger, nullable=False),
    Column("raw", LargeBinary, nullable=False),
    CheckConstraint(f"length(raw) = {RECORD_BYTES}", name="raw_bytes"),
)

anchor = Table(
    "anchor",
    metadata,
    Column("device_id", ForeignKey("device.device_id"), primary_key=True),
    Column("log_id", BigInteger, primary_key=True, autoincrement=False),
    Column("boot", Integer, primary_key=True, autoincrement=False),
    Column("t_ms", BigInteger, nullable=False),
    Column("utc_ms", BigInteger, nullable=False),
    Column("rtt_ms", BigInteger, nullable=False),
)

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
)

# From since_utc_ms on the sensor's sets are the lifter's.
wearer = Table(
    "wearer",
    metadata,
    Column("device_id", ForeignKey("device.device_id"), primary_key=True),
    Column("since_utc_ms", BigInteger, primary_key=True, autoincrement=False),
    Column("lifter", ForeignKey("lifter.name"), nullable=False),
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

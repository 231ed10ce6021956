"""The tables as the newest migration leaves them; a test compares the two.

device(device_id) <- record(device_id, log_id, seq)
                  <- anchor(device_id, log_id, boot)
                  <- quarantine(device_id, log_id, seq, raw)
                  <- trust(device_id)

Unsigned 32-bit numbers of the wire stand in BigInteger columns: PostgreSQL has no unsigned types.
"""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
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

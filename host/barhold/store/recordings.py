"""Recordings in the store, to be replayed later: each CSV compressed, and stored once under its SHA-256."""

import hashlib
import zlib

from sqlalchemy import select

from barhold.errors import StoreError
from barhold.store import schema
from barhold.store.database import writing
from barhold.store.error_messages import translated
from barhold.store.results import Kept, recording_id_of
from barhold.store.store import Row, Store, ensure_device, insert_new

MAX_CSV_BYTES = 256 << 20


class Recordings:
    """The table recording of one store; each write is one transaction."""

    def __init__(self, store: Store) -> None:
        self._engine = store.engine

    def keep(self, csv: str, name: str, device_id: str | None, kept_utc_ms: int) -> bool:
        """Keep a recording's CSV; tell whether it is new."""
        data = csv.encode()
        if len(data) > MAX_CSV_BYTES:
            raise StoreError(f"recording {name}: over {MAX_CSV_BYTES >> 20} MB; cut it into its sessions")
        row: Row = {"recording_id": recording_id_of(csv), "device_id": device_id, "name": name}
        row |= {"kept_utc_ms": kept_utc_ms, "csv_zlib": zlib.compress(data)}
        known = select(schema.recording.c.name).where(schema.recording.c.recording_id == row["recording_id"])
        with translated(self._engine.url), writing(self._engine) as connection:
            if connection.scalar(known) is not None:
                return False
            if device_id is not None:
                ensure_device(connection, device_id)
            insert_new(connection, schema.recording, [row])
        return True

    def listed(self) -> list[Kept]:
        """Return the stored recordings in the order in which they were added."""
        table = schema.recording
        columns = [table.c[name] for name in Kept.__dataclass_fields__]
        with translated(self._engine.url), self._engine.connect() as connection:
            ordered = select(*columns).order_by(table.c.kept_utc_ms, table.c.recording_id)
            return [Kept(**row) for row in connection.execute(ordered).mappings()]

    def csv(self, recording_id: str) -> str:
        """Return a kept recording's CSV; StoreError where it is not what was kept."""
        wanted = select(schema.recording.c.csv_zlib).where(schema.recording.c.recording_id == recording_id)
        with translated(self._engine.url), self._engine.connect() as connection:
            packed = connection.scalar(wanted)
        try:
            data = zlib.decompressobj().decompress(bytes(packed or b""), MAX_CSV_BYTES)
        except zlib.error:
            data = b""
        if hashlib.sha256(data).hexdigest() != recording_id:
            raise StoreError(
                f"recording {recording_id[:8]}: it is missing or damaged: restore a backup of the database"
            )
        return data.decode()

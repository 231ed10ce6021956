"""A team's store for tests of the week, the report and the page: handmade sessions with loads and a wearer each."""

import json
from pathlib import Path
from uuid import uuid4

from barcore import record
from barhold.model import Anchor, Edit, Lifter, SetKey, Wearer
from barhold.store import Device, People, Store
from hostkit import raw, reps

HOUR_MS = 3_600_000
SETS, SET_EVERY_MS = 3, 200_000


def add_lifter(
    db: Path, name: str, device_id: str, last_utc_ms: int, sessions: int = 1, rest_h: float = 47, load_kg: float = 0
) -> None:
    """Add a lifter with so many sessions of 3 x 8 reps on a sensor of their own; the last begins at `last_utc_ms`.

    Each session is a boot of the sensor. The load grows by 2.5 kg with every session.
    """
    raws, edits = [], []
    with Store.open(db) as store:
        people = People(store)
        people.add_lifter(Lifter(name))
        store.add_device(Device(device_id, f"bar-{device_id[-2:]}", "1.0.0", last_utc_ms))
        for boot in range(1, sessions + 1):
            begun_ms = last_utc_ms - round((sessions - boot) * rest_h * HOUR_MS)
            store.add_anchor(Anchor(device_id, 1, boot, SET_EVERY_MS, begun_ms, 10))
            for number in range(1, SETS + 1):
                raws += reps(8, number * SET_EVERY_MS, set_number=number, boot=boot)
                load = {"amount": load_kg + 2.5 * (boot - 1), "unit": "kg"}
                key = SetKey(device_id, 1, boot, number * SET_EVERY_MS)
                edits.append(Edit(uuid4().hex, key, "load", json.dumps(load), begun_ms))
        store.add_records(device_id, 1, [_numbered(one, seq) for seq, one in enumerate(raws)], last_utc_ms)
        people.wear(Wearer(device_id, 0, name))
        if load_kg:
            people.add_edits(edits)


def _numbered(one: bytes, seq: int) -> bytes:
    kind, flags, boot, _, t_ms = record.header(one)
    return raw(kind, t_ms, record.payload(one), flags, boot, seq)

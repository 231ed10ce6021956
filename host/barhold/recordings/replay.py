"""Replays a recording through the sensor's own detector, and returns the records that the sensor would log."""

from array import array
from collections.abc import Iterator
from datetime import UTC, datetime
from struct import iter_unpack

from barcore import event, protocol, record, ticks
from barcore.detector import Detector
from barcore.sample import SAMPLE_FORMAT
from barcore.settings import Settings
from barhold.model import StoredRecord, TrainingSet
from barhold.recordings.reader import Recording
from barhold.training import sets

BOOT = 1


def records(recording: Recording, settings: Settings | None = None) -> Iterator[bytes]:
    """Yield, in order, the 32-byte records that the detector's lasting events become."""
    # The detector knows nothing of the chip unless the caller says so: a recording does not name it.
    detector = Detector(settings or Settings())
    seq, now_ms = 0, 0
    for now_ms, *axes in iter_unpack(SAMPLE_FORMAT, recording.samples):
        detector.feed(now_ms, *axes)
        for raw in _drained(detector.events, seq, now_ms):
            seq += 1
            yield raw
    detector.finish()
    yield from _drained(detector.events, seq, now_ms)


def training_sets(recording: Recording, settings: Settings | None = None) -> list[TrainingSet]:
    """Return the sets in `recording`, by the same route as sets from the store; times in ms of its first row."""
    stored = [StoredRecord("replay", 0, seq, raw) for seq, raw in enumerate(records(recording, settings))]
    return sets.training_sets(stored, (), datetime.fromtimestamp(0, UTC))


def as_record(ev: "array[int]", seq: int, now_ms: int) -> bytes:
    """Return the record that the event `ev`, taken at `now_ms`, becomes."""
    raw = bytearray(protocol.RECORD_BYTES)
    record.pack_event(raw, 0, ev, BOOT, seq, ticks.extend_ms(ev[event.T_MS], now_ms))
    return bytes(raw)


def _drained(events: event.EventRing, seq: int, now_ms: int) -> Iterator[bytes]:
    ev = array("i", [0] * event.EVENT_INTS)
    while events.pop_into(ev):
        if ev[event.TYPE] >= protocol.FIRST_PROVISIONAL:
            continue
        yield as_record(ev, seq, now_ms)
        seq += 1

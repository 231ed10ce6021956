"""What a detector found in a recording, ours or a peer's; and ours, with the moments at which it told."""

from array import array
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from struct import iter_unpack

from barcore import event, protocol, record
from barcore.detector import Detector
from barcore.sample import SAMPLE_FORMAT
from barcore.settings import Settings
from barhold.model import Rep, StoredRecord
from barhold.recordings import replay
from barhold.recordings.reader import Recording
from barhold.training import sets


@dataclass(frozen=True, slots=True)
class Found:
    """The reps that count, and when it was told; all times in ms of the recording's first row.

    A peer sees the whole recording at once and tells nothing; a peer's reps have no error estimate (0).
    """

    reps: tuple[Rep, ...]
    target_told_ms: tuple[int, ...] = ()
    rep_told_ms: dict[int, int] = field(default_factory=dict)  # by the rep's start; none for one told at the very end


Finder = Callable[[Recording], Found]


def ours(taken: Recording) -> Found:
    """Feed the detector sample by sample, noting after which one each event left it."""
    detector = Detector(Settings())
    said: list[tuple[int, array[int]]] = []
    ev, now_ms = array("i", [0] * event.EVENT_INTS), 0
    for now_ms, *axes in iter_unpack(SAMPLE_FORMAT, taken.samples):
        detector.feed(now_ms, *axes)
        while detector.events.pop_into(ev):
            said.append((now_ms, ev[:]))
    live = len(said)
    detector.finish()
    while detector.events.pop_into(ev):
        said.append((now_ms, ev[:]))
    return _as_stored(said, live)


def _as_stored(said: list[tuple[int, "array[int]"]], live: int) -> Found:
    """Take the lasting events the way they take to the store; the first `live` left while samples still came."""
    lasting: list[StoredRecord] = []
    told_ms: dict[int, int] = {}
    for number, (now_ms, ev) in enumerate(said):
        if ev[event.TYPE] >= protocol.FIRST_PROVISIONAL:
            continue
        raw = replay.as_record(ev, len(lasting), now_ms)
        lasting.append(StoredRecord("bench", 0, len(lasting), raw))
        if ev[event.TYPE] == protocol.REP and number < live:
            told_ms[record.header(raw)[4]] = now_ms
    grouped = sets.training_sets(lasting, (), datetime.fromtimestamp(0, UTC))
    targets = tuple(now_ms for now_ms, ev in said if ev[event.TYPE] == protocol.TARGET)
    return Found(tuple(rep for item in grouped for rep in item.reps), targets, told_ms)

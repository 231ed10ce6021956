"""The host's data model: what store, training and check pass to each other. Plain data, no behaviour."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

_SET_ID_DIGITS = "0123456789abcdefghjkmnpqrstvwxyz"  # without i, l, o and u, which are misread


class StoredRecord(NamedTuple):
    """One record as it was committed: its key and its 32 bytes. In order, as a tuple, they are in the log's order."""

    device_id: str  # 16 hex digits
    log_id: int
    seq: int
    raw: bytes


@dataclass(frozen=True, slots=True)
class Anchor:
    """One moment at which the sensor's clock and the host's clock were read together."""

    device_id: str
    log_id: int  # a wiped log counts its boots from 1 again
    boot: int
    t_ms: int  # sensor: ms since that boot
    utc_ms: int  # host: ms since 1970, the middle of the exchange
    rtt_ms: int


@dataclass(frozen=True, slots=True)
class Rep:
    """One counted rep. Durations come from the sensor's clock alone."""

    number: int
    start_ms: int  # since the boot
    rise_ms: int
    hold_ms: int
    fall_ms: int
    bottom_ms: int  # the pause before the rise
    rom_m: float
    peak_m_s: float
    hold_err_ms: int  # 95 % of true holds lie within hold_ms +- hold_err_ms
    flags: int  # protocol.PARTIAL | ...


class SetKey(NamedTuple):
    """The permanent identity of a set: its log and boot, and when its first rep began (ms since that boot)."""

    device_id: str
    log_id: int
    boot: int
    start_ms: int

    @property
    def set_id(self) -> str:
        """Return the set's short name: 10 letters and digits, the same in every database."""
        digest = hashlib.blake2b(f"{self.device_id}/{self.log_id}/{self.boot}/{self.start_ms}".encode(), digest_size=8)
        number = int.from_bytes(digest.digest(), "big")
        return "".join(_SET_ID_DIGITS[number >> at & 31] for at in range(45, -1, -5))


@dataclass(frozen=True, slots=True)
class Load:
    """The load in a set, bar included, as the lifter entered it."""

    amount: float
    unit: str  # "kg" or "lb"


@dataclass(frozen=True, slots=True)
class TrainingSet:
    """At least two reps with no more than 15 s from one's end to the next one's start."""

    device_id: str
    boot: int
    number: int  # as the sensor numbered it since that boot
    start_utc: datetime
    end_utc: datetime
    time_quality: str  # "anchored" or "estimated"
    reps: tuple[Rep, ...]
    key: SetKey
    lifter: str = ""  # "" as long as nobody was named
    load: Load | None = None
    warm_up: bool = False  # a warm-up set does not count
    working: bool = False  # somebody said that it counts, even where the plan begins with warm-up sets
    note: str = ""
    exercise: str = "hip thrust"  # what the owner's plan is for; see barhold.training.people
    edits: tuple[str, ...] = ()  # the ids of the edits that made it what it is; empty: as the sensor counted it

    @property
    def set_id(self) -> str:
        """Return the set's short name; see `SetKey.set_id`."""
        return self.key.set_id


@dataclass(frozen=True, slots=True)
class Edit:
    """One entry of the journal of edits: what a person said of a set. The records stay as they are."""

    edit_id: str  # 32 hex digits, drawn at random: two computers never make the same
    key: SetKey
    action: str  # see barhold.training.edits
    value: str  # JSON; what it holds depends on the action
    made_utc_ms: int
    undone_utc_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Lifter:
    """One person who trains."""

    name: str
    plan: str = ""  # the name of the plan; "" for the default
    exercise: str = ""  # what that plan is for; "" where no plan of their own says it


@dataclass(frozen=True, slots=True)
class Wearer:
    """From `since_utc_ms` on the sensor's sets are this lifter's, until the sensor's next wearer."""

    device_id: str
    since_utc_ms: int
    lifter: str  # "" from when nobody wears it any more


@dataclass(frozen=True, slots=True)
class ImportedSet:
    """One set from another program's file, as its row says it."""

    import_id: str  # 64 hex digits, made from source, lifter, workout's start and name, exercise and set_index
    source: str  # "strong" or "hevy"
    lifter: str  # "" where nobody was named
    start_utc_ms: int  # of the workout: these programs keep no time of a set
    workout: str
    exercise: str
    set_index: int  # from 1, within the exercise of the workout
    kind: str  # "normal", "warmup", "dropset" or "failure"
    load: Load | None
    reps: int
    hold_s: float | None
    note: str
    zone: str = ""  # the offset in which the start was read, such as "+01:00"; "" if that was not kept

"""The doctor's checks of the raw motion: the noise at rest, and whether the clip holds during one slow rep."""

from array import array
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from math import acos, degrees, hypot
from struct import iter_unpack

from barcore import protocol, still
from barcore.detector import Detector
from barcore.event import EVENT_INTS, TYPE, VALUES
from barcore.sample import ACC_PER_G, GYRO_PER_DPS, SAMPLE_FORMAT
from barcore.settings import Settings
from barcore.still import MEAN_SHIFT, Still
from barhold.connection import Samples
from barhold.doctor.finding import FAIL, NOTE, OK, WARN, Finding
from barhold.errors import LinkError
from barhold.recordings.axes import judge

QUIET_UG, LEAST_G, MOST_G, ZERO_DPS, TURNED_DEG = 4000, 0.9, 1.1, 5.0, 10.0
REP_LIMIT_MS, REP_LEAST_MM = 20_000, 80
_ONE_G = float(ACC_PER_G << MEAN_SHIFT)
_ONE_DPS = float(GYRO_PER_DPS << MEAN_SHIFT)


async def noise(pieces: AsyncIterator[Samples]) -> "tuple[Finding, array[int] | None]":
    """Wait until the sensor lies still; return its noise, and the mean of the pose it took."""
    watch, row = Still(), array("i", [0] * 7)
    async for piece in pieces:
        for values in iter_unpack(SAMPLE_FORMAT, piece.packed):
            row[:] = array("i", (values[0] & 0x3FFFFFFF, *values[1:]))
            if watch.state == still.IDLE:
                watch.start(row[0])
            if watch.update(row, 0) in (still.TAKEN, still.REFUSED):
                return _noise(watch), watch.mean if watch.state == still.TAKEN else None
    raise LinkError("the stream ended: try again")


async def mount(pieces: AsyncIterator[Samples], tell: Callable[[str], None]) -> Finding:
    """Ask for 3 s of rest, one slow rep and rest again; return whether the rep was seen and the clip held."""
    tell("mount check: put the bar down with the sensor clipped on and leave it for 3 s")
    line, before = await noise(pieces)
    if before is None:
        return Finding("mount", WARN, line.found, "leave the bar alone for 3 s and repeat")
    tell("mount check: now one slow rep, then put the bar down again")
    rom_mm = await _rep_mm(pieces)
    if rom_mm < REP_LEAST_MM:
        return Finding(
            "mount", FAIL, f"no rep within {REP_LIMIT_MS // 1000} s", "lift the bar by 10 cm or more and repeat"
        )
    _, after = await noise(pieces)
    turned = 0.0 if after is None else _turned_deg(before, after)
    found = f"a rep of {rom_mm / 10:.0f} cm, the clip turned by {turned:.0f} degrees"
    if turned > TURNED_DEG:
        return Finding("mount", WARN, found, "the clip is loose or the sleeve turns: tighten it and repeat")
    return Finding("mount", OK, found)


async def keep(pieces: AsyncIterator[Samples], kept: bytearray) -> AsyncGenerator[Samples]:
    """Pass the stream on, and keep its samples for `gyroscope`."""
    async for piece in pieces:
        kept += piece.packed
        yield piece


def gyroscope(samples: bytes) -> Finding:
    """Return whether the gyroscope turns as gravity does in the accelerometer."""
    found = judge(samples)
    if found.fault:
        step = "check how its board and driver order the axes; until then reps may be missed"
        return Finding("gyroscope", FAIL, found.fault, step)
    if found.known:
        return Finding("gyroscope", OK, "turns as gravity does")
    return Finding("gyroscope", NOTE, "the bar turned too little to compare it with gravity")


async def _rep_mm(pieces: AsyncIterator[Samples]) -> int:
    """Return the range at the end of a hold, seen by the sensor's own detector; 0 when none came in time."""
    detector, event, first = Detector(Settings()), array("i", [0] * EVENT_INTS), None
    async for piece in pieces:
        for t_ms, *axes in iter_unpack(SAMPLE_FORMAT, piece.packed):
            first = t_ms if first is None else first
            detector.feed(t_ms & 0x3FFFFFFF, *axes)
            if t_ms - first > REP_LIMIT_MS:
                return 0
        while detector.events.pop_into(event):
            if event[TYPE] == protocol.HOLD_END:
                return event[VALUES + 2]
    return 0


def _noise(watch: Still) -> Finding:
    if watch.state == still.REFUSED:
        reasons = {still.CLIPPED: "an axis is at its limit", still.GAPPED: "samples are missing"}
        reason = reasons.get(watch.reason, "it was moved")
        return Finding(
            "rest noise", WARN, f"not still within {still.LIMIT_MS // 1000} s: {reason}", "put it down, repeat"
        )
    gravity_g = hypot(*watch.mean[:3]) / _ONE_G
    zero_dps = max(abs(one) for one in watch.mean[3:]) / _ONE_DPS
    found = f"{watch.noise_ug / 1000:.1f} mg, reads {gravity_g:.3f} g at rest, turns by {zero_dps:.1f} degrees/s"
    if not LEAST_G <= gravity_g <= MOST_G or zero_dps > ZERO_DPS:
        return Finding("rest noise", WARN, found, "barhold calibrate")
    if watch.noise_ug > QUIET_UG:
        return Finding("rest noise", WARN, found, "put it on something that does not shake and repeat")
    return Finding("rest noise", OK, found)


def _turned_deg(before: "array[int]", after: "array[int]") -> float:
    dot = sum(a * b for a, b in zip(before[:3], after[:3], strict=True))
    return degrees(acos(max(-1.0, min(1.0, dot / (hypot(*before[:3]) * hypot(*after[:3]) or 1)))))

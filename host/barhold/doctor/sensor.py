"""The doctor's checks of a sensor."""

from collections.abc import Callable, Iterable

from barcore import protocol
from barhold.connection import Control, Diagnosis, Info
from barhold.device import clock_drift
from barhold.doctor.finding import FAIL, NOTE, OK, WARN, Finding, from_error
from barhold.errors import LinkError
from barhold.model import Anchor
from barsensor.recorder import FIRMWARE_VERSION

LOW_MV, EMPTY_MV = 3600, 3400
LOW_HEAP_BYTES, LOW_FLASH_BYTES = 100_000, 64_000
HOT_C, DRIFT_PPM = 70, 200
MANY_POWER_ONS, MANY_SHORT_STARTS = 10, 4
DIAGNOSE_SINCE_MINOR = 2
_CAUSES = {
    protocol.RESET_POWER_ON: "by power",
    protocol.RESET_PIN: "by its reset button",
    protocol.RESET_WATCHDOG: "by the watchdog",
    protocol.RESET_WAKE: "after sleep",
    protocol.RESET_SOFT: "planned",
    protocol.RESET_CRASH: "after a crash",
}
SLOW_RTT_MS = 500
_STATES = (
    (protocol.STATE_UNCALIBRATED, WARN, "not calibrated: holds are less certain", "barhold calibrate"),
    (protocol.STATE_LOG_FAULT, FAIL, "its storage fails", "restart it; if that does not help, sync and flash it again"),
    (protocol.STATE_SETTINGS_FAULT, WARN, "its settings could not be read", "barhold plan push, barhold name"),
    (protocol.STATE_BUSY, OK, "a set is under way", ""),
)


def known(info: Info, key: bytes | None) -> list[Finding]:
    """Return the findings from the sensor's INFO."""
    states = [Finding("state", status, text, step) for bit, status, text, step in _STATES if info.state & bit]
    return [_who(info), _protocol(info), _firmware(info), _battery(info), _access(info, key), *states, _log(info)]


async def condition(control: Control) -> list[Finding]:
    """Return the findings from the sensor's diagnosis: memory, flash, log, temperature, starts and faults."""
    if control.info.minor < DIAGNOSE_SINCE_MINOR or control.info.state & protocol.STATE_SAFE_MODE:
        return []
    try:
        return condition_lines(await control.diagnose())
    except LinkError as error:
        return [from_error("condition", error, WARN)]


def condition_lines(found: Diagnosis) -> list[Finding]:
    """Return a line for each part of a diagnosis, with a next step where something is unusual."""
    lines = [_memory(found), _flash(found), _log_fill(found), _imu(found), _links(found), _starts(found)]
    if found.temperature_c is not None:
        lines.append(_temperature(found.temperature_c))
    return [line for line in lines if line]


def _memory(found: Diagnosis) -> Finding | None:
    if not found.heap_free_bytes:
        return None
    text = f"{found.heap_free_bytes // 1000} kB free, largest block {found.heap_largest_bytes // 1000} kB"
    if found.heap_free_bytes < LOW_HEAP_BYTES:
        return Finding("memory", WARN, text, "restart it; if it stays low, run `barhold flash --image download`")
    return Finding("memory", OK, text)


def _flash(found: Diagnosis) -> Finding | None:
    if found.flash_faults:
        times = "once" if found.flash_faults == 1 else f"{found.flash_faults} times"
        return Finding("flash", FAIL, f"writing failed {times} since its start", "sync it now, then flash it again")
    if not found.flash_bytes:
        return None
    text = f"{found.flash_free_bytes // 1000} of {found.flash_bytes // 1000} kB free"
    if found.flash_free_bytes < LOW_FLASH_BYTES:
        return Finding("flash", WARN, text, "remove files that are not Barhold's (mpremote fs ls), or sync it")
    return Finding("flash", OK, text)


def _log_fill(found: Diagnosis) -> Finding:
    share = 100 * found.log_records // max(1, found.log_limit_records)
    return Finding("log fill", OK, f"{share} % ({found.log_records} of {found.log_limit_records} records)")


def _imu(found: Diagnosis) -> Finding:
    text = (
        f"{found.imu_faults} bus faults, {found.imu_overruns} overruns, {found.imu_bad_words} bad words since its start"
    )
    if found.imu_faults or found.imu_bad_words:
        return Finding("motion sensor", WARN, text, "check its wires and solder joints; restart it and look again")
    return Finding("motion sensor", OK, text)


def _links(found: Diagnosis) -> Finding:
    text = f"{found.radio_faults} radio faults, {found.bad_frames} damaged frames since its start"
    if found.radio_faults:
        return Finding("links", WARN, text, "restart it; if it happens again, check the antenna and the battery")
    return Finding("links", OK, text)


def _starts(found: Diagnosis) -> Finding:
    named = [f"{count} {_CAUSES.get(cause, 'unknown')}" for cause, count in enumerate(found.starts) if count]
    text = ", ".join(named) if named else "none"
    if found.starts[protocol.RESET_WATCHDOG] or found.starts[protocol.RESET_CRASH]:
        return Finding(
            "starts since the last sync", WARN, text, "run `barhold sync`, which fetches what the sensor noted"
        )
    if found.short_starts >= MANY_SHORT_STARTS:
        text += f"; {found.short_starts} or more in a row ended within a minute"
        return Finding("starts since the last sync", WARN, text, "charge it; check the cell, its switch and its wires")
    if found.starts[protocol.RESET_POWER_ON] >= MANY_POWER_ONS:
        return Finding(
            "starts since the last sync", WARN, text, "charge it; if it repeats, check the cell and its switch"
        )
    return Finding("starts since the last sync", OK, text)


def _temperature(celsius: int) -> Finding:
    if celsius >= HOT_C:
        return Finding("temperature", WARN, f"{celsius} degrees C in the chip", "unplug it and let it cool down")
    return Finding("temperature", OK, f"{celsius} degrees C in the chip")


async def clock(control: Control, now: Callable[[], int], earlier: Iterable[Anchor]) -> list[Finding]:
    """Return how well the two clocks can be read together, and how the sensor's has drifted since the last sync."""
    try:
        anchor = await control.anchor(now)
    except LinkError as error:
        return [from_error("clock", error)]
    if anchor is None:
        return [Finding("clock", WARN, "this computer's clock stepped back", "set it, then sync")]
    found = f"on for {anchor.t_ms / 60000:.1f} min, read to +- {anchor.rtt_ms / 2:.0f} ms"
    if anchor.rtt_ms > SLOW_RTT_MS:
        return [Finding("clock", WARN, found, "a slow link: bring the sensor closer")]
    return [Finding("clock", OK, found), *_drift(clock_drift.measure(anchor, earlier))]


def _drift(drift: clock_drift.Drift) -> list[Finding]:
    if drift.ppm is None:
        return []
    text = f"{drift.ppm:+.0f} ppm (+- {drift.ppm_doubt:.0f}) over {drift.span_ms / 3_600_000:.1f} h"
    if abs(drift.ppm) - drift.ppm_doubt > DRIFT_PPM:
        return [Finding("clock drift", WARN, text, "sync more often: times between two syncs are less certain")]
    return [Finding("clock drift", OK, text)]


def _who(info: Info) -> Finding:
    board = f", {info.board}" if info.board else ""
    return Finding("sensor", OK, f"{info.name} ({info.device_id}){board}")


def _access(info: Info, key: bytes | None) -> Finding:
    if info.state & protocol.STATE_OPEN:
        return Finding("access", NOTE, "open: it answers everybody in radio range", "barhold pair --close")
    if not info.state & protocol.STATE_KEYED:
        return Finding("access", NOTE, "not paired: it answers everybody in radio range", "barhold pair --usb")
    if key is None:
        return Finding("access", WARN, "paired, but its key is not in this database", "barhold pair --usb")
    return Finding("access", OK, "paired: it proved that it has the key, and answers only its owner")


def _protocol(info: Info) -> Finding:
    ours, its = f"{protocol.MAJOR}.{protocol.MINOR}", f"{protocol.MAJOR}.{info.minor}"
    if info.minor < protocol.MINOR:
        return Finding(
            "protocol", WARN, f"{its}, this Barhold {ours}: syncs, lacks what is newer", "update its firmware"
        )
    return Finding("protocol", OK, its if its == ours else f"{its}, this Barhold {ours}")


def _firmware(info: Info) -> Finding:
    ours = ".".join(str(part) for part in FIRMWARE_VERSION)
    if info.firmware == ours:
        return Finding("firmware", OK, info.firmware)
    return Finding(
        "firmware", WARN, f"{info.firmware or 'not told'}, this Barhold carries {ours}", "update the older one"
    )


def _battery(info: Info) -> Finding:
    if info.state & protocol.STATE_LOW_BATTERY or 0 < info.battery_mv < EMPTY_MV:
        return Finding("battery", FAIL, f"{info.battery_mv / 1000:.2f} V, nearly empty", "charge it before training")
    if not info.battery_mv:
        return Finding("battery", OK, "this board cannot measure it")
    if info.battery_mv < LOW_MV:
        return Finding("battery", WARN, f"{info.battery_mv / 1000:.2f} V, low", "charge it soon")
    return Finding("battery", OK, f"{info.battery_mv / 1000:.2f} V")


def _log(info: Info) -> Finding:
    held, unsynced = info.next_seq - info.first_seq, max(0, info.next_seq - max(info.acked, info.first_seq))
    return Finding("log", OK, f"{held} records held, {unsynced} not synced yet")

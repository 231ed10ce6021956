"""What the doctor looks at on a sensor."""

from collections.abc import Callable

from barcore import protocol
from barhold.connection import Control, Info
from barhold.doctor.line import FAIL, OK, WARN, Line, from_error
from barhold.errors import LinkError
from barsensor.recorder import FIRMWARE_VERSION

LOW_MV, EMPTY_MV = 3600, 3400
SLOW_RTT_MS = 500
_STATES = (
    (protocol.STATE_UNCALIBRATED, WARN, "not calibrated: holds are less certain", "barhold calibrate"),
    (protocol.STATE_LOG_FAULT, FAIL, "its storage fails", "restart it; if that does not help, sync and flash it again"),
    (protocol.STATE_SETTINGS_FAULT, WARN, "its settings could not be read", "barhold plan push, barhold name"),
    (protocol.STATE_BUSY, OK, "a set is under way", ""),
)


def known(info: Info, key: bytes | None) -> list[Line]:
    """Return what the sensor says of itself."""
    states = [Line("state", status, text, step) for bit, status, text, step in _STATES if info.state & bit]
    return [_who(info), _protocol(info), _firmware(info), _battery(info), _access(info, key), *states, _log(info)]


async def clock(control: Control, now: Callable[[], int]) -> Line:
    """Return how well the two clocks can be read together."""
    try:
        anchor = await control.anchor(now)
    except LinkError as error:
        return from_error("clock", error)
    if anchor is None:
        return Line("clock", WARN, "this computer's clock stepped back", "set it, then sync")
    found = f"on for {anchor.t_ms / 60000:.1f} min, read to +- {anchor.rtt_ms / 2:.0f} ms"
    if anchor.rtt_ms > SLOW_RTT_MS:
        return Line("clock", WARN, found, "a slow link: bring the sensor nearer")
    return Line("clock", OK, found)


def _who(info: Info) -> Line:
    board = f", {info.board}" if info.board else ""
    return Line("sensor", OK, f"{info.name} ({info.device_id}){board}")


def _access(info: Info, key: bytes | None) -> Line:
    if info.state & protocol.STATE_OPEN:
        return Line("access", WARN, "open: it answers everybody in radio range", "barhold pair --close")
    if not info.state & protocol.STATE_KEYED:
        return Line("access", WARN, "not paired: it answers everybody in radio range", "barhold pair --usb")
    if key is None:
        return Line("access", WARN, "paired, but its key is not in this database", "barhold pair --usb")
    return Line("access", OK, "paired: it proved its key and answers only its owner")


def _protocol(info: Info) -> Line:
    ours, its = f"{protocol.MAJOR}.{protocol.MINOR}", f"{protocol.MAJOR}.{info.minor}"
    if info.minor < protocol.MINOR:
        return Line("protocol", WARN, f"{its}, this Barhold {ours}: syncs, lacks what is newer", "update its firmware")
    return Line("protocol", OK, its if its == ours else f"{its}, this Barhold {ours}")


def _firmware(info: Info) -> Line:
    ours = ".".join(str(part) for part in FIRMWARE_VERSION)
    if info.firmware == ours:
        return Line("firmware", OK, info.firmware)
    return Line("firmware", WARN, f"{info.firmware or 'not told'}, this Barhold carries {ours}", "update the older one")


def _battery(info: Info) -> Line:
    if info.state & protocol.STATE_LOW_BATTERY or 0 < info.battery_mv < EMPTY_MV:
        return Line("battery", FAIL, f"{info.battery_mv / 1000:.2f} V, nearly empty", "charge it before training")
    if not info.battery_mv:
        return Line("battery", OK, "this board cannot tell")
    if info.battery_mv < LOW_MV:
        return Line("battery", WARN, f"{info.battery_mv / 1000:.2f} V, low", "charge it soon")
    return Line("battery", OK, f"{info.battery_mv / 1000:.2f} V")


def _log(info: Info) -> Line:
    held, unsynced = info.next_seq - info.first_seq, max(0, info.next_seq - max(info.acked, info.first_seq))
    return Line("log", OK, f"{held} records held, {unsynced} not synced yet")

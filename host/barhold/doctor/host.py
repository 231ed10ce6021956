"""The doctor's checks of this computer."""

import os
import platform

from barhold import __version__
from barhold.doctor.finding import FAIL, NOTE, OK, WARN, Finding, from_error
from barhold.errors import BarholdError, InputError
from barhold.link import ble, quirks, usb
from barhold.link.endpoint import Endpoint
from barhold.store import Store
from barhold.training import wall_time


def system() -> list[Finding]:
    """Return the versions of Barhold and the system, and the system's known quirks."""
    here = Finding("system", OK, f"Barhold {__version__}, Python {platform.python_version()}, {platform.platform()}")
    return [here, *(Finding("known of this system", NOTE, text) for text in quirks.known())]


def database(path: str | None) -> Finding:
    """Return whether the database opens, and whether its times are plausible."""
    try:
        with Store.open(path) as store:
            impossible, disputed = store.impossible_times(), store.disputed_anchors()
            sensors = len(store.devices())
            known = f"{sensors} sensor{'s' if sensors != 1 else ''} known, {_keyed(store)} paired"
    except (BarholdError, InputError) as error:
        return from_error("database", error)
    if impossible:
        return Finding("database", WARN, f"{known}; {impossible[0]}", "barhold db check")
    if disputed:
        counts, other = disputed[-1]
        differs = wall_time.duration_words(wall_time.contradiction_ms(other, counts))
        text = f"{known}; two computers' clocks differ by {differs} for sensor {counts.device_id}, boot {counts.boot}"
        return Finding("database", WARN, text, "on the computer that is right: barhold time --accept")
    return Finding("database", OK, known)


def cable() -> tuple[list[Finding], list[Endpoint]]:
    """Return the ports with a board, and whether this user may open them."""
    found = usb.board_ports()
    if not found:
        return [Finding("cable", OK, "no board is plugged in")], []
    return [_port(one) for one in found], found


async def radio(seconds: float) -> tuple[Finding, list[Endpoint]]:
    """Return whether the adapter scans, and what it found."""
    try:
        found = await ble.discover(seconds)
    except BarholdError as error:
        # A host without Bluetooth still has the cable.
        return from_error("bluetooth", error, WARN), []
    if not found:
        text = "the adapter works; no sensor found nearby"
        return Finding(
            "bluetooth", WARN, text, "switch the sensor on; it does not show while a computer is connected to it"
        ), []
    return Finding("bluetooth", OK, ", ".join(f"{one.shown} at {one.rssi_dbm} dBm" for one in found)), found


def _port(found: Endpoint) -> Finding:
    if os.name == "posix" and not os.access(found.address, os.R_OK | os.W_OK):
        return Finding("cable", FAIL, f"no permission for {found.shown}", usb.permission_advice(found.address))
    return Finding("cable", OK, found.shown)


def _keyed(store: Store) -> int:
    return sum(store.key_of(one.device_id) is not None for one in store.devices())

"""The quirks of each operating system: one function per quirk, with its reason. Pure."""

import platform
from typing import Any

LINUX, WINDOWS, MACOS = "Linux", "Windows", "Darwin"
SYSTEM = platform.system()

# bleak's names for transient errors of a Bluetooth stack: the sensor is not at fault, and a retry helps.
TRANSIENT = ("le-connection-abort-by-local", "InProgress", "In Progress", "Unreachable")

_KNOWN = {
    LINUX: (
        "BlueZ keeps a sensor's services over firmware changes: if it connects and then finds no service, run "
        "`bluetoothctl remove ADDRESS`",
        "scanning and connecting at once hangs BlueZ: only one program should use the adapter",
    ),
    WINDOWS: (
        "a disconnect can take two minutes: the next connection waits for it",
        "a sensor that was paired in the settings shows pop-ups: remove it there, Barhold needs no pairing",
    ),
    MACOS: (
        "Bluetooth is allowed per terminal program: System Settings, Privacy & Security, Bluetooth",
        "addresses are this Mac's own numbers: a sensor goes by its name or id",
    ),
}


def known(system: str = SYSTEM) -> tuple[str, ...]:
    """Return the known quirks of this system, one line each."""
    return _KNOWN.get(system, ())


def scanner_args(adapter: str, system: str = SYSTEM) -> dict[str, Any]:
    """Return how to make a scanner that uses this adapter; "" for the system's own choice."""
    return {"bluez": {"adapter": adapter}} if adapter and system == LINUX else {}


def client_args(adapter: str = "", system: str = SYSTEM) -> dict[str, Any]:
    """Return how to make a client that uses this adapter; "" for the system's own choice."""
    # Windows keeps services over firmware changes (bleak#1940): read them from the sensor each time.
    return {"winrt": {"use_cached_services": False}} if system == WINDOWS else scanner_args(adapter, system)


def notify_args(system: str = SYSTEM) -> dict[str, Any]:
    """Return how to subscribe."""
    # AcquireNotify loses what comes right after it (bleak#1885). The default since 3.0.2, said in case it changes.
    return {"bluez": {"use_start_notify": True}} if system == LINUX else {}


def disconnect_limit_s(system: str = SYSTEM) -> float:
    """Return how long a disconnect may take before it is left to the system."""
    # Windows closes a connection late (bleak#1205); the sensor's own idle limit frees it meanwhile.
    return 30.0 if system == WINDOWS else 5.0


def lines_low(system: str, is_bridge: bool) -> bool:
    """Tell whether a serial port must be opened with DTR and RTS off so that the board is not reset."""
    # A bridge chip's two lines drive EN and GPIO0 through two transistors: both on or both off is rest, one alone is
    # reset or boot mode. Windows sets them one after the other when a port opens and closes, so they stay off there.
    # Linux and macOS raise both at once: touching them is what would reset. A board's own USB sends only while DTR is
    # on (TinyUSB), on every system.
    return system == WINDOWS and is_bridge

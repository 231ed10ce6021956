"""An endpoint: a place found by a scan or at a port where a sensor may be."""

from dataclasses import dataclass, field
from typing import Any

BLE, USB = "ble", "usb"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One place where a sensor may be. Only HELLO identifies the sensor: neither address nor name does."""

    kind: str  # BLE or USB
    address: str  # of the radio (on macOS a number of this host's own), or the port's name
    name: str = ""
    battery_pct: int | None = None  # as advertised; None when it says nothing
    unsynced: int | None = None  # records
    rssi_dbm: int | None = None
    handle: Any = field(default=None, compare=False, repr=False)  # the radio library's own handle

    @property
    def shown(self) -> str:
        """How a message names it."""
        return self.name or self.address

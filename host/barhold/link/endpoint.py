"""What a scan or a look at the ports found: where a sensor may be, before anyone has spoken with it."""

from dataclasses import dataclass, field
from typing import Any

BLE, USB = "ble", "usb"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One place where a sensor may be. Who it is only HELLO tells: neither address nor name is an identity."""

    kind: str  # BLE or USB
    address: str  # of the radio (on macOS a number of this host's own), or the port's name
    name: str = ""
    battery_pct: int | None = None  # as advertised; None when it says nothing
    unsynced: int | None = None  # records
    rssi_dbm: int | None = None
    handle: Any = field(default=None, compare=False, repr=False)  # what the radio's library wants back

    @property
    def shown(self) -> str:
        """How a message names it."""
        return self.name or self.address

"""The board's radio for the state machine of `ble`: who is connected, what was received, and how to send."""

from barsensor.link import gatt
from barsensor.link.inbox import Inbox

CENTRAL_CONNECT, CENTRAL_DISCONNECT, GATTS_WRITE, MTU_EXCHANGED = 1, 2, 3, 21
NOBODY = -1
MTU, FIRST_MTU = 247, 23
ADVERTISE_US, ADVERTISE_SOON_US = 211250, 30000


class Radio:
    """A BLE peripheral on MicroPython's own `bluetooth` (the module), for one central at a time.

    peer       the central that is connected, or NOBODY        mtu    what it exchanged
    ends       how often a central went                        inbox  what it wrote
    stranger   another one that connected or wrote, or NOBODY
    """

    def __init__(self, bluetooth) -> None:
        self._bluetooth = bluetooth
        self._ble = bluetooth.BLE()
        self._handler = self._irq
        self._rx = self._tx = self._info = self._level = 0
        self.inbox = Inbox()
        self.peer = self.stranger = NOBODY
        self.mtu = FIRST_MTU
        self.ends = 0
        self.irq_faults = 0

    def start(self, model: str, version: str) -> None:
        """Switch on and register the table."""
        ble = self._ble
        ble.active(True)
        self.listen()
        ble.config(mtu=MTU)
        ((self._rx, self._tx, self._info), (model_at, version_at), (self._level,)) = ble.gatts_register_services(
            gatt.table(self._bluetooth)
        )
        ble.gatts_set_buffer(self._rx, gatt.RX_BYTES, True)
        ble.gatts_write(model_at, model.encode())
        ble.gatts_write(version_at, version.encode())

    def stop(self) -> None:
        """Switch off."""
        self._ble.active(False)

    def listen(self) -> None:
        """Put the handler (back): after one exception that leaves it MicroPython takes it away for ever, untold."""
        self._ble.irq(self._handler)

    def forget(self) -> None:
        """Be ready for another central; to be called while none is connected."""
        self.peer = self.stranger = NOBODY
        self.mtu = FIRST_MTU
        self.inbox.clear()

    def tell(self, device_id: bytes, name: str, battery_pct: int) -> None:
        """Set the value that a connected host can read."""
        self._ble.config(gap_name=name)
        self._ble.gatts_write(self._info, gatt.info(device_id, name))
        self._ble.gatts_write(self._level, bytes((min(battery_pct, 100),)))

    def advertise(self, name: str, battery_pct: int, unsynced: int, soon: bool = False) -> bool:
        """Let everybody see this, `soon` so often that who lost the link is back at once; tell whether it began."""
        seen, asked = gatt.advertisement(battery_pct, unsynced), gatt.scan_response(name)
        try:
            self._ble.gap_advertise(ADVERTISE_SOON_US if soon else ADVERTISE_US, adv_data=seen, resp_data=asked)
        except OSError:
            return False
        return True

    def notify(self, raw) -> None:
        """Hand a frame to the radio, or for None the battery's level; OSError when it takes none."""
        if raw is None:
            self._ble.gatts_notify(self.peer, self._level)
        else:
            self._ble.gatts_notify(self.peer, self._tx, raw)

    def disconnect(self, central: int) -> bool:
        """Tell whether `central` was there to be disconnected."""
        try:
            return self._ble.gap_disconnect(central)
        except OSError:
            return False

    def turn_away(self) -> bool:
        """Disconnect a stranger; tell whether there was one."""
        stranger = self.stranger
        if stranger == NOBODY:
            return False
        self.stranger = NOBODY
        self.disconnect(stranger)
        return True

    def _irq(self, event: int, data: tuple) -> None:
        """Copy, note, and survive whatever happens here."""
        try:
            central = data[0]
            if event == GATTS_WRITE:
                # Read here and not by the loop: only here can no other write come in between. Reading also empties it.
                written = self._ble.gatts_read(data[1])
                if central == self.peer:
                    self.inbox.put(written)
                else:
                    self.stranger = central
            elif event == CENTRAL_CONNECT:
                if self.peer == NOBODY:
                    self._ble.gatts_read(self._rx)  # what an earlier one wrote while the handler was away
                    self.mtu = FIRST_MTU
                    self.peer = central
                else:
                    self.stranger = central
            elif event == CENTRAL_DISCONNECT and central == self.peer:
                self.peer = NOBODY
                self.ends += 1
            elif event == MTU_EXCHANGED and central == self.peer:
                self.mtu = data[1]
        except Exception:  # noqa: BLE001 - whatever left this function would leave the radio deaf
            self.irq_faults += 1

"""The transports of a sensor: its console as a cable, and its radio."""

from barcore.protocol import ADVERT_NO_BATTERY
from barsensor.link.ble import BleLink
from barsensor.link.serial import ConsolePort
from barsensor.link.stream import FrameStream

EMPTY_MV, FULL_MV = 3300, 4150


class Radio:
    """The radio's link, and what it says to everyone near; `link` is None where there is none, `fault` says why."""

    def __init__(self, board, version: str) -> None:
        self.link = None
        self.fault = ""
        if board.bluetooth is None:
            return
        try:
            self.link = BleLink(board.bluetooth, board.device_id, "Barhold", board.name, version)
            self.link.start(0)
        except Exception as error:  # noqa: BLE001 - a radio that does not start costs the radio, never the counting
            self.fault = "radio: %r" % error
            if self.link:
                self.link.fail(error, 0)  # it tries again by itself

    def say(self, name: str, battery_mv: int, unsynced: int) -> None:
        """Advertise the sensor's name, its battery and how many records wait for a host."""
        if self.link:
            self.link.advertise(name, percent(battery_mv), unsynced)


def percent(battery_mv: int) -> int:
    """Return roughly how full the cell is, in percent; ADVERT_NO_BATTERY when its voltage is not known."""
    if not battery_mv:
        return ADVERT_NO_BATTERY
    return max(0, min(100, (battery_mv - EMPTY_MV) * 100 // (FULL_MV - EMPTY_MV)))


def open_links(board, radio: Radio) -> list:
    """Return the links that a sensor listens on."""
    links = []
    if board.console:
        stdin, stdout, poll = board.console
        links.append(FrameStream(ConsolePort(stdin, stdout, poll, board.clock)))
    return links + [radio.link] if radio.link else links

"""Safe mode: no version of the application starts, so nothing is counted, but cable and radio still take an update.

It lies in /safe, where no update writes, and needs neither IMU nor log: whatever of them makes the application crash,
it does not touch. Its lamp blinks twice every two seconds.
"""

import struct
import sys

from barcore import protocol
from barcore.ticks import elapsed_ms
from barloader.slots import Slots
from barsensor import boards
from barsensor.access import Access
from barsensor.link.session_port import SessionPort
from barsensor.link.session_protocol import SessionProtocol
from barsensor.link.transports import Radio, open_links
from barsensor.storage import config
from barsensor.update.policy import SensorIdentity
from barsensor.update.receive import Update

VERSION = (0, 0, 0)
"""Older than any: what helps may be older than what crashed."""
STEP_MS, HURRY_MS = 20, 2
"""Between steps; the short one while frames wait or one is under way."""
WATCHDOG_MS = 8000
SLEEP_AFTER_MS = 600000
BLINK_EVERY_MS, BLINK_MS = 2000, 100


class NoLog:
    """An empty log, for a connection that only updates."""

    log_id = boot = first_seq = next_seq = acked = 0

    def read_into(self, _seq: int, _buf, _at: int = 0) -> bool:
        """Hold no record."""
        return False

    def ack(self, _log_id: int, _next_seq: int) -> int:
        """Do nothing: there is nothing to acknowledge."""
        return protocol.WRONG_LOG


class NoStream:
    """A raw stream without samples."""

    owner = None


class SafeControl:
    """Answers a host in safe mode: only INFO and UPDATE."""

    raw = NoStream()

    def __init__(self, board, slots) -> None:
        family = boards.FAMILIES.get(board.name, "any")
        self._board = board
        self.access = Access(board.config)
        self.name = config.sensor_name(config.SETTINGS.load(board.config)[0], board.device_id)
        self.updater = Update(board, slots, SensorIdentity(VERSION, family, getattr(sys.implementation, "_mpy", 0)))

    def info(self) -> list:
        """Return the entries of INFO that are not the log's, for a host that may know them."""
        return [
            (protocol.INFO_BOARD, self._board.name.encode()),
            (protocol.INFO_POWER, struct.pack("<H", self._board.power.battery_mv())),
            (protocol.INFO_STATE, struct.pack("<H", self._state())),
        ]

    def answer(self, kind: int, body: bytes, asker, at_hand: bool):
        """Do what the frame asks, where it is an update's."""
        if kind != protocol.UPDATE:
            return protocol.UNKNOWN_FRAME
        if self.access.key and not asker.is_owner:
            return protocol.NEEDS_KEY
        told = self.updater.ask(body, asker, at_hand)
        return told if isinstance(told, int) else (protocol.UPDATE_STATE, told)

    def _state(self) -> int:
        access = self.access
        keyed, is_open = protocol.STATE_KEYED if access.key else 0, protocol.STATE_OPEN if access.is_open else 0
        return protocol.STATE_SAFE_MODE | keyed | is_open


class Safe:
    """The loop of safe mode, on a board without its IMU and the links it has."""

    def __init__(self, board, links, radio, slots) -> None:
        self._board = board
        self._control = SafeControl(board, slots)
        radio.say(self._control.name, board.power.battery_mv(), 0)
        self._ends, log = [], NoLog()
        for link in links:
            control, size = self._control, link.max_frame_bytes
            version = "%d.%d.%d" % VERSION
            answer = SessionProtocol(board.device_id, log, "", version, size, control, link.is_cable, control.access)
            self._ends.append(SessionPort(link, answer))
        self._tick = board.clock.ticks_ms()
        self._now_ms = self._used_ms = 0

    def step(self) -> None:
        """Answer, blink, restart into a version that has come; sleep when nobody has asked for ten minutes."""
        tick = self._board.clock.ticks_ms()
        self._now_ms += elapsed_ms(tick, self._tick)
        self._tick = tick
        for end in self._ends:
            end.serve(self._now_ms)
            if end.open:
                self._used_ms = self._now_ms
        self._board.lamp(self._now_ms % BLINK_EVERY_MS // BLINK_MS in (0, 3))
        if self._control.updater.step(False, self._now_ms):
            self._board.power.restart()
        if self._now_ms - self._used_ms >= SLEEP_AFTER_MS:
            self._board.lamp(False)
            self._board.power.sleep()

    def run(self) -> None:
        """Step and wait, for ever."""
        self._board.power.guard(WATCHDOG_MS)
        while True:
            self.step()
            self._board.power.feed()
            self._board.clock.wait_ms(self._wait_ms())

    def _wait_ms(self) -> int:
        for end in self._ends:
            if end.link.busy:
                return HURRY_MS
        return STEP_MS


def start() -> None:
    """Open what needs no chip beside the board's own, and wait for an update; Ctrl-C gives the board to the cable."""
    try:
        board = boards.open_spare()
    except boards.BoardError as error:
        print(error)  # noqa: T201 - said to who sits at the cable
        return
    print("Barhold is in safe mode: update it, or flash it over the cable")  # noqa: T201 - said to who sits there
    radio = Radio(board, "%d.%d.%d" % VERSION)
    try:
        Safe(board, open_links(board, radio), radio, Slots()).run()
    except KeyboardInterrupt:
        board.power.let_go()
        board.lamp(False)

"""The board's surroundings in another process (tests/support/radio/board.py), on MicroPython in real time.

The radio for `bluetooth`, the console for `link.serial`, and waiting. Interrupts and Ctrl-C arrive at waits only.
"""

import binascii
import json
import time

import _host
import bluetooth

TICKS_MASK = 0x3FFFFFFF


def ask(*question):
    """Ask the other process, and wait for its answer."""
    return json.loads(_host.ask(json.dumps(question)))


def _hex(data):
    return binascii.hexlify(data).decode()


class Radio:
    """A radio for `bluetooth`."""

    def start(self):
        ask("start")

    def stop(self):
        ask("stop")

    def register(self, services):
        return ask("register", self.ble.config("mtu"), services)

    def set_value(self, handle, data):
        ask("set_value", handle, _hex(data))

    def advertise(self, interval_us, adv, resp):
        ask("advertise", interval_us, _hex(adv), _hex(resp))

    def notify(self, conn, handle, data):
        return ask("notify", conn, handle, _hex(data))

    def disconnect(self, conn):
        return ask("disconnect", conn)

    def on_event(self, kind, conn, *more):
        if kind == "write":
            self.ble.written(conn, more[0], binascii.unhexlify(more[1]))
        else:
            events = {
                "connect": bluetooth.IRQ_CONNECT,
                "disconnect": bluetooth.IRQ_DISCONNECT,
                "mtu": bluetooth.IRQ_MTU,
            }
            self.ble.deliver(events[kind], conn, *more)


class Console:
    """stdin, stdout and the poll of both: what ConsolePort is made of."""

    def __init__(self):
        self._typed = b""

    def poll(self, timeout_ms):
        if not self._typed:
            typed, interrupted = ask("typed_now")
            if interrupted:
                raise KeyboardInterrupt
            self._typed = binascii.unhexlify(typed)
        return [1] if self._typed else []

    def readinto(self, buf):
        buf[0] = self._typed[0]
        self._typed = self._typed[1:]
        return 1

    def write(self, data):
        count, held_up_ms = ask("write", _hex(data))
        Clock.passed_ms += held_up_ms
        return count


class Clock:
    """The clock of a board: it advances by waits and by what holds up a write, but not while this computer is busy."""

    passed_ms = 0.0

    def ticks_ms(self):
        return int(Clock.passed_ms) & TICKS_MASK

    def wait_ms(self, duration_ms):
        wait_ms(duration_ms)


def wait_ms(duration_ms):
    """Let so much time pass, and the interrupts that come in it."""
    left_ms = duration_ms
    while True:
        events, interrupted, waited_ms = ask("wait", left_ms)
        Clock.passed_ms += waited_ms
        for event in events:
            radio.on_event(*event)
        if interrupted:
            raise KeyboardInterrupt
        if not left_ms:
            return
        left_ms -= waited_ms
        if left_ms < 0.5:
            left_ms = 0


radio = Radio()
bluetooth.use(radio)
time.sleep_ms = wait_ms
time.sleep = lambda s: wait_ms(int(s * 1000))

"""A sensor with its links in real time (the main.py of board.mjs): a log of made records, answers, live events.

The argument is JSON: device_id (hex), log_id, name, records (how many it holds), step_ms, ble, cable (whether it has
that link), live_ms (0, or how often an event happens; its record's utc_ms is the moment).
"""

import binascii
import json
import sys
import time

import bluetooth
import remote

from barcore import protocol, record
from boards.storage import MemoryStorage
from link.answer import Answer
from link.ble import BleLink
from link.serial import ConsolePort
from link.stream import FrameStream
from recordlog import RecordLog

VERSION = "0.1.0"
told = json.loads(sys.argv[1])
device_id = binascii.unhexlify(told["device_id"])


class End:
    """One link and the answers on it."""

    def __init__(self, link):
        self.link = link
        self.answer = None

    def serve(self, now_ms):
        frame = self.link.poll(now_ms)
        if not self.link.connected:
            self.answer = None
        elif frame:
            if not self.answer:
                self.answer = Answer(device_id, log, told["name"], VERSION, self.link.max_frame_bytes)
            self.send(self.answer.update(frame[0], frame[1], frame[2], now_ms))

    def live(self, raw):
        if self.answer:
            self.send(self.answer.live(raw))

    def send(self, frames):
        for raw in frames:
            self.link.send(raw)


def filled_log():
    made = RecordLog(MemoryStorage(lambda: told["log_id"]))
    made.append(protocol.BOOT, 0, 0, (0, 0, 1, 0, 0))
    for number in range(told["records"]):
        made.append(protocol.REP, 0, 3000 * number, (1, number % 12 + 1, 900, 2500, 1100, 800, 300, 700, 50))
    made.flush()
    return made


def now_ms():
    return time.ticks_diff(time.ticks_ms(), start)


def ends_of():
    ends = []
    if told["ble"]:
        radio = BleLink(bluetooth, device_id, told["name"], "sim", VERSION)
        radio.start(0)
        ends.append(End(radio))
    if told["cable"]:
        console = remote.Console()
        ends.append(End(FrameStream(ConsolePort(console, console, console, remote.Clock()))))
    return ends


start = time.ticks_ms()
log = filled_log()
ends = ends_of()
live = bytearray(protocol.RECORD_BYTES)
due = [told["live_ms"]]


def step():
    for end in ends:
        end.serve(now_ms())
    if told["live_ms"] and now_ms() >= due[0]:
        due[0] += told["live_ms"]
        utc_ms = time.time_ns() // 1000000
        record.pack_into(live, 0, protocol.TIME_ANCHOR, 0, log.boot, protocol.NO_SEQ, now_ms(), (utc_ms, 0))
        for end in ends:
            end.live(bytes(live))
    remote.wait_ms(told["step_ms"])
    return True

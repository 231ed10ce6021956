"""A sensor as the firmware composes it, with its links in real time (the main.py of board.mjs).

The argument is JSON: device_id (hex), log_id, name, records (made ones that it holds), ble and cable (whether it has
that link), play ("before": what the file `samples` leads to is there from the start; "during": its time stands until a
host has a session), step_ms (real time a step waits), clock_ms (what the sensor's own clock advances by meanwhile),
live_ms (0, or how often, on that clock, a made event happens whose record's utc_ms is the moment), key (hex; what its
owner gave it, or ""), press_at ("", or the name on its screen at which its button is pressed, once; then it has one).
"""

import binascii
import json
import sys
import time

import bluetooth
import remote

from barcore import protocol, record
from barsensor import main
from barsensor.boards import sim
from barsensor.link.ble import BleLink
from barsensor.link.serial import ConsolePort
from barsensor.link.stream import FrameStream
from barsensor.storage import config
from barsensor.storage.record_log import RecordLog

told = json.loads(sys.argv[1])
samples = binascii.unhexlify(remote.ask("file", "samples"))
device_id = binascii.unhexlify(told["device_id"])
board = sim.open_board(samples, device_id=device_id, log_id=told["log_id"], has_screen=bool(told["press_at"]))


def fill(count):
    log = RecordLog(board.storage)
    for number in range(count):
        log.append(protocol.REP, 0, 3000 * number, (1, number % 12 + 1, 900, 2500, 1100, 800, 300, 700, 50))
    log.flush()


class Later:
    """The console, quiet until the sensor has played what it plays before."""

    def __init__(self, console):
        self._console = console

    def read_into(self, buf):
        return self._console.read_into(buf) if begun[0] or told["play"] == "during" else 0

    def write(self, buf, n):
        return self._console.write(buf, n)


def links():
    made = []
    if told["ble"]:
        made.append(BleLink(bluetooth, board.device_id, told["name"], board.name, "0.1.0"))
    if told["cable"]:
        console = remote.Console()
        made.append(FrameStream(Later(ConsolePort(console, console, console, remote.Clock()))))
    return made


def happen():
    """Let a made event be told live, its moment in it."""
    raw = bytearray(protocol.RECORD_BYTES)
    utc_ms = time.time_ns() // 1000000
    record.pack_into(raw, 0, protocol.TIME_ANCHOR, 0, app.log.boot, protocol.NO_SEQ, app.now_ms(), (utc_ms, 0))
    for end in app._ends:
        end.live(raw)


if told["records"]:
    fill(told["records"])
settings, _ = config.SETTINGS.load(board.config)
settings["name"] = told["name"]
config.SETTINGS.save(board.config, settings)
if told["key"]:
    config.KEY.save(board.config, {"key": told["key"]})
begun, finished = [False], []
made = links()
app = main.compose(board, made)
if told["play"] == "before":
    app.run(board.imu.ended)
    app.finish()
begun[0] = told["play"] == "before"
if told["ble"]:
    made[0].start(app.now_ms())
due = [app.now_ms() + told["live_ms"]]
pressed_ms = [0]


def use_button():
    """Press the button for 200 ms, 200 ms after the name has come."""
    if not pressed_ms[0] and board.screen.name == told["press_at"]:
        pressed_ms[0] = app.now_ms() + 200
    board.button.pressed = pressed_ms[0] > 0 and 0 <= app.now_ms() - pressed_ms[0] < 200


def step():
    if told["live_ms"] and app.now_ms() >= due[0]:
        due[0] += told["live_ms"]
        happen()  # as the application's own events: before it serves the links
    if told["press_at"]:
        use_button()
    app.step()
    begun[0] = begun[0] or app.linked
    if told["play"] == "during" and board.imu.ended() and not finished:
        finished.append(True)
        app.finish()
    board.clock.wait_ms(told["clock_ms"] if begun[0] else 0)
    remote.wait_ms(told["step_ms"])
    return True

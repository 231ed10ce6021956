"""Native MicroPython as a board: the first thing that runs in its process. `board.mjs` is the same for the other build.

What a board has around it is in the process that started this one: every wait, every call of the radio and every byte
of the console crosses a socket, one question and one answer at a time. Arguments: the socket's descriptor, a file with
the settings in JSON, "raw" or "", and the cause of the reset.

Settings: modules (the folder of native_files.py), root and room_bytes (0: no limit), twin (what is to be /twin, "" if
it lies in root), set_up (a script whose `set_up(told, cause)` makes the board, or ""), told, args (its sys.argv[1:]),
boot and main (files to run; a start of the raw REPL runs the first alone), steps (whether main defines step(), to be
called until it returns False). What is printed goes to stdout; whoever reads that puts it before the next question.
"""

import io
import json
import os
import struct
import sys
import time

import vfs

RESET = 64
"""An exit status from here on asks for a start: 16 for a raw REPL, and the cause."""
RAW = 16
PWRON_RESET, DEEPSLEEP_RESET, SOFT_RESET = 1, 4, 5
TICKS_MASK = 0x3FFFFFFF
WINDOW = 128
CTRL_A, CTRL_B, CTRL_C, CTRL_D, CTRL_E, ENTER = 1, 2, 3, 4, 5, 13
RAW_SAYS = "raw REPL; CTRL-B to exit\n>"
FRIENDLY_SAYS = "\nMicroPython on this computer, as a board\n>>> "


class Host:
    """The module `_host`: the other process."""

    def __init__(self, descriptor):
        self._socket = open(descriptor, "r+b")  # noqa: SIM115 - it lasts as long as the process

    def ask(self, text):
        body = text.encode()
        self._socket.write(struct.pack("<I", len(body)) + body)
        size = self._socket.read(4)
        if len(size) < 4:
            sys.exit(0)  # whoever started us is gone
        return self._socket.read(struct.unpack("<I", size)[0]).decode()


class Time:
    """The module `time` with a board's ticks, whose waits may be replaced."""


class Board:
    """One start of it: its files, then its REPL."""

    def __init__(self, host, names):
        self._host = host
        self._names = names
        self._typed = b""

    def run_file(self, path, steps=False):
        """Run a file if it is there, and its steps; an error is said and ends it."""
        try:
            os.stat(path)
        except OSError:
            return
        self._names["__name__"] = "__main__"
        with open(path) as file:
            source = file.read()
        self._say(self._execute(source, steps))

    def repl(self, raw):
        """Be a REPL as far as mpremote uses it, until a soft reset; return whether it was raw then."""
        line = bytearray()
        self._say(RAW_SAYS if raw else FRIENDLY_SAYS)
        while True:
            byte = self._next()
            if byte == CTRL_A:
                pastes = raw and bytes(line) == b"\x05A"
                line = bytearray()
                if pastes:
                    self._paste()
                else:
                    raw = True
                    self._say("\n" + RAW_SAYS)
            elif byte == CTRL_B:
                raw, line = False, bytearray()
                self._say(FRIENDLY_SAYS)
            elif byte == CTRL_C:
                line = bytearray()
                self._say("" if raw else "\n>>> ")
            elif byte == CTRL_D and raw and line:
                source, line = bytes(line).decode(), bytearray()
                self._say("OK")
                self._say("\x04" + self._execute(source) + "\x04>")
            elif byte == CTRL_D:
                self._say("OK" if raw else "")
                self._say("\nMPY: soft reboot\n")
                return raw
            elif not raw and byte == ENTER:
                source, line = bytes(line).decode(), bytearray()
                self._say("\n")
                self._say(self._execute(source) + ">>> ")
            else:
                line.append(byte)
                self._say("" if raw else chr(byte))

    def _paste(self):
        """Take a program window by window, and run it."""
        self._say(b"R\x01" + struct.pack("<H", WINDOW) + b"\x01")
        source, left = bytearray(), WINDOW
        while True:
            byte = self._next()
            if byte == CTRL_D:
                break
            if byte == CTRL_C:
                self._say("\x04\x04>")
                return
            source.append(byte)
            left -= 1
            if not left:
                self._say("\x01")
                left = WINDOW
        self._say("\x04")
        self._say("\x04" + self._execute(bytes(source).decode()) + "\x04>")

    def _next(self):
        while not self._typed:
            self._typed = bytes([ord(letter) for letter in json.loads(self._host.ask('["type"]'))])
        byte = self._typed[0]
        self._typed = self._typed[1:]
        return byte

    def _say(self, text):
        """Print; whoever reads it puts a carriage return in front of each newline."""
        sys.stdout.buffer.write(text if isinstance(text, bytes) else text.encode())

    def _execute(self, source, steps=False):
        """Run a program; return the text of its error. A reset of the board ends this process."""
        try:
            exec(source, self._names)
            while steps and self._names["step"]():
                pass
        except SystemExit:
            pass
        except BaseException as error:  # noqa: BLE001 - a REPL says whatever it is
            kind = type(error).__name__
            if kind == "Restart":
                sys.exit(RESET + error.args[0])
            if kind == "DeepSleep":
                sys.exit(RESET + DEEPSLEEP_RESET)
            text = io.StringIO()
            sys.print_exception(error, text)
            return text.getvalue()
        return ""


def board_time():
    """Return the module `time`; a class, because the build's own cannot be changed."""
    for name in dir(time):
        if not name.startswith("__"):
            setattr(Time, name, getattr(time, name))
    own_ms, own_us = time.ticks_ms, time.ticks_us
    half = (TICKS_MASK + 1) // 2
    Time.ticks_ms = lambda: own_ms() & TICKS_MASK
    Time.ticks_us = lambda: own_us() & TICKS_MASK
    Time.ticks_add = lambda tick, delta: (tick + delta) & TICKS_MASK
    Time.ticks_diff = lambda later, sooner: ((later - sooner + half) & TICKS_MASK) - half
    return Time


def main():
    descriptor, settings, raw, cause = sys.argv[1:5]
    with open(settings) as file:
        told = json.load(file)
    sys.path.append(told["modules"])
    native_files = __import__("native_files")
    host, names, set_up = Host(int(descriptor)), {"__name__": "__main__"}, ""
    if told["set_up"]:
        host.ask('["boot"]')
        with open(told["set_up"]) as file:
            set_up = file.read()
    if told["room_bytes"]:
        native_files.use(native_files.LimitedFiles(told["root"], told["room_bytes"]))
    else:
        native_files.use(native_files.Files(told["root"]))
    if told["twin"]:
        vfs.mount(vfs.VfsPosix(told["twin"]), "/twin")
    sys.modules["_host"], sys.modules["time"] = host, board_time()
    sys.path[:] = ["", ".frozen", "/lib", "/twin"]
    sys.argv[:] = ["main.py"] + told["args"]  # noqa: RUF005 - MicroPython lacks it
    if set_up:
        exec(set_up, names)
        names["set_up"](told["told"], int(cause))
    board = Board(host, names)
    board.run_file(told["boot"])
    if not raw:
        board.run_file(told["main"], told["steps"])
    raw = board.repl(bool(raw))
    sys.exit(RESET + (RAW if raw else 0) + SOFT_RESET)


main()

"""A program on a pseudo-terminal of its own, which a test reads and types at like a person."""

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Self

LIMIT_S = 40.0
CTRL_C, CTRL_D = "\x03", "\x04"
_OWN_THE_TERMINAL = (
    "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execv(sys.argv[1], sys.argv[1:])"
)
"""So that Ctrl-C reaches the program as a signal."""
_STYLES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class Terminal:
    """Runs `command`; `shown` is everything that it wrote, without colours."""

    def __init__(self, command: Sequence[object], env: Mapping[str, str], rows: int = 40, columns: int = 100) -> None:
        self._fd, child = pty.openpty()
        fcntl.ioctl(child, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self._process = subprocess.Popen(
            [sys.executable, "-c", _OWN_THE_TERMINAL, *map(str, command)],
            stdin=child, stdout=child, stderr=child, env=env, start_new_session=True,
        )  # fmt: skip
        os.close(child)
        self.shown = ""
        self._read_to = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, err: BaseException | None, at: TracebackType | None) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        os.close(self._fd)

    def expect(self, text: str) -> None:
        """Wait until `text` is shown after what was expected last."""
        until_s = time.monotonic() + LIMIT_S
        while (at := self.shown.find(text, self._read_to)) < 0:
            assert time.monotonic() < until_s, f"{text!r} is not shown: {self.shown[self._read_to :]}"
            assert self._read() or self._process.poll() is None, f"it ended without {text!r}: {self.shown}"
        self._read_to = at + len(text)

    def type(self, line: str) -> None:
        """Type a line and press Enter."""
        os.write(self._fd, f"{line}\n".encode())

    def press(self, key: str) -> None:
        """Press a key."""
        os.write(self._fd, key.encode())

    def press_until(self, key: str, text: str) -> None:
        """Press a key until `text` is shown: Python misses an interrupt between a prompt and its waiting for a line."""
        until_s = time.monotonic() + LIMIT_S
        while text not in self.shown[self._read_to :]:
            assert time.monotonic() < until_s, f"{text!r} is not shown: {self.shown[self._read_to :]}"
            self.press(key)
            again_s = time.monotonic() + 1
            while text not in self.shown[self._read_to :] and time.monotonic() < again_s:
                self._read()
        self.expect(text)

    def ended(self) -> int:
        """Wait for the end of the program and return its exit status."""
        until_s = time.monotonic() + LIMIT_S
        while self._process.poll() is None:
            assert time.monotonic() < until_s, f"it does not end: {self.shown}"
            self._read()
        while self._read():
            pass
        return self._process.returncode

    def _read(self) -> bool:
        if not select.select([self._fd], [], [], 0.05)[0]:
            return False
        try:
            data = os.read(self._fd, 65536)
        except OSError:  # Linux: the other end is closed
            return False
        self.shown += _STYLES.sub("", data.decode(errors="replace")).replace("\r", "")
        return bool(data)

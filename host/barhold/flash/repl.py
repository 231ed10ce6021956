"""A board's REPL, through mpremote's transport: runs code, hashes and writes files. Nothing else uses mpremote."""

import ast
import base64
import contextlib
import hashlib
import io
import posixpath
import struct
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import serial
from mpremote.transport import TransportError, TransportExecError
from mpremote.transport_serial import SerialTransport

from barhold.errors import LinkError, RefusedError
from barhold.link import usb

ENTER_S, ENTER_LIMIT_S = 4, 16
"""For one try, and for all: a sensor that is starting hears nothing while it imports, for up to 12 s."""
READ_S = 10
"""The longest that a board may be silent in the middle of an exchange; erasing flash takes well under a second."""
CHUNK_BYTES = 1536
TEMPORARY = "/flash.tmp"
_CTRL_C = b"\x03"
_CTRL_C_TIMES, _CTRL_C_PAUSE_S = 5, 0.05
_HELPERS = """
import os,hashlib,binascii
def _hash(p):
 try:
  f=open(p,'rb')
 except OSError:
  return ''
 d=hashlib.sha256()
 b=bytearray(1024)
 m=memoryview(b)
 with f:
  while 1:
   n=f.readinto(b)
   if not n:
    return binascii.hexlify(d.digest()).decode()
   d.update(m[:n])
def _put(t):
 _f.write(binascii.a2b_base64(t))
def _free():
 s=os.statvfs('/')
 return s[0],s[0]*s[3]
def _folder(p):
 try:
  os.stat(p)
 except OSError:
  os.mkdir(p)
def _gone(p):
 try:
  os.remove(p)
 except OSError:
  pass
"""
Progress = Callable[[int], None]


class FullError(RefusedError):
    """The board's file system has no room left."""


class Remote:
    """One board at its REPL; `with Remote.open(port) as remote`."""

    def __init__(self, transport: SerialTransport, port: str) -> None:
        self._transport = transport
        self.port = port

    @classmethod
    def open(cls, port: str) -> "Remote":
        """Stop the running program and take over the REPL; LinkError or RefusedError if that fails."""
        try:
            transport = SerialTransport(usb.current_name(port), timeout=ENTER_S)
        except (TransportError, serial.SerialException, OSError) as err:
            raise usb.explain_refusal(port) from err
        remote = cls(transport, port)
        try:
            remote.take_over()
        except BaseException:
            remote.close()
            raise
        return remote

    def __enter__(self) -> "Remote":
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(LinkError), self._translated():
            self._transport.exit_raw_repl()
        self.close()

    def close(self) -> None:
        """Let go of the port."""
        with contextlib.suppress(OSError, serial.SerialException):
            self._transport.close()

    def take_over(self) -> None:
        """Interrupt the running program, soft-reset without main.py, and define the helper functions."""
        end_s = time.monotonic() + ENTER_LIMIT_S
        while True:
            try:
                self._enter()
                return
            except LinkError:
                if time.monotonic() >= end_s:
                    raise SilentError(self.port) from None

    def _enter(self) -> None:
        """Try once; a board that is starting may miss any part of it."""
        self._transport.serial.timeout = ENTER_S
        with self._translated(), contextlib.redirect_stdout(io.StringIO()):  # mpremote prints what it got
            for _ in range(_CTRL_C_TIMES):  # a program that expects one Ctrl-C gets past it
                self._transport.serial.write(b"\r" + _CTRL_C)
                time.sleep(_CTRL_C_PAUSE_S)
            self._transport.enter_raw_repl(timeout_overall=ENTER_S)
        self._transport.serial.timeout = READ_S
        self.run(_HELPERS)

    def run(self, code: str) -> str:
        """Run `code` on the board; return what it printed."""
        with self._translated():
            return bytes(self._transport.exec(code)).decode("utf-8", "replace")

    def ask(self, expression: str) -> Any:
        """Return the value of `expression` on the board, which must print as a literal."""
        said = self.run(f"print(repr({expression}))").strip()
        try:
            return ast.literal_eval(said)
        except (ValueError, SyntaxError) as err:
            raise LinkError(f"the board at {self.port} answered {said[:80]!r}: repeat the command") from err

    def hashes(self, names: Sequence[str]) -> dict[str, str]:
        """Return the SHA-256 in hex of each file, "" for one that is not there."""
        found: dict[str, str] = {}
        for at in range(0, len(names), 16):
            some = list(names[at : at + 16])
            found.update(zip(some, self.ask(f"[_hash(p) for p in {some!r}]"), strict=True))
        return found

    def free(self) -> tuple[int, int]:
        """Return (the size of a block, the bytes that are free)."""
        block, free = self.ask("_free()")
        return int(block), int(free)

    def write(self, name: str, data: bytes, progress: Progress = lambda _: None) -> None:
        """Write a file that is whole or as it was before, and check on the board that it is whole."""
        folders = _folders(name)
        self.run("".join(f"_folder({folder!r})\n" for folder in folders) + f"_f=open({TEMPORARY!r},'wb')")
        try:
            for at in range(0, len(data), CHUNK_BYTES):
                piece = data[at : at + CHUNK_BYTES]
                self.run(f"_put({base64.b64encode(piece)!r})")
                progress(len(piece))
            self.run("_f.close()")
        except FullError:
            with contextlib.suppress(LinkError):
                self.run(f"try:\n _f.close()\nexcept OSError:\n pass\n_gone({TEMPORARY!r})")
            raise
        if self.ask(f"_hash({TEMPORARY!r})") != hashlib.sha256(data).hexdigest():
            raise LinkError(f"{name} did not arrive whole on the board at {self.port}: repeat the command")
        self.run(f"os.rename({TEMPORARY!r},{name!r})")

    def remove_files(self, *names: str) -> None:
        """Remove files; one that is not there is no fault."""
        self.run("".join(f"_gone({name!r})\n" for name in names))

    def restart(self) -> None:
        """Reset the board, which ends the REPL."""
        with contextlib.suppress(LinkError), self._translated():
            self._transport.exec_raw_no_follow("import machine\nfrom barloader import slots\nslots.restart(machine)")
            time.sleep(0.2)

    @contextlib.contextmanager
    def _translated(self) -> Iterator[None]:
        """Turn errors of mpremote and pyserial into one line with a next step."""
        try:
            yield
        except TransportExecError as err:
            last = (err.error_output.strip().splitlines() or ["nothing"])[-1]
            if "ENOSPC" in last or last.endswith("OSError: 28"):
                raise FullError(f"the file system of the board at {self.port} is full") from err
            raise RemoteError(self.port, last) from err
        except TransportError as err:
            raise LinkError(f"the board at {self.port} stopped answering ({err}): press its reset and repeat") from err
        except (serial.SerialException, OSError, struct.error, TypeError) as err:
            raise LinkError(f"the board at {self.port} went away: plug it in again and repeat the command") from err


class SilentError(RefusedError):
    """No MicroPython answers at the port."""

    def __init__(self, port: str) -> None:
        super().__init__(
            f"no MicroPython answers at {port}: press the board's reset and repeat at once; hold its button so that "
            f"Barhold's own program does not start"
        )


class RemoteError(LinkError):
    """Code of ours failed on the board; `line` is the last of its traceback."""

    def __init__(self, port: str, line: str) -> None:
        super().__init__(f"the board at {port} reports {line}: repeat the command")
        self.line = line


def _folders(name: str) -> list[str]:
    folder = posixpath.dirname(name)
    return [*_folders(folder), folder] if folder not in ("", "/") else []

"""One board in this process's care: MicroPython in a process of its own, and the radio and the console around it."""

import asyncio
import contextlib
import json
import os
import select
import socket
import struct
import sys
import tempfile
import tty
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from barhold.image import firmware_files
from mpy import rig
from radio.paced_link import Air
from radio.peripheral import Faults, Peripheral
from radio.simulated_time import count_computing

HERE = Path(__file__).resolve().parent
LIMIT_S = 300
HEAP = "32M"
PWRON_RESET = 1
CTRL_C = b"\x03"
HELD_UP_S = 0.5
WIRE_S = 0.002
"""How often the bytes on a UART's wire move on."""
ASKED_BYTES = 32
"""What one question takes of a UART's ring: what has been taken is no longer in it."""


@dataclass(frozen=True, slots=True)
class Uart:
    """A console behind a UART: what comes faster than it is read stays in a ring, and beyond that is lost."""

    bytes_per_s: float
    ring_bytes: int

    @classmethod
    def of(cls, board: Any, times_as_fast: int = 1) -> "Uart | None":
        """Return the console of a board of the registry; None where it is USB, which loses nothing."""
        if not board.console_ring_bytes:
            return None
        return cls(board.console_baud / 10 * times_as_fast, board.console_ring_bytes)


class Board:
    """`async with Board(air, main, *args)`; ended at the block's end, and after `limit_s` in any case.

    `files` are what the program may ask for by name, `port` is the console's name for pyserial, `printed` what came out
    of it. `uart` is what its console is behind, None for USB; `lost_bytes` counts what found no room in its ring.
    """

    def __init__(
        self,
        air: Air,
        main: Path,
        *args: str,
        files: dict[str, bytes] | None = None,
        faults: Faults | None = None,
        limit_s: float = LIMIT_S,
        uart: Uart | None = None,
    ) -> None:
        self._main, self._args = main, args
        self._is_native = rig.native()
        self._limit_s = limit_s
        self.radio = Peripheral(air, air.new_address(), self._tell, faults)
        self._files = files or {}
        self._events: list[list] = []
        self._typed = b""
        self._uart = uart
        self.lost_bytes = 0
        self._interrupted = False
        self._woken, self._asked = asyncio.Event(), asyncio.Event()
        self._reader_there, self._was_full = True, False
        self.printed = bytearray()
        self.questions = self.held_up = 0
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    def _web_command(self, descriptor: int) -> list[object]:
        """Return the command that runs it on the build for the web."""
        parts = (rig.interpreter(), firmware_files.folder(), rig.TWIN, self._main, *self._args)
        return [rig.node(), HERE / "board.mjs", descriptor, *parts]

    def _settings(self, folder: Path) -> dict[str, object]:
        """Return the settings of native_board.py; `folder` is an empty one that lasts as long as the board."""
        rig.lay_out(folder, self._main, b"")
        return {"root": str(folder), "args": self._args, "main": "/script.py", "steps": True}

    def _native_command(self, descriptor: int) -> list[object]:
        self._folder = tempfile.TemporaryDirectory()
        folder = Path(self._folder.name)
        usual = {"modules": str(rig.HERE), "room_bytes": 0, "twin": "", "set_up": "", "told": "", "boot": "/boot.py"}
        settings = folder / "settings"
        settings.write_text(json.dumps({**usual, "args": (), **self._settings(folder)}), encoding="utf-8")
        launch = (sys.executable, "-S", "-E", HERE / "native_launch.py")
        return [*launch, rig.native_place(), HEAP, descriptor, settings, "", PWRON_RESET]

    async def __aenter__(self) -> "Board":
        count_computing(1)
        self._said, said = os.pipe()
        os.set_blocking(self._said, False)
        self._console, self._slave = os.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self._console, False)
        self.port = os.ttyname(self._slave)
        ours, theirs = socket.socketpair()
        command = (self._native_command if self._is_native else self._web_command)(theirs.fileno())
        with theirs:
            self._process = await asyncio.create_subprocess_exec(
                *map(str, command), pass_fds=(theirs.fileno(),), stdin=asyncio.subprocess.DEVNULL, stdout=said
            )
        os.close(said)
        self._reader, self._writer = await asyncio.open_connection(sock=ours)
        loop = asyncio.get_running_loop()
        if self._uart:
            self._carrying = asyncio.create_task(self._carry(self._uart))
        else:
            loop.add_reader(self._console, self._on_typed)
        self._limit = loop.call_later(self._limit_s, self._process.kill)
        self._serving = asyncio.create_task(self._serve())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._limit.cancel()
        if self._uart:
            self._carrying.cancel()
        while not self._serving.done():
            self._serving.cancel()  # more than once: until 3.12 a wait_for that was just done swallows it
            await asyncio.wait({self._serving}, timeout=0.1)
        if self._process.returncode is None:
            self._process.kill()
        count_computing(1)  # its end takes real time, in which no other clock moves on
        await self._process.wait()
        count_computing(-1)
        self._writer.close()
        await self.radio.stop()
        asyncio.get_running_loop().remove_reader(self._console)
        os.close(self._console)
        os.close(self._slave)
        os.close(self._said)
        if self._folder:
            self._folder.cleanup()

    async def _serve(self) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                (size,) = struct.unpack("<I", await self._reader.readexactly(4))
                name, *arguments = json.loads(await self._reader.readexactly(size))
                self.questions += 1
                self._asked.set()
                await self._pass_on()
                if name == "print":
                    await self._print(arguments[0].encode("latin1"))
                    continue
                answer = getattr(self, f"_{name}", None) or getattr(self.radio, name)
                count_computing(-1)
                reply = json.dumps(await answer(*arguments)).encode()
                count_computing(1)
                self._writer.write(struct.pack("<I", len(reply)) + reply)

    async def _pass_on(self) -> None:
        """Pass on what the native build printed before this question; the other one tells it by "print"."""
        with contextlib.suppress(BlockingIOError):
            while said := os.read(self._said, 65536):
                await self._print(said.replace(b"\n", b"\r\n"))

    async def pass_questions(self, count: int) -> None:
        """Wait until the board has asked so many more: it is alive, and time has passed for it."""
        end = self.questions + count
        while self.questions < end:
            self._asked.clear()
            await self._asked.wait()

    # --- what the board asks ---

    async def _file(self, name: str) -> str:
        return self._files[name].hex()

    async def _wait(self, duration_ms: float) -> tuple[list[list], bool, float]:
        """Wait; return what happened, and for how many ms it was, by the clock of whatever loop this runs in."""
        begun_s = asyncio.get_running_loop().time()
        if not self._events and not self._interrupted:
            await self._sleep(duration_ms / 1000)
        events, self._events = self._events, []
        interrupted, self._interrupted = self._interrupted, False
        return events, interrupted, (asyncio.get_running_loop().time() - begun_s) * 1000

    async def _typed_now(self) -> tuple[str, bool]:
        asked = ASKED_BYTES if self._uart and CTRL_C not in self._typed else len(self._typed)
        typed, self._typed = self._typed[:asked], self._typed[asked:]
        _, interrupt, after = typed.rpartition(CTRL_C)
        if not interrupt:
            return typed.hex(), False
        # As the port: Ctrl-C is no character, and what comes after it waits for the REPL.
        self._typed, self._interrupted = after, False
        return "", True

    async def _rest(self, duration_ms: float) -> None:
        """Let so much time pass in which it hears nothing."""
        await asyncio.sleep(duration_ms / 1000)

    async def _type(self) -> str:
        """Give the REPL what is typed, Ctrl-C as any other character."""
        while not self._typed:
            await self._sleep(None)
        typed, self._typed, self._interrupted = self._typed, b"", False
        self._events.clear()
        return typed.decode("latin1")

    async def _write(self, data: str) -> tuple[int, float]:
        """Write to the console; return how many bytes it took, and for how many ms it was held up."""
        time = asyncio.get_running_loop().time
        begun_s = time()
        count = await self._print(bytes.fromhex(data))
        return count, (time() - begun_s) * 1000 if self._was_full else 0.0

    async def _print(self, left: bytes) -> int:
        """Write to the console as USB does; return how many bytes it took. Nobody reading holds it up once."""
        count = len(left)
        self._was_full = False
        self.printed += left
        while left:
            try:
                left = left[os.write(self._console, left) :]
                self._reader_there = True
            except BlockingIOError:
                self._was_full = True
                self._reader_there = self._reader_there and await self._writable()
                if not self._reader_there:
                    break
        return count - len(left)

    async def _writable(self) -> bool:
        end = asyncio.get_running_loop().time() + HELD_UP_S
        while not select.select((), (self._console,), (), 0)[1]:
            if asyncio.get_running_loop().time() > end:
                self.held_up += 1
                return False
            await asyncio.sleep(0.002)
        return True

    # --- what happens around it ---

    def _tell(self, event: list) -> None:
        self._events.append(event)
        self._woken.set()

    def _on_typed(self) -> None:
        with contextlib.suppress(OSError):
            self._typed += os.read(self._console, 4096)
        self._interrupted = self._interrupted or CTRL_C in self._typed
        self._woken.set()

    async def _carry(self, uart: Uart) -> None:
        """Carry what is written to the port over the wire into the ring, for ever."""
        time = asyncio.get_running_loop().time
        carried_s = time()
        while True:
            await asyncio.sleep(WIRE_S)
            count = int((time() - carried_s) * uart.bytes_per_s)
            carried_s += count / uart.bytes_per_s
            with contextlib.suppress(OSError):
                self._ring(os.read(self._console, count), uart.ring_bytes)

    def _ring(self, data: bytes, ring_bytes: int) -> None:
        taken = data[: max(0, ring_bytes - len(self._typed))]
        self.lost_bytes += len(data) - len(taken)
        self._typed += taken
        self._interrupted = self._interrupted or CTRL_C in taken
        self._woken.set()

    async def _sleep(self, duration_s: float | None) -> None:
        """Sleep until something happens, no longer than `duration_s`."""
        self._woken.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(duration_s):
                await self._woken.wait()

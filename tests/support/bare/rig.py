"""A bare board behind a pseudo-terminal: real MicroPython with files that stay, and nothing of ours on it at first."""

import asyncio
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from barhold.flash.layout import Part
from barsensor.boards import known
from mpy import rig
from radio.board import CTRL_C, Board, Uart
from radio.paced_link import Air

HERE = Path(__file__).resolve().parent
S3 = "Generic ESP32S3 module with Octal-SPIRAM with ESP32S3"
MACHINES = {"xiao_s3": S3, "m5stickc_plus2": "Generic ESP32 module with SPIRAM with ESP32"}
LOOP_MS = 15
"""The longest that a sample took on an emulated ESP32, added to each wait of the loop."""
ROOM_BYTES = 2 << 20


def lay(folder: Path, parts: Iterable[Part]) -> None:
    """Lay files out as a flash would have."""
    for part in parts:
        path = folder / part.path[1:]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(part.data)


class BareBoard(Board):
    """`async with BareBoard(folder)`: `folder` holds what is on the board, before and whenever its REPL waits.

    `samples` are what its IMU feels from `train` on; `times_as_fast` lets its clock run ahead of this computer's, and
    `board` is which one it is: its console is the registry's, and its loop as slow as the real one at its worst.
    """

    def __init__(
        self,
        folder: Path,
        limit_s: float = 120,
        air: Air | None = None,
        samples: bytes = b"",
        board: str = "xiao_s3",
        **told: Any,
    ) -> None:
        uart = Uart.of(known.named(board), told.get("times_as_fast", 1))
        super().__init__(air or Air(5.0), folder, files={"samples": samples}, limit_s=limit_s, uart=uart)
        folder.mkdir(exist_ok=True)
        usual = {"name": "micropython", "version": [1, 27, 0], "machine": MACHINES[board], "world": board,
                 "imu_dead": False, "times_as_fast": 1, "loop_ms": LOOP_MS if uart else 0,
                 "free_bytes": 0, "import_ms": 0}  # fmt: skip
        self._board_folder = folder
        self._config = {**usual, "room_bytes": ROOM_BYTES, **told}
        # On the faster build a clock that runs ahead leaves hosts too little time: a set ends, or the sensor falls
        # asleep, before a command on a busy computer has asked.
        self._is_native = self._is_native and self._config["times_as_fast"] == 1
        self._waits = False
        self.boots = 0

    def _web_command(self, descriptor: int) -> list[object]:
        parts = (rig.interpreter(), rig.TWIN, self._board_folder, json.dumps(self._config))
        return [rig.node(), HERE / "board.mjs", descriptor, *parts]

    def _settings(self, folder: Path) -> dict[str, object]:
        return {
            "root": str(self._board_folder), "room_bytes": self._config["room_bytes"], "twin": str(rig.TWIN),
            "set_up": str(HERE / "preamble.py"), "told": json.dumps(self._config),
            "boot": "/boot.py", "main": "/main.py", "steps": False,
        }  # fmt: skip

    def press(self, down: bool) -> None:
        """Press the button, or let go of it; a restart lets go of it too."""
        self._tell(["press", down])

    def train(self) -> None:
        """Move it as its samples tell, from now on; a restart lays it still."""
        self._tell(["train"])

    async def on_air(self) -> None:
        """Wait until it has started so far that its radio is on."""
        while not self.radio.on:
            await asyncio.sleep(0.02)

    def type(self, data: bytes) -> None:
        """Type on its console."""
        self._typed += data
        self._interrupted = self._interrupted or CTRL_C in data
        self._woken.set()

    async def says(self, words: bytes) -> None:
        """Wait until the console has said this."""
        while words not in self.printed:
            await asyncio.sleep(0.02)

    async def stopped(self) -> None:
        """Stop what runs by Ctrl-C, and let the folder show what is on the board."""
        self.type(CTRL_C)
        while not self._waits:
            await asyncio.sleep(0.02)
        await self.settled()

    async def _boot(self) -> None:
        """Start: whoever was connected is not, and the radio is off."""
        self.boots += 1
        await self.radio.stop()
        self._events.clear()

    async def settled(self) -> None:
        """Wait until the REPL has done all that was typed, and its folder shows it."""
        quiet = 0
        while quiet < 5:
            await asyncio.sleep(0.02)
            quiet = quiet + 1 if self._waits and not self._typed else 0

    async def _type(self) -> str:
        self._waits = True
        try:
            return await super()._type()
        finally:
            self._waits = False

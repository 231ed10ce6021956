"""A bare board behind a pseudo-terminal: real MicroPython with files that stay, and nothing of ours on it at first."""

import asyncio
import json
from pathlib import Path
from typing import Any

from mpy import rig
from radio.air import Air
from radio.board import Board

HERE = Path(__file__).resolve().parent
S3 = "Generic ESP32S3 module with Octal-SPIRAM with ESP32S3"
ROOM_BYTES = 2 << 20


class BareBoard(Board):
    """`async with BareBoard(folder)`: `folder` holds what is on the board, before and whenever its REPL waits."""

    def __init__(self, folder: Path, limit_s: float = 120, **told: Any) -> None:
        super().__init__(Air(5.0), folder, limit_s=limit_s)
        folder.mkdir(exist_ok=True)
        usual = {"name": "micropython", "version": [1, 27, 0], "machine": S3, "world": "xiao_s3", "imu_dead": False}
        config = json.dumps({**usual, "room_bytes": ROOM_BYTES, **told})
        self._script = HERE / "board.mjs"
        self._command = [rig.interpreter(), rig.TWIN, folder, config]
        self._waits = False

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

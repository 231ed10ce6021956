"""A user's shell: `barhold` as processes of their own, with an adapter on the virtual radio and one database."""

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from hostkit import ROOT
from radio import hosts
from radio.board import HERE
from radio.paced_link import Air

LIMIT_S = 60


@dataclass(frozen=True, slots=True)
class Ended:
    """A command that has ended."""

    status: int
    out: str
    err: str


class Shell:
    """Runs `barhold` with the adapter at `socket` and one database; every process is ended with the test."""

    def __init__(self, folder: Path) -> None:
        self.socket = str(folder / "adapter")
        self.database = folder / "db"
        self._started: list[asyncio.subprocess.Process] = []

    async def start(self, *args: object, code: Path = ROOT) -> asyncio.subprocess.Process:
        """Start the command of the clone `code`."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, HERE / "run_barhold.py", self.socket, *map(str, args)),
            env={
                **os.environ,
                "BARHOLD_DB": str(self.database),
                "PYTHONPATH": os.pathsep.join((str(code / "host"), str(code / "firmware"))),
            },
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        self._started.append(process)
        return process

    async def ended(self, *args: object, code: Path = ROOT, limit_s: float = LIMIT_S) -> Ended:
        """Run the command to its end, whatever that is."""
        process = await self.start(*args, code=code)
        async with asyncio.timeout(limit_s):
            out, err = await process.communicate()
        return Ended(process.returncode or 0, out.decode(), err.decode())

    async def run(self, *args: object, code: Path = ROOT, limit_s: float = LIMIT_S) -> str:
        """Run the command, which must succeed; return what it printed."""
        done = await self.ended(*args, code=code, limit_s=limit_s)
        assert done.status == 0, f"{done.out}{done.err}"
        return done.out

    def end(self) -> None:
        for process in self._started:
            if process.returncode is None:
                process.kill()


@contextlib.asynccontextmanager
async def shell(folder: Path, air: Air) -> AsyncIterator[Shell]:
    one = Shell(folder)
    async with hosts.served(air, one.socket):
        try:
            yield one
        finally:
            one.end()

"""Identifies the board at a port and tells whether Barhold can run on it."""

from dataclasses import dataclass

from barhold.errors import RefusedError
from barhold.flash.boards import LEAST_VERSION, BoardModel, image_hint, refuse_other_chip
from barhold.flash.repl import Remote

LEAST_FREE_BYTES = 500_000
"""The application takes 230 kB, an update some more. A bare image without PSRAM has 165 kB, one with it 2 MB."""
_QUESTION = """
import gc,sys
def _told():
 i=sys.implementation
 try:
  import machine
  u=binascii.hexlify(machine.unique_id()).decode()
 except Exception:
  u=''
 try:
  with open('/board') as f:
   b=(f.read(80).split() or [''])[0]
 except OSError:
  b=''
 gc.collect()
 return i.name,tuple(i.version)[:3],getattr(i,'_machine',''),getattr(i,'_mpy',0)&255,u,b,gc.mem_free()
"""


@dataclass(frozen=True, slots=True)
class BoardInfo:
    """What a board answered."""

    implementation: str
    version: tuple[int, ...]
    machine: str
    bytecode: int
    unique_id: str
    board: str  # the name that it was flashed with, "" for none
    free_bytes: int  # of memory, before any of our files is loaded

    @property
    def version_text(self) -> str:
        """Return MicroPython's version."""
        return ".".join(map(str, self.version))


def ask(remote: Remote) -> BoardInfo:
    """Ask the board who it is."""
    remote.run(_QUESTION)
    return BoardInfo(*remote.ask("_told()"))


def refuse_unfit(info: BoardInfo, model: BoardModel, bytecode: int) -> None:
    """Raise RefusedError, with the next step, if the board cannot run Barhold; `bytecode` 0 is plain source."""
    if info.implementation != "micropython":
        raise RefusedError(f"{info.implementation} is on the board, Barhold needs MicroPython: {image_hint(model)}")
    refuse_other_chip(model, info.machine)
    if info.version[:2] < LEAST_VERSION:
        least = ".".join(map(str, LEAST_VERSION))
        raise RefusedError(
            f"MicroPython {info.version_text} is on the board, Barhold needs {least} or newer: {image_hint(model)}"
        )
    if info.free_bytes < LEAST_FREE_BYTES:
        raise RefusedError(
            f"the board has {info.free_bytes // 1000} kB of memory free, Barhold needs {LEAST_FREE_BYTES // 1000} kB: "
            f"its MicroPython does not use the board's PSRAM: {image_hint(model)}"
        )
    if bytecode and info.bytecode != bytecode:
        raise RefusedError(
            f"this MicroPython reads bytecode {info.bytecode}, this Barhold makes {bytecode}: flash with --py"
        )
    if info.board and info.board != model.name:
        raise RefusedError(
            f"wrong board: it was flashed as {info.board}, but --board says {model.name}, whose pins differ: if "
            f"--board is right, remove /board first (mpremote fs rm :board)"
        )

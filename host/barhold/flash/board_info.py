"""Who is at a port: what the board says of itself, and whether Barhold can go on it."""

from dataclasses import dataclass

from barhold.errors import RefusedError
from barhold.flash.boards import LEAST_VERSION, Kind, refuse_other_chip, where_to_get
from barhold.flash.repl import Remote

_QUESTION = """
import sys
def _told():
 i=sys.implementation
 try:
  import machine
  u=binascii.hexlify(machine.unique_id()).decode()
 except Exception:
  u=''
 try:
  with open('/board') as f:
   b=f.read(40).strip()
 except OSError:
  b=''
 return i.name,tuple(i.version)[:3],getattr(i,'_machine',''),getattr(i,'_mpy',0)&255,u,b
"""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a board answered."""

    implementation: str
    version: tuple[int, ...]
    machine: str
    bytecode: int
    unique_id: str
    board: str  # the name that it was flashed with, "" for none

    @property
    def version_text(self) -> str:
        """Return MicroPython's version."""
        return ".".join(map(str, self.version))


def ask(remote: Remote) -> Asked:
    """Ask the board who it is."""
    remote.run(_QUESTION)
    return Asked(*remote.ask("_told()"))


def refuse_unfit(asked: Asked, kind: Kind, bytecode: int) -> None:
    """Raise RefusedError where the board cannot run Barhold, with the step that helps; `bytecode` 0 is plain source."""
    if asked.implementation != "micropython":
        raise RefusedError(f"{asked.implementation} is on the board, Barhold needs MicroPython: {where_to_get(kind)}")
    refuse_other_chip(kind, asked.machine)
    if asked.version[:2] < LEAST_VERSION:
        least = ".".join(map(str, LEAST_VERSION))
        raise RefusedError(
            f"MicroPython {asked.version_text} is on the board, Barhold needs {least} or newer: {where_to_get(kind)}"
        )
    if bytecode and asked.bytecode != bytecode:
        raise RefusedError(
            f"this MicroPython reads bytecode {asked.bytecode}, this Barhold makes {bytecode}: flash with --py"
        )
    if asked.board and asked.board != kind.name:
        raise RefusedError(
            f"wrong board: it was flashed as {asked.board}, --board says {kind.name}; pins differ, so this is not "
            f"guessed: if you mean it, remove /board first (mpremote fs rm :board)"
        )

"""Copies files in an order in which an interruption anywhere leaves a board that starts or is at its REPL.

1. What is equal by SHA-256 is left alone; if nothing differs, nothing is written.
2. Where slot a will change, it stops being whole first: its manifest goes, then the pointer. The loader then takes
   slot b if that is whole, else safe mode.
3. Safe mode, slot a, its manifest, /board, the loader's modules, boot.py, main.py, the pointer: each file whole or as
   it was before, the one that makes all of it count last.
"""

from collections.abc import Callable
from dataclasses import dataclass

from barhold.errors import RefusedError
from barhold.flash import layout
from barhold.flash.layout import Part
from barhold.flash.repl import FullError, Remote

FILE_SYSTEM_BLOCKS = 4
"""Left free beyond the files: a log-structured file system needs room to move, and the records a first segment."""
_LIST = """
def _all(p):
 o=[]
 try:
  e=list(os.ilistdir(p))
 except OSError:
  return o
 for x in e:
  q=p+'/'+x[0]
  o+=_all(q) if x[1]&0x4000 else [(q,os.stat(q)[6])]
 return o
"""


@dataclass(frozen=True, slots=True)
class InstallStep:
    """What was done with one file, and the overall progress."""

    path: str
    state: str  # "equal", "removed", "writing" (some bytes more), "copied"
    done_bytes: int
    total_bytes: int


@dataclass(frozen=True, slots=True)
class InstallSummary:
    """How many files an install copied, removed and left alone."""

    copied: int
    equal: int
    removed: int
    copied_bytes: int


Tell = Callable[[InstallStep], None]


def install(remote: Remote, parts: list[Part], tell: Tell) -> InstallSummary:
    """Bring the board to hold `parts`, in their order; the last one is the pointer. Repeating goes on."""
    remote.run(_LIST)
    held = remote.hashes([part.path for part in parts])
    wanted = [part for part in parts if not part.fits(held[part.path])]
    strays = _strays(remote, parts)
    for part in parts:
        if part not in wanted:
            tell(InstallStep(part.path, "equal", 0, 0))
    _refuse_full(remote, wanted)
    if strays or any(part.path.startswith(f"{layout.SLOT}/") for part in wanted):
        # From here to the end slot a counts for nothing; the pointer is written anew, equal or not.
        remote.remove_files(layout.MANIFEST, layout.POINTER)
        wanted = [part for part in parts if part in wanted or part.path in (layout.MANIFEST, layout.POINTER)]
    for path in strays:
        remote.remove_files(path)
        tell(InstallStep(path, "removed", 0, 0))
    copied_bytes = _copy(remote, wanted, tell)
    return InstallSummary(len(wanted), len(parts) - len(wanted), len(strays), copied_bytes)


def _copy(remote: Remote, wanted: list[Part], tell: Tell) -> int:
    total, done = sum(len(part.data) for part in wanted), 0

    for part in wanted:

        def more(count: int, path: str = part.path) -> None:
            nonlocal done
            done += count
            tell(InstallStep(path, "writing", done, total))

        try:
            remote.write(part.path, part.data, more)
        except FullError as err:
            raise FullError(f"{err} at {part.path}: {_MAKE_ROOM}") from err
        tell(InstallStep(part.path, "copied", done, total))
    return total


_MAKE_ROOM = (
    "remove files that are not Barhold's (`mpremote fs ls`, `mpremote fs rm`) and repeat; "
    "or install MicroPython anew with --image FILE --erase, which loses the records on the board"
)


def _strays(remote: Remote, parts: list[Part]) -> list[str]:
    """Return foreign files in our own folders: app.py there would hide app.mpy."""
    ours = {part.path for part in parts}
    found = [path for folder in (layout.SLOT, layout.SAFE) for path, _ in remote.ask(f"_all({folder!r})")]
    return sorted(path for path in found if path not in ours)


def _refuse_full(remote: Remote, wanted: list[Part]) -> None:
    """Raise RefusedError before the first write where the files will not fit."""
    if not wanted:
        return
    block, free = remote.free()
    sizes = {path: size for folder in (layout.SLOT, layout.SAFE) for path, size in remote.ask(f"_all({folder!r})")}

    def blocks(size: int) -> int:
        return -(-size // block)

    grows = sum(max(0, blocks(len(part.data)) - blocks(sizes.get(part.path, 0))) for part in wanted)
    largest = max(blocks(len(part.data)) for part in wanted)  # the old one goes only when the new one is whole
    needed = (grows + largest + FILE_SYSTEM_BLOCKS) * block
    if needed > free:
        raise RefusedError(
            f"the file system of the board at {remote.port} has {free // 1024} kB free, {needed // 1024} kB are "
            f"needed: {_MAKE_ROOM}"
        )

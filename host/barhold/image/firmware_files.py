"""The firmware's files, and its modules for use on the host: the virtual sensor is the firmware itself."""

import importlib
import sys
from pathlib import Path
from threading import Lock
from types import ModuleType

import barcore
from barhold.errors import InputError

NOT_ON_A_BOARD = ("boards/sim.py",)

_loaded: dict[str, ModuleType] = {}
_lock = Lock()


def folder() -> Path:
    """Return the folder of the firmware: the checkout's, or else the one packaged with `barhold`."""
    here = Path(__file__).resolve().parent
    for candidate in (here.parents[2] / "firmware", here.parent / "device"):
        if (candidate / "main.py").is_file():
            return candidate
    raise InputError(f"no firmware beside {here}: install barhold again")


def files() -> dict[str, Path]:
    """Return what a board gets: name on the board -> file, sorted by name."""
    rooms = {path.relative_to(folder()).as_posix(): path for path in folder().rglob("*.py")}
    core = Path(barcore.__file__).resolve().parent
    rooms.update({f"barcore/{path.name}": path for path in core.glob("*.py")})
    return {name: rooms[name] for name in sorted(rooms) if name not in NOT_ON_A_BOARD}


def load(name: str) -> ModuleType:
    """Import the firmware's module `name` ("main", "boards.sim"); only barhold and barcore stay importable by others.

    The same module object on every call. Firmware modules import at their top only, so nothing is missing later.
    """
    with _lock:
        if name not in _loaded:
            _import_isolated(name)
        return _loaded[name]


def _import_isolated(name: str) -> None:
    root = folder()
    ours = {path.stem for path in root.iterdir() if path.is_dir() or path.suffix == ".py"} - {"barcore"}
    foreign = _take_out(ours)
    sys.modules.update(_loaded)
    sys.path.insert(0, str(root))
    try:
        importlib.import_module(name)
        _loaded.update({key: module for key, module in sys.modules.items() if key.partition(".")[0] in ours})
    finally:
        sys.path.remove(str(root))
        _take_out(ours)
        sys.modules.update(foreign)


def _take_out(top_names: set[str]) -> dict[str, ModuleType]:
    names = [name for name in sys.modules if name.partition(".")[0] in top_names]
    return {name: sys.modules.pop(name) for name in names}

"""The firmware's files, for flashing: the loader, the core and the application, as they lie beside this package."""

from pathlib import Path

import barsensor

PACKAGES = ("barcore", "barloader", "barsensor")
NOT_ON_A_BOARD = ("barsensor/boards/sim.py",)


def folder() -> Path:
    """Return the folder that holds the firmware's packages: firmware/ in a checkout, else where they are installed."""
    return Path(barsensor.__file__).resolve().parents[1]


def files() -> dict[str, Path]:
    """Return the firmware's source files: name below the packages' folder -> file, sorted by name."""
    paths = [path for package in PACKAGES for path in (folder() / package).rglob("*.py")]
    found = {path.relative_to(folder()).as_posix(): path for path in paths}
    return {name: found[name] for name in sorted(found) if name not in NOT_ON_A_BOARD}

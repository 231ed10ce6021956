"""The rooms: every import in firmware/ and host/ is an arrow that DESIGN.md allows."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BOARD_LIBRARY = {
    *(
        "array",
        "binascii",
        "collections",
        "gc",
        "hashlib",
        "io",
        "json",
        "math",
        "os",
        "random",
        "select",
        "struct",
        "sys",
        "time",
    ),
    *("bluetooth", "esp32", "machine"),
}
CORE_LIBRARY = {"array", "binascii", "collections", "hashlib", "math", "struct"}

FIRMWARE_ARROWS = {
    "barcore": set(),
    "barloader": {"barcore"},
    "barsensor": set(),  # its __init__.py
    "barsensor/storage": {"barcore"},
    "barsensor/drivers": {"barcore"},
    "barsensor/boards": {"barcore", "barloader", "barsensor/drivers"},
    "barsensor/link": {"barcore"},
    "barsensor/update": {"barcore", "barloader", "barsensor/storage"},
    "barsensor/access": {"barcore", "barsensor/storage"},
    "barsensor/cue": {"barcore"},
    "barsensor/crash": {"barcore"},
    "barsensor/health": {"barloader"},
    "barsensor/calibration": {"barcore", "barsensor/storage"},
    "barsensor/turns": {"barcore", "barsensor/storage"},
    "barsensor/recorder": {"barcore", "barsensor/crash", "barsensor/cue"},
    "barsensor/housekeeping": {"barcore", "barsensor/cue"},
    "barsensor/diagnosis": {"barcore", "barsensor/storage"},
    "barsensor/app": {"barcore", "barsensor/cue", "barsensor/recorder"},
    "barsensor/control": {
        "barcore",
        "barsensor/access",
        "barsensor/calibration",
        "barsensor/diagnosis",
        "barsensor/link",
        "barsensor/storage",
        "barsensor/turns",
    },
    "barsensor/safe": {
        *("barcore", "barloader"),
        *("barsensor/access", "barsensor/boards", "barsensor/link", "barsensor/storage", "barsensor/update"),
    },
    "barsensor/main": {
        *("barcore", "barloader"),
        *("barsensor/app", "barsensor/boards", "barsensor/control", "barsensor/crash", "barsensor/cue"),
        *("barsensor/health", "barsensor/housekeeping", "barsensor/link", "barsensor/recorder"),
        *("barsensor/storage", "barsensor/update"),
    },
}
"""A room is a package, or a module or package of barsensor. On a board barloader has a copy of barcore.bundle."""

# From the bottom up: a room imports from rooms further down, and from itself.
HOST_TIERS = (
    {"errors", "model"},
    {"files"},
    {"image", "plans"},
    {"link", "training"},
    {"store"},
    {"connection", "flash"},
    {"check", "device", "recordings", "sync", "update"},
    {"doctor", "generate", "imports", "report"},
    {"live", "output"},
    {"exports"},
    {"api"},
    {"__init__"},
    {"cli"},
    {"__main__"},
)
TOP_LEVEL_MODULES = {"__init__", "__main__", "errors", "files", "model"}
TIER = {room: tier for tier, rooms in enumerate(HOST_TIERS) for room in rooms}
WORLD = {"link", "connection", "store", "sync", "flash", "image", "update", "doctor", "live"}
PURE = {"check", "exports", "imports", "model", "output", "plans", "report", "training"}
"""Rooms that judge and show: they are given data, and never reach for a sensor, a store or a board themselves."""
USE_THE_FIRMWARE = {"cli", "doctor", "flash", "image", "link", "update"}
"""The rooms that may import the sensor's own packages; every other one knows them by what crosses the link only."""


def modules_imported(path: Path, package: list[str]) -> Iterator[str]:
    """Yield every module that a file imports anywhere in it, with a dot form of `from a import b` as a.b."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            stem = ".".join([*base, *([node.module] if node.module else [])])
            yield from (f"{stem}.{alias.name}" for alias in node.names)


def room_of(path: Path, root: Path) -> str:
    return path.relative_to(root).parts[0].removesuffix(".py")


def firmware_room(parts: tuple[str, ...]) -> str:
    """Return the room of a file's path or of a module's name, split into its parts."""
    return "/".join(parts[:2] if parts[0] == "barsensor" and len(parts) > 1 else parts[:1])


def firmware_faults(root: Path) -> Iterator[str]:
    for path in sorted(root.rglob("*.py")):
        name = path.relative_to(root).with_suffix("")
        room = firmware_room(name.parts if name.name != "__init__" else name.parts[:-1])
        if room not in FIRMWARE_ARROWS:
            yield f"{room}: a room without a place in FIRMWARE_ARROWS"
            continue
        library = CORE_LIBRARY if room == "barcore" else BOARD_LIBRARY
        if path.match("barcore/viper_*.py"):
            library = library | {"micropython"}  # its compiler; `barcore.hot` does without
        for module in modules_imported(path, list(name.parts[:-1])):
            parts = module.split(".")
            if parts[0] not in library and firmware_room(tuple(parts)) not in FIRMWARE_ARROWS[room] | {room}:
                yield f"{path.relative_to(root)} -> {module}"


def host_faults(root: Path) -> Iterator[str]:
    for path in sorted(root.rglob("*.py")):
        room = room_of(path, root)
        if room not in TIER:
            yield f"{room}: a room without a place in HOST_TIERS"
            continue
        if path.parent == root and room not in TOP_LEVEL_MODULES:
            yield f"{path.name}: a module at the package's top level; it belongs in a folder"
        for module in modules_imported(path, ["barhold", *path.relative_to(root).parts[:-1]]):
            top, _, rest = module.partition(".")
            if top in {"barloader", "barsensor"} and room not in USE_THE_FIRMWARE:
                yield f"{path.relative_to(root)} -> {module}, which is the sensor's"
            elif top == "barhold" and not host_arrow_allowed(room, rest.partition(".")[0]):
                yield f"{path.relative_to(root)} -> {module}"


def host_arrow_allowed(room: str, target: str) -> bool:
    if target == room or target.startswith("__version__"):
        return True
    if room in PURE and target in WORLD:
        return False
    return TIER.get(target, len(HOST_TIERS)) < TIER[room]


def test_the_firmware_keeps_its_arrows() -> None:
    assert list(firmware_faults(ROOT / "firmware")) == []


def test_the_host_keeps_its_arrows() -> None:
    assert list(host_faults(ROOT / "host" / "barhold")) == []


def test_nothing_but_the_command_imports_cli() -> None:
    assert {room for room in TIER if room != "cli" and host_arrow_allowed(room, "cli")} == {"__main__"}


@pytest.mark.parametrize(
    ("file", "line", "caught"),
    [
        ("barcore/detector.py", "import time", True),
        ("barcore/detector.py", "from barsensor.storage.record_log import RecordLog", True),
        ("barcore/detector.py", "from barcore import event", False),
        ("barcore/detector.py", "from dataclasses import dataclass", True),
        ("barcore/settings.py", "import json", True),
        ("barloader/slots.py", "from barcore import bundle", False),
        ("barloader/launch.py", "from barsensor import main", True),
        ("barsensor/__init__.py", "from barsensor import main", True),
        ("barsensor/link/stream.py", "from barsensor.boards import sim", True),
        ("barsensor/link/stream.py", "from . import gatt", False),
        ("barsensor/boards/esp.py", "import barsensor.storage.record_log", True),
        ("barsensor/boards/__init__.py", "from barsensor.drivers import bus", False),
        ("barsensor/drivers/bus.py", "from barsensor.boards import esp", True),
        ("barsensor/cue.py", "import machine", False),
        ("barsensor/storage/record_log.py", "from barsensor import app", True),
        ("barsensor/storage/config.py", "import json", False),
        ("barsensor/app.py", "def f():\n    from barsensor.link.stream import FrameStream", True),
        ("barsensor/main.py", "from barsensor.link.stream import FrameStream", False),
        ("barsensor/main.py", "from link.stream import FrameStream", True),
        ("barsensor/main.py", "import typing", True),
        ("barsensor/newroom/x.py", "", True),
        ("newroom/x.py", "", True),
    ],
)
def test_a_forbidden_arrow_in_the_firmware_is_caught(tmp_path: Path, file: str, line: str, caught: bool) -> None:
    (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / file).write_text(line, encoding="utf-8")
    assert bool(list(firmware_faults(tmp_path))) is caught


@pytest.mark.parametrize(
    ("file", "line", "caught"),
    [
        ("training/sets.py", "from barhold.store import Store", True),
        ("training/sets.py", "from barhold.check import verdicts", True),
        ("training/sets.py", "from ..connection import Connection", True),
        ("training/sets.py", "from ..report import page", True),
        ("output/tables.py", "from barhold.check import verdicts", False),
        ("output/tables.py", "from barhold.image import firmware_files", True),
        ("check/verdicts.py", "import barhold.output.tables", True),
        ("check/verdicts.py", "from barhold.store import Store", True),
        ("store/results.py", "from ..connection import Connection", True),
        ("store/results.py", "from .schema import records", False),
        ("connection/connection.py", "from barhold.store import Store", False),
        ("connection/connection.py", "from barhold import cli", True),
        ("link/virtual.py", "from barsensor import main", False),
        ("store/results.py", "from barsensor import main", True),
        ("link/virtual.py", "from barhold.image import firmware_files", False),
        ("cli/sync.py", "from barhold.connection import Connection", False),
        ("sets.py", "", True),
        ("errors.py", "", False),
        ("newroom/x.py", "", True),
    ],
)
def test_a_forbidden_arrow_in_the_host_is_caught(tmp_path: Path, file: str, line: str, caught: bool) -> None:
    (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / file).write_text(line, encoding="utf-8")
    assert bool(list(host_faults(tmp_path))) is caught

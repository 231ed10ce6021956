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
CORE_LIBRARY = {"array", "binascii", "collections", "math", "struct"}

FIRMWARE_ARROWS = {
    "boot": {"slots"},
    "launch": {"slots"},
    "slots": {"barcore", "bundle"},
    "rsa": set(),
    "slotfiles": {"barcore", "slots"},
    "accept": {"barcore", "keptfile", "rsa", "slots"},
    "health": {"slots"},
    "safe": {"accept", "barcore", "boards", "kept", "link", "links", "slots", "update"},
    "update": {"accept", "barcore", "slotfiles"},
    "barcore": set(),
    "drivers": {"barcore"},
    "boards": {"barcore", "drivers"},
    "cue": {"barcore"},
    "link": {"barcore"},
    "logrecovery": {"barcore"},
    "recordlog": {"barcore", "logrecovery"},
    "keptfile": set(),
    "kept": {"barcore", "keptfile"},
    "crash": {"barcore"},
    "upkeep": {"barcore", "cue"},
    "calibration": {"barcore", "kept"},
    "control": {"barcore", "calibration", "kept", "keptfile", "link"},
    "keeping": {"barcore", "crash", "cue"},
    "app": {"barcore", "cue", "keeping"},
    "links": {"barcore", "link"},
    "main": {
        *(
            "accept",
            "app",
            "barcore",
            "boards",
            "control",
            "crash",
            "cue",
            "health",
            "keeping",
            "kept",
            "link",
            "links",
            "recordlog",
        ),
        *("slots", "update", "upkeep"),
    },
}

# From the bottom up: a room imports from rooms further down, and from itself.
HOST_TIERS = (
    {"errors", "model"},
    {"files"},
    {"image", "plans", "store"},
    {"link"},
    {"connection", "flash", "training"},
    {"check", "device", "recordings", "sync", "update"},
    {"doctor", "generate", "imports", "report"},
    {"live", "output"},
    {"exports"},
    {"__init__"},
    {"cli"},
    {"__main__"},
)
TOP_LEVEL_MODULES = {"__init__", "__main__", "errors", "files", "model"}
TIER = {room: tier for tier, rooms in enumerate(HOST_TIERS) for room in rooms}
WORLD = {"link", "connection", "store", "sync", "flash", "image", "update", "doctor", "live"}
PURE = {"check", "exports", "imports", "model", "output", "plans", "report"}
"""Rooms that judge and show: they are given data, and never reach for a sensor, a store or a board themselves."""


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


def firmware_faults(root: Path) -> Iterator[str]:
    for path in sorted(root.rglob("*.py")):
        room = room_of(path, root)
        if room not in FIRMWARE_ARROWS:
            yield f"{room}: a room without a place in FIRMWARE_ARROWS"
            continue
        library = CORE_LIBRARY if room == "barcore" else BOARD_LIBRARY
        for module in modules_imported(path, list(path.relative_to(root).parts[:-1])):
            if module.partition(".")[0] not in FIRMWARE_ARROWS[room] | {room} | library:
                yield f"{path.relative_to(root)} -> {module}"


def host_faults(root: Path, device_rooms: set[str]) -> Iterator[str]:
    for path in sorted(root.rglob("*.py")):
        room = room_of(path, root)
        if room not in TIER:
            yield f"{room}: a room without a place in HOST_TIERS"
            continue
        if path.parent == root and room not in TOP_LEVEL_MODULES:
            yield f"{path.name}: a module at the package's top level; it belongs in a folder"
        for module in modules_imported(path, ["barhold", *path.relative_to(root).parts[:-1]]):
            top, _, rest = module.partition(".")
            if top in device_rooms:
                yield f"{path.relative_to(root)} -> {module}, which is the sensor's"
            elif top == "barhold" and not host_arrow_allowed(room, rest.partition(".")[0]):
                yield f"{path.relative_to(root)} -> {module}"


def host_arrow_allowed(room: str, target: str) -> bool:
    if target == room or target.startswith("__version__"):
        return True
    if room in PURE and target in WORLD:
        return False
    return TIER.get(target, len(HOST_TIERS)) < TIER[room]


DEVICE_ROOMS = set(FIRMWARE_ARROWS) - {"barcore"}


def test_the_firmware_keeps_its_arrows() -> None:
    assert list(firmware_faults(ROOT / "firmware")) == []


def test_the_host_keeps_its_arrows() -> None:
    assert list(host_faults(ROOT / "host" / "barhold", DEVICE_ROOMS)) == []


def test_nothing_but_the_command_imports_cli() -> None:
    assert {room for room in TIER if room != "cli" and host_arrow_allowed(room, "cli")} == {"__main__"}


@pytest.mark.parametrize(
    ("file", "line", "caught"),
    [
        ("barcore/detector.py", "import time", True),
        ("barcore/detector.py", "from recordlog import RecordLog", True),
        ("barcore/detector.py", "from barcore import event", False),
        ("barcore/detector.py", "from dataclasses import dataclass", True),
        ("link/stream.py", "from boards import sim", True),
        ("link/stream.py", "from . import answer", False),
        ("boards/esp.py", "import recordlog", True),
        ("boards/esp.py", "from drivers import bus", False),
        ("drivers/bus.py", "from boards import esp", True),
        ("cue.py", "import machine", False),
        ("recordlog.py", "import app", True),
        ("kept.py", "from recordlog import RecordLog", True),
        ("kept.py", "import json", False),
        ("barcore/settings.py", "import json", True),
        ("app.py", "def f():\n    from link.stream import FrameStream", True),
        ("main.py", "from link.stream import FrameStream", False),
        ("main.py", "import typing", True),
        ("newroom/x.py", "", True),
    ],
)
def test_a_forbidden_arrow_in_the_firmware_is_caught(tmp_path: Path, file: str, line: str, caught: bool) -> None:
    (tmp_path / file).parent.mkdir(exist_ok=True)
    (tmp_path / file).write_text(line, encoding="utf-8")
    assert bool(list(firmware_faults(tmp_path))) is caught


@pytest.mark.parametrize(
    ("file", "line", "caught"),
    [
        ("training/sets.py", "from barhold.store import Store", False),
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
        ("link/virtual.py", "import main", True),
        ("link/virtual.py", "from barhold.image import firmware_files", False),
        ("cli/sync.py", "from barhold.connection import Connection", False),
        ("sets.py", "", True),
        ("errors.py", "", False),
        ("newroom/x.py", "", True),
    ],
)
def test_a_forbidden_arrow_in_the_host_is_caught(tmp_path: Path, file: str, line: str, caught: bool) -> None:
    (tmp_path / file).parent.mkdir(exist_ok=True)
    (tmp_path / file).write_text(line, encoding="utf-8")
    assert bool(list(host_faults(tmp_path, DEVICE_ROOMS))) is caught

"""A clone of the next version, so that there is something to update to."""

import shutil
from pathlib import Path

from hostkit import ROOT

VERSION = "0.3.0"


def later_clone(folder: Path, healthy_ms: int = 30000) -> Path:
    """Return a clone of the next version, which is content with so much health."""
    for room in ("host", "firmware"):
        shutil.copytree(ROOT / room, folder / room, ignore=shutil.ignore_patterns("__pycache__"))
    for name, old, new in (
        ("recorder.py", "FIRMWARE_VERSION = (0, 2, 0)", "FIRMWARE_VERSION = (0, 3, 0)"),
        ("health.py", "HEALTHY_MS = 30000", f"HEALTHY_MS = {healthy_ms}"),
    ):
        path = folder / "firmware" / "barsensor" / name
        assert old in path.read_text(encoding="utf-8")
        path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    return folder

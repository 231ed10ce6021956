"""Packs the board's files into a wheel; an editable install takes them from the checkout instead."""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class FirmwareHook(BuildHookInterface):  # type: ignore[type-arg]
    """Adds all of firmware/ but barcore, which is a package of its own, as barhold/device/."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add the files, unless the install is editable: a real barhold/ there would hide the checkout's."""
        if version == "editable":
            return
        for path in sorted(Path(self.root, "firmware").iterdir()):
            if path.name not in ("barcore", "__pycache__"):
                build_data["force_include"][str(path)] = f"barhold/device/{path.name}"

"""The dimensions of `params.toml`, with what follows from them. Lengths in mm."""

import tomllib
from functools import cached_property
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
with (FOLDER / "params.toml").open("rb") as _file:
    TABLE: dict[str, Any] = tomllib.load(_file)
BARS = tuple(TABLE["bars"])
VARIANTS = ("xiao", "m5stick")
"""What is exported; `xiao_wide` is built on demand and by the tests."""
SADDLE, SHELL, LIMITS = TABLE["saddle"], TABLE["shell"], TABLE["limits"]


class Clip:
    """One variant on one bar: the lengths that several parts share."""

    def __init__(self, variant: str, bar: str) -> None:
        self.variant, self.bar_name = variant, bar
        self.box: dict[str, Any] = TABLE[variant]
        self.bar_mm: float = TABLE["bars"][bar]["largest"]
        self.bore = self.bar_mm / 2 + SADDLE["liner"]
        self.arm_out = self.bore + SADDLE["arm"]
        self.below = self.bore
        """The box's underside: it touches the top of the bore."""
        self.cavity = self.bore + SADDLE["over_bore"]
        self.cavity_top = self.cavity + sum(self.box["heights"])
        self.top = self.cavity_top + SHELL["roof"]
        self.half = self.box["half_width"] + self.box["side"]
        self.length = SHELL["floor"] + self.box["length"]
        self.ear_out = self.half + SHELL["ear"]
        self.tray_y = self.cavity + self.box["heights"][0]

    @cached_property
    def screws(self) -> list[tuple[float, float]]:
        """Return where the screws' axes are."""
        x = self.half + SHELL["boss_out"]
        low, high = self.cavity + 1.0, self.top - 2.6
        return [(-x, low), (x, low), (-x, high), (x, high)]

    @cached_property
    def cell_half(self) -> float:
        """Return half the width of the cell."""
        half: float = self.box["cell"][0] / 2
        return half

    @cached_property
    def button_y(self) -> float:
        """Return the height of the compact variant's button, the middle of the upper deck."""
        return self.cavity_top - self.box["heights"][-1] / 2

    @cached_property
    def slot_z(self) -> tuple[float, float]:
        """Return from where to where the strap's slots go."""
        middle = self.length / 2
        return middle - SHELL["slot_length"] / 2, middle + SHELL["slot_length"] / 2

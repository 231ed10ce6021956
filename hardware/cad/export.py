"""Every printed part as STL and STEP, the same bytes at each run."""

import re
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import numpy as np
from build123d import Part, Pos, export_step

from hardware.cad import body, covers
from hardware.cad.params import BARS, FOLDER, TABLE, VARIANTS, Clip

LINEAR_MM, ANGULAR_RAD = 0.08, 0.5
STEP_BAR = "29"
"""Kept as STEP are the bodies for this bar, caps and tray; the rest comes with `every_step`."""


def parts() -> Iterator[tuple[str, Part]]:
    """Give each printed part with its file's name, as it lies on the bed."""
    for variant in VARIANTS:
        for bar in BARS:
            clip = Clip(variant, bar)
            yield f"body-{variant}-{bar}", body.body(clip)
            for diameter, thick in TABLE["bars"][bar]["liners"].items():
                yield f"liner-{variant}-{diameter}", covers.liner(clip, thick)
        clip = Clip(variant, STEP_BAR)
        # They hang on the box alone, so one fits all bars; the box stands higher over a thicker bar.
        down = -clip.cavity
        yield f"cap-{variant}", _moved(covers.cap(clip), down)
        yield f"gasket-{variant}", _moved(covers.gasket(clip), down)
        yield f"plug-{variant}", covers.plug(clip)
        if variant == "xiao":
            yield f"tray-{variant}", covers.tray(clip)


def _moved(part: Part, y: float) -> Part:
    return Pos(0, y, 0) * part


def write_stl(part: Part, path: Path) -> None:
    """Write a binary STL without date or program in its header, its triangles in a fixed order."""
    points, faces = part.tessellate(LINEAR_MM, ANGULAR_RAD)
    corners = np.array([tuple(one) for one in points])[np.array(faces)]
    crossed = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    length = np.linalg.norm(crossed, axis=1)
    kept = length > 1e-9
    rows = np.zeros(int(kept.sum()), dtype=[("f", "<f4", 12), ("a", "<u2")])
    rows["f"][:, :3] = crossed[kept] / length[kept, None]
    rows["f"][:, 3:] = corners[kept].reshape(-1, 9)
    head = f"Barhold {path.stem}, mm, CERN-OHL-P-2.0".encode().ljust(80)
    path.write_bytes(head + len(rows).to_bytes(4, "little") + rows.tobytes())


def write_step(part: Part, path: Path) -> None:
    """Write a STEP file whose time stamp is a fixed one."""
    solid = part.solid()
    solid.label = path.stem
    export_step(solid, path)
    text = path.read_text(encoding="utf-8")
    path.write_text(re.sub(r"(FILE_NAME\('[^']*',)'[^']*'", r"\1'2000-01-01T00:00:00'", text), encoding="utf-8")


def write(folder: Path = FOLDER, every_step: bool = False) -> None:
    """Write all parts below `folder`."""
    for kind in ("stl", "step"):
        (folder / kind).mkdir(parents=True, exist_ok=True)
    for name, part in parts():
        write_stl(part, folder / "stl" / f"{name}.stl")
        if every_step or name.startswith(("cap", "tray")) or (name.startswith("body") and name.endswith(STEP_BAR)):
            write_step(part, folder / "step" / f"{name}.step")
    (folder / "made_with.txt").write_text(made_with(), encoding="utf-8")


def made_with() -> str:
    """Return the versions on which the bytes depend."""
    return "".join(f"{name} {version(name)}\n" for name in ("build123d", "cadquery-ocp-novtk"))

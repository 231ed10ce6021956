"""The pictures of README and assembly guide: which solids, in which colour, from where."""

from functools import cache
from pathlib import Path

from build123d import Part, Pos, Rot

from hardware.cad import body, covers, dummies
from hardware.cad.params import FOLDER, TABLE, VARIANTS, Clip
from hardware.cad.picture import Shown, beside, take
from hardware.cad.shapes import block, rod

RENDERS = FOLDER / "renders"
PETG, LID, TPU, STEEL, STRAP = (
    (0.45, 0.56, 0.70),
    (0.30, 0.38, 0.50),
    (0.93, 0.55, 0.22),
    (0.78, 0.78, 0.80),
    (0.16, 0.16, 0.18),
)
PCB, CELL, PART = (0.16, 0.50, 0.32), (0.85, 0.82, 0.62), (0.35, 0.35, 0.38)
COLOURS = {
    "cap": LID,
    "gasket": TPU,
    "plug": TPU,
    "tray": LID,
    "liner": TPU,
    "strap": STRAP,
    "bar": STEEL,
    "XIAO": PCB,
    "breakout": (0.25, 0.30, 0.62),
    "cell": CELL,
    "M5StickC Plus2": (0.95, 0.45, 0.15),
    "USB plug": PART,
    "screw heads": STEEL,
    "antenna": (0.75, 0.60, 0.35),
    "leads": (0.80, 0.12, 0.10),
    "tie": (0.97, 0.97, 0.97),
}
SIDES = {
    "cap-end": (-0.45, -0.45, -0.75),
    "usb-end": (0.45, -0.45, 0.75),
    "above": (-0.2, -0.95, -0.25),
    "below": (0.5, 0.75, 0.4),
}
CORNER = (-0.55, -0.55, -0.65)


def write(folder: Path = RENDERS) -> None:
    """Take every picture."""
    folder.mkdir(parents=True, exist_ok=True)
    for variant in VARIANTS:
        clip = Clip(variant, "29")
        whole = _whole(clip)
        for name, towards in SIDES.items():
            take(folder / f"{variant}-{name}.png", whole, towards)
        take(folder / f"{variant}-1-parts.png", _parts(clip), (0.25, 0.65, -0.7), up=(0, 0, 1))
        take(folder / f"{variant}-liner.png", _liner(clip), CORNER)
        take(folder / f"{variant}-strap.png", [*whole, *_show(clip, {"strap"}), _bar(clip)], (-0.5, -0.2, -0.8))
        take(folder / f"{variant}-cap.png", _closing(clip), (-0.7, -0.45, -0.5))
        take(folder / f"{variant}-usb.png", _at_the_cable(clip), (0.5, -0.45, 0.7))
    _compact(folder)
    clip = Clip("m5stick", "29")
    take(folder / "m5stick-insert.png", [_body(clip), *_stick(clip, 42)], (-0.7, -0.5, -0.5))
    _poses(folder)
    take(folder / "place.png", _place(), (0.25, -0.42, -0.87), (1400, 520))


@cache
def _solids(variant: str, bar: str) -> dict[str, Part]:
    clip = Clip(variant, bar)
    return {"body": body.body(clip), **dummies.in_body(clip), **dummies.bought(clip), **dummies.around(clip)}


def _plastic(clip: Clip) -> Part:
    return _solids(clip.variant, clip.bar_name)["body"]


def _body(clip: Clip) -> Shown:
    return Shown(_plastic(clip), PETG, name="body")


def _show(clip: Clip, names: set[str], shift: tuple[float, float, float] = (0, 0, 0)) -> list[Shown]:
    solids = _solids(clip.variant, clip.bar_name)
    return [
        Shown(Pos(*shift) * one, COLOURS.get(name, PART), name=name) for name, one in solids.items() if name in names
    ]


def _whole(clip: Clip) -> list[Shown]:
    return [_body(clip), *_show(clip, {"cap", "gasket", "plug", "liner", "screw heads"}), *_stick(clip)]


def _stick(clip: Clip, z: float = 0.0) -> list[Shown]:
    """Return the stick with its screen and front button drawn on roughly; nothing for the other variant."""
    if clip.variant != "m5stick":
        return []
    top = clip.cavity + clip.box["foam"] + clip.box["stick"][1]
    drawn = [
        Shown(dummies.bought(clip)["M5StickC Plus2"], COLOURS["M5StickC Plus2"], name="M5StickC Plus2"),
        Shown(block((-7.5, 7.5), (top, top + 0.1), (21, 46)), (0.05, 0.05, 0.07), name="screen"),
        Shown(block((-5, 5), (top, top + 0.3), (8, 15)), (0.85, 0.85, 0.85), name="front button"),
    ]
    return [one._replace(solid=Pos(0, 0, z) * one.solid) for one in drawn]


def _bar(clip: Clip, z: tuple[float, float] = (-45, 110)) -> Shown:
    return Shown(rod(0, 0, z, clip.bar_mm / 2), STEEL, name="bar")


def _parts(clip: Clip) -> list[Shown]:
    """Lay the parts on the bed as they are printed."""
    thick = next(iter(TABLE["bars"][clip.bar_name]["liners"].values()))
    laid = [_body(clip), Shown(Pos(48, 0, 0) * covers.liner(clip, thick), TPU, name="liner")]
    flat = [("cap", covers.cap(clip), LID, 0), ("gasket", covers.gasket(clip), TPU, 28)]
    laid += [Shown(Pos(96, -clip.cavity - 22 + y, 0) * part, colour, name=name) for name, part, colour, y in flat]
    laid.append(Shown(Pos(132, -22, 0) * covers.plug(clip), TPU, name="plug"))
    if clip.variant == "xiao":
        laid.append(Shown(Pos(162, -22, 0) * covers.tray(clip), LID, name="tray"))
    return laid


def _liner(clip: Clip) -> list[Shown]:
    return [
        _body(clip),
        *_show(clip, {"liner"}, (0, -34, 0)),
        Shown(rod(0, -62, (-25, 85), clip.bar_mm / 2), STEEL, name="bar"),
    ]


def _closing(clip: Clip) -> list[Shown]:
    return [
        _body(clip),
        *_show(clip, {"gasket"}, (0, 0, 10)),
        *_show(clip, {"cap"}, (0, 0, 24)),
        Shown(Pos(0, 0, 40) * dummies.screw_shanks(clip), STEEL, name="screws"),
        *(one._replace(name="") for one in _show(clip, {"screw heads"}, (0, 0, 40))),
    ]


def _at_the_cable(clip: Clip) -> list[Shown]:
    y = clip.cavity + clip.box["usb_y"]
    cable = Shown(rod(0, y, (-60, -38), 2.0), PART, name="cable")
    there = [one for one in _whole(clip) if one.colour != TPU]
    return [*there, *_show(clip, {"USB socket", "XIAO", "switch"}), *_show(clip, {"USB plug"}, (0, 0, -20)), cable]


def _compact(folder: Path) -> None:
    clip = Clip("xiao", "29")
    boards = {"tray", "XIAO", "USB socket", "breakout", "button"}
    take(folder / "xiao-tray.png", _show(clip, boards), (-0.55, -0.75, -0.4))
    lower = {"switch", "piezo", "divider", "cell", "leads"}
    cut = block((-60, 60), (clip.tray_y + 1, 99), (-9, 99))
    take(
        folder / "xiao-cell.png",
        [Shown(_plastic(clip) - cut, PETG, name="body"), *_show(clip, lower)],
        (-0.45, -0.8, -0.4),
    )
    opened = Shown(_plastic(clip) - block((0, 60), (clip.cavity + 0.5, 99), (-9, 99)), PETG, name="body")
    moved = {*boards, "antenna", "cell", "leads", "tie", "divider"}
    inside = [*_show(clip, {"switch", "piezo"}), *_show(clip, moved, (0, 0, 34))]
    take(folder / "xiao-slide.png", [opened, *inside], (-0.75, -0.45, -0.45))
    take(folder / "xiao-leads.png", _show(clip, {"tray", "XIAO", "cell", "leads", "tie"}), (0.3, 0.6, 0.75))
    half = Shown(_plastic(clip) - block((0, 60), (clip.cavity - 1, 99), (-9, 99)), PETG, name="body")
    packed = [half, *_show(clip, lower | boards | {"antenna", "liner"})]
    take(folder / "xiao-inside.png", packed, (-0.85, -0.3, -0.4))


def _poses(folder: Path) -> None:
    """Show the sensor on each of its six faces and leaning once, for the calibration."""
    clip = Clip("xiao", "29")
    middle = Pos(0, -(clip.top - clip.arm_out) / 2, -clip.length / 2)
    turns = [Rot(0, 0, 0), Rot(180, 0, 0), Rot(90, 0, 0), Rot(-90, 0, 0), Rot(0, 0, 90), Rot(0, 0, -90), Rot(30, 0, 0)]
    files = []
    for i, turn in enumerate(turns):
        shown = [one._replace(solid=turn * (middle * one.solid), name="") for one in _whole(clip)]
        low = min(one.solid.bounding_box().min.Y for one in shown)
        table = Shown(block((-45, 45), (low - 3, low - 0.2), (-45, 45)), (0.93, 0.90, 0.84))
        files.append(folder / f"pose-{i}.png")
        take(files[-1], [*shown, table], (-0.5, -0.35, -0.8), (260, 220))
    beside(files, folder / "poses.png", 4)
    for one in files:
        one.unlink()


def _place() -> list[Shown]:
    """Show one half of a barbell: pad in the middle, clip against the inner collar, the sleeve beyond."""
    clip = Clip("xiao", "29")
    at = 655 - clip.length - 6
    shaft, sleeve = rod(0, 0, (-120, 655), 14.5), rod(0, 0, (680, 900), 25)
    collar, plate = rod(0, 0, (655, 680), 37), rod(0, 0, (682, 722), 150)
    pad = rod(0, 0, (-120, 190), 48)
    turned = Rot(0, 90, 0)
    clipped = [
        one._replace(solid=Pos(0, 0, at) * one.solid, name="the sensor" if one.name == "body" else "")
        for one in [*_whole(clip), *_show(clip, {"strap"})]
    ]
    bar = [
        Shown(shaft, STEEL, name="shaft"),
        Shown(sleeve, (0.62, 0.62, 0.65), name="sleeve: never here"),
        Shown(collar, (0.62, 0.62, 0.65), name="inner collar"),
        Shown(plate, (0.25, 0.25, 0.28), 0.35, name="plate"),
        Shown(pad, (0.35, 0.35, 0.40), name="pad"),
    ]
    return [one._replace(solid=turned * one.solid) for one in [*bar, *clipped]]

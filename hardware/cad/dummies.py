"""What goes into and under the clip, as plain solids where it sits. Sizes are the makers' where known."""

from build123d import Part, Polyline, Pos, Rot, extrude, make_face, offset

from hardware.cad import covers
from hardware.cad.body import FAR
from hardware.cad.params import SADDLE, SHELL, Clip
from hardware.cad.shapes import along_y, block, rod, rounded
from hardware.cad.strap import THICK, hull

TAPE, SLACK = 1.1, 0.15
OVERMOULD = (12.35, 6.5)
"""The largest that the USB-C specification allows."""


def in_body(clip: Clip) -> dict[str, Part]:
    """Return the printed parts other than the body, where they sit."""
    top = clip.length + SHELL["gasket"]
    parts = {
        "cap": Pos(0, 0, top + SHELL["cap"]) * (Rot(0, 180, 0) * covers.cap(clip)),
        "gasket": Pos(0, 0, top) * (Rot(0, 180, 0) * covers.gasket(clip)),
        "plug": Pos(0, clip.cavity, -1.6) * covers.plug(clip),
    }
    if clip.box["board"] == "xiao_s3":
        standing = Rot(0, 180, 0) * (Rot(-90, 0, 0) * covers.tray(clip))
        parts["tray"] = Pos(0, clip.tray_y + SLACK, SHELL["floor"] + 0.2) * standing
    return parts


def bought(clip: Clip) -> dict[str, Part]:
    """Return the bought parts that sit in the box."""
    return _compact(clip) if clip.box["board"] == "xiao_s3" else _stick(clip)


def _compact(clip: Clip) -> dict[str, Part]:
    floor, deck = clip.cavity, clip.tray_y + SLACK + clip.box["tray"]
    pcb = deck + TAPE
    wide, high, long = clip.box["cell"]
    swell, z = high * clip.box["swelling"] / 2, clip.box["cell_z"]
    middle = floor + clip.box["heights"][0] / 2
    button = block((-3, 3), (clip.button_y - 3, clip.button_y + 3), (54.4, 57.9))
    switch = block((-9.1, -0.5), (floor + 1.65, floor + 5.95), (1.65, 6.3))
    imu = block((-8.89, 8.89), (pcb, pcb + 1.6), (26.4, 51.8))
    return {
        "XIAO": block((-8.9, 8.9), (pcb, pcb + 1.0), (3.4, 24.4)) + block((-6, 6), (pcb + 1, pcb + 3.5), (11, 23)),
        "USB socket": block((-4.5, 4.5), (pcb + 1.0, pcb + 4.2), (2.0, 9.4)),
        "breakout": imu
        + block((-3.2, 3.2), (pcb + 1.6, pcb + 4.6), (26.4, 30.6))
        + block((-3.2, 3.2), (pcb + 1.6, pcb + 4.6), (47.6, 51.8)),
        "button": button + rod(0, clip.button_y, (57.9, 58.7), 1.75),
        "switch": switch
        + block((-6.8, -2.8), (floor + 2.8, floor + 4.8), (-0.4, 1.65))
        + block((-8, -1.6), (floor + 3.4, floor + 4.2), (6.3, 7.8)),
        "piezo": along_y(0, (floor + 0.8, floor + 7.3), 14.4, 6.1),
        "divider": block((6.6, 10.2), (floor + 1, floor + 7), (8.5, 16.0)),
        "cell": block((-wide / 2, wide / 2), (middle - high / 2 - swell, middle + high / 2 + swell), (z, z + long)),
        "leads": _leads(clip),
        "tie": _tie(clip),
        "antenna": block((-3.5, 3.5), (clip.cavity_top - 0.9, clip.cavity_top - 0.1), (12, 52)),
    }


def _leads(clip: Clip) -> Part:
    """Return the cell's leads, over the piezo to the window under the board."""
    y, z = clip.tray_y - 0.7, (11.0, clip.box["cell_z"])
    return rod(-1.2, y, z, 0.6) + rod(1.2, y, z, 0.6)


def _tie(clip: Clip) -> Part:
    """Return the tie that holds the leads to the tray, its two legs through the slots."""
    low, z = clip.tray_y, (20.75, 21.95)
    loop = block((-4.2, 4.2), (low - 2.1, low - 1.4), z)
    return loop + block((-4.2, -3.6), (low - 2.1, low + 2.6), z) + block((3.6, 4.2), (low - 2.1, low + 2.6), z)


def _stick(clip: Clip) -> dict[str, Part]:
    wide, high, long = clip.box["stick"]
    y, z = clip.cavity + clip.box["foam"], SHELL["floor"] + 0.2
    return {"M5StickC Plus2": block((-wide / 2, wide / 2), (y, y + high), (z, z + long))}


def around(clip: Clip) -> dict[str, Part]:
    """Return what is outside: bar, liner, strap, the cable's plug, the screws' heads and shanks."""
    y = clip.cavity + clip.box["usb_y"]
    half, tall = OVERMOULD[0] / 2, OVERMOULD[1] / 2
    return {
        "bar": rod(0, 0, (-15, clip.length + 15), clip.bar_mm / 2),
        "liner": liner(clip),
        "strap": strap(clip),
        "USB plug": rounded(half, (y - tall, y + tall), (-18, 1.9), 1.5),
        "screw heads": _screws(clip, (0.0, 2.5), 2.25),
    }


def screw_shanks(clip: Clip) -> Part:
    """Return the screws' shanks; they cut their thread into the pilots, so they belong in the cap's check only."""
    return _screws(clip, (-10.0, 0.0), 1.25)


def _screws(clip: Clip, z: tuple[float, float], radius: float) -> Part:
    outside = clip.length + SHELL["gasket"] + SHELL["cap"]
    rods = [rod(x, y, (outside + z[0], outside + z[1]), radius) for x, y in clip.screws]
    return sum(rods[1:], rods[0])


def liner(clip: Clip) -> Part:
    """Return the liner for the largest bar, where it lies."""
    thick = covers.liner(clip, clip.bore - clip.bar_mm / 2)
    return Pos(0, 0, SADDLE["lip_length"] + 0.2) * thick


def strap(clip: Clip) -> Part:
    """Return the tightened strap: round arms and bar, and up through both slots."""
    low, high = clip.length / 2 - 10, clip.length / 2 + 10
    inner = make_face(Polyline(*hull(clip), close=True))
    ring = extrude(offset(inner, THICK) - inner, high - low)
    band = (Pos(0, 0, low) * ring) - block((-FAR, FAR), (clip.below - 0.2, FAR), (-1, FAR))
    x = clip.half + SHELL["slot_gap"] + 0.6
    for side in (-1, 1):
        ends = sorted((side * x, side * (x + THICK)))
        band += block((ends[0], ends[1]), (clip.below - 0.4, clip.below + SHELL["ear_height"] + 5), (low, high))
    return band


def probes(clip: Clip, wall: float) -> Part:
    """Return cylinders round the screws' pilots, fatter by `wall` all round: all of it must be plastic."""
    outer, inner = SHELL["pilot"] / 2 + wall, SHELL["pilot"] / 2
    z = (clip.length - SHELL["pilot_depth"], clip.length)
    rings = [rod(x, y, z, outer) - rod(x, y, (z[0] - 1, z[1] + 1), inner) for x, y in clip.screws]
    return sum(rings[1:], rings[0])

"""The body: a saddle that snaps on the bar, the box above it, ears for the strap. One prism along the bar."""

from math import cos, radians, sin

from build123d import Cone, Part, Pos

from hardware.cad.params import SADDLE, SHELL, Clip
from hardware.cad.shapes import along_x, along_y, block, prism, prism_xz, rod, rounded, sideways

FAR = 90.0


def body(clip: Clip) -> Part:
    """Return the body of `clip`."""
    whole = (0.0, clip.length)
    solid = _saddle(clip, whole) + rounded(clip.half, (clip.below, clip.top), whole, SHELL["corner"])
    solid += _roots(clip, whole) + _ears(clip, whole)
    solid -= rod(0, 0, (-1, clip.length + 1), clip.bore)
    solid += _lips(clip)
    solid += _bosses(clip)
    solid -= _cavity(clip)
    solid -= _pilots(clip) + _usb(clip)
    return solid + _cell_stop(clip) - _compact(clip) if clip.box["board"] == "xiao_s3" else solid - _stick(clip)


def sector(radius_in: float, radius_out: float, to_deg: float, z: tuple[float, float]) -> Part:
    """Return a ring round the bar's axis from -to_deg to to_deg, 0 being the roof's direction."""
    x, y = FAR * sin(radians(to_deg)), FAR * cos(radians(to_deg))
    mouth = [(0.0, 0.0), (x, y), (x, -FAR), (-x, -FAR), (-x, y)]
    return rod(0, 0, z, radius_out) - rod(0, 0, z, radius_in) - prism(mouth, z)


def _saddle(clip: Clip, z: tuple[float, float]) -> Part:
    ring = sector(clip.bore, clip.arm_out, SADDLE["arm_to_deg"], z)
    middle, angle = (clip.bore + clip.arm_out) / 2, radians(SADDLE["arm_to_deg"])
    for side in (-1, 1):  # round tips slide over the bar
        ring += rod(side * middle * sin(angle), middle * cos(angle), z, SADDLE["arm"] / 2)
    return ring


def _roots(clip: Clip, z: tuple[float, float]) -> Part:
    """Fill the corner between box and arms; it ends where the arms may bend."""
    angle = radians(SADDLE["root_deg"])
    x, y = clip.arm_out * sin(angle), clip.arm_out * cos(angle)
    return prism([(-clip.half, clip.below), (-x, y), (x, y), (clip.half, clip.below), (0, clip.top - 3)], z)


def _ears(clip: Clip, z: tuple[float, float]) -> Part:
    low, high = clip.below, clip.below + SHELL["ear_height"]
    solid = block((-clip.ear_out, clip.ear_out), (low, high), z)
    inner = clip.half + SHELL["slot_gap"]
    for side in (-1, 1):
        ends = sorted((side * inner, side * (inner + SHELL["slot"])))
        solid -= block((ends[0], ends[1]), (low - 1, high + 1), clip.slot_z)
    x = clip.ear_out - SHELL["ear"] / 2
    return solid - along_y(x, (low - 1, high + 1), 7.0, SHELL["lanyard"] / 2)


def _lips(clip: Clip) -> Part:
    inner, depth = clip.bore - SADDLE["lip"], SADDLE["lip"]
    low, high = SADDLE["lip_length"], clip.length - SADDLE["lip_length"]
    rings = sector(inner, clip.bore + 0.5, 80, (0.0, low)) + sector(
        inner, clip.bore + 0.5, 80, (high - depth, clip.length)
    )
    # The upper lip grows at 45 degrees, so that it prints without support.
    return rings - Pos(0, 0, high - depth / 2) * Cone(clip.bore, inner, depth)


def _bosses(clip: Clip) -> Part:
    out = SHELL["boss_out"] + SHELL["boss"]
    bottom = clip.length - SHELL["boss_length"] - out
    solid = Part()
    for x, y in clip.screws:
        one = rod(x, y, (bottom - 3, clip.length), SHELL["boss"])
        near, far = (clip.half - 3, clip.half + out + 1)
        side = 1 if x > 0 else -1
        slope = prism_xz(
            [
                (side * near, bottom - 3),
                (side * far, bottom + far - clip.half),
                (side * far, bottom - 9),
                (side * near, bottom - 9),
            ],
            y,
        )
        solid += one - slope
    return solid


def _cavity(clip: Clip) -> Part:
    """Return the box's inside, open at the cap."""
    z = (SHELL["floor"], clip.length + 1)
    x, heights = clip.box["half_width"], clip.box["heights"]
    solid = block((-x, x), (clip.cavity, clip.cavity_top), z)
    if clip.box["groove"]:
        wide = x + clip.box["groove"]
        solid += block((-wide, wide), (clip.tray_y, clip.tray_y + heights[1]), z)
    return solid


def _pilots(clip: Clip) -> Part:
    holes = [
        rod(x, y, (clip.length - SHELL["pilot_depth"], clip.length + 1), SHELL["pilot"] / 2) for x, y in clip.screws
    ]
    return sum(holes[1:], holes[0])


def _usb(clip: Clip) -> Part:
    wide, high = clip.box["usb"]
    y = clip.cavity + clip.box["usb_y"]
    return rounded(wide / 2, (y - high / 2, y + high / 2), (-1, SHELL["floor"] + 1), 1.5)


def _cell_stop(clip: Clip) -> Part:
    """Return the two stubs on which the cell ends, the piezo between them; they grow at 45 degrees."""
    high, y, z = 4.5, clip.cavity, clip.box["cell_z"] - 0.2
    near, far = clip.cell_half - 3.5, clip.box["half_width"] + 0.5
    flat = [(y - 0.5, z), (y + high, z), (y + high, z - 1.6), (y - 0.5, z - 2.1 - high)]
    return sideways(flat, (near, far)) + sideways(flat, (-far, -near))


def _compact(clip: Clip) -> Part:
    """Return the openings for switch, piezo and lamp."""
    y = clip.cavity + 3.8
    cut = block((-9.3, -0.3), (y - 2.35, y + 2.35), (1.6, 3)) + block((-7.6, -2.0), (y - 1.2, y + 1.2), (-1, 3))
    cut += along_x((-clip.half - 1, -clip.box["half_width"] + 1), y, 15.0, 2.0)
    cut += along_y(6.0, (clip.top - 0.6, clip.top + 1), 7.0, 4.3)
    return cut + along_y(6.0, (clip.cavity_top - 1, clip.top + 1), 7.0, 2.0)


def _stick(clip: Clip) -> Part:
    """Return the window for screen and front button, and the slots for the buttons at the sides."""
    wide, low, high, cut = clip.box["window"]
    half = wide / 2
    points = [
        (-half, low),
        (half, low),
        (half, high - cut),
        (half - cut, high),
        (cut - half, high),
        (-half, high - cut),
    ]
    window = prism_xz(points, clip.cavity_top + 8.9)
    height, low, high = clip.box["side_slot"]
    y = clip.cavity + clip.box["usb_y"]
    return window + block((-clip.half - 1, clip.half + 1), (y - height / 2, y + height / 2), (low, high))

"""What closes the box: cap, gasket, USB plug; what lies in it: the tray; what lies under it: the liner."""

from build123d import Part

from hardware.cad.body import sector
from hardware.cad.params import SADDLE, SHELL, Clip
from hardware.cad.shapes import block, rod, rounded

BUTTON_HOLE = 3.5


def outline(clip: Clip, z: tuple[float, float], inset: float = 0.0) -> Part:
    """Return the box's end with its screw bosses, as thick as `z` says."""
    solid = rounded(clip.half - inset, (clip.below + inset, clip.top - inset), z, SHELL["corner"])
    for x, y in clip.screws:
        solid += rod(x, y, z, SHELL["boss"] - inset)
    return solid


def cap(clip: Clip) -> Part:
    """Return the cap as it lies on the bed: outside down, the ridge that presses the gasket up."""
    thick = SHELL["cap"]
    solid = outline(clip, (0, thick))
    solid += _frame(clip, 1.7, (thick - 0.5, thick + SHELL["ridge"])) - _frame(clip, 0.1, (thick, thick + 2))
    for x, y in clip.screws:
        solid -= rod(x, y, (-1, thick + 2), SHELL["screw_hole"] / 2)
    if clip.box["board"] == "xiao_s3":
        solid -= rod(0, clip.button_y, (-1, thick + 2), BUTTON_HOLE)
    return solid


def _frame(clip: Clip, grow: float, z: tuple[float, float]) -> Part:
    x = clip.box["half_width"] + clip.box["groove"] + grow
    return block((-x, x), (clip.cavity - grow, clip.cavity_top + grow), z)


def gasket(clip: Clip) -> Part:
    """Return the gasket, TPU: a whole sheet, so that the button is pressed through it."""
    solid = outline(clip, (0, SHELL["gasket"]), 0.3)
    for x, y in clip.screws:
        solid -= rod(x, y, (-1, 3), SHELL["screw_hole"] / 2 + 0.2)
    if clip.box["board"] == "xiao_s3":
        solid += rod(0, clip.button_y, (SHELL["gasket"], SHELL["gasket"] + 1.4), 2.0)
    return solid


def plug(clip: Clip) -> Part:
    """Return the TPU plug of the USB opening; its flange covers the compact variant's switch too."""
    wide, high = clip.box["usb"]
    y = clip.box["usb_y"]
    low = 1.0 if clip.box["board"] == "xiao_s3" else y - high / 2 - 2
    solid = rounded(wide / 2 + 3.4, (low, y + high / 2 + 2), (0, 1.6), 2.0)
    solid += rounded(wide / 2 + 0.05, (y - high / 2 - 0.05, y + high / 2 + 0.05), (1.6, 3.4), 1.5)
    if clip.box["board"] == "xiao_s3":  # room for the switch's lever
        solid -= block((-8.0, -1.6), (2.2, 5.4), (0.8, 2))
    return solid


def tray(clip: Clip) -> Part:
    """Return the tray: boards on top, taped; the cell below; a tab for the button at its end."""
    x = clip.box["half_width"] + clip.box["groove"] - 0.2
    thick, end = clip.box["tray"], clip.length - 0.6
    solid = block((-x, x), (0, end - SHELL["floor"] - 0.2), (0, thick))
    narrow = clip.box["half_width"] - 0.5
    solid += block((-narrow, narrow), (22.0, 23.6), (0, thick + 1.2))  # between the boards
    solid += block((-narrow, narrow), (49.8, 51.8), (0, thick + 6.4))  # the button's tab
    for side in (-3.25, 3.25):  # its pins
        solid -= block((side - 0.7, side + 0.7), (49, 53), (thick + 1.0, thick + 9))
    solid -= block((-4, 4), (5.4, 14.4), (-1, thick + 1))  # wires to the pads under the board
    for side in (-3.6, 3.6):  # the tie that takes the pull off the cell's leads
        solid -= block((side - 1.5, side + 1.5), (17.9, 19.5), (-1, thick + 1))
    return solid


def liner(clip: Clip, thick: float) -> Part:
    """Return the TPU liner of this thickness; the thicker, the smaller the bar."""
    return sector(clip.bore - thick, clip.bore - 0.05, SADDLE["arm_to_deg"], (0, liner_length(clip)))


def liner_length(clip: Clip) -> float:
    """Return the length between the saddle's lips, less a little."""
    length: float = clip.length - 2 * SADDLE["lip_length"] - SADDLE["lip"] - 0.4
    return length

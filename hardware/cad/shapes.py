"""Small solids that the parts are made of."""

from build123d import Align, Box, Cylinder, Part, Polyline, Pos, RectangleRounded, Rot, extrude, make_face


def block(x: tuple[float, float], y: tuple[float, float], z: tuple[float, float]) -> Part:
    """Return a cuboid from the first to the second coordinate on each axis."""
    at = Align.MIN
    return Pos(x[0], y[0], z[0]) * Box(x[1] - x[0], y[1] - y[0], z[1] - z[0], align=(at, at, at))


def prism(points: list[tuple[float, float]], z: tuple[float, float]) -> Part:
    """Return the polygon in x and y, extruded along z."""
    return Pos(0, 0, z[0]) * extrude(make_face(Polyline(*points, close=True)), z[1] - z[0])


def prism_xz(points: list[tuple[float, float]], y: float) -> Part:
    """Return the polygon in x and z, extruded 9 mm to both sides of `y`."""
    return Pos(0, y, 0) * (Rot(90, 0, 0) * prism(points, (-9, 9)))


def sideways(points: list[tuple[float, float]], x: tuple[float, float]) -> Part:
    """Return the polygon in y and z, extruded along x."""
    flat = extrude(make_face(Polyline(*points, close=True)), x[1] - x[0])
    return Pos(x[0], 0, 0) * (Rot(0, 90, 0) * (Rot(0, 0, 90) * flat))


def rod(x: float, y: float, z: tuple[float, float], radius: float) -> Part:
    """Return a cylinder along z."""
    return Pos(x, y, z[0]) * Cylinder(radius, z[1] - z[0], align=(Align.CENTER, Align.CENTER, Align.MIN))


def along_x(x: tuple[float, float], y: float, z: float, radius: float) -> Part:
    """Return a cylinder along x."""
    return Pos((x[0] + x[1]) / 2, y, z) * (Rot(0, 90, 0) * Cylinder(radius, x[1] - x[0]))


def along_y(x: float, y: tuple[float, float], z: float, radius: float) -> Part:
    """Return a cylinder along y."""
    return Pos(x, (y[0] + y[1]) / 2, z) * (Rot(90, 0, 0) * Cylinder(radius, y[1] - y[0]))


def rounded(x: float, y: tuple[float, float], z: tuple[float, float], radius: float) -> Part:
    """Return a block from -x to x whose edges along z are round."""
    flat = RectangleRounded(2 * x, y[1] - y[0], radius)
    return Pos(0, (y[0] + y[1]) / 2, z[0]) * extrude(flat, z[1] - z[0])

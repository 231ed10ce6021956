"""Pictures of solids without a display: VTK in an off-screen window."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import vtk
from build123d import Part
from PIL import Image, ImageChops, ImageDraw, ImageFont
from vtk.util.numpy_support import numpy_to_vtk, numpy_to_vtkIdTypeArray, vtk_to_numpy

FINE_MM, FINE_RAD = 0.05, 0.25
CREASE_DEG, EDGE_DEG = 30, 35
EDGE = 12
"""White pixels left round a picture, before it is made half as large."""


FONT_PX, MARGIN_PX, GAP_PX = 26, 230, 12
MOST_POINTS, SAME_DEPTH = 1500, 2e-4
"""Labels stand in margins on both sides of the picture, in letters that are readable when it is shown half as wide."""


class Shown(NamedTuple):
    """A solid in a picture, with the name that is written beside it."""

    solid: Part
    colour: tuple[float, float, float]
    opacity: float = 1.0
    name: str = ""


class Label(NamedTuple):
    """A name and the point in the picture to which its arrow leads, in pixels from the upper left corner."""

    name: str
    x: float
    y: float


def take(
    path: Path,
    shown: list[Shown],
    towards: tuple[float, float, float],
    size: tuple[int, int] = (1200, 900),
    up: tuple[float, float, float] = (0, 1, 0),
) -> None:
    """Write a PNG of the solids, seen along `towards`, filling the picture."""
    renderer = vtk.vtkRenderer()
    renderer.SetBackground(1, 1, 1)
    for one in shown:
        _add(renderer, one)
    vtk.vtkLightKit().AddLightsToRenderer(renderer)
    # Depth peeling, which see-through parts need, renders black with multisampling: `_save` smooths instead.
    renderer.SetUseDepthPeeling(1)
    renderer.SetMaximumNumberOfPeels(12)
    window = vtk.vtkRenderWindow()
    window.SetOffScreenRendering(1)
    window.SetMultiSamples(0)
    window.SetAlphaBitPlanes(1)
    window.SetSize(size[0] * 2, size[1] * 2)
    window.AddRenderer(renderer)
    _aim(renderer, towards, up)
    window.Render()
    _save(window, path, size, _labels(renderer, shown, window.GetSize()[1]))


def _aim(renderer: vtk.vtkRenderer, towards: tuple[float, float, float], up: tuple[float, float, float]) -> None:
    camera = renderer.GetActiveCamera()
    camera.SetPosition(*(-200 * one for one in towards))
    camera.SetFocalPoint(0, 0, 0)
    camera.SetViewUp(*up)
    camera.SetViewAngle(18)
    renderer.ResetCamera()
    renderer.ResetCameraClippingRange()


def _add(renderer: vtk.vtkRenderer, one: Shown) -> None:
    mesh = polydata(one.solid)
    normals = vtk.vtkPolyDataNormals()
    normals.SetInputData(mesh)
    normals.SetFeatureAngle(CREASE_DEG)
    mapper = vtk.vtkPolyDataMapper()
    mapper.SetInputConnection(normals.GetOutputPort())
    mapper.SetResolveCoincidentTopologyToPolygonOffset()
    actor = vtk.vtkActor()
    actor.SetMapper(mapper)
    looks = actor.GetProperty()
    looks.SetColor(*one.colour)
    looks.SetOpacity(one.opacity)
    looks.SetSpecular(0.15)
    renderer.AddActor(actor)

    edges = vtk.vtkFeatureEdges()
    edges.SetInputData(mesh)
    edges.SetFeatureAngle(EDGE_DEG)
    edges.ColoringOff()
    lines = vtk.vtkPolyDataMapper()
    lines.SetInputConnection(edges.GetOutputPort())
    drawn = vtk.vtkActor()
    drawn.SetMapper(lines)
    drawn.GetProperty().SetColor(0, 0, 0)
    drawn.GetProperty().SetLineWidth(1.6)
    drawn.GetProperty().SetOpacity(min(1.0, one.opacity + 0.2))
    renderer.AddActor(drawn)


def polydata(solid: Part) -> vtk.vtkPolyData:
    """Return the solid's surface as a clean VTK mesh."""
    corners, faces = solid.tessellate(FINE_MM, FINE_RAD)
    points = vtk.vtkPoints()
    points.SetData(numpy_to_vtk(np.array([tuple(one) for one in corners]), deep=True))
    cells = vtk.vtkCellArray()
    packed = np.hstack([np.full((len(faces), 1), 3), np.array(faces)]).astype(np.int64)
    cells.ImportLegacyFormat(numpy_to_vtkIdTypeArray(packed.ravel(), deep=True))
    mesh = vtk.vtkPolyData()
    mesh.SetPoints(points)
    mesh.SetPolys(cells)
    clean = vtk.vtkCleanPolyData()
    clean.SetInputData(mesh)
    clean.Update()
    return clean.GetOutput()


def _labels(renderer: vtk.vtkRenderer, shown: list[Shown], height_px: int) -> list[Label]:
    """Return a label for each named part that can be seen; it leads to the middle of what is seen of it."""
    seen: dict[str, list[tuple[float, float]]] = {}
    for one in shown:
        if one.name:
            seen.setdefault(one.name, []).extend(_visible(renderer, one.solid))
    labels = []
    for name, points in seen.items():
        if points:
            middle = np.median(points, axis=0)
            x, y = min(points, key=lambda point: float(np.hypot(*(np.array(point) - middle))))
            labels.append(Label(name, x, height_px - y))
    return labels


def _visible(renderer: vtk.vtkRenderer, solid: Part) -> list[tuple[float, float]]:
    """Return where the picture shows middles of the solid's faces that no other solid hides, in pixels from below."""
    corners, faces = solid.tessellate(FINE_MM, FINE_RAD)
    places = np.array([tuple(corner) for corner in corners])
    middles = places[np.array(faces)].mean(axis=1)
    points = []
    for middle in middles[:: max(1, len(middles) // MOST_POINTS)]:
        renderer.SetWorldPoint(*middle, 1.0)
        renderer.WorldToDisplay()
        x, y, depth = renderer.GetDisplayPoint()
        if depth <= renderer.GetZ(round(x), round(y)) + SAME_DEPTH:
            points.append((x, y))
    return points


def _save(window: vtk.vtkRenderWindow, path: Path, size: tuple[int, int], labels: list[Label]) -> None:
    grab = vtk.vtkWindowToImageFilter()
    grab.SetInput(window)
    grab.ReadFrontBufferOff()
    grab.Update()
    image = grab.GetOutput()
    wide, high, _ = image.GetDimensions()
    pixels = vtk_to_numpy(image.GetPointData().GetScalars()).reshape(high, wide, -1)[::-1, :, :3]
    whole = Image.fromarray(np.ascontiguousarray(pixels))
    left, top, right, bottom = ImageChops.difference(whole, Image.new("RGB", whole.size, "white")).getbbox() or (
        0,
        0,
        *whole.size,
    )
    cut = Image.new("RGB", (right - left + 2 * EDGE, bottom - top + 2 * EDGE), "white")
    cut.paste(whole, (EDGE - left, EDGE - top))
    room = size[0] - 2 * MARGIN_PX if labels else size[0]
    scale = min(room / cut.width, size[1] / cut.height)
    small = cut.resize((round(cut.width * scale), round(cut.height * scale)), Image.Resampling.LANCZOS)
    moved = [Label(name, (x - left + EDGE) * scale, (y - top + EDGE) * scale) for name, x, y in labels]
    labelled(small, moved, size[0]).quantize(40).save(path, optimize=True)


def labelled(picture: Image.Image, labels: list[Label], width_px: int) -> Image.Image:
    """Return the picture in the middle of a wider one, with the labels in the margins and an arrow from each."""
    sheet = Image.new("RGB", (max(width_px, picture.width), picture.height), "white")
    left = (sheet.width - picture.width) // 2
    sheet.paste(picture, (left, 0))
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(FONT_PX)
    middle = picture.width / 2
    for on_left in (True, False):
        side = sorted((label for label in labels if (label.x < middle) == on_left), key=lambda label: label.y)
        for label, y in zip(side, _spread([label.y for label in side], sheet.height), strict=True):
            text_px = draw.textlength(label.name, font)
            x = GAP_PX if on_left else sheet.width - GAP_PX - text_px
            draw.text((x, y - FONT_PX / 2), label.name, "black", font)
            begin = (x + text_px + GAP_PX if on_left else x - GAP_PX, y + 2)
            end = (left + label.x, label.y)
            draw.line([begin, end], "black", 2)
            draw.ellipse([end[0] - 5, end[1] - 5, end[0] + 5, end[1] + 5], "black")
    return sheet


def _spread(heights: list[float], height_px: int) -> list[float]:
    """Return the heights moved apart, so that no two labels touch and none leaves the picture."""
    step, placed = FONT_PX * 1.4, []
    for height in heights:
        placed.append(max(height, FONT_PX, placed[-1] + step if placed else 0))
    over = max(0.0, placed[-1] + FONT_PX - height_px) if placed else 0.0
    return [max(height - over, FONT_PX + step * n) for n, height in enumerate(placed)]


def beside(files: list[Path], path: Path, columns: int) -> None:
    """Write one picture of several of the same size."""
    images = [Image.open(one).convert("RGB") for one in files]
    wide, high = (max(one.size[i] for one in images) for i in (0, 1))
    rows = -(-len(images) // columns)
    sheet = Image.new("RGB", (wide * columns, high * rows), "white")
    for i, image in enumerate(images):
        sheet.paste(image, (i % columns * wide, i // columns * high))
    sheet.quantize(96).save(path, optimize=True)

"""Pictures of solids without a display: VTK in an off-screen window."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import vtk
from build123d import Part
from PIL import Image, ImageChops
from vtk.util.numpy_support import numpy_to_vtk, numpy_to_vtkIdTypeArray, vtk_to_numpy

FINE_MM, FINE_RAD = 0.05, 0.25
CREASE_DEG, EDGE_DEG = 30, 35
EDGE = 12
"""White pixels left round a picture, before it is made half as large."""


class Shown(NamedTuple):
    """A solid in a picture."""

    solid: Part
    colour: tuple[float, float, float]
    opacity: float = 1.0


def take(
    path: Path,
    shown: list[Shown],
    towards: tuple[float, float, float],
    size: tuple[int, int] = (640, 480),
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
    window.SetSize(size[0] * 3, size[1] * 3)
    window.AddRenderer(renderer)
    _aim(renderer, towards, up)
    window.Render()
    _save(window, path, size)


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


def _save(window: vtk.vtkRenderWindow, path: Path, size: tuple[int, int]) -> None:
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
    small = whole.crop((left - EDGE, top - EDGE, right + EDGE, bottom + EDGE))
    blank = Image.new("RGB", small.size, "white")
    blank.paste(whole, (EDGE - left, EDGE - top))
    blank.thumbnail(size, Image.Resampling.LANCZOS)
    blank.quantize(96).save(path, optimize=True)


def beside(files: list[Path], path: Path, columns: int) -> None:
    """Write one picture of several of the same size."""
    images = [Image.open(one).convert("RGB") for one in files]
    wide, high = (max(one.size[i] for one in images) for i in (0, 1))
    rows = -(-len(images) // columns)
    sheet = Image.new("RGB", (wide * columns, high * rows), "white")
    for i, image in enumerate(images):
        sheet.paste(image, (i % columns * wide, i // columns * high))
    sheet.quantize(96).save(path, optimize=True)

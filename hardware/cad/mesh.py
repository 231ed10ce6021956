"""Checks on a printed part's mesh with NumPy alone: closed, how thick its walls are, what hangs in the air."""

from pathlib import Path
from typing import NamedTuple

import numpy as np

_CHUNK = 256
_MERGE_MM = 1e-4


class Mesh(NamedTuple):
    """Triangles as (n, 3, 3) corners in mm, and their unit normals."""

    corners: np.ndarray
    normals: np.ndarray


def read_stl(path: Path) -> Mesh:
    """Read a binary STL; ValueError when its length does not fit its count."""
    raw = path.read_bytes()
    count = int.from_bytes(raw[80:84], "little")
    if len(raw) != 84 + 50 * count:
        raise ValueError(f"{path} has {len(raw)} bytes, its count of {count} triangles asks for {84 + 50 * count}")
    rows = np.frombuffer(raw, dtype=[("f", "<f4", 12), ("a", "<u2")], offset=84)["f"].astype(float)
    return of_corners(rows[:, 3:].reshape(-1, 3, 3))


def of_corners(corners: np.ndarray) -> Mesh:
    """Return a mesh without its triangles of no area."""
    crossed = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    area = np.linalg.norm(crossed, axis=1)
    kept = area > 1e-9
    return Mesh(corners[kept], crossed[kept] / area[kept, None])


def open_edges(mesh: Mesh) -> int:
    """Return how many edges do not belong to exactly two triangles that run them in opposite directions."""
    _, ids = np.unique(np.round(mesh.corners.reshape(-1, 3) / _MERGE_MM).astype(np.int64), axis=0, return_inverse=True)
    faces = ids.reshape(-1, 3)
    runs = np.vstack([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    seen, counts = np.unique(runs, axis=0, return_counts=True)
    there = {(int(a), int(b)): int(n) for (a, b), n in zip(seen, counts, strict=True)}
    return sum(1 for (a, b), n in there.items() if n != 1 or there.get((b, a)) != 1)


def bodies(mesh: Mesh) -> int:
    """Return how many pieces the mesh has that share no corner."""
    _, ids = np.unique(np.round(mesh.corners.reshape(-1, 3) / _MERGE_MM).astype(np.int64), axis=0, return_inverse=True)
    faces = ids.reshape(-1, 3)
    label = np.arange(ids.max() + 1)
    while True:
        least = label[faces].min(axis=1)
        spread = label.copy()
        for i in range(3):
            np.minimum.at(spread, faces[:, i], least)
        if np.array_equal(spread, label):
            return len(np.unique(label[faces]))
        label = spread


def volume_mm3(mesh: Mesh) -> float:
    """Return the enclosed volume."""
    a, b, c = mesh.corners[:, 0], mesh.corners[:, 1], mesh.corners[:, 2]
    return float((a * np.cross(b, c)).sum() / 6)


def size_mm(mesh: Mesh) -> np.ndarray:
    """Return the extent along x, y and z."""
    points = mesh.corners.reshape(-1, 3)
    extent: np.ndarray = points.max(axis=0) - points.min(axis=0)
    return extent


def first_hits(mesh: Mesh, origins: np.ndarray, directions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return for each ray the distance to the first triangle, inf for none, and its index (Moeller, Trumbore 1997)."""
    a = mesh.corners[:, 0]
    ab, ac = mesh.corners[:, 1] - a, mesh.corners[:, 2] - a
    far, index = np.full(len(origins), np.inf), np.zeros(len(origins), dtype=int)
    for at in range(0, len(origins), _CHUNK):
        o, d = origins[at : at + _CHUNK, None], directions[at : at + _CHUNK, None]
        p = np.cross(d, ac[None])
        det = (ab[None] * p).sum(-1)
        with np.errstate(divide="ignore", invalid="ignore"):
            s = o - a[None]
            u = (s * p).sum(-1) / det
            q = np.cross(s, ab[None])
            v = (d * q).sum(-1) / det
            t = (ac[None] * q).sum(-1) / det
            hit = (np.abs(det) > 1e-12) & (u >= -1e-9) & (v >= -1e-9) & (u + v <= 1 + 1e-9) & (t > 1e-4)
        t = np.where(hit, t, np.inf)
        index[at : at + _CHUNK] = t.argmin(axis=1)
        far[at : at + _CHUNK] = t.min(axis=1)
    return far, index


def scatter(mesh: Mesh, count: int, faces: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Return `count` points spread over the surface by area, the same at each call, and the triangle of each."""
    rng = np.random.default_rng(1)
    chosen = np.arange(len(mesh.corners)) if faces is None else faces
    edges = mesh.corners[chosen]
    area = np.linalg.norm(np.cross(edges[:, 1] - edges[:, 0], edges[:, 2] - edges[:, 0]), axis=1)
    face = chosen[rng.choice(len(chosen), count, p=area / area.sum())]
    r, s = np.sqrt(rng.random(count))[:, None], rng.random(count)[:, None]
    a, b, c = (mesh.corners[face, i] for i in range(3))
    return a * (1 - r) + b * r * (1 - s) + c * r * s, face


def thinnest_mm(mesh: Mesh, count: int = 3000) -> tuple[float, np.ndarray]:
    """Return the thinnest wall found, and where: a ray inward leaves through a face that looks the other way."""
    points, face = scatter(mesh, count)
    inward = -mesh.normals[face]
    far, hit = first_hits(mesh, points + inward * 1e-3, inward)
    wall = np.isfinite(far) & ((mesh.normals[hit] * inward).sum(axis=1) > 0.9)
    far = np.where(wall, far, np.inf)
    least = int(far.argmin())
    return float(far[least]), points[least]


def unsupported(mesh: Mesh, steepest_deg: float, bridge_mm: float, count: int = 1500) -> np.ndarray:
    """Return points that hang over more than `steepest_deg` and between no two walls at most `bridge_mm` apart."""
    hangs = mesh.normals[:, 2] < -np.sin(np.radians(steepest_deg)) - 0.01
    on_bed = mesh.corners[:, :, 2].max(axis=1) < mesh.corners[:, :, 2].min() + 0.01
    faces = np.flatnonzero(hangs & ~on_bed)
    if not len(faces):
        return np.empty((0, 3))
    points, _ = scatter(mesh, count, faces)
    below = points - np.array([0, 0, 0.2])
    bridged = np.zeros(len(points), dtype=bool)
    for axis in (np.array([1.0, 0, 0]), np.array([0, 1.0, 0])):
        ends = [first_hits(mesh, below, np.broadcast_to(one, below.shape))[0] for one in (axis, -axis)]
        bridged |= ends[0] + ends[1] <= bridge_mm
    loose: np.ndarray = points[~bridged]
    return loose

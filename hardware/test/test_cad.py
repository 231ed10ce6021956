"""The shapes themselves: nothing collides, screws have flesh, files are reproducible. Needs the extra `hardware`."""

import subprocess
import sys
from functools import cache
from itertools import combinations
from pathlib import Path

import manifold3d
import numpy as np
import pytest
import trimesh
from build123d import Part, Pos
from PIL import Image

from hardware.cad import body, covers, drawings, dummies, export, mesh
from hardware.cad.params import BARS, FOLDER, LIMITS, SHELL, TABLE, VARIANTS, Clip
from hardware.cad.picture import Shown, take
from hardware.cad.shapes import rod

CLIPS = [Clip(variant, bar) for variant in (*VARIANTS, "xiao_wide") for bar in BARS]
MEET = {frozenset(pair) for pair in (("body", "plug"), ("cap", "gasket"), ("plug", "USB plug"))}
"""TPU that is pressed on purpose; and the cable's plug, which takes the place of the cover."""
# Through holes of each part: what an opening too few or too many would change.
HOLES = {"body": 7, "cap-xiao": 5, "cap-m5stick": 4, "gasket": 4, "plug": 0, "tray": 3, "liner": 0}


def shared_mm3(one: Part, other: Part) -> float:
    met = one & other
    return float(met.volume) if met else 0.0


@cache
def everything(variant: str, bar: str) -> dict[str, Part]:
    clip = Clip(variant, bar)
    return {"body": body.body(clip), **dummies.in_body(clip), **dummies.bought(clip), **dummies.around(clip)}


@pytest.mark.parametrize("clip", CLIPS, ids=lambda clip: f"{clip.variant}-{clip.bar_name}")
def test_nothing_collides_and_every_screw_has_flesh_round_it(clip):
    there = everything(clip.variant, clip.bar_name)
    assert there["body"].is_valid
    assert len(there["body"].solids()) == 1
    for (name, one), (other_name, other) in combinations(there.items(), 2):
        if frozenset((name, other_name)) not in MEET:
            assert shared_mm3(one, other) < 1e-3, (name, other_name)
    assert (dummies.probes(clip, LIMITS["wall"]) - there["body"]).volume < 1e-3
    assert shared_mm3(dummies.screw_shanks(clip), there["cap"]) < 1e-3
    assert shared_mm3(dummies.screw_shanks(clip), there["body"]) > 10  # the thread that they cut


@pytest.mark.parametrize(
    ("name", "shift", "into"),
    [
        ("bar", (0, 1.5, 0), "body"),
        ("bar", (0.8, 0, 0), "liner"),
        ("cell", (0.6, 0, 0), "body"),
        ("cell", (0, 0, -1), "body"),
        ("cell", (0, 1.7, 0), "tray"),
        ("XIAO", (1.8, 0, 0), "body"),
        ("breakout", (0, 1.5, 0), "antenna"),
        ("breakout", (0, 0, 1), "tray"),
        ("button", (0, 0, 1.2), "gasket"),
        ("switch", (0, -2.2, 0), "body"),
        ("piezo", (4.5, 0, 0), "divider"),
        ("leads", (0, -0.7, 0), "piezo"),
        ("tie", (0, 0, -1), "piezo"),
        ("tie", (0, 0, 0.5), "cell"),
        ("antenna", (0, 0.5, 0), "body"),
        ("strap", (0.8, 0, 0), "body"),
        ("strap", (0, 0.5, 0), "bar"),
        ("USB plug", (0.4, 0, 0), "body"),
        ("screw heads", (0, 0, -1), "cap"),
        ("tray", (0.5, 0, 0), "body"),
    ],
)
def test_a_part_that_is_out_of_place_is_caught(name, shift, into):
    there = everything("xiao", "29")
    assert shared_mm3(there[name], there[into]) < 1e-3
    assert shared_mm3(Pos(*shift) * there[name], there[into]) > 0.01


def test_a_stick_that_is_too_large_and_a_thicker_bar_are_caught():
    there = everything("m5stick", "29")
    assert shared_mm3(Pos(0.6, 0, 0) * there["M5StickC Plus2"], there["body"]) > 1
    thick = rod(0, 0, (-5, 60), 32 / 2)
    assert shared_mm3(thick, there["body"]) > 1


def test_a_screw_too_near_to_an_edge_is_caught():
    clip = Clip("xiao", "29")
    assert (dummies.probes(clip, LIMITS["wall"] + 1) - body.body(clip)).volume > 1
    x, y = clip.screws[0]
    wall = SHELL["screw_hole"] / 2 + LIMITS["wall"]
    ring = rod(x, y, (0, SHELL["cap"]), wall) - rod(x, y, (-1, 9), SHELL["screw_hole"] / 2)
    assert (ring - covers.cap(clip)).volume < 1e-3
    assert (Pos(0.5, 0, 0) * ring - covers.cap(clip)).volume > 0.1


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    """Everything written once, in a process of its own."""
    folder = tmp_path_factory.mktemp("made")
    code = f"from pathlib import Path; from hardware.cad import export; export.write(Path({str(folder)!r}))"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=FOLDER.parents[1])
    return folder


def test_the_same_bytes_come_again_and_are_the_ones_kept(made, tmp_path):
    export.write(tmp_path)
    files = sorted(path.relative_to(made) for path in made.rglob("*.st*") if path.is_file())
    assert len(files) > 25
    assert [one for one in files if (made / one).read_bytes() != (tmp_path / one).read_bytes()] == []
    for one in (name for name in files if name.suffix == ".stl"):
        new, kept = mesh.read_stl(made / one), mesh.read_stl(FOLDER / one)
        assert mesh.volume_mm3(new) == pytest.approx(mesh.volume_mm3(kept), rel=1e-3), f"{one}: make it again"
        assert mesh.size_mm(new) == pytest.approx(mesh.size_mm(kept), abs=0.02)
    if (FOLDER / "made_with.txt").read_text(encoding="utf-8") == export.made_with():
        assert [str(one) for one in files if (made / one).read_bytes() != (FOLDER / one).read_bytes()] == []


def test_the_meshes_are_solids_to_other_eyes_too(made):
    for path in sorted((made / "stl").glob("*.stl")):
        loaded = trimesh.load(path)
        assert loaded.is_watertight, path.stem
        assert loaded.is_winding_consistent, path.stem
        assert loaded.body_count == 1, path.stem
        holes = next(count for name, count in HOLES.items() if path.stem.startswith(name))
        assert (2 - loaded.euler_number) // 2 == holes, path.stem
        solid = manifold3d.Manifold(manifold3d.Mesh(loaded.vertices.astype(np.float32), loaded.faces.astype(np.uint32)))
        assert solid.status() == manifold3d.Error.NoError, path.stem
        assert solid.volume() == pytest.approx(mesh.volume_mm3(mesh.read_stl(path)), rel=1e-3)


@pytest.mark.parametrize("bar", BARS)
def test_the_wide_body_is_thick_enough_and_prints_without_support_too(bar, tmp_path):
    clip = Clip("xiao_wide", bar)
    for name, part in (("body", body.body(clip)), ("cap", covers.cap(clip)), ("tray", covers.tray(clip))):
        export.write_stl(part, tmp_path / f"{name}.stl")
        shape = mesh.read_stl(tmp_path / f"{name}.stl")
        assert mesh.open_edges(shape) == 0
        assert mesh.thinnest_mm(shape)[0] > LIMITS["wall"] - 0.01, name
        assert len(mesh.unsupported(shape, LIMITS["overhang_deg"], LIMITS["bridge"])) == 0, name


def test_walls_are_thick_enough_at_many_points(made):
    for path in sorted((made / "stl").glob("body-*.stl")):
        shape = mesh.read_stl(path)
        thinnest, where = mesh.thinnest_mm(shape, 3000)
        assert thinnest > LIMITS["wall"] - 0.01, (path.stem, where)
        assert len(mesh.unsupported(shape, LIMITS["overhang_deg"], LIMITS["bridge"], 2000)) == 0, path.stem


def test_a_thinner_wall_is_caught(monkeypatch, tmp_path):
    monkeypatch.setitem(TABLE["xiao"], "side", 2.4)  # leaves 1.3 mm beside the tray's groove
    export.write_stl(body.body(Clip("xiao", "29")), tmp_path / "thin.stl")
    assert mesh.thinnest_mm(mesh.read_stl(tmp_path / "thin.stl"))[0] < LIMITS["wall"] - 0.1


def test_a_picture_shows_something_and_is_not_black(tmp_path):
    take(tmp_path / "one.png", [Shown(body.body(Clip("m5stick", "25")), (0.5, 0.6, 0.7), 0.5)], (-0.5, -0.5, -0.7))
    pixels = np.asarray(Image.open(tmp_path / "one.png").convert("L"), dtype=float)
    assert 60 < pixels.mean() < 250
    assert len(np.unique(pixels)) > 20


def test_the_drawings_have_the_parameters_figures(tmp_path):
    drawings.write(tmp_path)
    clip = Clip("xiao", "29")
    for folder in (tmp_path, FOLDER / "drawings"):
        text = (folder / "body-xiao-29.svg").read_text(encoding="utf-8")
        for figure in (clip.length, 2 * clip.half, 2 * clip.ear_out, clip.top):
            assert f">{figure:.1f}</text>" in text
    assert {path.name for path in tmp_path.glob("*.svg")} == {path.name for path in (FOLDER / "drawings").glob("*.svg")}

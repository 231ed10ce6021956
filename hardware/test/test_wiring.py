"""The drawn harnesses and the schematic are those of their sources. Needs the extra `hardware` and Graphviz."""

import re

from hardware.wiring import draw
from hardware.wiring.pins import FOLDER


def texts(path):
    return sorted(re.findall(r">([^<>\n]+)</(?:tspan|text)", path.read_text(encoding="utf-8")))


def test_the_drawings_kept_are_those_that_the_sources_give(tmp_path, monkeypatch):
    for source in FOLDER.glob("*.*"):
        if source.suffix in (".yml", ".csv"):
            (tmp_path / source.name).write_bytes(source.read_bytes())
    monkeypatch.setattr(draw, "FOLDER", tmp_path)
    draw.harnesses()
    draw.schematic()
    for name in ("xiao.svg", "m5stick.svg", "schematic.svg"):
        assert texts(tmp_path / name) == texts(FOLDER / name), f"{name}: python -m hardware.make wiring"
        assert len(texts(FOLDER / name)) > 20
    for name in ("xiao.png", "m5stick.png"):
        assert (tmp_path / name).stat().st_size > 10_000

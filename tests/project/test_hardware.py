"""What a maker builds from: bills, wires against the firmware, power, meshes, guides. No CAD library is needed."""

import ast
import csv
import html
import json
import re
from collections import Counter
from datetime import date

import numpy as np
import pytest
import yaml

from barhold.recordings import ground_truth
from hardware import marks, pages
from hardware.cad import mesh, snap, strap
from hardware.cad.params import BARS, LIMITS, SADDLE, SHELL, TABLE, VARIANTS, Clip
from hardware.power import budget, show
from hardware.wiring.pins import Pin, of_board
from hostkit import ROOT, root_command

HARDWARE = ROOT / "hardware"
BOARDS = {"xiao": "xiao_s3", "m5stick": "m5stickc_plus2"}
STLS = sorted((HARDWARE / "cad" / "stl").glob("*.stl"))
GUIDES = sorted(HARDWARE.rglob("*.md"))
README = (HARDWARE / "README.md").read_text(encoding="utf-8")
COLUMNS = (
    "ref,qty,description,manufacturer,mpn,supplier,supplier_pn,"
    "unit_price,used_share,currency,price_date,price_mark,substitutes,notes"
)
XIAO_GPIO = {"D0": 1, "D1": 2, "D3": 4, "D4": 5, "D5": 6, "D8": 7}  # Seeed's pin-out


# Bills of materials


def bill_faults(row: dict[str, str]) -> list[str]:
    found = [name for name in COLUMNS.split(",") if not row[name]]
    found += ["mpn"] if not re.search(r"\d|[A-Z]{3}|Prusament", row["mpn"]) or "generic" in row["mpn"].lower() else []
    found += ["qty"] if not row["qty"].isdigit() or int(row["qty"]) < 1 else []
    found += ["qty"] if len(row["ref"].split()) not in (1, int(row["qty"] or 0)) else []
    found += ["price"] if float(row["unit_price"]) <= 0 or row["currency"] != "USD" else []
    found += ["used_share"] if not 0 < float(row["used_share"] or 0) <= 1 else []
    found += ["price_mark"] if row["price_mark"] != "estimated" else []
    return found + (["price_date"] if date.fromisoformat(row["price_date"]) > date(2026, 11, 22) else [])


@pytest.mark.parametrize("variant", VARIANTS)
def test_every_part_can_be_bought_and_its_price_says_that_it_is_a_guess(variant):
    assert (HARDWARE / "bom" / f"{variant}.csv").read_text(encoding="utf-8").splitlines()[0] == COLUMNS
    rows = pages.bill(variant)
    assert [bill_faults(row) for row in rows] == [[]] * len(rows)
    assert all(None not in row for row in rows)  # more cells than columns
    assert max(Counter(row["ref"] for row in rows).values()) == 1


@pytest.mark.parametrize(
    ("name", "value"), [("mpn", "generic"), ("mpn", ""), ("qty", "0"), ("used_share", "1.5"), ("price_mark", "paid")]
)
def test_a_part_that_cannot_is_caught(name, value):
    assert bill_faults({**pages.bill("xiao")[0], name: value})


def test_the_readme_has_the_bills_totals():
    for variant in VARIANTS:
        with (HARDWARE / "bom" / f"{variant}.csv").open(encoding="utf-8", newline="") as file:
            rows = list(csv.reader(file))[1:]
        packs = sum(int(row[1]) * float(row[7]) for row in rows)
        used = sum(int(row[1]) * float(row[7]) * float(row[8]) for row in rows)
        owned = packs - sum(float(row[7]) for row in rows if "filament" in row[2])
        pieces = sum(int(row[1]) for row in rows)
        assert f"| {variant} | {len(rows)} | {pieces} | {packs:.2f} | {used:.2f} | {owned:.2f} |" in README


def test_the_bills_hold_what_the_wiring_and_the_case_need():
    refs = {ref for row in pages.bill("xiao") for ref in row["ref"].split()}
    assert {"U1", "U2", "BT1", "SW1", "SW2", "BZ1", "R1", "R2", "R3", "C1"} <= refs
    assert {"W2", "M10", "M11", "M12", "M13"} <= refs  # 26 AWG wire, lanyard, contact glue, shrink tube, USB cable
    for variant in VARIANTS:
        assert {"M10", "M11", "M13"} <= {row["ref"] for row in pages.bill(variant)}
        screws = next(row for row in pages.bill(variant) if row["ref"] == "M1")
        assert int(screws["qty"]) == len(Clip(variant, "29").screws)


# Wires


def firmware_pins(board: str) -> dict[str, int]:
    """Return the constants of a board's module that are pins."""
    tree = ast.parse((ROOT / "firmware" / "barsensor" / "boards" / f"{board}.py").read_text(encoding="utf-8"))
    found: dict[str, int] = {}
    for node in tree.body:
        if isinstance(node, ast.Assign):
            target, value = node.targets[0], node.value
            pairs = zip(target.elts, value.elts, strict=True) if isinstance(target, ast.Tuple) else [(target, value)]
            for name, number in pairs:
                if isinstance(number, ast.Constant) and isinstance(number.value, int):
                    found[name.id] = number.value
    return {name: number for name, number in found.items() if name not in ("LCD_HZ", "WHO_AM_I", "WAKE_MG")}


def pin_faults(pins: list[Pin], board: str, wires: set[tuple[str, str, str]]) -> list[str]:
    """Return where a pin table, the firmware and a harness's wires from U1 disagree."""
    code = firmware_pins(board)
    found = [f"{one} of the firmware" for one in code.keys() ^ {pin.constant for pin in pins}]
    for pin in pins:
        found += (
            [f"{pin.constant} is {code.get(pin.constant)}, not {pin.gpio}"]
            if code.get(pin.constant) != pin.gpio
            else []
        )
        if pin.label != "on board":
            labelled = XIAO_GPIO.get(pin.label) if board == "xiao_s3" else int(pin.label.removeprefix("G"))
            found += [f"{pin.label} is GPIO{labelled}"] if labelled != pin.gpio else []
            found += [f"no wire {pin.label}-{pin.part}"] if (pin.label, pin.part, pin.part_pin) not in wires else []
    return found


def harness_wires(variant: str) -> set[tuple[str, str, str]]:
    """Return (U1's pin, part, its pin) of each wire that starts at U1."""
    drawn = yaml.safe_load((HARDWARE / "wiring" / f"{variant}.yml").read_text(encoding="utf-8"))
    found = set()
    for run in drawn["connections"]:
        (start, mine), (end, theirs) = (next(iter(run[i].items())) for i in (0, -1))
        for place, name in ((start, mine), (end, theirs)):
            assert set(name) <= set(drawn["connectors"][place]["pinlabels"]), (place, name)
        if start == "U1":
            found |= {(a, end, b) for a, b in zip(mine, theirs, strict=True)}
    return found


@pytest.mark.parametrize("variant", VARIANTS)
def test_pin_table_firmware_and_harness_agree(variant):
    assert pin_faults(of_board(BOARDS[variant]), BOARDS[variant], harness_wires(variant)) == []


def test_a_pin_that_moved_a_wire_that_is_missing_and_a_forgotten_pin_are_caught():
    pins, wires = of_board("xiao_s3"), harness_wires("xiao")
    assert pin_faults([pins[0]._replace(gpio=6), *pins[1:]], "xiao_s3", wires)
    assert pin_faults([pins[0]._replace(label="D5"), *pins[1:]], "xiao_s3", wires)
    assert pin_faults(pins, "xiao_s3", wires - {("D4", "U2", "SDA")})
    assert pin_faults(pins[1:], "xiao_s3", wires)


def test_the_cell_goes_through_the_switch_and_the_divider_hangs_behind_it():
    wires = harness_wires("xiao")
    assert {("BAT+", "SW1", "1"), ("BAT-", "BT1", "-"), ("BAT+", "RD1", "TOP"), ("GND", "RD1", "GND")} <= wires
    assert not [wire for wire in wires if wire[1:] == ("BT1", "+")]


def texts(name: str) -> list[str]:
    drawn = (HARDWARE / "wiring" / name).read_text(encoding="utf-8")
    return [html.unescape(one).strip() for one in re.findall(r">([^<>]+)</(?:tspan|text)", drawn) if one.strip()]


def test_the_drawn_schematic_shows_the_pin_table():
    drawn = texts("schematic.svg")
    for pin in of_board("xiao_s3"):
        if pin.label != "on board":
            assert drawn[drawn.index(f"GPIO{pin.gpio}") + 1] == pin.label
    assert {"R1 220k", "R2 220k", "R3 100k", "C1 100n", "SW1", "SW2", "VBAT"} <= set(drawn)


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_drawn_harness_shows_its_source(variant):
    drawn = " ".join(texts(f"{variant}.svg")) + " "
    for mine, part, theirs in harness_wires(variant):
        assert re.search(rf"\bU1:\d+:{re.escape(mine)} ", drawn), mine
        assert re.search(rf"\b{part}:\d+:{re.escape(theirs)} ", drawn), (part, theirs)


# Power


def test_battery_life_is_the_arithmetic_of_the_budget():
    rows = budget.parts()
    assert budget.total_ma(rows, "xiao_s3", "training") == pytest.approx(85 + 0.55 + 0.009 + 0.055)
    awake_h = 3 * (40 + 3) / 60
    week_mah = awake_h * 85.614 + (168 - awake_h) * 0.119
    assert budget.life_days(rows, "xiao_s3", 350) == pytest.approx(7 * 350 * 0.85 / week_mah)
    assert budget.life_days(rows, "xiao_s3", 500) == pytest.approx(budget.life_days(rows, "xiao_s3", 250) * 2)


def test_the_worst_guess_is_the_one_that_moves_the_life_most():
    rows = budget.parts()
    for board in budget.BUILT_MAH:
        spans = [one.at_low_days - one.at_high_days for one in budget.sensitivity(rows, board)]
        assert spans == sorted(spans, reverse=True)
        assert spans[0] > 0
        life = budget.life_days(rows, board, budget.BUILT_MAH[board])
        assert all(one.at_high_days <= life <= one.at_low_days for one in budget.sensitivity(rows, board))


def test_the_cells_of_budget_and_bill_are_the_same():
    cell = next(row for row in pages.bill("xiao") if row["ref"] == "BT1")
    assert f"{budget.BUILT_MAH['xiao_s3']} mAh" in cell["description"]
    size = "{2:g} x {0:g} x {1:g} mm".format(*TABLE["xiao"]["cell"])
    assert size in cell["description"]


def test_the_pages_have_the_tables_that_the_files_give():
    for path, text in pages.filled():
        assert path.read_text(encoding="utf-8") == text, f"{path}: python -m hardware.make pages"
        for name in re.findall(r"<!-- (\w+) -->", text):
            assert re.search(rf"<!-- {name} -->\n\|.*\n<!-- /{name} -->", text, re.DOTALL)
    assert (HARDWARE / "power" / "life.svg").read_text(encoding="utf-8") == show.figure()


# Printed parts


def expected_stls() -> set[str]:
    liners = {diameter for bar in BARS for diameter in TABLE["bars"][bar]["liners"]}
    names = {f"{part}-{variant}" for variant in VARIANTS for part in ("cap", "gasket", "plug")} | {"tray-xiao"}
    names |= {f"body-{variant}-{bar}" for variant in VARIANTS for bar in BARS}
    return names | {f"liner-{variant}-{diameter}" for variant in VARIANTS for diameter in liners}


def test_every_part_is_there_and_the_files_stay_small():
    assert {path.stem for path in STLS} == expected_stls()
    assert sum(path.stat().st_size for path in STLS) < 900_000
    steps = {path.stem for path in (HARDWARE / "cad" / "step").glob("*.step")}
    assert steps == {"body-xiao-29", "body-m5stick-29", "cap-xiao", "cap-m5stick", "tray-xiao"}
    for kind, ending in (("renders", "png"), ("drawings", "svg")):
        assert sum(path.stat().st_size for path in (HARDWARE / "cad" / kind).glob(f"*.{ending}")) < 900_000


def least_mm(name: str) -> float:
    """Return the thinnest wall that a part may have: TPU seals and liners are thin on purpose."""
    return {"liner": 1.4, "gasket": 1.0, "plug": 0.8}.get(name.partition("-")[0], LIMITS["wall"])


@pytest.mark.parametrize("path", STLS, ids=lambda path: path.stem)
def test_a_printed_part_is_closed_of_one_piece_thick_enough_and_needs_no_support(path):
    shape = mesh.read_stl(path)
    assert mesh.open_edges(shape) == 0
    assert mesh.bodies(shape) == 1
    assert mesh.volume_mm3(shape) > 500
    thinnest, where = mesh.thinnest_mm(shape, 700)
    assert thinnest > least_mm(path.stem) - 0.01, where
    loose = mesh.unsupported(shape, LIMITS["overhang_deg"], LIMITS["bridge"], 300)
    assert len(loose) == 0, loose[:3]


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("bar", BARS)
def test_a_body_is_as_large_as_its_parameters_say(variant, bar):
    clip = Clip(variant, bar)
    width, _, length = mesh.size_mm(mesh.read_stl(HARDWARE / "cad" / "stl" / f"body-{variant}-{bar}.stl"))
    assert length == pytest.approx(clip.length, abs=0.01)
    assert width == pytest.approx(max(2 * clip.ear_out, 2 * clip.arm_out), abs=0.15)
    assert clip.length < 195  # the place on the bar


def slab(x, y, z):
    """Return the twelve triangles of a cuboid from the first to the second coordinate on each axis."""
    corners = np.array([[x[i], y[j], z[k]] for i in (0, 1) for j in (0, 1) for k in (0, 1)], dtype=float)
    faces = [(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)]
    return corners[[[a, b, c] for q in faces for a, b, c in ((q[0], q[1], q[2]), (q[0], q[2], q[3]))]]


def test_the_mesh_checks_catch_a_hole_two_pieces_a_thin_wall_and_a_ceiling_in_the_air():
    cube = mesh.of_corners(slab((0, 9), (0, 9), (0, 9)))
    assert (mesh.open_edges(cube), mesh.bodies(cube), mesh.volume_mm3(cube)) == (0, 1, pytest.approx(729))
    assert mesh.thinnest_mm(cube, 100)[0] == pytest.approx(9, abs=0.01)
    assert mesh.open_edges(mesh.Mesh(cube.corners[1:], cube.normals[1:])) == 3
    assert mesh.open_edges(mesh.of_corners(cube.corners[:, ::-1][:1])) == 3
    assert mesh.bodies(mesh.of_corners(np.vstack([cube.corners, cube.corners + 20]))) == 2
    assert mesh.thinnest_mm(mesh.of_corners(slab((0, 9), (0, 1.5), (0, 9))), 100)[0] < LIMITS["wall"]
    pillar, roof = slab((0, 3), (0, 9), (0, 20)), slab((0, 30), (0, 9), (20, 22))
    assert len(mesh.unsupported(mesh.of_corners(np.vstack([pillar, roof])), 45, 18)) > 0
    far_pillar = slab((27, 30), (0, 9), (0, 20))
    bridge = mesh.of_corners(np.vstack([pillar, far_pillar, roof]))
    assert len(mesh.unsupported(bridge, 45, 25)) == 0
    assert len(mesh.unsupported(bridge, 45, 18)) > 0


def test_an_stl_whose_length_does_not_fit_is_refused(tmp_path):
    cut = tmp_path / "cut.stl"
    cut.write_bytes(STLS[0].read_bytes()[:-1])
    with pytest.raises(ValueError, match="asks for"):
        mesh.read_stl(cut)


@pytest.mark.parametrize("bar", BARS)
@pytest.mark.parametrize("variant", [*VARIANTS, "xiao_wide"])
def test_the_clip_snaps_within_the_plastics_limit_and_the_strap_holds_the_bar(variant, bar):
    clip = Clip(variant, bar)
    assert 0.5 < snap.deflection_mm(clip) < 1.5
    assert 0 < snap.strain(clip) < LIMITS["snap_strain"]
    assert snap.plastic_mouth_mm(clip) > clip.bar_mm
    assert strap.contact_mm(clip) > 10
    assert clip.slot_z[1] - clip.slot_z[0] > 20
    assert SHELL["slot"] > strap.THICK + 0.5


def test_stiffer_arms_would_break_the_limit(monkeypatch):
    monkeypatch.setitem(SADDLE, "arm", 7.0)
    assert snap.strain(Clip("xiao", "29")) > LIMITS["snap_strain"]


def test_strain_agrees_with_a_straight_beam_of_the_same_length():
    clip = Clip("xiao", "29")
    length = (clip.bore + clip.arm_out) / 2 * np.radians(SADDLE["arm_to_deg"] - SADDLE["root_deg"])
    straight = 1.5 * SADDLE["arm"] * snap.deflection_mm(clip) / length**2
    assert snap.strain(clip) == pytest.approx(straight, rel=0.3)


# Guides


def test_the_status_says_that_nothing_was_built():
    table = README.split("## Status")[1].split("## Where")[0]
    assert "**Nothing here was ever built.**" in table
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines() if line.startswith("| ")
    ]
    assert rows[0] == ["what", "designed", "checked by program", "built", "measured"]
    assert len(rows) > 8
    assert {cell for row in rows[1:] for cell in row[3:]} == {"no"}
    assert {row.mark for row in budget.parts()} <= {"data sheet", "estimated"}
    for guide in ("assembly.md", "validation.md"):
        assert re.search(r"\*\*Nobody has (done|measured) this yet", (HARDWARE / guide).read_text(encoding="utf-8"))


@pytest.mark.parametrize("guide", GUIDES, ids=lambda path: str(path.relative_to(HARDWARE)))
def test_every_file_and_heading_a_page_names_exists(guide):
    for target in re.findall(r"\]\(([^)]+)\)", guide.read_text(encoding="utf-8")):
        if target.startswith("http"):
            continue
        name, _, anchor = target.partition("#")
        path = (guide.parent / name).resolve() if name else guide
        assert path.exists(), target
        if anchor:
            heads = re.findall(r"^#+ (.*)$", path.read_text(encoding="utf-8"), re.MULTILINE)
            assert anchor in {re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-") for head in heads}, target


def test_every_picture_that_was_made_is_shown_somewhere():
    shown = {
        name for guide in GUIDES for name in re.findall(r"renders/([\w-]+\.png)", guide.read_text(encoding="utf-8"))
    }
    assert shown == {path.name for path in (HARDWARE / "cad" / "renders").glob("*.png")}


@pytest.mark.parametrize("variant", ["Without solder", "Compact"])
def test_every_step_of_building_has_a_picture(variant):
    text = (HARDWARE / "assembly.md").read_text(encoding="utf-8")
    steps = re.split(r"^\d+\. ", text.split(f"## {variant}\n")[1].split("\n## ")[0], flags=re.MULTILINE)[1:]
    assert len(steps) >= 6
    assert [step[:40] for step in steps if "![" not in step] == []


def test_every_command_of_the_guides_exists():
    commands = root_command().commands
    for guide in GUIDES:
        text = guide.read_text(encoding="utf-8")
        for line in re.findall(r"`(barhold [^`]+)`", text) + re.findall(r"^(barhold .*)$", text, re.MULTILINE):
            words = line.split("#")[0].split()
            if words[1].startswith("-"):
                continue
            assert words[1] in commands, line
            command = commands[words[1]]
            command = getattr(command, "commands", {}).get(words[2], command) if len(words) > 2 else command
            options = {option for param in command.params for option in (*param.opts, *param.secondary_opts)}
            assert {word for word in words[2:] if word.startswith("--")} <= options, line


def test_the_licence_is_the_permissive_cern_one():
    licence = (HARDWARE / "LICENSE").read_text(encoding="utf-8")
    assert licence.startswith("CERN Open Hardware Licence Version 2 - Permissive")
    assert "CERN-OHL-P-2.0" in README
    assert "## [Unreleased]" in (HARDWARE / "CHANGELOG.md").read_text(encoding="utf-8")


# Marking a validation


def test_marks_make_the_truth_that_the_bench_reads(tmp_path):
    times_s, heights_m = [], []
    at_s, planned_s = 0.0, (2.0, 1.0, 3.0)
    windows = []

    def stay(seconds, height_m):
        nonlocal at_s
        for _ in range(round(seconds * 60)):
            times_s.append(at_s)
            heights_m.append(height_m)
            at_s += 1 / 60

    stay(1, 0.1)
    for hold_s in planned_s:
        windows.append(at_s - 0.3)
        for direction in (1, -1):
            for i in range(60):
                u = i / 60 if direction > 0 else 1 - i / 60
                times_s.append(at_s)
                heights_m.append(0.1 + 0.4 * u**3 * (10 - 15 * u + 6 * u * u))
                at_s += 1 / 60
            stay(hold_s if direction > 0 else 1, 0.5 if direction > 0 else 0.1)
    track, reps, out = tmp_path / "track.csv", tmp_path / "reps.csv", tmp_path / "a-1.json"
    track.write_text("t_s,height_m\n" + "".join(f"{t:.5f},{h:.5f}\n" for t, h in zip(times_s, heights_m, strict=True)))
    rows = [f"1,{a},{a + 2.8 + hold_s}\n" for a, hold_s in zip(windows, planned_s, strict=True)]
    reps.write_text("set,start_s,end_s\n" + "".join(rows))
    assert marks.main([str(track), str(reps), str(out), "--shift", "10"]) == 0
    found = ground_truth.read(tmp_path / "a-1.csv")
    # A hold begins when the rise slows below 0.05 m/s: with this movement 0.26 s before its end.
    slow_s = np.interp(0.05, [0, 1], [0, 0]) + next(
        u for u in np.linspace(0.5, 1, 5001) if 12 * u**2 * (1 - u) ** 2 < 0.05
    )
    expected = [hold_s + 2 * (1 - slow_s) for hold_s in planned_s]
    assert [one.hold_s for one in found] == pytest.approx(expected, abs=0.03)
    assert [one.rom_m for one in found] == pytest.approx([0.4] * 3, abs=0.002)
    assert found[0].start_s > 10 + windows[0]
    assert len(json.loads(out.read_text())) == 1


def test_marks_that_do_not_fit_are_refused(tmp_path, capsys):
    track, reps = tmp_path / "t.csv", tmp_path / "r.csv"
    track.write_text("t_s,height_m\n0,0\n1,1\n")
    reps.write_text("set,start_s,end_s\n1,0,5\n")
    assert marks.main([str(track), str(reps), str(tmp_path / "o.json")]) == 2
    assert "does not lie within" in capsys.readouterr().err
    track.write_text("t_s,height_m\n1,0\n0,1\n")
    assert marks.main([str(track), str(reps), str(tmp_path / "o.json")]) == 2
    track.write_text("t,h\n1,0\n")
    assert marks.main([str(track), str(reps), str(tmp_path / "o.json")]) == 2
    assert not (tmp_path / "o.json").exists()

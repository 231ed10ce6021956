"""The detector's page, its picture and the docstrings tell the same states, rows and changes as the code."""

import ast
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from barcore.live import __doc__ as live_doc
from hostkit import ROOT

PAGE = (ROOT / "firmware" / "README.md").read_text(encoding="utf-8")
PICTURE = ET.parse(ROOT / "docs" / "detector.svg").getroot()
SVG = "{http://www.w3.org/2000/svg}"
MACHINES = ["live", "review", "rep", "sets", "rework", "fold"]
Row = list[str]


def source(machine: str) -> ast.Module:
    return ast.parse((ROOT / "firmware" / "barcore" / f"{machine}.py").read_text(encoding="utf-8"))


def states(machine: str) -> set[str]:
    """The names of the module's states: its one assignment of consecutive numbers from 0."""
    for node in source(machine).body:
        if (
            isinstance(node, ast.Assign)
            and isinstance(node.targets[0], ast.Tuple)
            and isinstance(node.value, ast.Tuple)
        ):
            names = [name.id for name in node.targets[0].elts if isinstance(name, ast.Name)]
            if ast.literal_eval(node.value) == tuple(range(len(names))) and len(names) > 2:
                return set(names)
    raise AssertionError(f"{machine}.py names no states")


def docstring_rows(machine: str) -> list[Row]:
    """The rows of the table in the module's docstring, its head first, as their cells that say something."""
    text = ast.get_docstring(source(machine)) or ""
    table = text[re.search(r"^ *state  ", text, re.MULTILINE).start() :].split("\n\n")[0]  # type: ignore[union-attr]
    return [re.split(r"\s{2,}", line.strip()) for line in table.splitlines()]


def page_rows(machine: str) -> list[Row]:
    """The same of the table on the page."""
    part = PAGE.split(f"### `{machine}`")[1].split("\n### ")[0]
    cells = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in part.splitlines() if line.startswith("|")
    ]
    return [[cell for cell in row if cell] for row in cells if not set("".join(row)) <= set("-")]


def changes(machine: str) -> set[str]:
    """Every `machine.FROM.TO` of the docstring's table."""
    known, found, state = states(machine), set(), ""
    for row in docstring_rows(machine)[1:]:
        state = row[0] if row[0] in known | {"any"} else state
        for cell in row[1:]:
            names = re.findall(r"\b[A-Z]{3,}\b", cell) if re.match(r"[A-Z]{3,}\b|->", cell) else []
            goals = [name for name in names if name in known]
            for a, b in zip([state, *goals], goals, strict=False):
                found.add(f"{machine}.{a}.{b}")
    return found


def panel(machine: str) -> ET.Element:
    return next(group for group in PICTURE.iter(f"{SVG}g") if group.get("id") == machine)


@pytest.mark.parametrize("machine", MACHINES)
def test_the_page_has_the_docstrings_rows(machine: str) -> None:
    wanted, shown = docstring_rows(machine), page_rows(machine)
    assert shown == wanted, f"firmware/README.md, table of {machine}: write the rows of barcore/{machine}.py anew"
    assert {row[0] for row in wanted} & states(machine) == states(machine) - {"FOUND"} | (
        {"FOUND"} if machine == "review" else set()
    )


@pytest.mark.parametrize("machine", MACHINES)
def test_every_state_stands_in_the_picture_and_on_the_page(machine: str) -> None:
    drawn = {text.text for text in panel(machine).iter(f"{SVG}text")}
    assert states(machine) <= drawn
    told = " ".join(cell for row in page_rows(machine) for cell in row)
    assert all(state in told for state in states(machine))


@pytest.mark.parametrize("machine", MACHINES)
def test_the_arrows_of_the_picture_are_the_changes_of_the_table(machine: str) -> None:
    arrows = {path.get("id") for path in panel(machine).iter(f"{SVG}path")}
    assert arrows == changes(machine)


def test_every_event_that_a_table_sends_stands_in_the_picture() -> None:
    sent = {"RISE", "TOP", "TARGET", "HOLD_END"}
    assert sent <= set(re.findall(r"\b[A-Z_]{3,}\b", live_doc or ""))
    drawn = " ".join(text.text or "" for text in PICTURE.iter(f"{SVG}text"))
    for event in sent | {"REP", "SET_START", "SET_END", "CORRECTION"}:
        assert event in drawn
        assert f"| {event} |" in PAGE, "when it leaves"


def test_the_page_links_what_exists() -> None:
    for path in re.findall(r"\]\(([^)#:]+)\)", PAGE):
        assert (ROOT / "firmware" / path).is_file(), path
    for name in re.findall(r"`(test_\w+\.py|tests/test_\w+\.py)`", PAGE):
        assert list((ROOT / "tests").rglob(Path(name).name)), name
    for room in re.findall(r"\(`(\w+)`(?:, `(\w+)`)?\)", PAGE):
        assert all((ROOT / "firmware" / "barcore" / f"{name}.py").is_file() for name in room if name)


def test_the_counts_are_what_the_arithmetic_gives() -> None:
    velocity_um_s = 9.80665 / 16384 * 0.064 * 1e6
    assert f"{velocity_um_s:.3f} um/s" in PAGE
    assert f"{velocity_um_s * 0.02:.5f} um " in PAGE
    assert round(0.05e6 / velocity_um_s) == round(1000 / (velocity_um_s * 0.02)) == 1305
    assert f"{velocity_um_s / 0.08 / 256 / 9.80665:.2f} ug" in PAGE

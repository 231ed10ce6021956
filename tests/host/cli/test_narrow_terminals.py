"""Tables on a terminal of 50 and 80 columns: what has no room is named, and the verdict stays."""

import json
import os
import re
import sys
from datetime import UTC, datetime

import pytest
from typer.testing import CliRunner

if sys.platform == "win32":
    pytest.skip("a pseudo-terminal is POSIX", allow_module_level=True)

from barhold.cli import app
from barhold.output.fitted_table import columns_that_fit
from hostkit import DATA, ROOT, barhold
from teamkit import HOUR_MS, add_lifter
from terminal import Terminal
from trainingkit import filled

STRONG = """Date,Workout Name,Duration,Exercise Name,Set Order,Weight,Reps,Distance,Seconds,Notes,Workout Notes,RPE
2026-11-01 18:00:00,Legs,45m,Hip Thrust (Barbell),1,60.0,10,0,0,,,
2026-11-01 18:00:00,Legs,45m,Hip Thrust (Barbell),2,62.5,9,0,0,,,
2026-11-03 18:00:00,A long name of a workout,45m,Hip Thrust (Smith Machine),1,100,12,0,0,,,
"""


def shown(columns, *args):
    """Return the lines that a command shows on a terminal so wide. Rich takes its word for it, in this process."""
    env = {"COLUMNS": str(columns), "TTY_COMPATIBLE": "1", "NO_COLOR": "1", "TERM": "xterm"}
    result = CliRunner().invoke(app, [str(arg) for arg in args], env=env)
    assert result.exit_code == 0, result.stderr
    return re.sub(r"\x1b\[[0-9;]*m", "", result.stdout).splitlines()


def shown_in_a_terminal(columns, *args):
    """Return the lines that a command shows on a real pseudo-terminal so wide."""
    paths = os.pathsep.join([str(ROOT / "host"), str(ROOT / "firmware")])
    env = {**os.environ, "PYTHONPATH": paths, "TERM": "xterm"}
    env.pop("COLUMNS", None)
    with Terminal([sys.executable, "-m", "barhold", *args], env, columns=columns) as terminal:
        assert terminal.ended() == 0, terminal.shown
        return terminal.shown.splitlines()


def table_columns(lines):
    """Return the columns of each table, the names of those without room included."""
    heads = [
        set(re.split(r"\s{2,}", lines[at - 1].strip())) for at, line in enumerate(lines) if re.match(r"\s*─", line)
    ]
    missing = {
        name for line in lines if (mark := re.match(r"\(no room for: (.*)\)", line)) for name in mark[1].split(", ")
    }
    return set().union(*heads) | missing, set().union(*heads)


@pytest.mark.parametrize(
    "args",
    [["check"], ["check", "--all"], ["check", "--week"], ["sets"], ["plan", "list"], ["replay", DATA / "six-reps.csv"],
     ["replay", "--plan", "hip-thrust", DATA / "six-reps.csv"], ["sets", "--journal"], ["lifter", "list"]],
    ids=lambda args: "-".join(map(str, args[:2])).replace("/", "_")[:20],
)  # fmt: skip
def test_no_column_is_lost_without_a_mark_and_no_line_is_too_long(args, tmp_path):
    db = filled(tmp_path / "b.db", sessions=3)
    barhold("load", "60kg", db=db)
    barhold("lifter", "add", "Mia", "--plan", "glute-bridge", db=db)
    args = [*args, "--db", db] if args[0] != "plan" else args
    wide, _ = table_columns(shown(200, *args))
    for columns in (50, 80):
        lines = shown(columns, *args)
        assert max(len(line) for line in lines if not line.startswith("barhold: ")) <= columns, lines
        everything, there = table_columns(lines)
        assert everything == wide, columns
        assert {"verdict", "flags"} & wide <= there, columns


@pytest.mark.parametrize("columns", [50, 80])
def test_the_preview_of_an_import_loses_no_column_without_a_mark(columns, tmp_path):
    (tmp_path / "strong.csv").write_text(STRONG)
    args = (
        "import",
        tmp_path / "strong.csv",
        "--dry-run",
        "--unit",
        "kg",
        "--zone",
        "+00:00",
        "--db",
        tmp_path / "b.db",
    )
    wide, _ = table_columns(shown(200, *args))
    lines = shown(columns, *args)
    assert {"start", "exercise", "loads", "reps", "sets", "same as"} <= wide
    assert table_columns(lines)[0] == wide
    assert max(map(len, lines[:-1])) <= columns  # the last one is a sentence, which the terminal itself folds
    assert "60, 62.5 kg" in re.sub(r"\s+", " ", " ".join(line[18:] for line in lines))


@pytest.mark.parametrize("columns", [50, 80])
def test_a_narrow_week_has_every_figure_of_the_wide_one(columns, tmp_path):
    db, now_ms = tmp_path / "b.db", round(datetime.now(UTC).timestamp() * 1000)
    add_lifter(db, "Mia", "01" * 8, now_ms - HOUR_MS, sessions=2, load_kg=60)
    add_lifter(db, "Alexandra-Victoria Montgomery", "02" * 8, now_ms - 60 * HOUR_MS, load_kg=80)
    barhold("lifter", "add", "Ben", db=db)
    lines = shown(columns, "week", "--db", db)
    assert max(map(len, lines)) <= columns, lines
    text = re.sub(r"\s+", " ", " ".join(lines)).replace("- ", "-")
    rows = [json.loads(line) for line in barhold("week", "--json", db=db).stdout.splitlines()]
    assert [row["name"] for row in rows] == ["Alexandra-Victoria Montgomery", "Ben", "Mia"]
    wide = [re.split(r"\s{2,}", line) for line in shown(200, "week", "--db", db)][3:]
    for cells, row in zip(wide, rows, strict=True):
        done = f"{row['sessions']} of {row['sessions_planned']} sessions"
        assert cells[1] in text or done in text
        missing = [cell for cell in cells[4:] if cell not in text and cell != "-"]
        assert not missing, lines
        assert row["name"].split()[-1] in text


def test_a_real_terminal_shows_the_same(tmp_path):
    db = filled(tmp_path / "b.db", sessions=3)
    assert shown_in_a_terminal(50, "check", "--db", db) == shown(50, "check", "--db", db)


def test_verdict_and_flags_are_left_out_last():
    names = ["set", "rep", "hold s", "+- s", "verdict", "range cm", "flags"]
    kept = [
        [names[at] for at in columns_that_fit(names, lambda kept, most=most: len(kept) > most)]
        for most in range(7, 0, -1)
    ]
    assert kept == [
        names,
        ["set", "rep", "hold s", "+- s", "verdict", "flags"],
        ["set", "rep", "hold s", "verdict", "flags"],
        ["set", "rep", "verdict", "flags"],
        ["set", "verdict", "flags"],
        ["set", "verdict"],
        ["set"],
    ]

"""Tables on a terminal of 50 and 80 columns: what has no room is named, and the verdict stays."""

import os
import re
import sys

import pytest

if sys.platform == "win32":
    pytest.skip("a pseudo-terminal is POSIX", allow_module_level=True)

from barhold.output.fitted_table import columns_that_fit
from hostkit import DATA, ROOT, barhold
from terminal import Terminal
from trainingkit import filled


def shown(columns, *args):
    """Return the lines that a command shows on a terminal so wide."""
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
     ["replay", "--plan", "hip-thrust", DATA / "six-reps.csv"]],
    ids=lambda args: "-".join(map(str, args[:2])).replace("/", "_")[:20],
)  # fmt: skip
def test_no_column_is_lost_without_a_mark_and_no_line_is_too_long(args, tmp_path):
    db = filled(tmp_path / "b.db", sessions=3)
    barhold("load", "60kg", db=db)
    args = [*args, "--db", db] if args[0] != "plan" else args
    wide, _ = table_columns(shown(200, *args))
    for columns in (50, 80):
        lines = shown(columns, *args)
        assert max(len(line) for line in lines if not line.startswith("barhold: ")) <= columns, lines
        everything, there = table_columns(lines)
        assert everything == wide, columns
        assert {"verdict", "flags"} & wide <= there, columns


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

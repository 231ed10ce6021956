"""host/DEMANDS.md: all 25 rows, and every test and command that it names is there."""

import re
import shlex

from hostkit import ROOT, root_command

PAGE = (ROOT / "host" / "DEMANDS.md").read_text(encoding="utf-8")
ROWS = [line.strip("|").split("|") for line in PAGE.splitlines() if re.match(r"\| \d", line)]


def test_every_demand_has_a_row_and_an_answer():
    assert [int(row[0]) for row in ROWS] == list(range(1, 26))
    for _, demand, answer in ROWS:
        assert len(demand.split()) > 3
        assert "`" in answer or "live page" in answer


def test_every_test_that_is_named_exists():
    named = re.findall(r"`(test_\w+\.py)::(test_\w+)`", PAGE)
    assert len(named) > 25
    for file, test in named:
        (path,) = (ROOT / "tests").rglob(file)
        assert re.search(rf"def {test}\(", path.read_text(encoding="utf-8")), f"{file}::{test}"
    assert len(re.findall(r"test_\w+\.py", PAGE)) == len(named)


def test_every_command_and_option_that_is_named_exists():
    lines = re.findall(r"`(barhold [^`]+)`", PAGE)
    assert len(lines) > 5
    for line in lines:
        command, words = root_command(), shlex.split(line)[1:]
        while words and words[0] in getattr(command, "commands", {}):
            command = command.commands[words.pop(0)]
        assert not hasattr(command, "commands"), f"{line} names no command"
        known = {option for param in command.params for option in (*param.opts, *param.secondary_opts)}
        assert {word for word in words if word.startswith("--")} <= known, line

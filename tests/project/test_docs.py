import re
import subprocess

import pytest

from hostkit import ROOT, barhold, root_command

README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = root_command().commands
CODE_LINES = [line for block in re.findall(r"```\w*\n(.*?)```", README, re.DOTALL) for line in block.splitlines()]


def test_the_readme_is_short_and_has_three_pictures():
    assert len(README.splitlines()) <= 150
    assert re.findall(r"!\[.*?\]\((.*?)\)", README) == ["docs/flow.svg", "docs/live.png", "docs/report.png"]
    assert all((ROOT / f"docs/{name}.png").stat().st_size < 150_000 for name in ("live", "report"))


def test_every_command_is_in_the_readme_and_every_one_there_exists():
    named = set(re.findall(r"\bbarhold ([a-z]+)\b", "\n".join(CODE_LINES + re.findall(r"`([^`\n]+)`", README))))
    assert named == set(COMMANDS)


def test_every_option_in_the_readme_exists():
    options = {option for command in COMMANDS.values() for param in command.params for option in param.opts}
    for line in CODE_LINES:
        if line.startswith("barhold "):
            assert set(re.findall(r"--[a-z-]+", line)) <= options


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_option_says_what_it_does(name):
    assert len(COMMANDS[name].help.split()) > 3
    for param in COMMANDS[name].params:
        assert param.help, param.name
    assert COMMANDS[name].help.splitlines()[0].rstrip(".") in " ".join(barhold(name, "--help").stdout.split())


def test_every_path_in_the_readme_exists():
    links = re.findall(r"\]\(([^)#:]+)\)", README)
    rooms = re.findall(r"`((?:host|firmware|tests|docs|\.ci)/?[\w/.-]*)`", README)
    assert rooms
    for path in links + rooms:
        assert (ROOT / path).exists(), path


def test_there_are_exactly_two_set_up_lines():
    lines = [line for line in CODE_LINES if "pip install" in line]
    assert len(lines) == 2
    assert lines[0].endswith("barhold demo")
    assert lines[1].endswith("poe check")


def test_ci_runs_the_very_test_line_of_the_readme(tmp_path):
    (tmp_path / ".ci").mkdir()
    (tmp_path / ".ci" / "run").write_bytes((ROOT / ".ci" / "run").read_bytes())
    line = next(line for line in CODE_LINES if line.endswith("poe check"))
    assert README.count(line) == 1
    (tmp_path / "README.md").write_text(README.replace(line, f"{line}\n").replace(" -m venv ", " --version -m venv "))
    done = subprocess.run(["bash", tmp_path / ".ci" / "run"], capture_output=True, text=True, check=False)
    assert "must have one line" in done.stderr  # the line is changed, so it is not found and nothing is run
    (tmp_path / "README.md").write_text(README)
    bin_dir = tmp_path / "bin"
    bin_dir.mkdir()
    for name in ("python3", "apt-get"):
        (bin_dir / name).write_text("#!/bin/sh\nexit 0\n")
        (bin_dir / name).chmod(0o755)
    done = subprocess.run(
        ["bash", tmp_path / ".ci" / "run"],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": f"{bin_dir}:/usr/bin:/bin"},
    )
    assert done.stdout.splitlines()[0] == f"+ {line}"
    assert done.returncode != 0  # with no virtual environment there is nothing to run the tests with

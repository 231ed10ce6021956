"""The documentation: every link leads somewhere, every command in it exists, and what is generated is up to date."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from docs import generate

from barhold.plans import toml_format
from hostkit import ROOT, barhold, root_command

README = (ROOT / "README.md").read_text(encoding="utf-8")
GUIDES = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md")]
DOCS = sorted((ROOT / "docs").glob("*.md"))
PAGES = [*GUIDES, *DOCS]
COMMANDS = root_command().commands


def named(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def shell_lines(text: str) -> list[str]:
    """Return the command lines of a page, without their comments."""
    lines = [line for block in blocks(text, "sh") for line in block.splitlines()]
    return [re.split(r"\s+#", line)[0].strip() for line in lines if line.strip() and not line.startswith("#")]


def anchors(page: Path) -> set[str]:
    heads = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_link_leads_somewhere(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if "://" in target:
            continue
        path, _, anchor = target.partition("#")
        goal = (page.parent / path).resolve() if path else page
        assert goal.exists(), f"{target} leads nowhere"
        if anchor:
            assert anchor in anchors(goal), f"{target}: no such heading"


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_command_and_option_exists(page: Path) -> None:
    for line in shell_lines(page.read_text(encoding="utf-8")):
        if not line.startswith("barhold "):
            continue
        words, command = line.split()[1:], root_command()
        while words and words[0] in getattr(command, "commands", {}):
            command = command.commands[words.pop(0)]
        assert not getattr(command, "commands", {}) or words[:1] == ["--version"], f"{line} names no command"
        known = {name for param in command.params for name in (*param.opts, *param.secondary_opts)} | {"--help"}
        assert {word.partition("=")[0] for word in words if word.startswith("--")} <= known, line


def test_every_page_of_the_site_is_in_its_navigation() -> None:
    navigation = (ROOT / "mkdocs.yml").read_text(encoding="utf-8").partition("nav:")[2]
    assert {page.name for page in DOCS} == set(re.findall(r": ([\w-]+\.md)", navigation))


@pytest.mark.parametrize(("name", "text"), generate.pages().items(), ids=lambda value: value[:20])
def test_generated_pages_are_up_to_date(name: str, text: str) -> None:
    assert (ROOT / "docs" / name).read_text(encoding="utf-8") == text, f"run `poe docs` to write docs/{name} anew"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_option_says_what_it_does(name: str) -> None:
    assert len(COMMANDS[name].help.split()) > 3
    for param in COMMANDS[name].params:
        assert param.help, param.name
    assert COMMANDS[name].help.splitlines()[0].rstrip(".") in " ".join(barhold(name, "--help").stdout.split())


def test_the_page_of_plans_names_every_key_and_its_examples_are_plans() -> None:
    text = (ROOT / "docs" / "plans.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE)) == set(toml_format.KEYS)
    for page in ("plans.md", "extending.md"):
        for block in blocks((ROOT / "docs" / page).read_text(encoding="utf-8"), "toml"):
            assert toml_format.parse("example", block.encode(), page).exercise == tomllib.loads(block)["exercise"]


def test_the_page_of_json_lines_names_every_type() -> None:
    text = (ROOT / "docs" / "json.md").read_text(encoding="utf-8")
    sources = [path.read_text(encoding="utf-8") for path in (ROOT / "host").rglob("*.py")]
    types = {name for source in sources for name in re.findall(r'(?:"type": |json_result\(\s*)"(\w+)"', source)}
    assert types
    assert {name for name in types if f"`{name}`" not in text} == set()


def test_there_are_exactly_two_set_up_lines() -> None:
    lines = [line for line in shell_lines(README) if "pip install" in line]
    assert len(lines) == 2
    assert lines[0].endswith("barhold demo")
    assert lines[1].endswith("poe check")


def test_ci_runs_the_very_test_line_of_the_readme(tmp_path: Path) -> None:
    (tmp_path / ".ci").mkdir()
    (tmp_path / ".ci" / "run").write_bytes((ROOT / ".ci" / "run").read_bytes())
    line = next(line for line in shell_lines(README) if line.endswith("poe check"))
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
    environment = {"PATH": f"{bin_dir}:/usr/bin:/bin"}
    command = ["bash", tmp_path / ".ci" / "run"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.stdout.splitlines()[0] == f"+ {line}"
    assert done.returncode != 0  # with no virtual environment there is nothing to run the tests with

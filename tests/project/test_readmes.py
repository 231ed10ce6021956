"""READMEs name what is in their folder: every module is mentioned, and every file that they mention exists."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PLACES = ("firmware", "host", "tests/bench", "tests/support")
READMES = sorted(
    path for place in PLACES for path in (ROOT / place).rglob("README.md") if "node_modules" not in path.parts
)
ELSEWHERE = {"main.py", "boot.py", "app.py", "clock.py", "session.py"}
"""Names of files on a board, and in examples."""


def modules_in(folder: Path) -> set[str]:
    names = {path.stem for path in folder.glob("*.py")} - {"__init__", "__main__"}
    if folder.name == "cli":  # the commands are listed by `barhold --help`
        return {name for name in names if name.startswith("_")}
    return {name for name in names if not name.startswith("test_")}


def missing_from(text: str, names: set[str]) -> list[str]:
    return sorted(name for name in names if not re.search(rf"(?<![\w/]){re.escape(name)}(?!\w)", text))


@pytest.mark.parametrize("readme", READMES, ids=lambda path: str(path.parent.relative_to(ROOT)))
def test_a_readme_names_every_module_of_its_folder(readme: Path) -> None:
    assert missing_from(readme.read_text(encoding="utf-8"), modules_in(readme.parent)) == []


@pytest.mark.parametrize("readme", READMES, ids=lambda path: str(path.parent.relative_to(ROOT)))
def test_a_readme_names_no_file_that_is_gone(readme: Path) -> None:
    known = {path.name for place in ("firmware", "host", "tests", "docs") for path in (ROOT / place).rglob("*.py")}
    named = set(re.findall(r"(?<![\w<*])(\w+\.py)\b", readme.read_text(encoding="utf-8")))
    assert sorted(named - known - ELSEWHERE) == []


def test_a_module_that_is_not_named_is_found(tmp_path: Path) -> None:
    (tmp_path / "reader.py").touch()
    (tmp_path / "test_reader.py").touch()
    assert missing_from("writer.py and readers.py", modules_in(tmp_path)) == ["reader"]
    assert missing_from("    reader.py  reads", modules_in(tmp_path)) == []

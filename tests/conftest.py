"""Shared by all tests: recordings, golden files, and the firmware's modules."""

from collections.abc import Callable
from pathlib import Path

import pytest

from barhold import recording

HERE = Path(__file__).parent


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write tests/golden anew instead of comparing")


@pytest.fixture
def samples() -> Callable[[str], bytes]:
    """Give the packed samples of a recording in tests/data by its name."""
    return lambda name: recording.read(HERE / "data" / f"{name}.csv").samples


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Compare a text with the file of that name in tests/golden; a missing file fails."""

    def compare(name: str, text: str) -> None:
        path = HERE / "golden" / name
        if request.config.getoption("--update-golden"):
            path.write_text(text, encoding="utf-8", newline="\n")
        assert path.is_file(), f"{path.name} is missing: look at the change, then run with --update-golden"
        assert text == path.read_text(encoding="utf-8")

    return compare

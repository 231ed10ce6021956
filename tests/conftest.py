"""Shared by all tests: recordings, golden files, and the firmware's modules."""

import random
import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from barcore.sample import I16_MAX, I16_MIN, SAMPLE_FORMAT
from barhold import recording

HERE = Path(__file__).parent


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write tests/golden anew instead of comparing")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Show what tests had to tell: figures that a reader wants and no assertion needs."""
    for reports in list(terminalreporter.stats.values()):
        for report in reports:
            for name, text in getattr(report, "user_properties", ()):
                if name == "told" and report.when == "call":
                    terminalreporter.write_line(f"{report.nodeid.rpartition('::')[2]}: {text}")


@pytest.fixture
def tell(record_property: Callable[[str, object], None]) -> Callable[[str], None]:
    """Give a function whose line is shown at the end of the run, also when workers ran the test."""
    return lambda text: record_property("told", text)


@pytest.fixture(autouse=True)
def _no_plans_of_the_users(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Let no plan of whoever runs the tests count in them, nor a test choose one for the next."""
    monkeypatch.setenv("BARHOLD_CONFIG", str(tmp_path_factory.getbasetemp() / f"config-{random.getrandbits(64):x}"))
    monkeypatch.delenv("BARHOLD_PLAN", raising=False)


@pytest.fixture(scope="session")
def samples() -> Callable[[str], bytes]:
    """Give the packed samples of a recording in tests/data by its name, or of the `wild` one."""
    return lambda name: wild() if name == "wild" else recording.read(HERE / "data" / f"{name}.csv").samples


def wild() -> bytes:
    """A sensor gone mad: full scale on every axis, held and flickering, doubled times, and a gap of half an hour."""
    rng = random.Random(1)
    t_ms, packed = 0, b""
    for i in range(4000):
        t_ms += 1_800_000 if i == 3000 else rng.choice((0, 1, 10, 10, 10, 48, 300))
        extreme = (I16_MIN, I16_MAX) if i % 400 < 200 else (I16_MIN, -4096, -1, 0, 1, 4096, I16_MAX)
        axes = [rng.choice(extreme) for _ in range(6)] if i % 100 < 50 else [rng.choice(extreme)] * 6
        packed += struct.pack(SAMPLE_FORMAT, t_ms, *axes)
    return packed


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

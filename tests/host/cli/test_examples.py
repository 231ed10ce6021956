"""Every example that any help shows is run as it stands, whatever command it is of; none can be left out.

Pages of help are found by walking the commands. A page without an example fails, an example that names another
command than its page's fails, and one that does not end as documented fails: a new command is tested by being there.
"""

import re
import shlex
import shutil
import struct

import pytest
import typer
from typer.main import get_command
from typer.testing import CliRunner

from barhold.cli import app as command
from barhold.cli import demo
from barhold.flash import boards, download
from barhold.flash import run as flashing
from barhold.flash.board_info import BoardInfo
from barhold.flash.install import InstallSummary
from fake_room import FakeRoom
from fake_sensor import FakeLog, ModernSensor, make
from hostkit import DATA, barhold, root_command

ROOT_PAGE = ""
# Exit statuses other than 0 that a command documents: the plan was not met.
MAY_END = {"check": (0, 1)}
# What an example takes for granted: done before it, in the same folder and with the same database.
BEFORE = {
    "db copy": ["db backup backup.db"],
    "db restore": ["db backup backup.db"],
    "import": ["export strong --out strong.csv", "export hevy --out hevy.csv"],
    "keys show": ["keys make signing.pem"],
    "keys push": ["keys make signing.pem"],
    "report": ["lifter add Mia", "lifter wear Mia --always"],
    "turn": ["lifter add Mia"],
    "lifter import": ["lifter export --out team.toml"],
    "lifter merge": ["lifter add Mia", "lifter add Ada"],
    "lifter remove": ["lifter add Mia"],
    "lifter rename": ["lifter add Mia"],
    "lifter wear": ["lifter add Mia"],
}
SEVERAL_NEAR = ("--sensor", "--all", "barhold scan", "bar-1 bar-2")


def pages(app):
    """Yield each page of help as (the words after `barhold`, the text that --help shows)."""
    for path in paths(root_command() if app is command else get_command(app)):
        shown = CliRunner().invoke(app, [*path, "--help"], prog_name="barhold", env={"COLUMNS": "100"})
        yield " ".join(path), shown.stdout


def paths(command, path=()):
    yield path
    for name, below in getattr(command, "commands", {}).items():
        yield from paths(below, (*path, name))


def block(text):
    """Return the lines under `Example:` or `Examples:`."""
    found = re.search(r"\n\s*Examples?:\s*\n(.*?)(?:\n\s*\n|\Z)", text, re.DOTALL)
    return [line.strip() for line in found[1].splitlines() if line.strip()] if found else []


PAGES = dict(pages(command))
EXAMPLES = [(page, example) for page, text in PAGES.items() for example in block(text)]


def faults(found):
    """Return what is wrong with pages of help before anything is run."""
    for page, text in found.items():
        lines = block(text)
        if not lines:
            yield f"barhold {page}: no example"
        for line in lines:
            if not f"{line} ".startswith(f"barhold {page} ".replace("  ", " ")):
                yield f"barhold {page}: {line} is an example of another command"
        for line in text.splitlines():
            if line.strip().startswith("barhold ") and line.strip() not in lines:
                yield f"barhold {page}: {line.strip()} stands outside the examples"


def test_every_page_of_help_has_examples_of_its_own():
    assert list(faults(PAGES)) == []
    assert {page.partition(" ")[0] for page in PAGES} == {ROOT_PAGE, *root_command().commands}


def test_an_example_that_is_missing_wrong_or_hidden_is_seen():
    other = typer.Typer()

    @other.callback()
    def _root():
        """Root.

        \b
        Example:
          barhold one
        """

    @other.command()
    def one():
        """Do one thing."""

    @other.command()
    def two():
        """Do another.

          barhold two --hidden

        \b
        Examples:
          barhold two
          barhold twofold
          TZ=UTC barhold two
        """

    assert list(faults(dict(pages(other)))) == [
        "barhold one: no example",
        "barhold two: barhold twofold is an example of another command",
        "barhold two: TZ=UTC barhold two is an example of another command",
        "barhold two: barhold two --hidden stands outside the examples",
    ]


@pytest.fixture
def room(monkeypatch, tmp_path):
    """Two sensors in the air and one on the cable, so that every example has what it names."""
    room = FakeRoom(monkeypatch)
    for number in (1, 2):
        room.add(f"AA:{number}", _sensor(number, 5))
    port = tmp_path / "ttyACM0"
    port.touch()
    room.plug(str(port), _sensor(3, 1))
    monkeypatch.setattr(flashing, "flash", flashed)
    model = boards.find_board("xiao_s3")
    monkeypatch.setattr(flashing, "propose", lambda _: flashing.Proposal([model], model.name))
    image = download.Image(tmp_path / "image.bin", 1, "00" * 32, True)
    monkeypatch.setattr(download, "fetch", lambda _: image)
    return room


def _sensor(number, records):
    log = FakeLog({seq: make(seq) for seq in range(records)})
    sensor = ModernSensor(log, device=bytes([number]) * 8, name=f"bar-{number}")
    sensor.samples, sensor.modern.calibration = lying(400), list(POSES)
    return sensor


def flashed(port, wish, meet, tell):
    """What a board at the port ends as; tests/host/flash/test_flash.py flashes one."""
    who = BoardInfo("micropython", (1, 27, 0), "Generic ESP32S3 module with ESP32S3", 6, "102030405060", "", 100_000)
    meet(who)
    return flashing.Flashed(
        who, InstallSummary(97, 0, 0, 152000), "0.1.0", "LSM6DSOX", "", "1020304050600000", bytes(32)
    )


def lying(count):
    return b"".join(struct.pack("<I6h", 10 * i, 0, 0, 4096, 0, 0, 0) for i in range(count))


# state, reason, poses, faces, misfit, noise: begin, six faces, leaning, keep
POSES = [(0, 0, 0, 0, 0, 0), *[(0, 0, n, (1 << n) - 1, 0, 1500) for n in range(1, 6)], (2, 0, 6, 63, 0, 1500),
         (2, 0, 7, 63, 900, 1500)]  # fmt: skip


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A folder with what examples name: a recording, recordings with truth; and a database with a session."""
    root = tmp_path_factory.mktemp("trained")
    work = root / "work"
    (work / "recordings").mkdir(parents=True)
    shutil.copy(DATA / "six-reps.csv", work / "session.csv")
    for number, name in enumerate(("six-reps", "mixed-set")):
        for kind in ("csv", "json"):
            shutil.copy(DATA / f"{name}.{kind}", work / "recordings" / f"normal-{number}.{kind}")
    assert run(f"barhold sync --virtual {work / 'session.csv'} --keep", root).exit_code == 0
    return root


@pytest.fixture
def folder(trained, tmp_path, monkeypatch):
    """A copy of it for one page, whose work folder is the current one."""
    shutil.copytree(trained, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path / "work")
    monkeypatch.setattr(demo, "REPS", 3)  # tests/integration/test_journey.py runs the whole demo
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return tmp_path


def run(line, folder):
    return barhold(*shlex.split(line)[1:], db=folder / "b.db")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page or "barhold")
def test_the_examples_run_in_their_order(page, folder, request):
    for line in BEFORE.get(page, []):
        assert run(f"barhold {line}", folder).exit_code == 0
    room = request.getfixturevalue("room")
    radio = dict(room.by_radio)
    for line in block(PAGES[page]):
        # Where an example names no sensor, it is the only one near.
        room.by_radio = radio if any(words in line for words in SEVERAL_NEAR) else {"AA:1": radio["AA:1"]}
        result = run(line, folder)
        assert result.exception is None or isinstance(result.exception, SystemExit), f"{line}: {result.exception!r}"
        assert result.exit_code in MAY_END.get(page, (0,)), f"{line}: {result.stderr}"
        for number, sensor in enumerate(radio.values(), 1):
            sensor.modern.name = f"bar-{number}"
            sensor.index, sensor.modern.calibration = 0, list(POSES)


def test_no_example_escapes():
    assert len(EXAMPLES) >= len(PAGES)
    assert {page for page, _ in EXAMPLES} == set(PAGES)

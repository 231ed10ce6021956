"""`barhold flash` on real MicroPython behind a terminal: first, again, cut anywhere, and every way it must stop."""

import asyncio
import fcntl
import json
import os
import sys
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path

import pytest

from bare.rig import BareBoard, lay
from barhold.errors import BarholdError
from barhold.flash import boards, layout, run
from barhold.flash.install import InstallStep
from barhold.flash.repl import Remote
from barhold.image import bundle, signing_keys
from barhold.link import usb
from barhold.store import Store
from barloader.slots import Slots
from hostkit import ROOT, barhold
from radio import rig

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals on Windows")

LIMIT_S = 60
VERSION = bundle.shown(bundle.version())


@pytest.fixture(autouse=True)
def database(tmp_path, monkeypatch):
    """The database that keeps the keys of what is flashed."""
    path = tmp_path / "barhold.db"
    monkeypatch.setenv("BARHOLD_DB", str(path))
    return path


class Ended:
    """A `barhold flash` that has ended: its status, the lines it said, the JSON among them."""

    def __init__(self, status: int, out: bytes, err: bytes) -> None:
        self.status = status
        self.out = out.decode()
        self.err = err.decode().splitlines()
        self.lines = [json.loads(line) for line in self.out.splitlines() if line.startswith("{")]

    def states(self, state: str) -> list[str]:
        return [line["path"] for line in self.lines if line["type"] == "file" and line["state"] == state]


async def start(port: str, *args: object) -> asyncio.subprocess.Process:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "host"), str(ROOT / "firmware")])}
    command = (sys.executable, "-m", "barhold", "flash", port, *map(str, args))
    pipe = asyncio.subprocess.PIPE
    return await asyncio.create_subprocess_exec(*command, stdout=pipe, stderr=pipe, env=environment)


async def flash(port: str, *args: object) -> Ended:
    """Run the command for a XIAO."""
    return await run_flash(port, "--board", "xiao_s3", *args)


async def run_flash(port: str, *args: object) -> Ended:
    """Run the command as a user's shell does."""
    process = await start(port, *args)
    async with asyncio.timeout(LIMIT_S):
        out, err = await process.communicate()
    return Ended(process.returncode or 0, out, err)


def on_a_board(folder: Path, test: Callable[[BareBoard], Awaitable[None]], limit_s: float = LIMIT_S, **told) -> None:
    async def whole() -> None:
        async with BareBoard(folder, limit_s, **told) as board:
            await test(board)

    rig.run(whole(), limit_s)


def plan_of(folder: Path) -> str:
    """Return which folder the loader would start from what lies on the board."""
    slots = Slots(str(folder))
    start = slots.plan(False)
    where = slots.runs(start).removeprefix(str(folder))
    if where == "/a":
        assert slots.is_whole(0)
    return where


async def boots(board: BareBoard) -> None:
    """Wait until the application says that it starts."""
    before = bytes(board.printed).count(b"Barhold starts in 2 s")
    async with asyncio.timeout(20):
        while bytes(board.printed).count(b"Barhold starts in 2 s") <= max(0, before - 1):
            await asyncio.sleep(0.02)


PAIRED = "it is paired with this computer and answers only its owner (`barhold pair --show` for another computer)"


def test_a_bare_board_becomes_a_sensor_and_a_second_flash_copies_nothing(tmp_path, database) -> None:
    signing_keys.make(tmp_path / "key.pem")
    keys = []

    async def test(board: BareBoard) -> None:
        first = await flash(board.port, "--name", "bar-2", "--key", tmp_path / "key.pem")
        assert (first.status, first.out.splitlines()[1:]) == (
            0,
            [
                f"xiao_s3 runs Barhold {VERSION}; it starts to count in a moment",
                PAIRED,
                "self-test of its LSM6DSOX: passed",
            ],
        ), first.err
        await boots(board)
        with Store.open(database) as store:
            keys.append(store.key_of("1020304050600000"))
        again = await flash(board.port, "--json")
        assert (again.status, again.states("copied"), again.states("removed")) == (0, [], [])
        assert again.lines[0]["board"] == "xiao_s3"
        last = again.lines[-1]
        assert (last["type"], last["copied"], last["version"], last["fault"]) == ("flashed", 0, VERSION, "")
        assert (last["device"], last["paired"]) == ("1020304050600000", True)
        with Store.open(database) as store:
            keys.append(store.key_of("1020304050600000"))
        assert last["equal"] == len(again.states("equal")) > 80
        await boots(board)

    on_a_board(tmp_path / "board", test)
    folder = tmp_path / "board"
    assert plan_of(folder) == "/a"
    assert (folder / "board").read_text() == "xiao_s3\n"
    assert '"name": "bar-2"' in (folder / "config" / "settings").read_text()
    assert signing_keys.read(tmp_path / "key.pem").modulus.hex() in (folder / "config" / "update_key").read_text()
    assert (folder / "main.py").read_bytes() == (ROOT / "firmware" / "barloader" / "launch.py").read_bytes()
    assert not (folder / "flash.tmp").exists()
    assert keys[0] == keys[1]
    assert keys[0].hex() in (folder / "config" / "key").read_text()


async def killed_after(board: BareBoard, files: int) -> list[str]:
    """kill -9 a `barhold flash` when so many files have just been copied; return which."""
    process = await start(board.port, "--board", "xiao_s3", "--json")
    assert process.stdout
    copied = []
    async with asyncio.timeout(LIMIT_S):
        while len(copied) < files and (line := await process.stdout.readline()):
            told = json.loads(line)
            if told["type"] == "file" and told["state"] == "copied":
                copied.append(told["path"])
    if process.returncode is None:
        process.kill()
    await process.wait()
    return copied


def kills(folder: Path, after_files: Iterable[int], limit_s: float) -> None:
    """Kill a flash after each of these numbers of files, one after the other on one board; then let one end."""

    async def test(board: BareBoard) -> None:
        for files in after_files:
            await killed_after(board, files)
            await board.settled()
            if (folder / "main.py").exists():
                assert plan_of(folder) in ("/a", "/safe")
        await ends_whole(board)

    on_a_board(folder, test, limit_s)
    assert plan_of(folder) == "/a"


async def ends_whole(board: BareBoard) -> None:
    whole = await flash(board.port, "--json")
    assert whole.status == 0, whole.err
    await boots(board)
    again = await flash(board.port, "--json")
    assert again.states("copied") == []


def test_a_kill_and_a_repeat_end_whole(tmp_path) -> None:
    """kill -9 of the process, at eleven of the boundaries."""
    kills(tmp_path / "board", (1, 9, 17, 30, 30, 25, 6, 1, 1, 1, 1), 120)


@pytest.mark.long
def test_a_kill_at_every_file_and_a_repeat_end_whole(tmp_path) -> None:
    """The same at each boundary there is."""
    kills(tmp_path / "board", [1] * len(everything()), 1500)


def everything() -> list[layout.Part]:
    """Return all files of a board, in the order in which flash copies them."""
    return run._parts(bundle.make(), run.FlashRequest(boards.find_board("xiao_s3")))


class Cut(BaseException):
    """The flash ends here and now."""


def cut_after(steps: int) -> Callable[[InstallStep], None]:
    left = [steps]

    def tell(step: InstallStep) -> None:
        if step.state != "equal":
            left[0] -= 1
            if left[0] < 0:
                raise Cut

    return tell


@pytest.mark.parametrize("eighth", [*(pytest.param(eighth, marks=pytest.mark.long) for eighth in range(7)), 7])
def test_a_cut_after_every_file_and_a_repeat_end_whole(tmp_path, monkeypatch, eighth) -> None:
    """At each boundary the board holds just what was copied, and the repeat copies just the next file; no other again.

    What it holds at the beginning of an eighth is what the one before left at its end. The last one, with the manifest,
    the loader and the pointer, is the quick form.
    """
    folder, parts = tmp_path / "board", everything()
    monkeypatch.setattr(run, "_parts", lambda *_: parts)
    first, last = len(parts) * eighth // 8, len(parts) * (eighth + 1) // 8
    lay(folder, parts[:first])

    def cut_after_one(port: str) -> list[str]:
        copied = []

        def tell(step: InstallStep) -> None:
            if step.state == "copied":
                copied.append(step.path)
                raise Cut

        with pytest.raises(Cut):
            run.flash(port, run.FlashRequest(boards.find_board("xiao_s3")), lambda _: None, tell)
        return copied

    async def test(board: BareBoard) -> None:
        for done in range(first, last):
            assert await asyncio.to_thread(cut_after_one, board.port) == [parts[done].path]
            await board.settled()
            held = {f"/{path.relative_to(folder)}": path.read_bytes() for path in folder.rglob("*") if path.is_file()}
            assert held == {part.path: part.data for part in parts[: done + 1]}
            if (folder / "main.py").exists():
                assert plan_of(folder) in ("/a", "/safe")
        await ends_whole(board)

    on_a_board(folder, test, 180)
    assert plan_of(folder) == "/a"


@pytest.mark.parametrize("files", [31, pytest.param(13, marks=pytest.mark.long)])
def test_a_cut_in_the_middle_of_any_file_never_leaves_a_mix(tmp_path, monkeypatch, files) -> None:
    """A sensor gets another version of every file: whatever the moment, what would start is whole, or safe mode.

    Each attempt gets through `files` steps before its cut.
    """
    folder = tmp_path / "board"
    wish = run.FlashRequest(boards.find_board("xiao_s3"))
    made = {plain: bundle.make(plain) for plain in (False, True)}
    monkeypatch.setattr(bundle, "make", lambda plain=False, key=None: made[plain])
    safe = {plain: layout.safe_files("xiao_s3", plain) for plain in (False, True)}
    monkeypatch.setattr(layout, "safe_files", lambda board, plain: safe[plain])

    def once(port: str, steps: int, plain: bool) -> bool:
        try:
            run.flash(port, run.FlashRequest(wish.model, plain=plain), lambda _: None, cut_after(steps))
        except Cut:
            return False
        return True

    async def test(board: BareBoard) -> None:
        assert await asyncio.to_thread(once, board.port, 10_000, False)
        cuts = 0
        while not await asyncio.to_thread(once, board.port, files, True):
            cuts += 1
            await board.settled()
            assert plan_of(folder) in ("/a", "/safe")
        assert cuts > 200 // files
        assert await asyncio.to_thread(once, board.port, 0, True)  # nothing to do is no step

    on_a_board(folder, test, 120)
    assert plan_of(folder) == "/a"
    assert (folder / "a" / "barsensor" / "app.py").exists()
    assert not (folder / "a" / "barsensor" / "app.mpy").exists()


BUSY = """
import time
left = {swallows}
while True:
    try:
        time.sleep_ms(5)
        print("busy")
    except KeyboardInterrupt:
        left -= 1
        if left < 0:
            raise
"""


@pytest.mark.parametrize("swallows", [0, 2])
def test_a_busy_main_py_is_interrupted_even_when_it_swallows_ctrl_c(tmp_path, swallows) -> None:
    folder = tmp_path / "board"
    folder.mkdir()
    (folder / "main.py").write_text(BUSY.format(swallows=swallows))

    async def test(board: BareBoard) -> None:
        while b"busy" not in board.printed:
            await asyncio.sleep(0.01)
        result = await flash(board.port)
        assert result.status == 0, result.err

    on_a_board(folder, test)


def said(result: Ended) -> str:
    """Return the one line that tells why it stopped; nothing was written to stdout, and no traceback."""
    assert result.status == 2
    assert result.out == ""
    assert not [line for line in result.err if not line.startswith("barhold: ")]
    return result.err[-1]


def test_a_full_file_system_is_told_before_anything_is_written(tmp_path) -> None:
    async def test(board: BareBoard) -> None:
        line = said(await flash(board.port))
        assert "kB free" in line
        assert "remove files that are not Barhold's" in line

    on_a_board(tmp_path / "board", test, room_bytes=100_000)
    assert list((tmp_path / "board").iterdir()) == []


def test_a_file_system_that_fills_up_on_the_way_is_reported_and_can_go_on(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("barhold.flash.install._refuse_full", lambda *_: None)
    wish = run.FlashRequest(boards.find_board("xiao_s3"))

    async def full(board: BareBoard) -> None:
        with pytest.raises(BarholdError, match=r"is full at /\w+.*: remove files that are not Barhold's"):
            await asyncio.to_thread(run.flash, board.port, wish, lambda _: None, lambda _: None)
        await board.settled()

    async def with_room(board: BareBoard) -> None:
        assert (await flash(board.port)).status == 0

    on_a_board(tmp_path / "board", full, room_bytes=100_000)
    assert not (tmp_path / "board" / "flash.tmp").exists()
    on_a_board(tmp_path / "board", with_room)
    assert plan_of(tmp_path / "board") == "/a"


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"machine": "Generic ESP32 module with ESP32"}, ("wrong board", "has an ESP32S3", "--board m5stickc_plus2")),
        ({"machine": "Raspberry Pi Pico W with RP2040"}, ("wrong board", "RP2040", "Barhold runs on")),
        ({"version": [1, 25, 0]}, ("MicroPython 1.25.0", "needs 1.26", boards.BOARDS["xiao_s3"].image_file)),
        ({"name": "circuitpython"}, ("circuitpython is on the board", "--image download")),
        ({"free_bytes": 165_000}, ("165 kB of memory free", "needs 500 kB", "PSRAM", "--image download")),
    ],
)
def test_a_board_that_does_not_fit_is_refused_untouched(tmp_path, told, words) -> None:
    async def test(board: BareBoard) -> None:
        line = said(await flash(board.port))
        for word in words:
            assert word in line

    on_a_board(tmp_path / "board", test, **told)
    assert list((tmp_path / "board").iterdir()) == []


def test_a_sensor_flashed_as_another_board_is_not_changed(tmp_path) -> None:
    folder = tmp_path / "board"
    folder.mkdir()
    (folder / "board").write_text("m5stickc_plus2")

    async def test(board: BareBoard) -> None:
        assert "it was flashed as m5stickc_plus2" in said(await flash(board.port))

    on_a_board(folder, test)


def test_a_sensor_that_is_starting_is_waited_for(tmp_path) -> None:
    """While it imports its application it hears nothing: neither Ctrl-C nor anything else."""

    async def test(board: BareBoard) -> None:
        result = await flash(board.port)
        assert (result.status, result.out.splitlines()[0][:14]) == (0, "0 files copied"), result.err

    lay(tmp_path / "board", everything())
    on_a_board(tmp_path / "board", test, import_ms=6000)


def test_without_a_name_the_boards_that_fit_are_proposed_and_a_flashed_one_is_known(tmp_path) -> None:
    async def test(board: BareBoard) -> None:
        line = said(await run_flash(board.port))
        assert line.endswith(
            "its chip and USB id fit xiao_s3 (Seeed XIAO ESP32-S3 with an LSM6 breakout): if that is right, add "
            "--board xiao_s3"
        )
        (tmp_path / "board" / "board").write_text("xiao_s3\n")

    async def known(board: BareBoard) -> None:
        result = await run_flash(board.port)
        assert result.status == 0, result.err
        assert "barhold: it was flashed as xiao_s3 before" in result.err

    on_a_board(tmp_path / "board", test)
    on_a_board(tmp_path / "board", known)


def test_models_are_told_apart_by_chip_and_usb_id() -> None:
    names = [[model.name for model in boards.matching_models(*told)] for told in (
        ("ESP32S3", (0x303A, 0x4001)), ("ESP32", None), ("", (0x1A86, 0x55D4)), ("RP2040", None), ("", (1, 2)),
    )]  # fmt: skip
    assert names == [["xiao_s3"], ["m5stickc_plus2"], ["m5stickc_plus2"], [], ["m5stickc_plus2", "xiao_s3"]]


def test_a_dead_imu_fails_the_self_test_and_not_the_install(tmp_path) -> None:
    async def test(board: BareBoard) -> None:
        result = await flash(board.port)
        assert result.status == 2
        assert f"xiao_s3 runs Barhold {VERSION}" in result.out
        assert "the self-test of the motion sensor failed: board xiao_s3: no IMU answers" in result.err[-1]

    on_a_board(tmp_path / "board", test, imu_dead=True)
    assert plan_of(tmp_path / "board") == "/a"


def test_a_port_where_nothing_answers() -> None:
    """A terminal that nobody is behind."""
    master, slave = os.openpty()
    try:
        line = said(rig.run(flash(os.ttyname(slave))))
    finally:
        os.close(master)
        os.close(slave)
    assert "no MicroPython answers" in line
    assert "press the board's reset" in line
    assert boards.BOARDS["xiao_s3"].image_file in line
    assert "--image FILE" in line


def test_a_port_that_another_program_holds(tmp_path) -> None:
    master, slave = os.openpty()
    fcntl.flock(slave, fcntl.LOCK_EX | fcntl.LOCK_NB)
    try:
        line = said(rig.run(flash(os.ttyname(slave))))
    finally:
        os.close(master)
        os.close(slave)
    assert "is held by another program" in line


def test_a_port_that_is_not_there(tmp_path) -> None:
    assert "is not there: plug the sensor in" in said(rig.run(flash(str(tmp_path / "ttyACM0"))))


def test_a_port_without_permission_names_the_udev_rule(monkeypatch) -> None:
    def denied(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied: '/dev/ttyACM0'")

    monkeypatch.setattr(usb.serial, "Serial", denied)
    monkeypatch.setattr(usb._opened, "__defaults__", (lambda **_: Denied(),))
    with pytest.raises(BarholdError, match=r'no permission for /dev/ttyACM0: .*udev rule .*SUBSYSTEM=="tty"'):
        Remote.open("/dev/ttyACM0")


class Denied:
    def open(self) -> None:
        raise PermissionError(13, "Permission denied")


def test_erase_alone_and_an_unknown_board_are_refused() -> None:
    for args, words in (
        (("--board", "xiao_s3", "--erase"), "add --image download, or --image FILE"),
        (
            ("--board", "toaster"),
            "Barhold does not know this board. Choose from m5stickc_plus2 (M5StickC Plus2); xiao_s3 (Seeed",
        ),
    ):
        result = barhold("flash", "/dev/null", *args)
        assert (result.exit_code, words in result.stderr) == (2, True), result.stderr

"""Safe mode of a board that `barhold flash` flashed, in real MicroPython: both slots crash, and it takes an update.

The board's clock runs four times as fast as this computer's.
"""

import hashlib
import sys
from pathlib import Path

import pytest
from test_update_radio import LIMIT_S, SENSOR, gym, kinds

from barcore import bundle, protocol
from bare.clone import VERSION
from barloader import slots
from radio import rig

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the virtual radio needs POSIX sockets and terminals")

CRASHES = b"raise ValueError('made to crash')"
CTRL_D = b"\x04"


def break_both(board: Path) -> None:
    """Let the confirmed version in slot a crash at its start, and put one in slot b that is whole and crashes too."""
    (board / "a" / "barsensor" / "main.py").write_bytes(CRASHES)
    rows = [("barsensor.main.py", len(CRASHES), hashlib.sha256(CRASHES).digest())]
    manifest = bundle.pack_manifest(bundle.Manifest((0, 0, 9), bundle.ESP32S3, 0, 0, 1, rows))
    (board / "b" / "barsensor").mkdir(parents=True)
    (board / "b" / "barsensor" / "main.py").write_bytes(CRASHES)
    (board / "b" / "manifest").write_bytes(bundle.pack_head(manifest))


@pytest.mark.parametrize("by_cable", [True, pytest.param(False, marks=pytest.mark.long)], ids=["cable", "radio"])
def test_a_flashed_board_whose_slots_both_crash_is_helped(tmp_path, samples, by_cable) -> None:
    folder = tmp_path / "board"

    async def test() -> None:
        async with gym(tmp_path, samples("six-reps")) as here:
            board, user, started = here.board, here.user, here.board.boots
            await board.stopped()
            break_both(folder)
            board.type(CTRL_D)
            await board.says(b"Barhold is in safe mode")
            crashes = board.printed.count(b"made to crash")
            # Three of the confirmed one, three tries of the other; the restart by `flash` may count as the first.
            assert crashes in (5, 6)
            assert board.boots == started + crashes + 1
            await board.on_air()
            if by_cable:
                said = await user.run("update", "--serial-port", board.port, code=here.later)
            else:
                status, said = await here.update("--key", here.key, pressed=True)
                assert status == 0, said
            assert f"the sensor now runs {VERSION}; before, it ran 0.0.0" in said
            board.train()
            while protocol.SET_END not in kinds(user):
                await user.run("sync", SENSOR)
            assert kinds(user).count(protocol.REP) == 6
            await board.stopped()

    rig.run(test(), LIMIT_S)
    store = slots.Slots(str(folder))
    assert store.read() == slots.Pointer(slots.A, slots.CONFIRMED, 0, 0)
    assert store.is_whole(slots.A)
    assert not (folder / "a" / "barsensor" / "main.py").exists()
    assert '"name": "bar-2"' in (folder / "config" / "settings").read_text()

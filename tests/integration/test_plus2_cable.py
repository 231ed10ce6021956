"""The M5StickC Plus2's cable: a UART whose receive ring holds 259 bytes and drops the rest, and no other way in.

The command runs as a process against real MicroPython. Ring and baud rate come from the registry of boards, and every
step of the board's loop takes as long as the longest one of an emulated ESP32. Its clock runs four times as fast.
"""

import sys

import pytest
from test_flash_journey import barhold

from barcore import protocol
from bare.clone import later_clone
from bare.rig import BareBoard
from barhold.connection import Control
from barhold.link import usb
from barhold.link.endpoint import USB, Endpoint
from barloader import slots
from hostkit import ROOT
from radio import rig

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals on Windows")

LIMIT_S = 240
PLUS2 = "m5stickc_plus2"
CTRL_D = b"\x04"
MODULUS = ((1 << 3071) + 1).to_bytes(384, "big")
CRASHES = b"raise ValueError('made to crash')"


def test_the_plus2_is_flashed_synced_and_updated_over_its_uart_and_out_of_safe_mode(tmp_path, monkeypatch) -> None:
    folder = tmp_path / "board"
    later = later_clone(tmp_path / "later", 2000)

    async def journey() -> None:
        async with BareBoard(folder, LIMIT_S, board=PLUS2, times_as_fast=4) as board:
            db = ("--db", tmp_path / "b.db")
            at = ("--serial-port", board.port, *db)
            said = await barhold(ROOT, "flash", board.port, "--board", PLUS2, "--name", "bar-2", *db)
            assert f"{PLUS2} runs Barhold 0.2.0" in said
            said = await barhold(ROOT, "flash", board.port, "--board", PLUS2, *db)
            assert "0 files copied" in said
            said = await barhold(ROOT, "sync", *at)
            assert "bar-2: " in said
            # A key is longer than a block: over a bridge chip it goes in pieces.
            with monkeypatch.context() as patch:
                patch.setattr(usb, "_is_bridge", lambda _: True)
                link = await usb.connect(Endpoint(USB, board.port))
                control = await Control.open(link, lambda _: None)
                await control.update(protocol.UPDATE_KEY, MODULUS)
                await control.close()
                await link.close()
            said = await barhold(later, "update", *at)
            assert "the sensor now runs 0.3.0; before, it ran 0.2.0" in said
            assert board.lost_bytes == 0
            await board.stopped()
            for slot in ("a", "b"):
                (folder / slot / "barsensor" / "main.py").write_bytes(CRASHES)  # found before main.mpy
            board.type(CTRL_D)
            await board.says(b"Barhold is in safe mode")
            said = await barhold(later, "update", *at)
            assert "the sensor now runs 0.3.0; before, it ran 0.0.0" in said
            assert board.lost_bytes == 0
            await board.stopped()

    rig.run(journey(), LIMIT_S)
    store = slots.Slots(str(folder))
    assert store.is_whole(store.read().slot)
    assert '"name": "bar-2"' in (folder / "config" / "settings").read_text()

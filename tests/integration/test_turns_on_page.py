"""Turns on a shared bar, by the Plus2's button: firmware in real MicroPython, its cable, and the page in Chromium."""

import asyncio
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

if sys.platform == "win32":
    pytest.skip("there are no pseudo-terminals on Windows", allow_module_level=True)

from bare.rig import BareBoard, lay
from barhold.flash import boards, run
from barhold.image import bundle
from barhold.model import Lifter, Wearer
from barhold.store import People, Store
from browserkit import Page, serving

PLUS2 = "m5stickc_plus2"
SENSOR = "1020304050600000"
START_S = 60
PRESS_S = 0.15
PRESSES, SEEN_S = 5, 15
WHO = "document.getElementById('who').textContent"


class Cable:
    """A board in a thread of its own, because Playwright waits in ours."""

    def __init__(self, board: BareBoard, loop: asyncio.AbstractEventLoop) -> None:
        self.port = board.port
        self._board = board
        self._loop = loop

    def press(self) -> None:
        """Press the button for a moment."""

        async def press() -> None:
            self._board.press(True)
            await asyncio.sleep(PRESS_S)
            self._board.press(False)

        asyncio.run_coroutine_threadsafe(press(), self._loop).result(START_S)


@contextmanager
def plus2(folder: Path) -> Iterator[Cable]:
    """Give a Plus2 on which Barhold runs."""
    lay(folder, run._parts(bundle.make(), run.FlashRequest(boards.find_board(PLUS2))))
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    async def opened() -> BareBoard:
        return await BareBoard(folder, board=PLUS2).__aenter__()

    try:
        board = asyncio.run_coroutine_threadsafe(opened(), loop).result(START_S)
        try:
            yield Cable(board, loop)
        finally:
            asyncio.run_coroutine_threadsafe(board.__aexit__(None, None, None), loop).result(START_S)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def press_until_another(cable: Cable, page: Page, lifter: str) -> str:
    """Press until it is no longer this lifter's turn; return whose it is.

    A press counts once the sensor has been told who lifts: a moment after the page shows it as connected.
    """
    for _ in range(PRESSES):
        cable.press()
        with suppress(AssertionError):
            page.until(f"{WHO} !== '{lifter}'", SEEN_S)
            break
    return page.ask(WHO)


def test_the_button_goes_on_from_the_lifter_whose_turn_it_was_and_the_page_shows_it(chromium, tmp_path) -> None:
    db = tmp_path / "team.db"
    with Store.open(db) as store:
        for name in ("Mia", "Noa", "Zoe"):
            People(store).add_lifter(Lifter(name))
        People(store).wear(Wearer(SENSOR, 0, "Noa"))
    with (
        plus2(tmp_path / "board") as cable,
        serving("--serial-port", cable.port, "--port", 0, "--db", db) as address,
    ):
        page = Page(chromium, address)
        page.until("document.getElementById('link-text').textContent === 'connected'")
        page.until(f"{WHO} === 'Noa'")
        assert press_until_another(cable, page, "Noa") == "Zoe"
        assert press_until_another(cable, page, "Zoe") == "Mia"
        assert page.errors == []
    with Store.open(db) as store:
        assert [worn.lifter for worn in People(store).wearers()] == ["Noa", "Zoe", "Mia"]

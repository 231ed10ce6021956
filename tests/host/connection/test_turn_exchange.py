"""Turns that a sensor's button takes, from the press to the store, and the names that its screen is told."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from barcore import protocol
from barhold import generate
from barhold.cli.sync import print_result
from barhold.connection import Connection, SyncResult
from barhold.connection.turn_exchange import TurnExchange
from barhold.errors import LinkError, StoreError
from barhold.link.virtual import VirtualSensor
from barhold.live.broadcaster import Broadcaster
from barhold.live.sensor_feed import SensorFeed
from barhold.live.sensor_panel import SensorPanel
from barhold.model import Lifter, Wearer
from barhold.plans import library
from barhold.store import People, Store
from barhold.training import bar_turns
from barsensor import main

NOW_MS = 1_795_000_000_000
TWO_SETS = generate.session(3, 2, 3).samples


class Bar:
    """A virtual sensor with a screen, whose clock the host's follows, and a store."""

    def __init__(self, store: Store, samples: bytes = b"", real_time: bool = False) -> None:
        self.sensor = VirtualSensor(samples, has_screen=True, real_time=real_time, speed=20)
        self.store = store
        self.people = People(store)

    @property
    def device_id(self) -> str:
        return self.sensor.board.device_id.hex()

    @property
    def name(self) -> str:
        """What stands on the screen."""
        return self.sensor.board.screen.name

    def now(self) -> int:
        return NOW_MS + self.sensor.board.clock.ticks_ms()

    def run(self, ms: int) -> None:
        for _ in range(ms // 20):
            self.sensor.app.step()
            self.sensor.board.clock.wait_ms(20)

    def press(self) -> int:
        """Press the button; return the moment."""
        for is_down in (False, True, False):
            self.sensor.board.button.pressed = is_down
            self.run(100)
        return self.now() - 100

    def restart(self) -> None:
        """Start the sensor again, as after sleep."""
        self.sensor.app = main.compose_on(self.sensor.board, self.sensor._wires)

    def sync(self) -> SyncResult:
        return asyncio.run(Connection(self.sensor, self.store, self.now).run())

    def wearers(self) -> list[tuple[str, int]]:
        return [(wearer.lifter, wearer.since_utc_ms) for wearer in self.people.wearers()]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "b.db") as store:
        for name in ("Mia", "ben", "Zoë"):
            People(store).add_lifter(Lifter(name))
        yield store


def test_without_a_computer_a_press_is_kept_and_the_sync_gives_the_sets_to_who_lifted(store: Store) -> None:
    bar = Bar(store, TWO_SETS)
    bar.people.take_turn(Wearer(bar.device_id, NOW_MS - 1000, "Mia"))
    bar.sync()
    bar.run(40)
    assert bar.name == "MIA"
    while not (bar.sensor.app.log.next_seq > 4 and not bar.sensor.app.busy):
        bar.run(200)  # into the rest after the first set
    pressed_ms = bar.press()
    assert bar.name == "ZOE"
    bar.run(200_000)
    result = bar.sync()
    assert result.turns == 1
    assert [item.lifter for item in store.training_sets()] == ["Mia", "Zoë"]
    [_, (lifter, since_ms)] = bar.wearers()
    assert lifter == "Zoë"
    assert abs(since_ms - pressed_ms) <= 40
    assert bar.sync().turns == 0
    assert len(bar.wearers()) == 2


def test_a_press_before_the_sensor_slept_counts_in_the_boot_after_it(store: Store) -> None:
    bar = Bar(store)
    bar.sync()
    bar.press()
    bar.press()
    bar.restart()
    bar.run(5000)
    bar.press()
    bar.restart()
    bar.run(5000)
    assert bar.name == "ZOE"
    assert bar.sync().turns == 3
    assert [lifter for lifter, _ in bar.wearers()] == ["ben", "Mia", "Zoë"]


def test_turns_that_a_broken_sync_left_count_at_the_next_one(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    bar = Bar(store)
    bar.sync()
    bar.press()

    async def breaks(*_: object) -> None:
        raise LinkError("gone")

    with monkeypatch.context() as patched:
        patched.setattr(TurnExchange, "run", breaks)
        with pytest.raises(LinkError):
            bar.sync()
    assert bar.wearers() == []
    assert bar.sync().turns == 1
    assert [lifter for lifter, _ in bar.wearers()] == ["ben"]


def test_what_people_said_since_stays(store: Store) -> None:
    bar = Bar(store)
    bar.sync()
    bar.press()
    bar.sync()
    bar.people.rename("ben", "Benjamin")
    bar.people.take_turn(Wearer(bar.device_id, bar.now(), "Mia"))
    bar.sync()
    assert [lifter for lifter, _ in bar.wearers()] == ["Benjamin", "Mia"]
    bar.run(40)
    assert bar.name == "MIA"


def test_a_turn_of_who_is_not_known_any_more_is_nobodys(store: Store) -> None:
    bar = Bar(store)
    bar.people.take_turn(Wearer(bar.device_id, NOW_MS - 100_000, "Mia"))
    bar.sync()
    bar.press()
    bar.people.remove("Zoë")
    bar.sync()
    assert [lifter for lifter, _ in bar.wearers()] == ["Mia", ""]


def test_a_turn_that_the_database_refuses_is_counted_and_the_sync_goes_on(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise StoreError("you may not name this lifter")

    bar = Bar(store)
    bar.sync()
    bar.press()
    monkeypatch.setattr(import_module("barhold.store.button_turns"), "insert_new", refuse)
    result = bar.sync()
    assert (result.turns, result.turns_refused, result.new > 0) == (0, 1, True)
    print_result(result, as_json=False)
    assert bar.wearers() == []


def test_the_page_is_told_of_a_turn_by_the_button(store: Store) -> None:
    told: list[str] = []
    panel = SensorPanel(library.find(None), "")
    feed = SensorFeed(panel, Broadcaster(), store, lambda: told.append("changed"), told.append)
    sensor = VirtualSensor(b"", has_screen=True)
    connection = Connection(sensor, store, lambda: NOW_MS)
    asyncio.run(connection.run())
    feed._progress(connection)
    feed._progress(connection)
    assert told == ["changed"]  # it has connected, which is news once
    connection.result.turns += 1
    feed._progress(connection)
    assert told == ["changed", "changed"]


def test_a_connected_computer_hears_of_a_press_and_tells_of_a_turn(store: Store) -> None:
    bar = Bar(store, real_time=True)
    done: list[int] = []

    async def follow(until: Callable[[], bool]) -> None:
        connection = Connection(
            bar.sensor, store, bar.now, lambda _: None, lambda one: done.append(one.result.turns), follow=True
        )
        following = asyncio.create_task(connection.run())
        while not until():
            await asyncio.sleep(0.001)
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)

    def pressed() -> bool:
        # Again every half second: a busy computer may not look at it within the 15 ms that a press takes here.
        bar.sensor.board.button.pressed = 20 <= bar.sensor.board.clock.ticks_ms() // 100 % 100 < 23
        return bool(done and done[-1])

    limited(follow(pressed))
    assert [lifter for lifter, _ in bar.wearers()] == ["ben"]
    bar.people.take_turn(Wearer(bar.device_id, bar.now(), "Mia"))
    limited(follow(lambda: bar.name == "MIA"))


def limited(work: Coroutine[Any, Any, None]) -> None:
    async def run() -> None:
        async with asyncio.timeout(30):
            await work

    asyncio.run(run())


def test_a_sensor_without_a_screen_is_told_nothing(store: Store) -> None:
    sensor = VirtualSensor(b"")
    asyncio.run(Connection(sensor, store, lambda: NOW_MS).run())
    assert "turns" not in sensor.board.config.names()


@pytest.mark.parametrize(
    ("names", "shown"),
    [
        (["Mia", "ben"], ["MIA", "BEN"]),
        (["Alexandra", "Alexander", "alexandria"], ["ALEXAND", "ALEXAN2", "ALEXAN3"]),
        (["Zoë O'Neil", "Юрий", "山田"], ["ZOE O'N", "2", "3"]),
        (["A-Very-Long", "x_y"], ["A-VERY-", "XY"]),
    ],
)
def test_labels_are_what_the_screen_can_show_and_no_two_alike(names: list[str], shown: list[str]) -> None:
    assert bar_turns.labels(names) == shown
    assert all(letter in protocol.SCREEN_LETTERS for label in shown for letter in label)


def test_the_button_goes_through_those_who_lift_here_where_there_are_many() -> None:
    names = [f"L{i:02}" for i in range(30)]
    wearers = [Wearer("a", i, f"L{i:02}") for i in range(20, 26)] + [Wearer("b", 99, "L29"), Wearer("a", 50, "gone")]
    here = bar_turns.lifters_at_bar(names, wearers, "a")
    assert here == ["L00", "L01", *(f"L{i}" for i in range(20, 26))]
    assert bar_turns.lifters_at_bar(["b", "A"], [], "a") == ["A", "b"]
    assert bar_turns.told(names, wearers, "a", 22)[0] == here.index("L22")
    assert bar_turns.told(names, wearers, "a", 10)[0] == protocol.NOBODY

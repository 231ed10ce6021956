"""Whose turn it is at the bar, on the real application: the button, the screen, the log, and what a host tells."""

import struct
from binascii import crc32

import pytest

from barcore import frame, protocol, record
from barhold import generate
from sensorkit import Sensor, refused

NAMES = ("Mia", "Ben", "Alexandra")
LABELS = ("MIA", "BEN", "ALEXAND")
ENTRIES = [
    struct.pack(protocol.LIFTER_FORMAT, crc32(name.encode()), label.encode())
    for name, label in zip(NAMES, LABELS, strict=True)
]
PAYLOADS = [struct.unpack(protocol.LIFTER_FORMAT, entry) for entry in ENTRIES]
SET_OF_3 = generate.session(3, 1, 3).samples


def packed(place: int, *entries: bytes) -> bytes:
    """Return the value of SET_TURNS."""
    return bytes((place,)) + b"".join(entries)


def told(sensor: Sensor, value: bytes) -> tuple[int, bytes]:
    """Tell the sensor who lifts at its bar; return what it answers."""
    return sensor.answer(protocol.SET, bytes((protocol.SET_TURNS, len(value))) + value)


def turns(sensor: Sensor) -> list[tuple[int, bytes]]:
    """Return the payload of each TURN in the log."""
    return [payload for kind, payload in sensor.records() if kind == protocol.TURN]


@pytest.fixture
def sensor() -> Sensor:
    one = Sensor(has_screen=True)
    lying = struct.unpack_from("<I6h", SET_OF_3)[1:]
    one.board.imu.motion = lambda _: lying
    one.run(200)
    one.hello()
    return one


def test_a_press_is_the_next_lifters_turn_on_the_screen_in_the_log_and_live(sensor: Sensor) -> None:
    told(sensor, packed(protocol.NOBODY, *ENTRIES))
    shown = []
    for _ in range(4):
        sensor.press()
        shown.append(sensor.board.screen.name)
    assert shown == ["MIA", "BEN", "ALEXAND", "MIA"]
    assert turns(sensor) == [*PAYLOADS, PAYLOADS[0]]
    live = [body for kind, _, body in sensor.cable.sent if kind == protocol.LIVE]
    assert [record.payload(body) for body in live] == [*PAYLOADS, PAYLOADS[0]]
    assert not sensor.app.log.dirty, "a host that hears of it finds it in the log"


def test_only_a_short_press_counts_and_not_the_one_that_woke_the_sensor() -> None:
    sensor = Sensor(has_screen=True)
    sensor.board.button.pressed = True
    sensor.run(200)
    sensor.hello()
    told(sensor, packed(0, *ENTRIES))
    sensor.press()  # which lets go of what is held since the start
    sensor.press(20)  # a contact that bounces
    sensor.press(1500)  # held, to allow an update
    assert turns(sensor) == []
    assert sensor.board.screen.name == "MIA"
    sensor.press(60)
    assert turns(sensor) == [PAYLOADS[1]]


def test_the_turn_outlives_a_restart(sensor: Sensor) -> None:
    told(sensor, packed(0, *ENTRIES))
    sensor.press()
    sensor.start()
    sensor.run(200)
    assert sensor.board.screen.name == "BEN"
    sensor.press()
    assert sensor.board.screen.name == "ALEXAND"


def test_during_a_rep_the_screen_has_the_numbers_and_a_press_is_no_turn(sensor: Sensor) -> None:
    told(sensor, packed(0, *ENTRIES))
    seen = []
    step = sensor.app.step

    def watching() -> None:
        step()
        busy = sensor.app._detector.busy
        sensor.board.button.pressed = busy and not sensor.board.button.pressed
        seen.append((busy, sensor.app._detector.set_open, sensor.board.screen.name))

    sensor.app.step = watching
    sensor.play(SET_OF_3)
    assert {name for busy, _, name in seen if busy} == {""}
    assert {name for _, is_open, name in seen if is_open} == {""}
    assert seen[-1][2] == "MIA"
    assert turns(sensor) == []


def test_a_press_soon_after_the_last_rep_is_seen_at_once(sensor: Sensor) -> None:
    told(sensor, packed(0, *ENTRIES))
    sensor.play(SET_OF_3[: 16 * 2800])  # until some seconds after the last rep
    assert sensor.app._detector.set_open
    sensor.press()
    assert sensor.board.screen.name == "BEN"
    sensor.run(4000)
    assert sensor.board.screen.name == ""  # until the set is over


def test_what_a_host_tells_is_kept_and_told_again_and_a_wrong_list_is_refused(sensor: Sensor) -> None:
    value = packed(1, *ENTRIES)
    _, body = told(sensor, value)
    assert frame.parse_info(body)[protocol.SET_TURNS] == value
    sensor.run(40)
    assert sensor.board.screen.name == "BEN"
    no_letters, small_letters = (struct.pack(protocol.LIFTER_FORMAT, 1, label) for label in (b"", b"mia"))
    for wrong in (
        packed(3, *ENTRIES), packed(0), packed(0, ENTRIES[0][:-1]), packed(0, *ENTRIES * 3),
        packed(0, no_letters), packed(0, small_letters),
    ):  # fmt: skip
        assert told(sensor, wrong) == refused(protocol.BAD_BODY), wrong
    assert frame.parse_info(sensor.answer(protocol.SET)[1])[protocol.SET_TURNS] == value
    told(sensor, packed(protocol.NOBODY))
    sensor.press()
    assert turns(sensor) == []
    assert sensor.board.screen.name == ""


def test_without_a_screen_there_are_no_turns() -> None:
    sensor = Sensor()
    info = sensor.hello()
    state = struct.unpack("<H", info[protocol.INFO_STATE])[0]
    assert not state & protocol.STATE_SCREEN
    assert told(sensor, packed(0, *ENTRIES)) == refused(protocol.BAD_BODY)
    sensor.press()
    assert turns(sensor) == []
    with_screen = Sensor(has_screen=True)
    assert struct.unpack("<H", with_screen.hello()[protocol.INFO_STATE])[0] & protocol.STATE_SCREEN


def test_a_damaged_list_costs_the_names_and_is_reported(sensor: Sensor) -> None:
    told(sensor, packed(0, *ENTRIES))
    sensor.board.config.replace("turns", b"torn")
    sensor.start()
    sensor.run(200)
    assert sensor.board.screen.name == ""
    assert any("turns: torn or damaged" in text for text in sensor.texts())

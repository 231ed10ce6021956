"""Who may talk to a sensor, on the whole application: strangers and the owner by radio, and whoever has the cable."""

import struct
from pathlib import Path
from types import SimpleNamespace

import pytest

from barcore import frame, protocol, seal
from barloader.slots import Slots
from barsensor.boards import sim
from barsensor.link import session_port
from barsensor.safe import Safe
from barsensor.storage import config
from sensorkit import Link, Sensor, refused

KEY, OTHER_KEY = bytes(range(32)), bytes(range(1, 33))
SHORT = {
    protocol.INFO_PROTOCOL,
    protocol.INFO_DEVICE,
    protocol.INFO_NAME,
    protocol.INFO_HELLO,
    protocol.INFO_PROOF,
    protocol.INFO_NONCE,
}
ASKED = [
    (protocol.PULL, bytes(16)),
    (protocol.ACK, struct.pack(protocol.ACK_FORMAT, 77, 1)),
    (protocol.TIME, bytes(8)),
    (protocol.SET, b"\1\4evil"),
    (protocol.KEY, OTHER_KEY),
    (protocol.ERASE, struct.pack(protocol.ERASE_FORMAT, 77)),
    (protocol.CALIBRATE, bytes((protocol.CALIBRATE_BEGIN,))),
    (protocol.STREAM, b"\1"),
    (protocol.UPDATE, bytes((protocol.UPDATE_ASK,))),
    (protocol.UPDATE, bytes((protocol.UPDATE_BEGIN, 0)) + bytes(32)),
    (protocol.ACCESS, bytes((protocol.ACCESS_OPEN,))),
    (50, b""),
]


@pytest.fixture
def sensor() -> Sensor:
    """A sensor that was paired over the cable, with a record in its log."""
    sensor = Sensor()
    sensor.run(200)
    sensor.hello()
    assert sensor.answer(protocol.KEY, KEY) == (protocol.DONE, bytes((protocol.KEY,)))
    sensor.run(3000)
    assert (sensor.app.log.next_seq, sensor.app.log.acked) == (1, 0)
    return sensor


def held(sensor: Sensor) -> tuple[object, ...]:
    log = sensor.app.log
    calibration = sensor.app._control.calibration
    files = dict(sensor.board.config.files)
    return files, log.log_id, log.next_seq, log.acked, calibration.posing, sensor.app._control.raw.owner


def test_the_stranger_gets_a_short_info_and_no_more(sensor: Sensor) -> None:
    assert set(sensor.hello(sensor.radio)) == SHORT


@pytest.mark.parametrize(("kind", "body"), ASKED)
@pytest.mark.parametrize("button", [False, True])
def test_a_stranger_is_refused_everything_and_changes_nothing(
    sensor: Sensor, kind: int, body: bytes, button: bool
) -> None:
    before = held(sensor)
    sensor.board.button.pressed = button
    sensor.hello(sensor.radio)
    assert sensor.answer(kind, body, sensor.radio) == refused(protocol.NEEDS_KEY)
    assert held(sensor) == before


def test_a_stranger_hears_nothing_live_and_keeps_no_sensor_awake(sensor: Sensor) -> None:
    sensor.hello(sensor.radio)
    sensor.cable.connected = False
    sensor.run(20)
    assert not sensor.app.linked
    sensor.radio.sent.clear()
    for end in sensor.app._ends:
        end.live(bytes(32))
    assert sensor.radio.sent == []


def test_the_owner_is_told_all_and_may_ask_all_by_radio(sensor: Sensor) -> None:
    info = sensor.hello(sensor.radio, key=KEY)
    assert {protocol.INFO_LOG, protocol.INFO_RANGE, protocol.INFO_STATE, protocol.INFO_FIRMWARE} < set(info)
    assert sensor.app.linked
    sensor.radio.sent.clear()
    sensor.app._ends[1].live(bytes(32))
    assert [(kind, body) for kind, _, body in sensor.radio.sent] == [(protocol.LIVE, bytes(32))]
    ack = struct.pack(protocol.ACK_FORMAT, 77, 1)
    assert sensor.answer(protocol.ACK, ack, sensor.radio) == (protocol.ACKED, ack)
    assert sensor.answer(protocol.SET, b"\1\4mine", sensor.radio)[0] == protocol.SETTINGS
    assert sensor.answer(protocol.CALIBRATE, b"\0", sensor.radio)[0] == protocol.CALIBRATION
    assert sensor.answer(protocol.STREAM, b"\0", sensor.radio)[0] == protocol.DONE


def test_every_frame_to_the_owner_is_sealed(sensor: Sensor) -> None:
    raws: list[bytes] = []
    sensor.hello(sensor.radio, key=KEY)
    sensor.radio.send = raws.append  # type: ignore[method-assign]
    for kind, body in ((protocol.TIME, bytes(8)), (protocol.SET, b""), (protocol.PULL, bytes(16)), (50, b"")):
        sensor.radio.put(kind, 0, body)
        sensor.run(20)
    sensor.app._ends[1].live(bytes(32))
    assert len(raws) >= 5
    assert all(frame.parse(raw)[0] & protocol.SEALED for raw in raws)


def test_what_is_not_sealed_counts_for_nothing_once_the_key_is_proved(sensor: Sensor) -> None:
    sensor.hello(sensor.radio, key=KEY)
    nonce, before = sensor.nonces[sensor.radio], held(sensor)
    sensor.radio.sent.clear()
    for kind, body in ASKED:
        sensor.radio.incoming.append((kind, nonce, body))
    sensor.run(20 * (len(ASKED) + 1))
    assert sensor.radio.sent == []
    assert held(sensor) == before


def test_forged_frames_and_replays_of_an_older_connection_change_nothing(sensor: Sensor) -> None:
    """All that was heard in one connection of the owner, sent again in the owner's next one, and in one alone."""
    heard: list[tuple[int, int, bytes]] = []
    put = sensor.radio.put

    def overheard(kind: int, nonce: int, body: bytes = b"") -> None:
        put(kind, nonce, body)
        heard.append(sensor.radio.incoming[-1])

    sensor.radio.put = overheard  # type: ignore[method-assign]
    sensor.hello(sensor.radio, key=KEY)
    sensor.answer(protocol.SET, b"\1\5first", sensor.radio)
    sensor.radio.put = put  # type: ignore[method-assign]
    sensor.hello(sensor.radio, b"nonce002", KEY)
    sensor.answer(protocol.SET, b"\1\6second", sensor.radio)
    before = held(sensor)
    for sealed in heard[1:]:
        sensor.radio.incoming.append(sealed)  # in the owner's connection
    forger = seal.Sealer(OTHER_KEY)
    for kind, body in ASKED:
        sensor.radio.incoming.append(frame.parse(forger.pack(kind, body)))
    for said in heard:
        sensor.radio.incoming.append(said)  # in one that begins as the older one did
    sensor.run(20 * (len(heard) * 2 + len(ASKED)))
    assert held(sensor) == before
    assert sensor.app._ends[1]._answer.state == session_port.LOCKED


def test_the_same_hello_gets_another_nonce_in_every_connection(sensor: Sensor) -> None:
    nonces = set()
    for _ in range(20):
        nonces.add(sensor.hello(sensor.radio)[protocol.INFO_NONCE])
        sensor.radio.connected = False
        sensor.run(20)
    assert len(nonces) == 20


def wait_for_drop(sensor: Sensor, most_ms: int) -> int:
    """Return after how many ms the sensor ended the connection by radio."""
    start_ms = sensor.app.now_ms()
    while not sensor.radio.dropped_ms:
        sensor.run(20)
        assert sensor.app.now_ms() - start_ms <= most_ms, "the connection still stands"
    return sensor.app.now_ms() - start_ms


def test_a_peer_that_does_not_prove_the_key_is_disconnected_after_5_s(sensor: Sensor) -> None:
    sensor.hello(sensor.radio)
    assert 4900 <= wait_for_drop(sensor, 5100) <= 5100


def test_a_peer_that_writes_anything_but_hello_has_5_s_from_its_first_write(sensor: Sensor) -> None:
    sensor.run(9000)
    sensor.radio.incoming.append((protocol.PULL, 0, bytes(16)))
    sensor.run(2000)
    sensor.hello(sensor.radio)
    assert 2900 <= wait_for_drop(sensor, 3100) <= 3100, "a HELLO buys no more time"


def test_after_a_bye_there_are_5_s_for_another_connection(sensor: Sensor) -> None:
    sensor.hello(sensor.radio, key=KEY)
    sensor.run(20_000)
    sensor.radio.put(protocol.BYE, 0)
    assert 4900 <= wait_for_drop(sensor, 5200) <= 5200


def test_no_chatter_of_a_stranger_buys_more_time(sensor: Sensor) -> None:
    hello = struct.pack("<BB7s", 1, 2, b"another")
    sensor.hello(sensor.radio)
    start_ms = sensor.app.now_ms()
    number = 0
    while not sensor.radio.dropped_ms:
        number += 1
        sensor.radio.incoming.append((protocol.HELLO, 0, hello + bytes((number % 256,))))
        sensor.radio.incoming.append((protocol.PULL, 0, bytes(16)))
        sensor.radio.incoming.append((protocol.BYE, sensor.app._ends[1]._answer._nonce, b""))
        sensor.run(60)
        assert sensor.app.now_ms() - start_ms <= 5200


@pytest.mark.parametrize("key", [KEY, b""])
def test_30_s_of_silence_end_a_connection(key: bytes) -> None:
    sensor = Sensor()
    sensor.run(200)
    sensor.hello()
    sensor.answer(protocol.KEY, key)
    sensor.hello(sensor.radio, key=key)
    for _ in range(3):
        sensor.run(29_000)
        sensor.answer(protocol.TIME, bytes(8), sensor.radio)
    assert sensor.radio.dropped_ms == []
    assert sensor.app.linked
    assert 29_900 <= wait_for_drop(sensor, 30_100) <= 30_100
    sensor.run(20)
    assert not sensor.app.linked


def test_frames_that_fail_the_key_are_silence(sensor: Sensor) -> None:
    sensor.hello(sensor.radio, key=KEY)
    forger = seal.Sealer(OTHER_KEY)
    for _ in range(31):
        if sensor.radio.dropped_ms:
            break
        sensor.radio.incoming.append(frame.parse(forger.pack(protocol.TIME, bytes(8))))
        sensor.run(1000)
    assert sensor.radio.dropped_ms


def test_a_cable_that_is_silent_keeps_no_sensor_awake() -> None:
    sensor = Sensor()
    sensor.hello()
    assert sensor.app.linked
    sensor.run(31_000)
    assert not sensor.app.linked


# --- the cable, the key, and opening --------------------------------------------------------------------------------


def test_whoever_has_the_cable_owns_the_sensor(sensor: Sensor) -> None:
    assert protocol.INFO_LOG in sensor.hello()
    assert sensor.answer(protocol.ACCESS, b"\0") == (protocol.ACCESS_IS, b"\0" + KEY)
    assert sensor.answer(protocol.KEY, OTHER_KEY) == (protocol.DONE, bytes((protocol.KEY,)))
    assert sensor.answer(protocol.ACCESS, b"\0") == (protocol.ACCESS_IS, b"\0" + OTHER_KEY)
    assert protocol.INFO_LOG in sensor.hello(sensor.radio, key=OTHER_KEY)


@pytest.mark.parametrize("key", [OTHER_KEY, b""])
def test_another_key_ends_the_connection_of_who_had_the_old_one(sensor: Sensor, key: bytes) -> None:
    sensor.hello()
    sensor.hello(sensor.radio, key=KEY)
    sensor.answer(protocol.KEY, key)
    assert sensor.ask(protocol.TIME, bytes(8), sensor.radio) == []
    assert not sensor.app._ends[1].open


def test_a_sensor_without_a_key_answers_everybody_as_before() -> None:
    sensor = Sensor()
    sensor.run(200)
    info = sensor.hello(sensor.radio)
    assert protocol.INFO_LOG in info
    assert protocol.INFO_NONCE not in info
    assert sensor.answer(protocol.SET, b"\1\3new", sensor.radio)[0] == protocol.SETTINGS
    sensor.hello()
    assert sensor.answer(protocol.ACCESS, b"\2") == refused(protocol.BAD_BODY), "there is nothing to open"


def test_an_open_sensor_answers_everybody_but_stays_its_owners(sensor: Sensor) -> None:
    sensor.hello(sensor.radio, key=KEY)
    assert sensor.answer(protocol.ACCESS, b"\2", sensor.radio) == (protocol.ACCESS_IS, b"\1")
    info = sensor.hello(sensor.radio, b"stranger")
    assert struct.unpack("<H", info[protocol.INFO_STATE])[0] & protocol.STATE_OPEN
    assert sensor.answer(protocol.TIME, bytes(8), sensor.radio)[0] == protocol.TIME_IS
    sensor.board.button.pressed = True
    for kind, body in ASKED:
        if kind in (protocol.ERASE, protocol.UPDATE, protocol.ACCESS):
            assert sensor.answer(kind, body, sensor.radio) == refused(protocol.NEEDS_KEY)
    sensor.start()
    sensor.hello(sensor.radio, b"nonce003", KEY)
    assert sensor.answer(protocol.ACCESS, b"\0", sensor.radio) == (protocol.ACCESS_IS, b"\1"), "it stays open"
    assert sensor.answer(protocol.ACCESS, b"\1", sensor.radio) == (protocol.ACCESS_IS, b"\0")
    assert set(sensor.hello(sensor.radio, b"nonce004")) == SHORT


def test_closing_ends_the_connection_of_a_stranger(sensor: Sensor) -> None:
    sensor.hello()
    sensor.answer(protocol.ACCESS, b"\2")
    sensor.hello(sensor.radio)
    sensor.answer(protocol.ACCESS, b"\1")
    assert sensor.ask(protocol.TIME, bytes(8), sensor.radio) == []


def test_a_key_file_that_cannot_be_read_opens_the_sensor_to_nobody(sensor: Sensor) -> None:
    raw = bytearray(sensor.board.config.files["key"])
    raw[12] ^= 1
    sensor.board.config.files["key"] = bytes(raw)
    sensor.start()
    for key in (b"", KEY, bytes(32)):
        if key:
            with pytest.raises(ValueError, match="not enough values"):
                sensor.hello(sensor.radio, key=key)
        else:
            assert set(sensor.hello(sensor.radio)) == SHORT
    info = sensor.hello()
    assert struct.unpack("<H", info[protocol.INFO_STATE])[0] & protocol.STATE_SETTINGS_FAULT
    assert sensor.answer(protocol.ACCESS, b"\0") == (protocol.ACCESS_IS, b"\0"), "no key is told that nobody has"
    assert sensor.answer(protocol.KEY, KEY)[0] == protocol.DONE
    assert protocol.INFO_LOG in sensor.hello(sensor.radio, b"nonce005", KEY)


@pytest.mark.parametrize(
    ("values", "fault"),
    [
        ({"key": "a" * 63, "open": False}, "32 bytes in hex"),
        ({"key": "a" * 65, "open": False}, "32 bytes in hex"),
        ({"key": "g" * 64, "open": False}, "32 bytes in hex"),
        ({"key": "", "open": 1}, "true or false"),
    ],
)
def test_a_key_of_another_form_is_never_kept(sensor: Sensor, values: dict[str, object], fault: str) -> None:
    with pytest.raises(config.ConfigError, match=fault):
        config.KEY.save(sensor.board.config, values)


def test_a_key_kept_by_1_1_still_counts() -> None:
    """Its file has no word on being open."""
    sensor = Sensor()
    config.Form("key", {"key": ""}, lambda _: None).save(sensor.board.config, {"key": KEY.hex()})
    sensor.start()
    assert set(sensor.hello(sensor.radio)) == SHORT
    assert protocol.INFO_LOG in sensor.hello(sensor.radio, b"nonce002", KEY)


def test_safe_mode_takes_an_update_from_its_owner_alone(tmp_path: Path) -> None:
    board = sim.open_board(b"", device_id=b"sensor01", log_id=77)
    config.KEY.save(board.config, {"key": KEY.hex()})
    radio = Link(is_cable=False)
    safe = Safe(board, [radio], SimpleNamespace(say=lambda *_: None), Slots(str(tmp_path)))
    hello = struct.pack(protocol.HELLO_FORMAT, protocol.MAJOR, protocol.MINOR, b"hostnonc")

    def answered(kind: int, nonce: int, body: bytes) -> tuple[int, int, bytes]:
        radio.sent.clear()
        radio.put(kind, nonce, body)
        safe.step()
        return radio.sent[0]

    _, nonce, body = answered(protocol.HELLO, 0, hello)
    info = frame.parse_info(body)
    assert set(info) == SHORT
    ask = bytes((protocol.UPDATE_ASK,))
    refusal = bytes((protocol.UPDATE, protocol.NEEDS_KEY))
    assert answered(protocol.UPDATE, nonce, ask) == (protocol.STATUS, nonce, refusal)
    nonces = (KEY, b"hostnonc", info[protocol.INFO_NONCE], b"sensor01")
    radio.sealer = seal.Sealer(seal.connection_key(*nonces, seal.TO_SENSOR))
    radio.opener = seal.Opener(seal.connection_key(*nonces, seal.TO_HOST))
    whole = frame.parse_info(answered(protocol.HELLO, 0, hello)[2])
    state = struct.unpack("<H", whole[protocol.INFO_STATE])[0]
    assert state == protocol.STATE_SAFE_MODE | protocol.STATE_KEYED
    assert answered(protocol.UPDATE, 0, ask)[0] == protocol.UPDATE_STATE

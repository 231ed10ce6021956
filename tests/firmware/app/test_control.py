"""What a host may ask of a sensor, on the real application: settings, key, erasing, raw samples, refusals."""

import hmac
import struct
from itertools import pairwise

import pytest

from barcore import frame, protocol
from barhold import generate
from barsensor.boards.storage import MemoryStorage
from barsensor.link.session_protocol import SessionProtocol
from barsensor.storage import config
from barsensor.storage.record_log import RecordLog
from sensorkit import Imu, Sensor, refused

BAD_BODY, NOT_ALLOWED = refused(protocol.BAD_BODY), refused(protocol.NOT_ALLOWED)
KEY = bytes(range(32))


SET_OF_3 = generate.session(3, 1, 3).samples


@pytest.fixture
def sensor() -> Sensor:
    one = Sensor()
    lying = struct.unpack_from("<I6h", SET_OF_3)[1:]
    one.board.imu.motion = lambda _: lying
    one.run(200)
    one.hello()
    one.hello(one.radio)
    return one


def entry(tag: int, value: bytes) -> bytes:
    return bytes((tag, len(value))) + value


def u16(value: int) -> bytes:
    return struct.pack("<H", value)


def settings(name: str, target_ms: int, long_ms: int, least_mm: int = 80, most_mm: int = 1000) -> tuple[int, bytes]:
    body = entry(protocol.SET_NAME, name.encode())
    body += entry(protocol.SET_TARGET, u16(target_ms)) + entry(protocol.SET_LONG, u16(long_ms))
    return protocol.SETTINGS, body + entry(protocol.SET_RANGE, u16(least_mm) + u16(most_mm))


# --- settings ---


def test_an_empty_set_tells_the_settings_and_writes_nothing(sensor: Sensor) -> None:
    assert sensor.answer(protocol.SET) == settings("barhold-3031", 2000, 3500)
    assert sensor.board.config.names() == []


def test_what_is_set_is_kept_and_used_at_once_by_detector_and_cue(sensor: Sensor) -> None:
    body = entry(protocol.SET_NAME, "Bär".encode()) + entry(protocol.SET_TARGET, u16(3000))
    assert sensor.answer(protocol.SET, body) == settings("Bär", 3000, 3500)
    assert (sensor.app._detector.settings.target_ms, sensor.app.cue.long_after_ms) == (3000, 500)
    assert sensor.hello(host_nonce=b"nonce002")[protocol.INFO_NAME] == "Bär".encode()
    assert sensor.answer(protocol.SET, entry(protocol.SET_LONG, u16(0))) == settings("Bär", 3000, 0)
    assert sensor.app.cue.long_after_ms == 0
    sensor.start()
    assert (sensor.app._detector.settings.target_ms, sensor.app.cue.long_after_ms) == (3000, 0)
    sensor.hello()
    assert sensor.answer(protocol.SET) == settings("Bär", 3000, 0)


def test_the_range_of_an_exercise_reaches_the_detector_and_is_kept(sensor: Sensor) -> None:
    assert sensor.answer(protocol.SET, entry(protocol.SET_RANGE, u16(300) + u16(1100))) == settings(
        "barhold-3031", 2000, 3500, 300, 1100
    )
    sensor.play(SET_OF_3)
    assert not sensor.app._detector.set_open, "no rise of 30 cm was among them"
    sensor.start()
    given = sensor.app._detector.settings
    assert (given.least_mm, given.most_mm) == (300, 1100)


def test_a_hold_is_cued_by_the_target_that_was_just_set(sensor: Sensor) -> None:
    """Three holds of 2 to 3 s."""
    sensor.answer(protocol.SET, entry(protocol.SET_TARGET, u16(5000)))
    sensor.play(SET_OF_3)
    assert 2400 not in {hz for _, hz in sensor.board.tone.told}
    sensor.run(25_000)
    sensor.hello()
    sensor.answer(protocol.SET, entry(protocol.SET_TARGET, u16(1000)))
    sensor.play(SET_OF_3)
    assert [hz for _, hz in sensor.board.tone.told].count(3200) == 3


@pytest.mark.parametrize(
    "body",
    [
        entry(protocol.SET_NAME, b""),
        entry(protocol.SET_NAME, bytes([65]) * 21),
        entry(protocol.SET_NAME, b"\xff\xfe"),
        entry(protocol.SET_NAME, b"a\nb"),
        entry(protocol.SET_TARGET, u16(60001)),
        entry(protocol.SET_TARGET, b"\1"),
        entry(protocol.SET_LONG, bytes(4)),
        entry(protocol.SET_RANGE, u16(300)),
        entry(protocol.SET_RANGE, u16(600) + u16(600)),
        entry(protocol.SET_RANGE, u16(49) + u16(600)),
        entry(protocol.SET_RANGE, u16(80) + u16(1201)),
        entry(99, b"x"),
        b"\1",
        b"\1\5ab",
        entry(protocol.SET_TARGET, u16(1000)) + b"\2",
    ],
)
def test_what_cannot_be_set_changes_nothing(sensor: Sensor, body: bytes) -> None:
    assert sensor.answer(protocol.SET, body) == BAD_BODY
    assert sensor.answer(protocol.SET) == settings("barhold-3031", 2000, 3500)
    assert sensor.board.config.names() == []


# --- key and proof ---


def test_the_key_proves_the_sensor_by_the_standard_hmac(sensor: Sensor) -> None:
    assert protocol.INFO_PROOF not in sensor.hello(host_nonce=b"nonce001")
    assert sensor.answer(protocol.KEY, KEY) == (protocol.DONE, bytes((protocol.KEY,)))
    info = sensor.hello(host_nonce=b"nonce002")
    message = b"nonce002" + struct.pack("<I", sensor.nonces[sensor.cable]) + b"sensor01"
    assert info[protocol.INFO_PROOF] == hmac.digest(KEY, message, "sha256")[:16]
    assert struct.unpack("<H", info[protocol.INFO_STATE])[0] & protocol.STATE_KEYED
    sensor.start()
    assert len(sensor.hello()[protocol.INFO_PROOF]) == 16
    assert sensor.answer(protocol.KEY) == (protocol.DONE, bytes((protocol.KEY,)))
    info = sensor.hello(host_nonce=b"nonce003")
    assert protocol.INFO_PROOF not in info
    assert not struct.unpack("<H", info[protocol.INFO_STATE])[0] & protocol.STATE_KEYED


@pytest.mark.parametrize("size", [1, 31, 33, 64])
def test_a_key_of_another_size_is_refused(sensor: Sensor, size: int) -> None:
    assert sensor.answer(protocol.KEY, bytes(size)) == BAD_BODY


def test_erase_needs_the_cable_or_the_button(sensor: Sensor) -> None:
    body = struct.pack("<I", 77)
    assert sensor.answer(protocol.ERASE, body, sensor.radio) == NOT_ALLOWED
    sensor.board.button.pressed = True
    assert sensor.answer(protocol.ERASE, body, sensor.radio) == (protocol.DONE, bytes((protocol.ERASE,)))


def test_a_key_never_travels_by_radio_where_everybody_could_read_it(sensor: Sensor) -> None:
    sensor.board.button.pressed = True
    assert sensor.answer(protocol.KEY, KEY, sensor.radio) == refused(protocol.NEEDS_CABLE)
    assert sensor.answer(protocol.KEY, KEY) == (protocol.DONE, bytes((protocol.KEY,)))
    sensor.hello(sensor.radio, b"nonce002", KEY)
    assert sensor.answer(protocol.KEY, bytes(32), sensor.radio) == refused(protocol.NEEDS_CABLE)
    assert sensor.answer(protocol.ACCESS, b"\0", sensor.radio) == (protocol.ACCESS_IS, b"\0"), "the key is not told"
    assert sensor.answer(protocol.ACCESS, b"\0") == (protocol.ACCESS_IS, b"\0" + KEY)


# --- erasing ---


def test_erase_begins_a_log_with_another_id_that_tells_of_this_start(sensor: Sensor) -> None:
    assert sensor.answer(protocol.ERASE, struct.pack("<I", 78)) == refused(protocol.WRONG_LOG)
    assert sensor.answer(protocol.ERASE, b"\0\0\0") == BAD_BODY
    assert sensor.app.log.log_id == 77
    assert sensor.answer(protocol.ERASE, struct.pack("<I", 77)) == (protocol.DONE, bytes((protocol.ERASE,)))
    log = sensor.app.log
    assert log.log_id != 77
    assert [kind for kind, _ in sensor.records()] == [protocol.BOOT]
    assert (log.next_seq, log.pending, log.acked) == (1, 0, 0)
    boot, log_id = log.boot, log.log_id
    sensor.start()
    assert (sensor.app.log.boot, sensor.app.log.log_id) == (boot + 1, log_id), "no boot's number comes again"


class CutError(Exception):
    """The power is gone."""


class CutStorage(MemoryStorage):
    """Loses power at its `changes_left`th change."""

    changes_left = 1 << 30

    def replace(self, name: str, data: bytes) -> None:
        self._change()
        super().replace(name, data)

    def remove(self, name: str) -> None:
        self._change()
        super().remove(name)

    def _change(self) -> None:
        if self.changes_left == 0:
            raise CutError
        self.changes_left -= 1


def grown(records: int, acked: int) -> tuple[CutStorage, RecordLog]:
    ids = iter(range(1, 9))
    storage = CutStorage(lambda: next(ids))
    log = RecordLog(storage)
    for i in range(records):
        log.append(protocol.CORRECTION, 0, i, (0, 0, 0, 0))
    log.flush()
    log.ack(log.log_id, acked)
    log.flush()
    return storage, log


@pytest.mark.parametrize(
    ("records", "acked"), [(1, 0), (40, 0), (40, 10), (127, 127), (300, 0), (300, 150), (600, 600)]
)
def test_a_power_cut_within_erase_gives_no_seq_twice_under_one_id(records: int, acked: int) -> None:
    cuts = 0
    while True:
        storage, log = grown(records, acked)
        storage.changes_left = cuts
        try:
            log.erase()
        except CutError:
            pass
        else:
            break
        storage.changes_left = 1 << 30
        again = RecordLog(storage)
        assert again.log_id != 1 or again.next_seq == records, f"cut {cuts}"
        if again.log_id == 1:
            assert again.acked in (0, acked)
        again.append(protocol.CORRECTION, 0, 0, (0, 0, 0, 0))
        again.flush()
        assert RecordLog(storage).next_seq == again.next_seq
        cuts += 1
    assert cuts >= 2
    assert (log.next_seq, RecordLog(storage).log_id, set(storage.names())) == (0, 2, {"cursor"})


def test_erase_where_storage_fails_leaves_a_log_that_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    storage, log = grown(300, 150)

    def fail(name: str) -> None:
        raise OSError(5)

    monkeypatch.setattr(storage, "remove", fail)
    with pytest.raises(OSError, match="5"):
        log.erase()
    log.append(protocol.CORRECTION, 0, 0, (0, 0, 0, 0))
    log.flush()
    again = RecordLog(storage)
    assert (again.log_id, again.next_seq, again.acked) == (1, 301, 150)


def test_an_erase_ends_the_other_connections(sensor: Sensor) -> None:
    """What a host on the radio still asks is of a log that is no more: none of the new one comes under its id."""
    sensor.hello(sensor.radio)
    pull = struct.pack(protocol.PULL_FORMAT, 0, 1, 77)
    assert sensor.answer(protocol.ERASE, struct.pack("<I", 77)) == (protocol.DONE, bytes((protocol.ERASE,)))
    assert sensor.ask(protocol.PULL, pull, sensor.radio) == []
    assert sensor.ask(protocol.SET) != [], "the one that erased goes on"
    new_log = struct.unpack("<I", sensor.hello(sensor.radio, b"nonce009")[protocol.INFO_LOG])[0]
    assert new_log != 77
    assert sensor.answer(protocol.PULL, pull, sensor.radio) == refused(protocol.WRONG_LOG)


def test_an_erase_that_storage_refuses_is_reported(sensor: Sensor, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError(5)

    monkeypatch.setattr(sensor.board.storage, "replace", fail)
    assert sensor.answer(protocol.ERASE, struct.pack("<I", 77)) == refused(protocol.LOG_FAULT)


# --- raw samples ---


def indices(frames: list[tuple[int, int, bytes]]) -> list[tuple[int, int, int]]:
    """(index, samples, first t_ms) of every SAMPLES frame."""
    return [
        (struct.unpack_from("<I", body)[0], (len(body) - 4) // 16, struct.unpack_from("<I", body, 4)[0])
        for kind, _, body in frames
        if kind == protocol.SAMPLES
    ]


def test_the_stream_numbers_every_sample_from_its_start_and_ends_when_told(sensor: Sensor) -> None:
    assert sensor.answer(protocol.STREAM, b"\1") == (protocol.DONE, bytes((protocol.STREAM,)))
    sensor.cable.sent.clear()
    sensor.run(3000)
    got = indices(sensor.cable.sent)
    assert got[0][0] == 0
    assert [a[0] + a[1] for a in got[:-1]] == [b[0] for b in got[1:]]
    assert {b[2] - a[2] - 10 * a[1] for a, b in pairwise(got)} == {0}
    assert 290 <= sum(count for _, count, _ in got) <= 302
    assert sensor.answer(protocol.STREAM, b"\0") == (protocol.DONE, bytes((protocol.STREAM,)))
    sensor.cable.sent.clear()
    sensor.run(1000)
    assert sensor.cable.sent == []


def test_what_found_no_room_is_a_hole_in_the_indices_and_never_a_wrong_sample(sensor: Sensor) -> None:
    sensor.answer(protocol.STREAM, b"\1")
    sensor.run(400)
    sensor.cable.room = 100
    sensor.run(5000)
    sensor.cable.room = 4096
    sensor.run(2000)
    got = indices(sensor.cable.sent)
    holes = [b[0] - a[0] - a[1] for a, b in pairwise(got)]
    assert [hole for hole in holes if hole] == [sum(holes)]
    assert sum(holes) > 300
    assert {(t_ms - got[0][2]) - 10 * index for index, _, t_ms in got} == {0}


def test_the_stream_has_one_owner_the_newest_and_ends_with_its_session(sensor: Sensor) -> None:
    sensor.answer(protocol.STREAM, b"\1")
    sensor.answer(protocol.STREAM, b"\1", sensor.radio)
    for link in (sensor.cable, sensor.radio):
        link.sent.clear()
    sensor.answer(protocol.STREAM, b"\0")  # of one who has none: it ends no other's
    sensor.cable.sent.clear()
    sensor.run(500)
    assert (indices(sensor.cable.sent), len(indices(sensor.radio.sent)) > 3) == ([], True)
    sensor.hello(sensor.radio, b"another1")
    sensor.radio.sent.clear()
    sensor.run(500)
    assert sensor.radio.sent == []


@pytest.mark.parametrize("how", ["bye", "link down"])
def test_the_stream_ends_with_bye_and_with_the_link(sensor: Sensor, how: str) -> None:
    sensor.answer(protocol.STREAM, b"\1", sensor.radio)
    if how == "bye":
        sensor.ask(protocol.BYE, b"", sensor.radio)
    else:
        sensor.radio.connected = False
    sensor.run(500)
    assert sensor.app._control.raw.owner is None


@pytest.mark.parametrize("body", [b"", b"\2", b"\1\1"])
def test_a_stream_that_is_neither_on_nor_off_is_refused(sensor: Sensor, body: bytes) -> None:
    assert sensor.answer(protocol.STREAM, body) == BAD_BODY


# --- what is refused, and what is told ---


def test_during_a_set_what_would_write_is_refused_and_the_rest_answered(sensor: Sensor) -> None:
    sensor.play(SET_OF_3[: 16 * 3000])  # into its third rep
    assert sensor.app._detector.set_open
    sensor.hello()
    busy = refused(protocol.BUSY)
    assert sensor.answer(protocol.SET, entry(protocol.SET_TARGET, u16(1000))) == busy
    assert sensor.answer(protocol.KEY, KEY) == busy
    assert sensor.answer(protocol.ERASE, struct.pack("<I", 77)) == busy
    assert sensor.answer(protocol.CALIBRATE, bytes((protocol.CALIBRATE_KEEP,))) == busy
    assert sensor.answer(protocol.SET) == settings("barhold-3031", 2000, 3500)
    assert sensor.answer(protocol.CALIBRATE, bytes((protocol.CALIBRATE_STATE,)))[0] == protocol.CALIBRATION
    assert sensor.answer(protocol.STREAM, b"\1")[0] == protocol.DONE
    sensor.answer(protocol.STREAM, b"\0")
    state = struct.unpack("<H", sensor.hello(host_nonce=b"nonce002")[protocol.INFO_STATE])[0]
    assert state & protocol.STATE_BUSY
    sensor.run(25_000)
    assert sensor.answer(protocol.SET, entry(protocol.SET_TARGET, u16(1000)))[0] == protocol.SETTINGS


def test_below_the_safe_voltage_nothing_is_written_for_a_host(sensor: Sensor) -> None:
    sensor.app.log.locked = True
    files = dict(sensor.board.storage.files)
    fault = refused(protocol.LOG_FAULT)
    assert sensor.answer(protocol.SET, entry(protocol.SET_TARGET, u16(1000))) == fault
    assert sensor.answer(protocol.KEY, KEY) == fault
    assert sensor.answer(protocol.ERASE, struct.pack("<I", 77)) == fault
    assert (sensor.board.config.names(), sensor.board.storage.files) == ([], files)


def test_a_store_that_fails_is_reported_and_changes_nothing(sensor: Sensor, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError(28)

    monkeypatch.setattr(sensor.board.config, "replace", fail)
    assert sensor.answer(protocol.SET, entry(protocol.SET_TARGET, u16(1000))) == refused(protocol.LOG_FAULT)
    assert sensor.answer(protocol.SET) == settings("barhold-3031", 2000, 3500)
    assert sensor.app._detector.settings.target_ms == 2000


@pytest.mark.parametrize("name", ["settings", "calibration", "key"])
def test_a_corrupt_file_costs_its_values_is_reported_once_cued_and_not_overwritten(name: str) -> None:
    sensor = Sensor()
    sensor.board.config.files[name] = b"\xff{torn"
    for _ in range(3):
        sensor.board.tone.told.clear()
        sensor.start()
        sensor.run(1500)
        assert {400, 800} <= {hz for _, hz in sensor.board.tone.told}
    assert sensor.texts() == [f"{name}: torn or damaged"]
    assert sensor.board.config.files[name] == b"\xff{torn"
    state = struct.unpack("<H", sensor.hello()[protocol.INFO_STATE])[0]
    assert state & (protocol.STATE_SETTINGS_FAULT | protocol.STATE_UNCALIBRATED) == 9
    assert sensor.answer(protocol.SET) == settings("barhold-3031", 2000, 3500)
    assert sensor.board.config.files[name] == b"\xff{torn"


def test_what_is_set_anew_ends_the_fault_and_keeps_the_damaged_file_aside() -> None:
    sensor = Sensor()
    sensor.board.config.files["settings"] = b"{"
    sensor.start()
    sensor.hello()
    sensor.answer(protocol.SET, entry(protocol.SET_TARGET, u16(1000)))
    state = struct.unpack("<H", sensor.hello(host_nonce=b"nonce002")[protocol.INFO_STATE])[0]
    assert not state & protocol.STATE_SETTINGS_FAULT
    assert sensor.board.config.files["settings.bad"] == b"{"
    sensor.start()
    sensor.start()
    sensor.board.config.files["settings"] = b"{"
    sensor.start()
    assert sensor.texts() == ["settings: torn or damaged"] * 2, "what comes again after a good start is told again"


def test_the_answer_knows_none_of_it_on_a_bare_sensor() -> None:
    answer = SessionProtocol(b"sensor01", RecordLog(MemoryStorage(int)), "", "", 524)
    [info] = answer.update(protocol.HELLO, 0, struct.pack("<BB8s", 1, 0, bytes(8)), 0)
    nonce = frame.parse(info)[1]
    for kind in (protocol.SET, protocol.KEY, protocol.ERASE, protocol.CALIBRATE, protocol.STREAM):
        [raw] = answer.update(kind, nonce, b"", 0)
        assert frame.parse(raw)[2] == bytes((kind, protocol.UNKNOWN_FRAME))
    assert answer.raw_sample_frame(4096) == b""


def test_an_imu_of_the_kit_is_a_sensor_at_rest(sensor: Sensor) -> None:
    assert isinstance(sensor.board.imu, Imu)
    assert config.uncalibrated_axes(config.CALIBRATION.values()) == 63
    assert sensor.records()[0][1][-1] == 63

"""The calibration that a host leads over a link, on the real application: the poses are samples, the result is kept."""

import random
import struct

import pytest

from barcore import calibrate, protocol
from barhold import generate
from barsensor.control import Detector
from barsensor.storage import config
from poses import FACES, Part, Vector, tilted
from sensorkit import Sensor, refused

STATE, BEGIN, POSE, KEEP, CANCEL = range(5)
LEANING = (0.577, 0.577, 0.577)


class Poser(Sensor):
    """A sensor whose chip is a `Part`, laid down as the test says."""

    def __init__(self) -> None:
        super().__init__()
        self.part = Part(random.Random(4))
        self.lay(FACES[4])
        self.hello()

    def lay(self, up: Vector) -> None:
        self.board.imu.motion = lambda t_ms: self.part.sample(t_ms, up)[1:]

    def do(self, action: int) -> tuple[int, ...]:
        """(state, reason, poses, faces, misfit, noise) after the action."""
        kind, body = self.answer(protocol.CALIBRATE, bytes((action,)))
        assert kind == protocol.CALIBRATION
        return struct.unpack(protocol.CALIBRATION_FORMAT, body)

    def pose(self, up: Vector) -> tuple[int, ...]:
        self.lay(up)
        self.run(200)
        assert self.do(POSE)[0] == calibrate.POSING
        self.run(2000)
        return self.do(STATE)

    def six_faces(self) -> tuple[int, ...]:
        for face in FACES:
            seen = self.pose(tilted(self.part.rng, face, 15.0))
        return seen


@pytest.fixture
def poser() -> Poser:
    return Poser()


def test_six_faces_and_a_leaning_pose_become_the_calibration_that_is_kept_and_used(poser: Poser) -> None:
    poser.do(BEGIN)
    assert poser.six_faces()[:4] == (calibrate.DONE, 0, 6, 63)
    state, reason, poses, _, misfit_ug, noise_ug = poser.pose(LEANING)
    assert (state, reason, poses) == (calibrate.DONE, 0, 7)
    assert 0 < misfit_ug < 10_000
    assert 1000 < noise_ug < 4000
    before = poser.app._detector
    poser.run(25_000)
    assert poser.do(KEEP)[0] == calibrate.READY
    assert poser.app._detector is not before
    settings = poser.app._detector.settings
    assert settings.calibrated
    offset_g = [counts / 4096 for counts in settings.acc_offset]
    assert offset_g == pytest.approx(poser.part.offset_g, abs=0.005)
    poser.start()
    assert poser.app._detector.settings.acc_offset == settings.acc_offset
    assert poser.app._detector.settings.acc_scale == settings.acc_scale
    assert poser.records()[-1][1][-1] == 0, "BOOT: no axis is uncalibrated"


def test_reps_after_it_are_no_longer_marked_and_no_set_has_a_number_again(poser: Poser) -> None:
    samples = generate.session(3, 1, 3).samples
    lying = struct.unpack_from("<I6h", samples)[1:]
    sensor = Poser()
    sensor.board.imu.motion = lambda _: lying
    sensor.start()
    sensor.hello()
    sensor.play(samples)
    sensor.run(25_000)
    sensor.app._control.calibration._calibrator = calibrated()
    sensor.app._control.calibration._actions[KEEP]()
    sensor.app.use(Detector(sensor.app._control.detector_settings))
    sensor.play(samples)
    sensor.run(25_000)
    flags, numbers = [], []
    buf = bytearray(32)
    for seq in range(sensor.app.log.next_seq):
        sensor.app.log.read_into(seq, buf)
        if buf[0] & 31 == protocol.REP:
            flags.append(buf[1] & protocol.UNCALIBRATED)
            numbers.append(buf[protocol.PAYLOAD_AT])
    assert flags == [protocol.UNCALIBRATED] * 3 + [0] * 3
    assert len(set(numbers[:3]) | set(numbers[3:])) == 2


def calibrated() -> calibrate.Calibrator:
    """A calibrator that found a perfect chip."""
    found = calibrate.Calibrator()
    found.state = calibrate.DONE
    return found


def test_a_pose_is_cued_taken_or_refused(poser: Poser) -> None:
    poser.pose(FACES[4])
    assert (2800 in {hz for _, hz in poser.board.tone.told}, poser.do(STATE)[2]) == (True, 1)
    poser.board.tone.told.clear()
    assert poser.pose(FACES[4])[:3] == (calibrate.READY, calibrate.ALIKE, 1)
    assert 300 in {hz for _, hz in poser.board.tone.told}


def test_a_fit_that_is_refused_is_cued_as_refused(poser: Poser) -> None:
    poser.part.offset_g = [0.3, 0, 0]  # no chip is so far off
    state, reason, poses, *_ = poser.six_faces()
    assert (state, reason, poses) == (calibrate.FAILED, calibrate.IMPLAUSIBLE, 6)
    told = [hz for _, hz in poser.board.tone.told]
    assert (told.count(2800), told.count(300)) == (5, 1)
    assert poser.answer(protocol.CALIBRATE, bytes((KEEP,))) == refused(protocol.BAD_BODY)
    assert poser.do(BEGIN)[:4] == (calibrate.READY, 0, 0, 0)


def test_a_sensor_in_a_hand_is_refused_after_a_while(poser: Poser) -> None:
    poser.board.imu.motion = lambda t_ms: (t_ms % 700, 0, 4096, 0, 0, 0)
    poser.do(POSE)
    poser.run(10_500)
    assert poser.do(STATE)[:3] == (calibrate.READY, calibrate.MOVED, 0)


def test_without_samples_a_pose_ends_refused_so_that_no_host_waits_for_ever(poser: Poser) -> None:
    poser.pose(FACES[0])
    poser.board.imu.motion = lambda _: None
    poser.do(POSE)
    poser.run(10_000)
    assert poser.do(STATE)[0] == calibrate.POSING
    poser.run(1100)
    assert poser.do(STATE)[:3] == (calibrate.READY, calibrate.GAPPED, 1)
    poser.lay(FACES[1])
    assert poser.pose(FACES[1])[:3] == (calibrate.READY, 0, 2), "and it goes on when they come back"


def test_cancel_and_begin_forget_the_poses(poser: Poser) -> None:
    for action in (CANCEL, BEGIN):
        poser.pose(FACES[2])
        assert poser.do(action)[:4] == (calibrate.READY, 0, 0, 0)


@pytest.mark.parametrize("body", [b"", b"\5", b"\1\1", b"\4\0"])
def test_what_is_no_action_is_refused(poser: Poser, body: bytes) -> None:
    assert poser.answer(protocol.CALIBRATE, body) == refused(protocol.BAD_BODY)


def test_nothing_is_kept_before_all_faces_were_had(poser: Poser) -> None:
    poser.pose(FACES[0])
    assert poser.answer(protocol.CALIBRATE, bytes((KEEP,))) == refused(protocol.BAD_BODY)
    assert poser.board.config.names() == []
    assert not poser.app._detector.settings.calibrated


def test_a_store_that_fails_leaves_what_was_found_to_be_kept_later(
    poser: Poser, monkeypatch: pytest.MonkeyPatch
) -> None:
    poser.six_faces()
    poser.run(25_000)

    def fail(*_: object) -> None:
        raise OSError(28)

    monkeypatch.setattr(poser.board.config, "replace", fail)
    assert poser.answer(protocol.CALIBRATE, bytes((KEEP,))) == refused(protocol.LOG_FAULT)
    assert not poser.app._detector.settings.calibrated
    monkeypatch.undo()
    assert poser.do(KEEP)[0] == calibrate.READY
    assert poser.app._detector.settings.calibrated
    assert config.CALIBRATION.load(poser.board.config)[0]["calibrated"]


def test_the_poses_are_taken_while_the_sensor_is_turned_about(poser: Poser) -> None:
    """What the detector makes of being turned by hand, a lift, refuses no pose."""
    poser.app._busy_ms = poser.app.now_ms()
    assert poser.app.busy
    assert poser.do(POSE)[0] == calibrate.POSING

"""The sensor's calibration: loaded at the start, renewed pose by pose when a host asks, and stored."""

import struct

from barcore import calibrate, protocol
from barcore.calibrate import DONE, FAILED, POSING, Calibrator
from barsensor.storage import config


class Calibration:
    """What is known of this sensor's axes, in `values` (see `storage.config`), and the way to know it better."""

    def __init__(self, board) -> None:
        self._clock = board.clock
        self._store = board.config
        self.values, self.fault = config.CALIBRATION.load(board.config)
        self._calibrator = Calibrator()
        self._actions = {
            protocol.CALIBRATE_STATE: self._nothing,
            protocol.CALIBRATE_BEGIN: self._calibrator.begin,
            protocol.CALIBRATE_POSE: self._ask,
            protocol.CALIBRATE_KEEP: self._keep,
            protocol.CALIBRATE_CANCEL: self._calibrator.begin,
        }

    @property
    def posing(self) -> bool:
        """Whether it is waiting for a pose."""
        return self._calibrator.state == POSING

    @property
    def uncalibrated_axes(self) -> int:
        """As in a BOOT record."""
        return config.uncalibrated_axes(self.values)

    def see(self, samples, count: int) -> int:
        """Take samples; return 1 when a pose was taken with them, -1 when it or the fit was refused, else 0."""
        calibrator = self._calibrator
        if calibrator.state != POSING:
            return 0
        poses = calibrator.poses
        for at in range(0, count * 7, 7):
            calibrator.update(samples, at)
        if calibrator.state == POSING:
            return 0
        return 1 if calibrator.poses > poses and calibrator.state != FAILED else -1

    def update(self, body: bytes) -> bytes:
        """Do what CALIBRATE asks, return the body of CALIBRATION; ValueError when it cannot be asked now."""
        if len(body) != 1 or body[0] not in self._actions:
            raise ValueError("no action of CALIBRATE")
        # Samples decide a pose. If none arrive, a host that asks for the state must still see the pose end.
        self._calibrator.refuse_if_overdue(self._clock.ticks_ms())
        self._actions[body[0]]()
        found = self._calibrator
        values = (found.state, found.reason, found.poses, found.faces, found.misfit_ug, found.noise_ug)
        return struct.pack(protocol.CALIBRATION_FORMAT, *values)

    def _nothing(self) -> None:
        """Only the state is asked."""

    def _ask(self) -> None:
        self._calibrator.ask(self._clock.ticks_ms())

    def _keep(self) -> None:
        found = self._calibrator
        if found.state != DONE:
            raise ValueError(calibrate.REASON_TEXT.get(found.reason, "poses missing"))
        values = config.calibration_of(found, self.values)
        config.CALIBRATION.save(self._store, values)
        self.values, self.fault = values, ""
        found.begin()

"""Calibration: still poses, one on each face of the sensor, give offset and scale per axis and the gyroscope's zero.

state    leaves when                                          for
READY    `ask`                                                POSING
POSING   a pose is refused, faces missing                     READY
         a pose is refused, all faces had                     DONE
         no sample came to decide it in time                  as when refused
         a pose is taken, faces missing                       READY
         a pose is taken, all faces had, the fit holds        DONE
         a pose is taken, all faces had, the fit is refused   FAILED
         the twelfth pose is taken, faces missing             FAILED
DONE     `ask`, fewer than twelve poses                       POSING
any      `begin`                                              READY

`reason` tells why a pose or the fit was refused. Six poses fit six unknowns always: only a seventh, anyhow but like
none before, checks them. Each face must come within 30 degrees of level, because axes are told apart only near them.
"""

from array import array
from math import sqrt

from barcore import still
from barcore.fit import fit, misfit_g
from barcore.sample import ACC_PER_G
from barcore.still import LIMIT_MS, MEAN_SHIFT, POSE_MS, Still
from barcore.ticks import HALF_MS, elapsed_ms

READY, POSING, DONE, FAILED = 0, 1, 2, 3

# Reasons; the first four are those of `still`. Numbers never change meaning.
NONE, MOVED, CLIPPED, GAPPED = still.NONE, still.MOVED, still.CLIPPED, still.GAPPED
ALIKE, NOT_1G, TURNED, BADLY_SPREAD, NOT_CONVERGED, MISFIT, IMPLAUSIBLE = 4, 5, 6, 7, 8, 9, 10
REASON_TEXT = {
    MOVED: "moved",
    CLIPPED: "an axis is at its limit",
    GAPPED: "samples missing",
    ALIKE: "too like an earlier pose",
    NOT_1G: "at rest it must read 0.6 to 1.4 g",
    TURNED: "gyroscope's zero is over 2 dps off the first pose's",
    BADLY_SPREAD: "not every face in 12 poses",
    NOT_CONVERGED: "no offset and scale fit the poses",
    MISFIT: "the poses contradict each other by over 10 mg",
    IMPLAUSIBLE: "an offset over 150 mg or a scale over 10 % off",
}

POSES_MOST = 12
ALL_FACES = 63
OFFSET_MOST = 614
"""150 mg, in counts."""
SCALE_LEAST, SCALE_MOST = 3686, 4506
"""Within 10 % of 1 (4096)."""
_FACE_COS = 0.866  # 30 degrees
_ALIKE_COS = 0.906  # 25 degrees
_LENGTH_LEAST_G, _LENGTH_MOST_G = 0.6, 1.4
_MISFIT_MOST_UG = 10000
_TURNED_MOST = 64 << MEAN_SHIFT


class Calibrator:
    """Leads one calibration; once DONE its integers are what `settings.Settings` takes."""

    def __init__(self) -> None:
        self._still = Still()
        self._poses = array("i", [0] * (6 * POSES_MOST))
        self._asked = 0
        self.begin()

    def begin(self) -> None:
        """Forget every pose and what they gave."""
        self.state = READY
        self.reason = NONE
        self.poses = 0
        self.faces = 0  # had up so far: bits 0..5 for +x -x +y -y +z -z
        self.misfit_ug = 0  # rms of the last fit; 0 while nothing checks it
        self._forget_result()

    @property
    def noise_ug(self) -> int:
        """The noise of one accelerometer axis in the newest pose."""
        return self._still.noise_ug

    def ask(self, t_ms: int) -> None:
        """Ask for a pose at tick `t_ms`; nothing happens when no more can be taken."""
        if self.state in (READY, DONE) and self.poses < POSES_MOST:
            self.state = POSING
            self.reason = NONE
            self._asked = t_ms
            self._still.start(t_ms)

    def update(self, samples: "array[int]", at: int) -> int:
        """Take the sample at `at` (see `still`); returns the state. Allocates only with the sample that ends a pose."""
        if self.state == POSING:
            seen = self._still.update(samples, at)
            if seen == still.REFUSED:
                self._refuse(self._still.reason)
            elif seen == still.TAKEN:
                self._judge()
        return self.state

    def refuse_if_overdue(self, t_ms: int) -> None:
        """At tick `t_ms`: refuse a pose that no sample came to decide, so that who waits for it is told."""
        if self.state == POSING and HALF_MS > elapsed_ms(t_ms, self._asked) > LIMIT_MS + POSE_MS:
            self._refuse(GAPPED)

    def _forget_result(self) -> None:
        self.acc_offset = self.gyro_offset = (0, 0, 0)
        self.acc_scale = (4096, 4096, 4096)

    def _refuse(self, reason: int) -> None:
        self.reason = reason
        self.state = DONE if self.faces == ALL_FACES else READY

    def _fail(self, reason: int) -> None:
        self._forget_result()
        self.reason = reason
        self.state = FAILED

    def _judge(self) -> None:
        """Take the pose that stillness gave, or refuse it; fit once every face was up."""
        reason = self._pose_fault(self._still.mean)
        if reason:
            self._refuse(reason)
            return
        for i in range(6):
            self._poses[6 * self.poses + i] = self._still.mean[i]
        self._note_face(_direction(self._reading(self.poses)))
        self.poses += 1
        if self.faces == ALL_FACES:
            self._fit()
        elif self.poses == POSES_MOST:
            self._fail(BADLY_SPREAD)
        else:
            self.state = READY

    def _pose_fault(self, mean: "array[int]") -> int:
        here = _in_g(mean, 0)
        if not _LENGTH_LEAST_G < _length(here) < _LENGTH_MOST_G:
            return NOT_1G
        for i in range(self.poses):
            if _dot(_direction(here), _direction(self._reading(i))) > _ALIKE_COS:
                return ALIKE
        for axis in range(3, 6):
            if self.poses and abs(mean[axis] - self._poses[axis]) > _TURNED_MOST:
                return TURNED
        return NONE

    def _note_face(self, up: "tuple[float, float, float]") -> None:
        for axis in range(3):
            if up[axis] > _FACE_COS:
                self.faces |= 1 << 2 * axis
            elif up[axis] < -_FACE_COS:
                self.faces |= 2 << 2 * axis

    def _fit(self) -> None:
        readings = [self._reading(i) for i in range(self.poses)]
        found = fit(readings)
        if not found:
            self._fail(NOT_CONVERGED)
            return
        self.misfit_ug = round(misfit_g(readings, found) * 1000000)
        offset = _counts(found[0], found[1], found[2])
        scale = _counts(found[3], found[4], found[5])
        if _outside(offset, -OFFSET_MOST, OFFSET_MOST) or _outside(scale, SCALE_LEAST, SCALE_MOST):
            self._fail(IMPLAUSIBLE)
        elif self.misfit_ug > _MISFIT_MOST_UG:
            self._fail(MISFIT)
        else:
            self.acc_offset, self.acc_scale = offset, scale
            self.gyro_offset = self._gyro_zero(3), self._gyro_zero(4), self._gyro_zero(5)
            self.state = DONE

    def _gyro_zero(self, axis: int) -> int:
        total = 0
        for i in range(self.poses):
            total += self._poses[6 * i + axis]
        return (2 * total + (self.poses << MEAN_SHIFT)) // (self.poses << MEAN_SHIFT + 1)

    def _reading(self, i: int) -> "tuple[float, float, float]":
        return _in_g(self._poses, 6 * i)


def _counts(x: float, y: float, z: float) -> "tuple[int, int, int]":
    return round(x * 4096), round(y * 4096), round(z * 4096)


def _outside(values: "tuple[int, int, int]", least: int, most: int) -> bool:
    return min(values) < least or max(values) > most


def _in_g(mean: "array[int]", at: int) -> "tuple[float, float, float]":
    one = float(ACC_PER_G << MEAN_SHIFT)
    return mean[at] / one, mean[at + 1] / one, mean[at + 2] / one


def _length(reading: "tuple[float, float, float]") -> float:
    return sqrt(_dot(reading, reading))


def _dot(a: "tuple[float, float, float]", b: "tuple[float, float, float]") -> float:
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


def _direction(reading: "tuple[float, float, float]") -> "tuple[float, float, float]":
    length = _length(reading)
    return reading[0] / length, reading[1] / length, reading[2] / length

"""Samples of a sensor that is laid down in poses, distorted as a chip distorts them. Plain Python, seeded."""

import math
import random
import struct
from array import array
from collections.abc import Callable, Sequence

from barcore.calibrate import POSING, Calibrator
from barcore.sample import SAMPLE_FORMAT

FACES = [(1.0, 0.0, 0.0), (-1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, -1.0, 0.0), (0.0, 0.0, 1.0), (0.0, 0.0, -1.0)]
Vector = tuple[float, float, float]


class Part:
    """A chip with its own offset (g), scale (1 = none off), gyroscope's zero (dps) and noise (g rms)."""

    def __init__(self, rng: random.Random, offset_g: float = 0.06, scale: float = 0.03, zero_dps: float = 5.0) -> None:
        self.rng = rng
        self.offset_g = [rng.uniform(-offset_g, offset_g) for _ in range(3)]
        self.scale = [1 + rng.uniform(-scale, scale) for _ in range(3)]
        self.zero_dps = [rng.uniform(-zero_dps, zero_dps) for _ in range(3)]
        self.noise_g = rng.uniform(0.002, 0.003)

    def sample(self, t_ms: int, up: Vector, noise: float = 1.0) -> list[int]:
        """Return what the part reads at rest while `up` (g, in its own axes) points up."""
        gauss = self.rng.gauss
        acc = [
            x * k + off + noise * gauss(0, self.noise_g)
            for x, k, off in zip(up, self.scale, self.offset_g, strict=True)
        ]
        gyro = [zero + noise * gauss(0, 0.06) for zero in self.zero_dps]
        return [t_ms & (1 << 30) - 1, *[round(4096 * x) for x in acc], *[round(32 * x) for x in gyro]]


def tilted(rng: random.Random, face: Vector, most_deg: float) -> Vector:
    """Return the direction `face` off by up to `most_deg` toward anywhere."""
    aside = [rng.gauss(0, 1) for _ in range(3)]
    along = sum(a * f for a, f in zip(aside, face, strict=True))
    aside = [a - along * f for a, f in zip(aside, face, strict=True)]
    length = math.sqrt(sum(a * a for a in aside))
    angle = math.radians(rng.uniform(0, most_deg))
    x, y, z = (f * math.cos(angle) + a / length * math.sin(angle) for f, a in zip(face, aside, strict=True))
    return x, y, z


def ask_pose(calibrator: Calibrator, part: Part, up: Vector, t_ms: int = 0, noise: float = 1.0) -> int:
    """Ask for a pose and feed it until it is judged; return the state."""
    calibrator.ask(t_ms)
    for i in range(1300):
        if calibrator.update(array("i", part.sample(t_ms + 10 * i, up, noise)), 0) != POSING:
            break
    return calibrator.state


def calibrated(
    part: Part, off_deg: float = 20.0, extra: int = 0, maker: Callable[[], Calibrator] = Calibrator
) -> Calibrator:
    """Return a calibrator that was shown the six faces, each off by up to `off_deg`, and `extra` poses in between."""
    calibrator = maker()
    for i, face in enumerate(FACES):
        ask_pose(calibrator, part, tilted(part.rng, face, off_deg), 20000 * i)
    for i in range(extra):
        corner = 0.577 * (-1) ** i, 0.577, 0.577 * (-1) ** (i // 2)
        ask_pose(calibrator, part, tilted(part.rng, corner, 5.0), 200000 + 20000 * i)
    return calibrator


def packed(part: Part, ups: Sequence[Vector]) -> bytes:
    """Return the samples of 1.5 s in each pose, one pose each 20 s."""
    times = [(20000 * pose + 10 * i, up) for pose, up in enumerate(ups) for i in range(150)]
    return b"".join(struct.pack(SAMPLE_FORMAT, *part.sample(t_ms, up)) for t_ms, up in times)

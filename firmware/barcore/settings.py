"""Settings of the detector: plain integers, given when it is made."""

LEAST_MM, MOST_MM = 80, 1000
"""The range of one rep where no exercise is known: no lift moves a bar by more than a metre."""


class Settings:
    """What the detector may be told; the defaults suit an uncalibrated sensor and the default plan.

    target_ms: the hold after which TARGET is sent; 0 for never.
    acc_offset: counts (1/4096 g) to subtract per axis; acc_scale: then multiplied by this / 4096 per axis.
    gyro_offset: counts (1/32 dps) to subtract per axis.
    least_mm, most_mm: the range of one rep of the exercise; a rise beyond them is no rep.
    calibrated: whether acc_offset and acc_scale come from a real calibration of this very sensor.
    """

    def __init__(
        self,
        target_ms: int = 2000,
        acc_offset: "tuple[int, int, int]" = (0, 0, 0),
        acc_scale: "tuple[int, int, int]" = (4096, 4096, 4096),
        gyro_offset: "tuple[int, int, int]" = (0, 0, 0),
        calibrated: bool = False,
        least_mm: int = LEAST_MM,
        most_mm: int = MOST_MM,
    ) -> None:
        if not 0 <= target_ms <= 60000:
            raise ValueError("target_ms is %d, must be 0..60000" % target_ms)
        if not 50 <= least_mm < most_mm <= 1200:
            raise ValueError("least_mm, most_mm are %d, %d, must be 50..1200 and in order" % (least_mm, most_mm))
        self.target_ms = target_ms
        self.least_mm, self.most_mm = least_mm, most_mm
        self.acc_offset = acc_offset
        self.acc_scale = acc_scale
        self.gyro_offset = gyro_offset
        self.calibrated = calibrated

"""What a sensor keeps beside its log: the settings that its owner chose, and its own calibration.

values, fault = config.SETTINGS.load(board.config)      never raises; a fault is a short text for the log and the cue
config.SETTINGS.save(board.config, values)                keys that this firmware does not know stay in the file
"""

import struct

from barcore.calibrate import OFFSET_MOST, SCALE_LEAST, SCALE_MOST
from barcore.protocol import (
    KEY_BYTES,
    LIFTER_FORMAT,
    LIFTERS_MOST,
    NAME_BYTES,
    NOBODY,
    SCREEN_LETTERS,
    UNNAMED,
)
from barcore.settings import LEAST_MM, MOST_MM, Settings
from barcore.still import GYRO_ZERO_MOST
from barsensor.storage.config_file import ConfigError, Form, shown

HEX = "0123456789abcdef"
HOLD_MS_MOST = 60000
RATES_HZ = (104, 208)
ALL_AXES = 63
NOT_NAMED = "Barhold"
"""The name in the settings for as long as the owner has given none."""


def calibration_of(calibrator, values: dict) -> dict:
    """Return the CALIBRATION `values` with what a calibrator that is DONE has found."""
    values = dict(values)
    values["calibrated"] = True
    values["poses"], values["misfit_ug"] = calibrator.poses, calibrator.misfit_ug
    values["acc_offset"], values["acc_scale"] = calibrator.acc_offset, calibrator.acc_scale
    values["gyro_offset"] = calibrator.gyro_offset
    return values


def detector_settings(settings: dict, calibration: dict) -> Settings:
    """Return what the detector is told."""
    return Settings(
        settings["target_ms"],
        calibration["acc_offset"],
        calibration["acc_scale"],
        calibration["gyro_offset"],
        calibration["calibrated"],
        settings["least_mm"],
        settings["most_mm"],
    )


def sensor_name(settings: dict, device_id: bytes) -> str:
    """Return what the owner called the sensor, or a name made from the end of its id."""
    name = settings["name"]
    return UNNAMED % device_id[-2:].hex() if name == NOT_NAMED else name


def uncalibrated_axes(calibration: dict) -> int:
    """Return the axes that no calibration is known of: bits 0..2 accelerometer, 3..5 gyroscope, as in a BOOT record."""
    return 0 if calibration["calibrated"] else ALL_AXES


def _check_settings(values: dict) -> None:
    name = values["name"]
    if not isinstance(name, str) or not 0 < _utf8_bytes(name) <= NAME_BYTES or min(name) < " ":
        raise ConfigError("name is %s, must have 1..%d bytes of text" % (shown(name), NAME_BYTES))
    _check_whole(values, "target_ms", 0, HOLD_MS_MOST)
    _check_whole(values, "long_ms", 0, HOLD_MS_MOST)
    _check_whole(values, "most_mm", 100, 1200)
    _check_whole(values, "least_mm", 50, values["most_mm"] - 1)
    if values["rate_hz"] not in RATES_HZ:
        raise ConfigError("rate_hz is %s, must be 104 or 208" % shown(values["rate_hz"]))


def _check_calibration(values: dict) -> None:
    if not isinstance(values["calibrated"], bool):
        raise ConfigError("calibrated is %s, must be true or false" % shown(values["calibrated"]))
    _check_whole(values, "poses", 0, 255)
    _check_whole(values, "misfit_ug", 0, 1000000)
    _check_axes(values, "acc_offset", -OFFSET_MOST, OFFSET_MOST)
    _check_axes(values, "acc_scale", SCALE_LEAST, SCALE_MOST)
    _check_axes(values, "gyro_offset", -GYRO_ZERO_MOST, GYRO_ZERO_MOST)


def _check_key(values: dict) -> None:
    key = values["key"]
    if not isinstance(key, str) or len(key) not in (0, 2 * KEY_BYTES) or not all(digit in HEX for digit in key):
        raise ConfigError("key must be %d bytes in hex, or empty" % KEY_BYTES)
    if not isinstance(values["open"], bool):
        raise ConfigError("open is %s, must be true or false" % shown(values["open"]))


def _check_turns(values: dict) -> None:
    text = values["turns"]
    if not isinstance(text, str) or len(text) % 2 or not all(digit in HEX for digit in text):
        raise ConfigError("turns must be hex")
    packed = bytes.fromhex(text)
    size = struct.calcsize(LIFTER_FORMAT)
    count = len(packed) // size
    if packed and (len(packed) != 1 + count * size or count > LIFTERS_MOST):
        raise ConfigError("turns has %d bytes, must have 1 and at most %d times %d" % (len(packed), LIFTERS_MOST, size))
    if packed and packed[0] != NOBODY and packed[0] >= count:
        raise ConfigError("turns names lifter %d of %d" % (packed[0], count))
    for at in range(1, len(packed), size):
        label = struct.unpack_from(LIFTER_FORMAT, packed, at)[1].rstrip(b"\0")
        if not label or not all(chr(letter) in SCREEN_LETTERS for letter in label):
            raise ConfigError("turns has the label %s, which the screen cannot show" % shown(label))


def _check_whole(values: dict, key: str, least: int, most: int) -> None:
    value = values[key]
    if type(value) is not int or not least <= value <= most:
        raise ConfigError("%s is %s, must be %d..%d" % (key, shown(value), least, most))


def _check_axes(values: dict, key: str, least: int, most: int) -> None:
    value = values[key]
    if not isinstance(value, (list, tuple)) or len(value) != 3 or min(value) < least or max(value) > most:
        raise ConfigError("%s is %s, must be three of %d..%d" % (key, shown(value), least, most))


def _utf8_bytes(text: str) -> int:
    try:
        return len(text.encode())
    except ValueError:
        return 0


SETTINGS = Form(
    "settings",
    {
        "name": NOT_NAMED,
        "target_ms": 2000,  # the hold to reach; 0 is off
        "long_ms": 3500,  # the hold after which "held too long" is cued; 0 is off
        "least_mm": LEAST_MM,  # the range of one rep of the exercise
        "most_mm": MOST_MM,
        "rate_hz": 104,
    },
    _check_settings,
)
CALIBRATION = Form(
    "calibration",
    {
        "calibrated": False,
        "poses": 0,
        "misfit_ug": 0,  # of more than six poses; else 0
        "acc_offset": (0, 0, 0),
        "acc_scale": (4096, 4096, 4096),
        "gyro_offset": (0, 0, 0),
    },
    _check_calibration,
)
TURNS = Form("turns", {"turns": ""}, _check_turns)
"""In hex, the lifters at this bar and whose turn it is, as SET_TURNS has them; empty where no host named any."""
KEY = Form("key", {"key": "", "open": False}, _check_key)
"""In hex, the key that sensor and owner share, empty for none; and whether strangers are answered all the same."""

"""Why a sensor refuses an update: each function returns a reason of `protocol.UPDATE_REASON_TEXT`, 0 for none."""

import hashlib

from barcore import bundle, protocol
from barloader.slots import CONFIRMED, LOADER, SAFE
from barsensor.storage.config_file import ConfigError, Form
from barsensor.update import rsa

LOW_MV = 3500
HEX = "0123456789abcdef"


class SensorIdentity:
    """What the sensor is: version (major, minor, patch), its board's family, and `mpy` of `sys.implementation`."""

    def __init__(self, version: tuple, family: str, mpy: int) -> None:
        self.version = version
        self.family = family
        self.bytecode = mpy & 0xFF
        self.arch = mpy >> 10


def begin_refusal(battery_mv: int, pointer) -> int:
    """Check whether an update may start now. On trial the other slot is the fallback and must stay."""
    if 0 < battery_mv < LOW_MV:
        return protocol.UPDATE_BATTERY
    if pointer is None:
        return protocol.UPDATE_NO_SLOTS
    return 0 if pointer.state in (CONFIRMED, SAFE) else protocol.UPDATE_TRIAL


def head_refusal(raw: bytes, sensor: SensorIdentity, key: bytes, at_hand: bool, downgrade: bool) -> int:
    """Check a bundle's head: its format, then its signature, then whether it fits this sensor."""
    try:
        manifest, signed, signature = bundle.parse_head(raw)
    except ValueError:
        return protocol.UPDATE_BUNDLE
    reason = _signature(signed, signature, key, at_hand) or _fit(manifest, sensor, downgrade)
    if reason == 0 and manifest.version < sensor.version and not at_hand:
        return protocol.UPDATE_CABLE  # whoever holds an old signed bundle must not bring back its faults by radio
    return reason


def _fit(manifest, sensor: SensorIdentity, downgrade: bool) -> int:
    foreign = manifest.bytecode and manifest.bytecode != sensor.bytecode
    for wrong, reason in (
        (manifest.family != bundle.ANY and bundle.FAMILIES[manifest.family] != sensor.family, protocol.UPDATE_BOARD),
        (manifest.loader > LOADER, protocol.UPDATE_LOADER),
        (foreign or manifest.arch not in (0, sensor.arch), protocol.UPDATE_BYTECODE),
        (manifest.version < sensor.version and not downgrade, protocol.UPDATE_OLDER),
    ):
        if wrong:
            return reason
    return 0


def _signature(signed: bytes, signature: bytes, key: bytes, at_hand: bool) -> int:
    """The cable can do anything through its REPL, so it needs no signature; but a wrong one is refused."""
    if not signature:
        return 0 if at_hand else protocol.UPDATE_UNSIGNED
    if not key:
        return 0 if at_hand else protocol.UPDATE_NO_KEY
    right = rsa.verifies(key, signature, hashlib.sha256(signed).digest())
    return 0 if right else protocol.UPDATE_SIGNATURE


def _check_key(values: dict) -> None:
    modulus = values["modulus"]
    if not isinstance(modulus, str) or not all(digit in HEX for digit in modulus):
        raise ConfigError("modulus must be hex")
    if modulus and (len(modulus) % 2 or not rsa.is_key(bytes.fromhex(modulus))):
        raise ConfigError("modulus of %d digits is none of RSA-3072" % len(modulus))


KEY = Form("update_key", {"modulus": ""}, _check_key)
"""In hex, the public key that signs updates; empty for none."""

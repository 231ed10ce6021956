"""DIAGNOSIS: a sensor's report on its own state."""

import struct
from dataclasses import dataclass

from barcore import protocol
from barcore.frame import FrameError, parse_info


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """A sensor's own state; None or empty where it does not say."""

    heap_free_bytes: int
    heap_largest_bytes: int
    flash_free_bytes: int
    flash_bytes: int
    log_records: int
    log_limit_records: int
    imu_faults: int
    imu_overruns: int
    imu_bad_words: int
    flash_faults: int
    radio_faults: int
    bad_frames: int
    starts: tuple[int, ...]  # since the last sync, by protocol.RESET_*
    temperature_c: int | None
    short_starts: int = 0  # power-ons in a row that ended within a minute, since the last sync


def read_diagnosis(body: bytes) -> Diagnosis | None:
    """Return what the body says; None when it cannot be read."""
    try:
        entries = parse_info(body)
        heap = struct.unpack_from("<II", entries[protocol.DIAG_HEAP])
        flash = struct.unpack_from("<II", entries[protocol.DIAG_FLASH])
        log = struct.unpack_from("<II", entries[protocol.DIAG_LOG])
        imu = struct.unpack_from("<III", entries[protocol.DIAG_IMU])
        faults = struct.unpack_from("<III", entries[protocol.DIAG_FAULTS])
        warmth = entries.get(protocol.DIAG_TEMPERATURE)
        return Diagnosis(
            heap_free_bytes=heap[0],
            heap_largest_bytes=heap[1],
            flash_free_bytes=flash[0],
            flash_bytes=flash[1],
            log_records=log[0],
            log_limit_records=log[1],
            imu_faults=imu[0],
            imu_overruns=imu[1],
            imu_bad_words=imu[2],
            flash_faults=faults[0],
            radio_faults=faults[1],
            bad_frames=faults[2],
            starts=tuple(entries[protocol.DIAG_STARTS]),
            short_starts=entries.get(protocol.DIAG_SHORT_STARTS, b"\0")[0],
            temperature_c=None if warmth is None else int(struct.unpack_from("<h", warmth)[0]),
        )
    except (FrameError, KeyError, struct.error):
        return None

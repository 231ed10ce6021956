"""The sensor's report on its own state: memory, flash, log, restarts, faults."""

import struct

from barcore import protocol, record
from barsensor.storage.record_log import RECORDS

SCANNED_RECORDS = 512
"""The newest of the log in which starts are counted: reading more would keep samples waiting."""
CAUSES = 8


def entries(app, board) -> list:
    """Return the entries of DIAGNOSIS, without those that the board cannot measure."""
    power, imu, log = board.power, board.imu, app.log
    starts, short_starts = _starts(log)
    found = [
        (protocol.DIAG_HEAP, struct.pack("<II", *power.heap_bytes())),
        (protocol.DIAG_FLASH, struct.pack("<II", *power.filesystem_bytes())),
        (protocol.DIAG_LOG, struct.pack("<II", log.next_seq - log.first_seq, log.segment_limit * RECORDS)),
        (protocol.DIAG_IMU, struct.pack("<III", app.imu_faults, imu.overruns, imu.bad_words)),
        (protocol.DIAG_FAULTS, struct.pack("<III", app.log_faults, app.radio_faults, app.bad_frames)),
        (protocol.DIAG_STARTS, bytes(starts)),
        (protocol.DIAG_SHORT_STARTS, bytes((short_starts,))),
    ]
    temperature_c = power.temperature_c()
    if temperature_c is not None:
        found.append((protocol.DIAG_TEMPERATURE, struct.pack("<h", temperature_c)))
    return found


def _starts(log) -> tuple:
    """Return (how often the sensor has started for each cause, the most power-ons in a row that ended within a minute).

    Both since the last acknowledged record, and at most 255.
    """
    counts, buf = [0] * CAUSES, bytearray(protocol.RECORD_BYTES)
    row = most = newest_ms = 0
    cause = protocol.RESET_UNKNOWN
    for seq in range(max(log.acked, log.first_seq, log.next_seq - SCANNED_RECORDS), log.next_seq):
        if not log.read_into(seq, buf):
            continue
        kind, _, _, _, t_ms = record.header(buf)
        if kind == protocol.BOOT:
            row = row + 1 if cause == protocol.RESET_POWER_ON and newest_ms < protocol.SHORT_START_MS else 0
            cause, newest_ms = record.payload(buf)[0] % CAUSES, 0
            counts[cause] = min(255, counts[cause] + 1)
            most = max(most, min(255, row))
        newest_ms = max(newest_ms, t_ms)
    return counts, most

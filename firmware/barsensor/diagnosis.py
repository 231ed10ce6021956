"""What a sensor knows of its own state, for a host that looks after it: memory, flash, log, restarts, faults."""

import struct

from barcore import protocol, record
from barsensor.storage.record_log import RECORDS

SCANNED_RECORDS = 512
"""The newest of the log in which starts are counted: reading more would keep samples waiting."""
CAUSES = 8


def entries(app, board) -> list:
    """Return the entries of DIAGNOSIS; what a board cannot tell is left out."""
    power, imu, log = board.power, board.imu, app.log
    found = [
        (protocol.DIAG_HEAP, struct.pack("<II", *power.heap_bytes())),
        (protocol.DIAG_FLASH, struct.pack("<II", *power.flash_bytes())),
        (protocol.DIAG_LOG, struct.pack("<II", log.next_seq - log.first_seq, log.segment_limit * RECORDS)),
        (protocol.DIAG_IMU, struct.pack("<III", app.imu_faults, imu.overruns, imu.bad_words)),
        (protocol.DIAG_FAULTS, struct.pack("<III", app.log_faults, app.radio_faults, app.bad_frames)),
        (protocol.DIAG_STARTS, bytes(_starts(log))),
    ]
    temperature_c = power.temperature_c()
    if temperature_c is not None:
        found.append((protocol.DIAG_TEMPERATURE, struct.pack("<h", temperature_c)))
    return found


def _starts(log) -> list:
    """Return how often the sensor has started for each cause since the last acknowledged record, at most 255."""
    counts, buf = [0] * CAUSES, bytearray(protocol.RECORD_BYTES)
    for seq in range(max(log.acked, log.first_seq, log.next_seq - SCANNED_RECORDS), log.next_seq):
        if log.read_into(seq, buf) and record.header(buf)[0] == protocol.BOOT:
            cause = record.payload(buf)[0] % CAUSES
            counts[cause] = min(255, counts[cause] + 1)
    return counts

"""The host's end of a connection: fetches records, acknowledges them once they are stored, and controls the sensor."""

from barhold.connection.connection import Connection, Phase
from barhold.connection.control import Calibration, Control, SensorSettings
from barhold.connection.diagnosis import Diagnosis
from barhold.connection.handshake import Info, LockedError
from barhold.connection.raw_stream import Samples
from barhold.connection.result import SyncResult

__all__ = [
    "Calibration",
    "Connection",
    "Control",
    "Diagnosis",
    "Info",
    "LockedError",
    "Phase",
    "Samples",
    "SensorSettings",
    "SyncResult",
]

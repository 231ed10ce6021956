"""The host's end of a session: frames in, committed records out, and only then the ACK; and what else it may ask."""

from barhold.session.control import Calibration, Control, SensorSettings
from barhold.session.info import Info
from barhold.session.result import SyncResult
from barhold.session.session import Phase, Session
from barhold.session.stream import Samples

__all__ = ["Calibration", "Control", "Info", "Phase", "Samples", "SensorSettings", "Session", "SyncResult"]

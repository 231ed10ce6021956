"""The doctor: what stands between this host and a sensor that works, a line each, with the next step."""

from barhold.doctor.line import FAIL, NOTE, OK, WARN, Line, unusual_first

__all__ = ["FAIL", "NOTE", "OK", "WARN", "Line", "unusual_first"]

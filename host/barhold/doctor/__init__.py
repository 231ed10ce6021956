"""The doctor: what stands between this host and a sensor that works, a line each, with the next step."""

from barhold.doctor.finding import FAIL, NOTE, OK, WARN, Finding, unusual_first

__all__ = ["FAIL", "NOTE", "OK", "WARN", "Finding", "unusual_first"]

"""The doctor: checks this computer and a sensor, and reports each finding with the next step."""

from barhold.doctor.finding import FAIL, NOTE, OK, WARN, Finding, unusual_first

__all__ = ["FAIL", "NOTE", "OK", "WARN", "Finding", "unusual_first"]

"""The doctor: what stands between this host and a sensor that works, a line each, with the next step."""

from barhold.doctor.line import FAIL, OK, WARN, Line

__all__ = ["FAIL", "OK", "WARN", "Line"]

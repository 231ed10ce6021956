"""Looks after a sensor: calibration, pairing and its clock's drift."""

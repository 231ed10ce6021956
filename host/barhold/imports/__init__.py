"""Reads loads and reps from files of other programs."""

"""Checks training against a plan: verdicts, trends over time, and one line of advice."""

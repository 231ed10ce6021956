"""Barhold's host side: link, session, store, sets, check, report and the `barhold` command."""

__version__ = "0.1.0"

"""Barhold's host side: link, session, store, sets, check, report and the `barhold` command."""

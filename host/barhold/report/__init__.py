"""The report: all training as one HTML file that fetches nothing. Pure: sets in, text out."""

from barhold.report.page import page, policy

__all__ = ["page", "policy"]

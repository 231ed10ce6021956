"""The host's end of a session: frames in, committed records out, and only then the ACK."""

from barhold.session.result import SyncResult
from barhold.session.session import Phase, Session

__all__ = ["Phase", "Session", "SyncResult"]

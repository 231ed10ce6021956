"""The progress of a sync: a bar for each sensor, and nothing for a quick sync."""

from barhold.cli._progress_bar import Bar
from barhold.connection import Connection


class SyncProgress(Bar):
    """The bars of one or several syncs."""

    def __init__(self) -> None:
        super().__init__("records")

    def show(self, session: Connection) -> None:
        """Show the progress of one connection."""
        self.arrive()
        info, done, left = session.info, session.result.received, session.left
        if done + left and (left or self._bars):
            self.update(info.name or info.device_id, done, done + left, info.device_id)

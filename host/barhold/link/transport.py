"""What a session needs of a link."""

from typing import Protocol


class Transport(Protocol):
    """A link to one sensor. A frame arrives whole or not at all; what it says is not yet checked."""

    @property
    def dropped(self) -> int:
        """Pieces that came in and were no frame."""

    async def send(self, frame: bytes) -> None:
        """Send one frame; LinkError when the link is gone."""

    async def receive(self, timeout_s: float) -> bytes:
        """Return the next frame; TimeoutError after `timeout_s` without one, LinkError when the link is gone."""

    async def close(self) -> None:
        """Let go of the sensor; repeated calls do nothing."""

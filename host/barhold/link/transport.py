"""The interface of a link, as a connection needs it."""

from typing import Protocol


class Transport(Protocol):
    """A link to one sensor. A frame arrives complete or not at all; its content is not yet checked."""

    @property
    def dropped(self) -> int:
        """How many received pieces were not frames."""

    async def send(self, frame: bytes) -> None:
        """Send one frame; LinkError when the link is gone."""

    async def receive(self, timeout_s: float) -> bytes:
        """Return the next frame; TimeoutError after `timeout_s` without one, LinkError when the link is gone."""

    async def close(self) -> None:
        """Release the sensor; repeated calls do nothing."""

"""Faults of a chip that no retry on the bus can fix."""


class ImuError(OSError):
    """The chip is not the one expected, does not work, or its configuration file is missing; the text says which."""

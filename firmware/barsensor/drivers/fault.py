"""What goes wrong with a chip that no retry on the bus mends."""


class ImuError(OSError):
    """The chip is not the one expected, does not work, or its configuration file is missing; the text says which."""

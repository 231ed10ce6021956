"""The host's errors: one root; the command turns any leaf into one line on stderr and its exit status."""


class BarholdError(Exception):
    """Root of all errors that are shown to the user as one line, which names the thing, the place and the next step."""

    exit_status = 2


class InputError(BarholdError):
    """A file, an option or a database that cannot be used as given."""


class LinkError(BarholdError):
    """The sensor did not answer, or answered against the protocol."""


class RefusedError(LinkError):
    """The sensor or this host refuses; trying again changes nothing."""


class NotPluggedInError(LinkError):
    """No board is at a USB port, or at the one that was named."""


class StoreError(BarholdError):
    """The database could not be read or written."""

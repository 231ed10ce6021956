"""The names of a rep's flags, for people and for JSON."""

from barcore import protocol

NAMES = {
    protocol.PARTIAL: "partial",
    protocol.DISTURBED: "disturbed",
    protocol.CLIPPED: "clipped",
    protocol.UNCALIBRATED: "uncalibrated",
    protocol.LOW_CONFIDENCE: "low confidence",
    protocol.GAPPED: "gapped",
}


def names(flags: int) -> list[str]:
    """Return the names of the flags that are set, in the order of their bits."""
    return [name for bit, name in NAMES.items() if flags & bit]

"""The event ring: where the detector leaves what it saw, allocated once.

An event is EVENT_INTS ints: type (a record type of `protocol`), flags, t_ms (30-bit tick), then the values of that
type's payload in the order of its format, zero-filled.
"""

from array import array

TYPE, FLAGS, T_MS, VALUES = 0, 1, 2, 3
EVENT_INTS = 12


class EventRing:
    """A fixed ring of `capacity` events; when it is full, `push` drops the event and counts it in `dropped`."""

    def __init__(self, capacity: int = 32) -> None:
        self._ints = array("i", [0] * (capacity * EVENT_INTS))
        self._capacity = capacity
        self._first = 0
        self._count = 0
        self.dropped = 0

    def __len__(self) -> int:
        return self._count

    def push(self, event: "array[int]") -> None:
        """Copy `event` (EVENT_INTS ints) in. Allocates nothing."""
        if self._count == self._capacity:
            self.dropped += 1
            return
        at = (self._first + self._count) % self._capacity * EVENT_INTS
        for i in range(EVENT_INTS):
            self._ints[at + i] = event[i]
        self._count += 1

    def pop_into(self, event: "array[int]") -> bool:
        """Move the oldest event into `event` (EVENT_INTS ints); False when there is none. Allocates nothing."""
        if self._count == 0:
            return False
        at = self._first * EVENT_INTS
        for i in range(EVENT_INTS):
            event[i] = self._ints[at + i]
        self._first = (self._first + 1) % self._capacity
        self._count -= 1
        return True

"""A quota of connections or viewers: a limit for each address, one for all others, and places for this computer."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True)
class Quota:
    """Counts the places that each address holds. This computer has places of its own, which nobody else can use up."""

    others: int
    per_address: int
    own: int
    _held: Counter[str] = field(default_factory=Counter)
    _own_held: int = 0

    def acquire(self, address: str, is_own: bool) -> bool:
        """Take one place, or return False when none is left for this address."""
        if is_own:
            if self._own_held >= self.own:
                return False
            self._own_held += 1
            return True
        if self._held[address] >= self.per_address or self._held.total() >= self.others:
            return False
        self._held[address] += 1
        return True

    def release(self, address: str, is_own: bool) -> None:
        """Give one place back."""
        if is_own:
            self._own_held -= 1
            return
        self._held[address] -= 1
        if not self._held[address]:
            del self._held[address]

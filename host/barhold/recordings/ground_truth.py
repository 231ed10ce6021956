"""Ground truth: what really happened in a recording, from a JSON beside it, matched with the reps found."""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from barhold import files
from barhold.errors import InputError
from barhold.model import Rep

MAX_BYTES = 16 << 20
MATCH_MS = 1000  # two reps are one if the middles of their holds lie no further apart
HOLD_OFF_MS = 150  # a hold further off is a disagreement
MISSED, FALSE, HOLD_OFF, AGREED = "missed", "false", "hold off", ""


@dataclass(frozen=True, slots=True)
class TrueRep:
    """One rep as it truly was; times in s of the recording."""

    start_s: float
    top_s: float
    down_s: float
    end_s: float
    hold_s: float
    rom_m: float
    partial: bool
    zone_s: float = 0.0  # by how much the hold would change if the zone below the top were 20 or 30 % deep


@dataclass(frozen=True, slots=True)
class RepMatch:
    """A true rep and the found one that stands for it; one of them is None where the other stands alone."""

    true: TrueRep | None
    found: Rep | None

    @property
    def off_ms(self) -> int:
        """How much longer than the true hold the found one is; 0 for a rep that stands alone."""
        return self.found.hold_ms - round(self.true.hold_s * 1000) if self.true and self.found else 0

    @property
    def verdict(self) -> str:
        """MISSED, FALSE, HOLD_OFF or AGREED."""
        if self.found is None:
            return MISSED
        if self.true is None:
            return FALSE
        return HOLD_OFF if abs(self.off_ms) > HOLD_OFF_MS else AGREED


def read(recording: Path) -> list[TrueRep] | None:
    """Return the true reps from the JSON of the same stem, None where there is no such file; InputError."""
    path = recording.with_suffix(".json")
    if not path.exists():
        return None
    try:
        data: Any = json.loads(files.read(path, MAX_BYTES, "move it away"))
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: cannot be read as the truth of {recording.name} ({error}); move it away") from None
    # Either {"reps": [...]} or, as the generator writes it, a list of sets of reps.
    try:
        reps = data["reps"] if isinstance(data, dict) else [rep for item in data for rep in item]
        return [_true_rep(rep) for rep in reps]
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise InputError(f"{path}: is no truth of {recording.name} (wrong or missing: {error}); move it away") from None


def _true_rep(rep: dict[str, Any]) -> TrueRep:
    names = [name for name in TrueRep.__slots__ if name != "zone_s" or name in rep]
    return TrueRep(**{name: _figure(rep[name]) for name in names})


def _figure(value: Any) -> Any:
    """Return a flag or a finite number; ValueError for anything else."""
    if not isinstance(value, bool) and not math.isfinite(value):
        raise ValueError(f"{value} is not a finite number")
    return value


def match(true: Sequence[TrueRep], found: Sequence[Rep], start_s: float) -> list[RepMatch]:
    """Pair the nearest first, in order of time; `found` counts its ms from `start_s` of the truth's clock."""
    gaps = sorted(
        (abs(_middle_ms(one, start_s) - rep.start_ms - rep.rise_ms - rep.hold_ms / 2), i, j)
        for i, one in enumerate(true)
        for j, rep in enumerate(found)
    )
    match: dict[int, int] = {}
    for gap_ms, i, j in gaps:
        if gap_ms <= MATCH_MS and i not in match and j not in match.values():
            match[i] = j
    both = [RepMatch(one, found[match[i]] if i in match else None) for i, one in enumerate(true)]
    alone = [RepMatch(None, rep) for j, rep in enumerate(found) if j not in match.values()]
    return sorted(both + alone, key=lambda pair: _start_ms(pair, start_s))


def _middle_ms(rep: TrueRep, start_s: float) -> float:
    return ((rep.top_s + rep.down_s) / 2 - start_s) * 1000


def _start_ms(pair: RepMatch, start_s: float) -> float:
    if pair.true:
        return (pair.true.start_s - start_s) * 1000
    return float(pair.found.start_ms) if pair.found else 0.0

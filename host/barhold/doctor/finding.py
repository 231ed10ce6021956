"""One finding of the doctor. Plain data."""

from collections.abc import Iterable
from dataclasses import dataclass

OK, NOTE, WARN, FAIL = "ok", "note", "warn", "fail"
"""NOTE is worth knowing and needs nothing done."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What was looked at, how it is, and what to do about it."""

    what: str
    status: str  # OK, NOTE, WARN or FAIL
    found: str
    next_step: str = ""  # always there with WARN and FAIL


def unusual_first(lines: Iterable[Finding]) -> list[Finding]:
    """Return the findings with those that need something done in front, each group in its order."""
    return sorted(lines, key=lambda line: (FAIL, WARN, OK, NOTE).index(line.status))


def from_error(what: str, error: Exception, status: str = FAIL) -> Finding:
    """Return a finding from an error of ours, whose text is "what is wrong: what to do"."""
    found, _, step = str(error).partition(": ")
    return Finding(what, status, found, step or "see above")

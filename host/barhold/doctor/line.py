"""One finding of the doctor. Plain data."""

from dataclasses import dataclass

OK, WARN, FAIL = "ok", "warn", "fail"


@dataclass(frozen=True, slots=True)
class Line:
    """What was looked at, how it is, and what to do about it."""

    what: str
    status: str  # OK, WARN or FAIL
    found: str
    next_step: str = ""  # always there unless OK


def from_error(what: str, error: Exception, status: str = FAIL) -> Line:
    """Return a finding from an error of ours, whose text is "what is wrong: what to do"."""
    found, _, step = str(error).partition(": ")
    return Line(what, status, found, step or "see above")

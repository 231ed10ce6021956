"""iCalendar: the next sessions, as the plan's rest after the last one allows them. Pure.

A session is planned at the time of day of the last one, on the first day that the rest allows. If no day fits, it is
planned for the moment when the shortest rest is over. Each session counts its rest from the one before. An event's
identity is made from its lifter, plan and number, and its sequence number rises with time. So a calendar that is
imported again moves its events instead of adding some.
"""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from barhold.model import TrainingSet
from barhold.plans.plan import Plan
from barhold.training.sets import owner

if TYPE_CHECKING:
    from icalendar import Event

PLANNED = 3
DEFAULT_LENGTH = timedelta(minutes=20)
_DAY = timedelta(days=1)
_SEQUENCE_EPOCH = datetime(2024, 1, 1, tzinfo=UTC)
"""Sequence numbers count seconds from here: they rise without a memory, and fit 31 bits until 2092."""


def calendar(last: Iterable[tuple[Sequence[TrainingSet], Plan]], now: datetime) -> bytes:
    """Return a calendar of the next sessions of each lifter, or of each sensor that nobody wears, by their plans."""
    from icalendar import Calendar  # noqa: PLC0415 - a tenth of a second, which no other format should cost

    made = Calendar()
    made.add("prodid", "-//Barhold//Barhold//EN")
    made.add("version", "2.0")
    for session, plan in last:
        for number, (start, end) in enumerate(planned(session, plan, now), start=1):
            made.add_component(_event(session, plan, now, number, start, end))
    return bytes(made.to_ical())


def planned(session: Sequence[TrainingSet], plan: Plan, now: datetime) -> list[tuple[datetime, datetime]]:
    """Return start and end (UTC) of the next sessions, none of them before `now`."""
    usual = session[0].start_utc
    end = max(training_set.end_utc for training_set in session)
    length = max(end - usual, DEFAULT_LENGTH)
    sessions: list[tuple[datetime, datetime]] = []
    for _ in range(PLANNED):
        start = _next_start(usual, end, plan, now)
        end = start + length
        sessions.append((start, end))
    return sessions


def _next_start(usual: datetime, end: datetime, plan: Plan, now: datetime) -> datetime:
    """Return the first moment at the usual time of day that is neither before `now` nor within the shortest rest."""
    opens, closes = (end + timedelta(hours=hours) for hours in (plan.rest_h.least, plan.rest_h.most))
    earliest = max(opens, now)
    local = usual.astimezone().replace(tzinfo=None)
    day = max(0, (earliest - usual) // _DAY - 1)
    while (start := _utc(local + day * _DAY)) < earliest:
        day += 1
    return start if start <= closes or now > closes else earliest


def _utc(local: datetime) -> datetime:
    """Return the moment at which a wall clock shows this local time, daylight saving included."""
    return local.astimezone().astimezone(UTC)


def _event(
    session: Sequence[TrainingSet], plan: Plan, now: datetime, number: int, start: datetime, end: datetime
) -> "Event":
    who = session[0].lifter
    identity = hashlib.sha256(f"{owner(session[0])}/{plan.name}/{number}".encode()).hexdigest()[:32]
    from icalendar import Event  # noqa: PLC0415 - as above

    event = Event()
    event.add("uid", f"{identity}@barhold")
    event.add("dtstamp", now)
    event.add("last-modified", now)
    event.add("sequence", max(0, int((now - _SEQUENCE_EPOCH).total_seconds())))
    event.add("dtstart", start)
    event.add("dtend", end)
    event.add("summary", f"{plan.name}: {who}" if who else plan.name)
    event.add("description", f"{plan.sets.text()} sets of {plan.reps.text()} reps, hold {plan.hold_s.text()} s, "
              f"{plan.rest_h.text()} h after the session before. Stop on pain.")  # fmt: skip
    return event

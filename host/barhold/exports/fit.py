"""Garmin FIT: one activity per session, its sets with load and reps, and the mean hold as a developer field. Pure.

Field numbers, scales and values are those of the FIT profile 21.218. No field of the profile holds a pause: hence the
developer field `mean_hold`. Some programs refuse an activity without `record` messages, so there is one at the start
and the end of each set. It says only that no distance was covered.
"""

import itertools
from collections.abc import Iterator, Sequence
from datetime import datetime

from barhold.errors import InputError
from barhold.exports import rows
from barhold.exports.exercises import names_of
from barhold.exports.fitfile import BYTES, ENUM, FLOAT32, STRING, UINT8, UINT16, UINT32, UINT32Z, Field, Message, encode
from barhold.model import Load, TrainingSet
from barhold.plans import load_units

FIT_EPOCH_UNIX_S = 631_065_600
FIRST_YEAR, LAST_YEAR = 1990, 2125
FILE_ID, SESSION, LAP, RECORD, EVENT, DEVICE_INFO, ACTIVITY, FILE_CREATOR = 0, 18, 19, 20, 21, 23, 34, 49
FIELD_DESCRIPTION, DEVELOPER_DATA_ID, SET, EXERCISE_TITLE = 206, 207, 225, 264
ACTIVITY_FILE, DEVELOPMENT = 4, 255
TRAINING, STRENGTH_TRAINING = 10, 20
SOFTWARE_VERSION = 1  # of this export, not of the firmware: a reader can recognise old files by it
REST, ACTIVE = 0, 1
KILOGRAM, POUND = 1, 2
_TIMER, _SESSION_EVENT, _LAP_EVENT, _ACTIVITY_EVENT = 0, 8, 9, 26
_START, _STOP, _STOP_ALL = 0, 1, 4
_APPLICATION_ID = b"barhold.mean.hld"  # 16 bytes, for ever: what tells our developer field from another's
_MOST_WEIGHT, _MOST_STRING_BYTES = 0xFFFE, 254
_TIMESTAMP, _SET_TIMESTAMP, _MESSAGE_INDEX = 253, 254, 254


def activity(session: Sequence[TrainingSet]) -> bytes:
    """Return the file of one session (sets in order of time); InputError if FIT cannot hold its time."""
    first, last = session[0].start_utc, max(training_set.end_utc for training_set in session)
    if not (first.year >= FIRST_YEAR and last.year <= LAST_YEAR):
        raise InputError(
            f"a session of {first:%Y-%m-%d} is not in the years {FIRST_YEAR} to {LAST_YEAR}, which FIT can hold: "
            "choose others with --since and --until"
        )
    return encode(_messages(session))


def file_name(session: Sequence[TrainingSet], lifter: str = "") -> str:
    """Return the name of the session's file: its start in UTC, its sensor, and what stands for the lifter."""
    whose = f"-{lifter}" if lifter else ""
    return f"barhold-{session[0].start_utc:%Y%m%dT%H%M%SZ}-{session[0].device_id}{whose}.fit"


def _messages(session: Sequence[TrainingSet]) -> Iterator[Message]:
    start, end = session[0].start_utc, max(training_set.end_utc for training_set in session)
    yield _file_id(session[0])
    yield Message(FILE_CREATOR, (_u16(0, SOFTWARE_VERSION),))
    yield from _mean_hold_definition()
    yield _device_info(session[0])
    yield Message(EVENT, (_time(_TIMESTAMP, start), _enum(0, _TIMER), _enum(1, _START)))
    yield from _exercise_titles(session)
    yield from _sets(session)
    yield from _records(session)
    yield Message(EVENT, (_time(_TIMESTAMP, end), _enum(0, _TIMER), _enum(1, _STOP_ALL)))
    yield Message(LAP, (*_span(start, end, _LAP_EVENT), *_sport(25, 39)))
    yield Message(SESSION, (*_span(start, end, _SESSION_EVENT), *_sport(5, 6), _u16(25, 0), _u16(26, 1)))
    yield _activity(start, end)


def _file_id(first: TrainingSet) -> Message:
    maker = (_u16(1, DEVELOPMENT), _u16(2, 0), _serial(3, first))
    return Message(FILE_ID, (_enum(0, ACTIVITY_FILE), *maker, _time(4, first.start_utc)))


def _device_info(first: TrainingSet) -> Message:
    maker = (_u16(2, DEVELOPMENT), _serial(3, first), _u16(4, 0))
    name = Field(27, STRING, "Barhold")
    return Message(DEVICE_INFO, (_time(_TIMESTAMP, first.start_utc), Field(0, UINT8, 0), *maker, name))


def _serial(number: int, first: TrainingSet) -> Field:
    return Field(number, UINT32Z, int(first.device_id, 16) & 0xFFFFFFFF or 1)  # 0 would mean that it is not known


def _exercise_titles(session: Sequence[TrainingSet]) -> Iterator[Message]:
    """Yield the name of each exercise, for readers that do not know its number."""
    for index, names in enumerate(dict.fromkeys(map(names_of, session))):
        numbers = (_u16(0, names.fit_category), _u16(1, names.fit_exercise))
        yield Message(EXERCISE_TITLE, (_u16(_MESSAGE_INDEX, index), *numbers, Field(2, STRING, _short(names.title))))


def _records(session: Sequence[TrainingSet]) -> Iterator[Message]:
    moments = {_fit_s(moment): moment for one in session for moment in (one.start_utc, one.end_utc)}
    for seconds in sorted(moments):
        yield Message(RECORD, (_time(_TIMESTAMP, moments[seconds]), Field(5, UINT32, 0)))


def _short(text: str) -> str:
    """Return the text cut to what fits into a string field, with no character cut in two."""
    return text.encode()[:_MOST_STRING_BYTES].decode("utf-8", "ignore")


def _mean_hold_definition() -> Iterator[Message]:
    yield Message(DEVELOPER_DATA_ID, (Field(1, BYTES, _APPLICATION_ID), Field(3, UINT8, 0), Field(4, UINT32, 1)))
    yield Message(
        FIELD_DESCRIPTION,
        (
            Field(0, UINT8, 0),
            Field(1, UINT8, 0),
            Field(2, UINT8, FLOAT32),
            Field(3, STRING, "mean_hold"),
            Field(8, STRING, "s"),
            _u16(14, SET),
        ),
    )


def _sets(session: Sequence[TrainingSet]) -> Iterator[Message]:
    """Yield active and rest sets in turn, from the first set to the last."""
    index = itertools.count()
    for training_set, after in itertools.zip_longest(session, session[1:]):
        yield _active(training_set, next(index))
        if after and after.start_utc > training_set.end_utc:
            yield Message(SET, _timed(training_set.end_utc, after.start_utc, REST, next(index)))


def _active(training_set: TrainingSet, index: int) -> Message:
    names = names_of(training_set)
    exercise = (_u16(7, names.fit_category), _u16(8, names.fit_exercise))
    times = _timed(training_set.start_utc, training_set.end_utc, ACTIVE, index)
    hold = Field(0, FLOAT32, rows.mean_hold_s(training_set))
    return Message(SET, (*times, _u16(3, len(training_set.reps)), *exercise, *_weight(training_set.load)), (hold,))


def _timed(start: datetime, end: datetime, set_type: int, index: int) -> tuple[Field, ...]:
    """Return a set's times; its timestamp is its end."""
    duration = Field(0, UINT32, _ms(start, end))
    when = (_time(_SET_TIMESTAMP, end), duration, _time(6, start))
    return (*when, Field(5, UINT8, set_type), _u16(10, index))


def _weight(load: Load | None) -> tuple[Field, ...]:
    """Return the load in steps of 1/16 kg and the unit to show it in; nothing if it is not known."""
    if load is None:
        return ()
    steps = min(round(load_units.in_kg(load) * 16), _MOST_WEIGHT)
    return _u16(4, steps), _u16(9, POUND if load.unit == "lb" else KILOGRAM)


def _span(start: datetime, end: datetime, event: int) -> tuple[Field, ...]:
    """Return the time fields of a lap and a session."""
    ms = _ms(start, end)
    times = (_time(_TIMESTAMP, end), _time(2, start), Field(7, UINT32, ms), Field(8, UINT32, ms))
    return (_u16(_MESSAGE_INDEX, 0), *times, _enum(0, event), _enum(1, _STOP))


def _sport(sport: int, sub_sport: int) -> tuple[Field, ...]:
    return _enum(sport, TRAINING), _enum(sub_sport, STRENGTH_TRAINING)


def _activity(start: datetime, end: datetime) -> Message:
    offset = end.astimezone().utcoffset()
    local_s = _fit_s(end) + (int(offset.total_seconds()) if offset else 0)
    fields = (_time(_TIMESTAMP, end), Field(0, UINT32, _ms(start, end)), _u16(1, 1), _enum(2, 0))
    return Message(ACTIVITY, (*fields, _enum(3, _ACTIVITY_EVENT), _enum(4, _STOP), Field(5, UINT32, local_s)))


def _ms(start: datetime, end: datetime) -> int:
    return round((end - start).total_seconds() * 1000)


def _fit_s(moment: datetime) -> int:
    return int(moment.timestamp()) - FIT_EPOCH_UNIX_S


def _time(number: int, moment: datetime) -> Field:
    return Field(number, UINT32, _fit_s(moment))


def _enum(number: int, value: int) -> Field:
    return Field(number, ENUM, value)


def _u16(number: int, value: int) -> Field:
    return Field(number, UINT16, value)

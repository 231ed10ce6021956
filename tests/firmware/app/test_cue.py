"""The cues: one test per row of the tables in `cue`."""

import pytest

from barcore.ticks import MASK
from barsensor import cue

STARTS = [0, MASK - 100, 3 << 40]
"""Full ms that grow beyond every small int are as good as ticks that wrap."""


class Shown:
    """A cue with what it showed since, as (ms after start, lamp, Hz)."""

    def __init__(self, start: int = 0, sounder: bool = True) -> None:
        self.now = self.start = start
        self.rows: list[tuple[int, int, int]] = []
        self.lit = False
        self.hz = 0
        self.cue = cue.Cue(self._lamp, self._tone if sounder else None)

    def _lamp(self, on: bool) -> None:
        self.lit = on
        self._note()

    def _tone(self, hz: int) -> None:
        self.hz = hz
        self._note()

    def _note(self) -> None:
        at_ms = (self.now - self.start) & MASK
        if self.rows and self.rows[-1][0] == at_ms:
            self.rows.pop()
        if not self.rows or self.rows[-1][1:] != (self.lit, self.hz):
            self.rows.append((at_ms, self.lit, self.hz))

    def play(self, kind: int) -> None:
        self.cue.play(kind, self.now)

    def wait(self, ms: int, step_ms: int = 10) -> None:
        for _ in range(0, ms, step_ms):
            self.now += step_ms
            if self.start <= MASK:
                self.now &= MASK  # ticks, not full ms
            self.cue.update(self.now)


def rows_of(kind: int, at_ms: int = 0) -> list[tuple[int, int, int]]:
    """Return when the pattern of `kind` shows what, to its end."""
    rows = []
    for lamp, hz, duration_ms in cue.PATTERNS[kind]:
        rows.append((at_ms, lamp, hz))
        at_ms += duration_ms
    return [*rows, (at_ms, 0, 0)]


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("kind", cue.ORDER)
def test_every_pattern_shows_at_once_and_to_its_end(kind: int, start: int) -> None:
    shown = Shown(start)
    shown.play(kind)
    assert (shown.lit, shown.hz) == cue.PATTERNS[kind][0][:2], "within the call, so within a step of the event"
    shown.wait(2500)
    expected = rows_of(kind)
    assert shown.rows[: len(expected)] == expected
    assert shown.rows[len(expected) :] == (rows_of(cue.TOO_LONG, cue.LONG_AFTER_MS) if kind == cue.TARGET else [])


def test_no_two_patterns_look_or_sound_alike() -> None:
    looks = [[(lamp, ms) for lamp, _, ms in rows] for rows in cue.PATTERNS.values()]
    sounds = [[(hz, ms) for _, hz, ms in rows] for rows in cue.PATTERNS.values()]
    assert all(looks.count(look) == 1 for look in looks)
    assert all(sounds.count(sound) == 1 for sound in sounds)
    assert sorted(cue.ORDER) == sorted(cue.PATTERNS)


def test_a_lamp_alone_tells_top_from_target() -> None:
    lit_ms = {kind: sum(ms for lamp, _, ms in cue.PATTERNS[kind] if lamp) for kind in (cue.TOP, cue.TARGET)}
    assert lit_ms[cue.TARGET] > 5 * lit_ms[cue.TOP]


@pytest.mark.parametrize("now_playing", cue.ORDER)
def test_target_preempts_everything(now_playing: int) -> None:
    shown = Shown()
    shown.play(now_playing)
    shown.wait(50)
    shown.play(cue.TARGET)
    assert (shown.lit, shown.hz) == (True, 2400)


@pytest.mark.parametrize("late", [cue.TOP, cue.TOO_LONG])
def test_what_would_come_late_is_dropped(late: int) -> None:
    shown = Shown()
    shown.play(cue.TARGET)
    shown.play(late)
    shown.cue.play(cue.HOLD_END, shown.now)
    shown.wait(2000)
    assert shown.rows == [(0, 0, 0)]


@pytest.mark.parametrize("patient", cue.ORDER[cue.FIRST_THAT_WAITS :])
def test_what_can_wait_comes_after_the_more_urgent(patient: int) -> None:
    shown = Shown()
    shown.play(cue.TOP)
    shown.play(patient)
    shown.wait(3000)
    assert shown.rows == rows_of(cue.TOP)[:-1] + rows_of(patient, 60)


def test_a_patient_cue_that_is_cut_short_plays_again() -> None:
    shown = Shown()
    shown.play(cue.FAULT)
    shown.wait(10)
    shown.play(cue.TOP)
    shown.wait(3000)
    assert shown.rows == [(0, 1, 400), (10, 1, 1600), *rows_of(cue.FAULT, 70)]


def test_what_waits_comes_most_urgent_first_and_once() -> None:
    shown = Shown()
    shown.play(cue.FAULT)
    for kind in (cue.LOW_BATTERY, cue.SET_DONE, cue.LOW_BATTERY):
        shown.play(kind)
    shown.wait(5000)
    end_ms = rows_of(cue.FAULT)[-1][0]
    done = rows_of(cue.SET_DONE, end_ms)
    assert shown.rows == rows_of(cue.FAULT)[:-1] + done[:-1] + rows_of(cue.LOW_BATTERY, done[-1][0])


def test_the_same_kind_again_starts_anew() -> None:
    shown = Shown()
    shown.play(cue.TOP)
    shown.wait(40)
    shown.play(cue.TOP)
    shown.wait(500)
    assert shown.rows == [(0, 1, 1600), (100, 0, 0)]


def test_the_end_of_the_hold_silences_what_tells_of_it_and_nothing_else() -> None:
    shown = Shown()
    shown.play(cue.TARGET)
    shown.wait(200)
    shown.play(cue.HOLD_END)
    assert (shown.lit, shown.hz) == (False, 0)
    shown.wait(3000)
    assert len(shown.rows) == 3, "and it is not held too long"
    shown.play(cue.FAULT)
    shown.play(cue.HOLD_END)
    assert (shown.lit, shown.hz) == (True, 400)


def test_a_hold_that_goes_on_is_told_once() -> None:
    shown = Shown()
    shown.play(cue.TARGET)
    shown.wait(5000)
    assert shown.rows == rows_of(cue.TARGET) + rows_of(cue.TOO_LONG, cue.LONG_AFTER_MS)


def test_after_a_stall_it_catches_up_and_ends() -> None:
    shown = Shown()
    shown.play(cue.SET_DONE)
    shown.wait(300, step_ms=300)
    assert (shown.lit, shown.hz) == (False, 0)
    shown.wait(100, step_ms=100)
    assert (shown.lit, shown.hz) == (True, 2200)
    shown.wait(9000, step_ms=9000)
    assert (shown.lit, shown.hz) == (False, 0)


def test_events_without_a_cue_do_nothing() -> None:
    shown = Shown()
    for kind in (1, 2, 16, 200):
        shown.play(kind)
    assert shown.rows == []


def test_without_a_sounder_the_lamp_does_it_alone() -> None:
    shown = Shown(sounder=False)
    shown.play(cue.TARGET)
    shown.wait(500)
    assert shown.rows == [(0, 1, 0), (500, 0, 0)]

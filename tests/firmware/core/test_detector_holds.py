"""What a set must survive whole: a hold of any length, a start in mid-motion, a first rep in doubt, missing samples."""

import struct
from array import array

import pytest

from barcore import event, protocol
from barcore.detector import Detector
from barcore.drift import MASK, Drift
from barcore.fold import FOLD_MS, FOLD_STEPS, FOLD_TICKS, IDLE, Fold
from barcore.motion import Motion
from barcore.rep import ABOVE, SEEK
from barcore.sample import SAMPLE_FORMAT
from barcore.settings import Settings
from barcore.state import R_STATE, STILL_MS
from barhold import generate
from barhold.generate import RepPlan
from barmotion import COUNT_M_S, drifting, follow, ring, still

UNCALIBRATED = generate.UNCALIBRATED


def reps_of(rows: list[tuple[int, ...]], settings: Settings | None = None) -> list[tuple[int, ...]]:
    """Return (flags, t_ms, set, number, rise, hold, fall, bottom, range) of each rep."""
    detector, ev, found = Detector(settings or Settings()), array("i", [0] * event.EVENT_INTS), []
    for row in [*rows, None]:
        if row is None:
            detector.finish()
        else:
            detector.feed(*row)
        while detector.events.pop_into(ev):
            if ev[event.TYPE] == protocol.REP:
                found.append((ev[event.FLAGS], ev[event.T_MS], *ev[event.VALUES : event.VALUES + 7]))
    return found


def rows_of(plans: list[RepPlan], seed: int = 1, chip: generate.Chip = generate.CALIBRATED):
    made = generate.play(seed, [plans], chip=chip)
    return made, list(struct.iter_unpack(SAMPLE_FORMAT, made.samples))


@pytest.mark.parametrize("chip", [generate.CALIBRATED, UNCALIBRATED], ids=["calibrated", "uncalibrated"])
def test_a_rep_held_for_a_minute_is_one_rep_of_a_whole_set(chip: generate.Chip) -> None:
    plans = [RepPlan(), RepPlan(), RepPlan(hold_s=60.0), RepPlan()]
    made, rows = rows_of(plans, chip=chip)
    found = reps_of(rows, Settings(calibrated=chip is generate.CALIBRATED))
    assert [rep[2:4] for rep in found] == [(1, 1), (1, 2), (1, 3), (1, 4)]
    for true, rep in zip(made.reps, found, strict=True):
        assert rep[5] == pytest.approx(true.hold_s * 1000, abs=150)
        assert rep[1] == pytest.approx(true.start_s * 1000, abs=150)


def test_a_fold_moves_what_lies_before_its_seam_and_raises_it() -> None:
    drift = Drift(calibrated=False)
    motion = still(12.0)
    newest = list(follow(drift, drifting(motion, [20.0] * len(motion))))[-1]
    velocity = ring([20e-3 * 9.80665 * 0.02 * i for i in range(600)])
    seam_step = newest - 20
    before = list(drift.near), array("i", velocity)
    fold = Fold(velocity, drift)
    fold.start(40, seam_step * 4)
    for _ in range(1000):
        if fold.update() == IDLE:
            break
    raised = before[0][seam_step & MASK] - before[0][(seam_step - FOLD_STEPS) & MASK]
    assert raised * COUNT_M_S == pytest.approx(20e-3 * 9.80665 * 1.04, rel=0.05)
    assert drift.near[(seam_step - 1) & MASK] == before[0][(seam_step - 1 - FOLD_STEPS) & MASK] + raised
    assert drift.near[seam_step & MASK] == before[0][seam_step & MASK], "what follows the seam stays"
    tick = seam_step * 4 - 1
    assert velocity[tick] == before[1][tick - FOLD_TICKS] + raised
    assert velocity[tick + 1] == before[1][tick + 1]
    assert (fold.seam_tick, fold.folded_ms) == (seam_step * 4, FOLD_MS)


@pytest.mark.parametrize("seed", range(3))
def test_a_stream_that_begins_in_mid_rise_loses_no_later_rep(seed: int) -> None:
    made, rows = rows_of([RepPlan()] * 6, seed)
    first = made.reps[0]
    cut_ms = 1000 * (first.start_s + 0.4 * (first.top_s - first.start_s))
    found = reps_of([row for row in rows if row[0] >= cut_ms])
    starts_s = [rep[1] / 1000 for rep in found]
    for true in made.reps[1:]:
        assert min(abs(start_s - true.start_s) for start_s in starts_s) < 0.3


def test_a_first_reading_in_motion_is_not_taken_for_the_gyroscopes_zero() -> None:
    turning, resting = Motion(), Motion()
    turning.start(0, 0, 4096, 40 * 32, 0, 0)
    resting.start(0, 0, 4096, 7 * 32, 0, 0)
    assert turning.gravity.zero[0] == 0
    assert resting.gravity.zero[0] == 7 * 32 << 16


def test_the_pull_of_the_first_seconds_is_a_plain_mean() -> None:
    motion = Motion()
    motion.start(1200, 0, 3916, 0, 0, 0)  # 17 degrees aside
    for i in range(150):
        motion.feed(10, 0, 0, 4096, 0, 0, i % 3 * 100)  # never still
    assert abs(motion.gravity.x) < 0.15 * 16384, "half of it; the usual pull would have left 0.23"


@pytest.mark.parametrize("gap_ms", [150, 300])
def test_missing_samples_cost_no_rep(gap_ms: int) -> None:
    made, rows = rows_of([RepPlan()] * 6, 4)
    gaps = [1000 * (rep.down_s + 0.2) for rep in made.reps[1::2]]
    kept = [row for row in rows if not any(at <= row[0] < at + gap_ms for at in gaps)]
    found = reps_of(kept, Settings(calibrated=True))
    assert len(found) == 6
    assert [bool(rep[0] & protocol.GAPPED) for rep in found] == [False, True] * 3


def judged_first_rep(age_ticks: int, rom_mm: int, missing_mm: int) -> tuple[Detector, list[int]]:
    """Have a first rep of this age and measure judged; returns the detector and the flags of the reps it counted."""
    detector = Detector(Settings(calibrated=True))
    detector._n = 2000
    detector._rework_due = 10_000  # it was solved again already
    rep = detector.review.rep.measured
    rep.start_ms, rep.end_ms, rep.end_tick = 30_000, 34_000, 2000 - age_ticks
    rep.rom_mm, rep.missing_mm, rep.doubt_mm, rep.hold_err_ms = rom_mm, missing_mm, 20, 40
    detector._judge_found(rep)
    flags, ev = [], array("i", [0] * event.EVENT_INTS)
    while detector.events.pop_into(ev):
        flags.append(ev[event.FLAGS])
    return detector, flags


def test_a_first_rep_in_doubt_is_looked_at_for_a_while_then_counted_with_low_confidence() -> None:
    assert judged_first_rep(30, 300, 20)[1] == [0], "a sure one at once"
    assert judged_first_rep(30, 200, 160)[1] == [], "not yet"
    assert judged_first_rep(120, 200, 160)[1] == [], "not yet"
    assert judged_first_rep(130, 200, 160)[1] == [protocol.LOW_CONFIDENCE]
    assert judged_first_rep(130, 70, 60)[1] == [], "under the exercise's least range it is none"


def test_what_ended_with_the_bar_down_but_a_rep_unfinished_is_reviewed_again_soon() -> None:
    detector = Detector(Settings(calibrated=True))

    def due(walked_to: int, since_up: int, planned: int) -> int:
        detector._n, detector._busy_tick, detector._due = 2000, 2000 - since_up, planned
        detector.review.rep._walk[R_STATE] = walked_to
        detector._review_again()
        return detector._due - 2000

    assert due(ABOVE, 10, 2040) == 12
    assert due(ABOVE, 10, 2020) == 20, "one is due anyway"
    assert due(ABOVE, 0, 2040) == 40, "the bar is still up"
    assert due(ABOVE, 80, 2040) == 40, "that fall is long over"
    assert due(SEEK, 10, 2040) == 40, "nothing is unfinished"


def test_a_first_rep_in_doubt_is_solved_again_from_scratch() -> None:
    detector = Detector(Settings(calibrated=True))
    detector._n = 2000
    rep = detector.review.rep.measured
    rep.rom_mm, rep.missing_mm, rep.end_tick = 200, 160, 1970
    detector._judge_found(rep)
    assert detector._rework.state != IDLE


@pytest.mark.parametrize(("lying_ticks", "target_ms"), [(0, 2000), (48, 2000), (49, 0), (400, 0)])
def test_a_bar_that_lies_dead_still_gets_no_cue(lying_ticks: int, target_ms: int) -> None:
    detector, asked = Detector(Settings()), []
    detector._lying_ticks, detector._motion.state[STILL_MS] = lying_ticks, 5000
    detector.live.update = lambda _tick, _least, target: asked.append(target) or 0  # type: ignore[method-assign]
    detector._live_tick()
    assert asked == [target_ms]

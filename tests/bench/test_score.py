"""The score's figures on reps made by hand, so that each can be worked out on paper."""

import pytest

from barcore import protocol
from barhold.model import Rep
from barhold.recordings.ground_truth import TrueRep
from bench import bounds
from bench.found import Found
from bench.score import Scored, figures


def true_rep(top_s, hold_s, rom_m=0.30, partial=False):
    return TrueRep(top_s - 1, top_s, top_s + hold_s, top_s + hold_s + 1, hold_s, rom_m, partial)


def found_rep(top_ms, hold_ms, rom_m=0.30, flags=0, err_ms=0):
    return Rep(1, top_ms - 1000, 1000, hold_ms, 1000, 0, rom_m, 0.5, err_ms, flags)


def scored(true, found, told_ms=None, targets_ms=(), start_s=0.0, duration_s=60.0):
    return Scored(start_s, duration_s, tuple(true), Found(tuple(found), tuple(targets_ms), told_ms or {}))


def test_what_is_all_right_scores_so():
    got = figures([scored([true_rep(5, 2.5), true_rep(12, 1.5)], [found_rep(5000, 2500), found_rep(12000, 1500)])])
    assert (got.recordings, got.reps, got.found, got.missed, got.false) == (1, 2, 2, 0, 0)
    assert (got.exact, got.within1, got.verdict_right, got.partial_right) == (1, 1, 1, 1)
    assert (got.hold_bias_ms, got.hold_mae_ms, got.hold_p95_ms, got.range_mae_cm) == (0, 0, 0, 0)
    assert got.false_per_h == 0


def test_holds_ranges_and_flags():
    true = [true_rep(5, 2.5, partial=True), true_rep(12, 1.5), true_rep(20, 1.95, partial=True)]
    found = [
        found_rep(5000, 2600, rom_m=0.32, err_ms=100, flags=protocol.PARTIAL | protocol.CLIPPED),
        found_rep(12000, 1440, rom_m=0.29, err_ms=50),
        found_rep(20000, 2050, rom_m=0.30, err_ms=120),
    ]
    got = figures([scored(true, found)])
    assert got.hold_bias_ms == pytest.approx((100 - 60 + 100) / 3)
    assert got.hold_mae_ms == pytest.approx((100 + 60 + 100) / 3)
    assert got.hold_p95_ms == pytest.approx(100)
    assert got.verdict_right == 1  # the third lies within 100 ms of the line and is not judged
    assert got.partial_right == pytest.approx(2 / 3)
    assert got.range_mae_cm == pytest.approx(1.0)
    assert got.in_estimate == pytest.approx(2 / 3)
    assert got.estimate_ratio == pytest.approx(100 / 100)


def test_a_clear_hold_on_the_wrong_side_is_a_wrong_verdict():
    got = figures([scored([true_rep(5, 2.5), true_rep(12, 1.5)], [found_rep(5000, 1999), found_rep(12000, 2000)])])
    assert got.verdict_right == 0


def test_counts_over_recordings():
    true = [true_rep(5, 2), true_rep(12, 2), true_rep(20, 2)]
    exact = scored(true, [found_rep(5000, 2000), found_rep(12000, 2000), found_rep(20000, 2000)], duration_s=1800)
    one_off = scored(true, [found_rep(5000, 2000), found_rep(12000, 2000)], duration_s=900)
    moved = scored(true, [found_rep(t_ms, 2000) for t_ms in (5000, 12000, 21100)], duration_s=900)
    got = figures([exact, one_off, moved])
    assert (got.reps, got.found, got.missed, got.false) == (9, 8, 2, 1)
    assert got.exact == pytest.approx(2 / 3)  # the moved one has the true count, though not the true reps
    assert got.within1 == 1
    assert got.false_per_h == pytest.approx(1.0)


def test_a_found_rep_stands_for_one_true_rep_the_nearest():
    got = figures([scored([true_rep(5, 2), true_rep(6.5, 2)], [found_rep(5700, 2000)])])
    assert (got.missed, got.false, got.hold_bias_ms) == (1, 0, 0)
    assert figures([scored([true_rep(5, 2)], [found_rep(6001, 2000)])]).missed == 1
    assert figures([scored([true_rep(5, 2)], [found_rep(6000, 2000)])]).missed == 0


def test_a_recording_may_begin_late_on_the_truths_clock():
    got = figures([scored([true_rep(105, 2.5)], [found_rep(5000, 2500)], {4000: 9000}, [7030], start_s=100.0)])
    assert (got.missed, got.target_told) == (0, 1)
    assert got.target_median_ms == pytest.approx(30)


def test_moments():
    true = [true_rep(5, 2.5), true_rep(12, 1.5), true_rep(20, 2.5), true_rep(30, 2.5)]
    found = [found_rep(round(rep.top_s * 1000), round(rep.hold_s * 1000)) for rep in true]
    told = {4000: 9000, 11000: 15000, 19000: 24500}  # ends: 8.5, 14.5, 23.5; the last one was told at the stream's end
    got = figures([scored(true, found, told, targets_ms=[7040, 13800, 21900])])
    assert got.target_told == pytest.approx(2 / 4)  # one came for a short hold, one never came
    assert got.target_median_ms == pytest.approx((40 + 100) / 2)
    assert got.target_p95_ms == pytest.approx(97)
    assert got.rep_delay_p95_s == pytest.approx(0.95)


def test_what_was_not_there_to_judge_is_none():
    got = figures([scored([], [found_rep(5000, 2000)], duration_s=360)])
    assert (got.reps, got.false, got.false_per_h) == (0, 1, pytest.approx(10))
    assert got.hold_mae_ms is got.verdict_right is got.range_mae_cm is got.target_told is None
    assert figures([scored([true_rep(5, 2)], [found_rep(5000, 2000)])]).in_estimate is None
    assert figures([scored([true_rep(5, 2)], [found_rep(5000, 2000)])]).estimate_ratio is None


def test_bounds_are_judged_per_group_and_overall():
    good = scored([true_rep(5, 2.5)] * 2, [found_rep(5000, 2500)] * 2)
    off = scored([true_rep(5, 2.5)], [found_rep(5000, 2300)])
    rows = {(row.group, row.bound.figure): row for row in bounds.judge({"normal": [good, off], "idle": [good]})}
    assert rows["usual", "exact"].verdict == "pass"
    assert rows["usual", "firm_mae_ms"].value == pytest.approx(200 / 3)
    assert rows["usual", "firm_mae_ms"].verdict == "falls short"
    assert rows["idle", "false_per_h"].verdict == "pass"
    assert rows["all", "target_median_ms"].verdict == "not measured"
    assert {group for group, _ in rows} == {"usual", "idle", "all"}


def test_a_scenario_shows_what_alone_would_fall_short():
    off = figures([scored([true_rep(5, 2.5)], [found_rep(5000, 2300)])])
    assert bounds.short("normal", off) == {"firm_mae_ms", "firm_p95_ms"}
    assert bounds.short("rate-40", off) == set()  # no bound was set for it


def test_every_bound_names_a_figure():
    for group in (*bounds.GROUPS, bounds.OVERALL):
        for bound in group.bounds:
            assert bound.figure in figures([scored([], [])]).__slots__

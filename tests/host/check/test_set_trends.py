import math
import random
from dataclasses import replace
from statistics import fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barhold.check import set_trends
from barhold.model import Rep

numbers = st.floats(-100, 100, allow_nan=False)


def test_a_change_is_the_fitted_line_from_first_to_last():
    found = set_trends.change([3, 2.5, 2, 1.5], [0.1] * 4)
    assert found.by == pytest.approx(-1.5)
    assert found.proven


def test_the_error_is_students_bound_of_the_slope():
    values = [2.0, 2.3, 1.9, 2.1, 1.7]  # by hand: slope -0.08, residual variance 0.162 / 3
    found = set_trends.change(values, [0.0] * 5)
    residuals = [v - fmean(values) + 0.08 * (i - 2) for i, v in enumerate(values)]
    by_hand = 3.182 * math.sqrt(sum(r * r for r in residuals) / 3 / 10) * 4
    assert (found.by, found.error) == (pytest.approx(-0.32), pytest.approx(by_hand))
    assert not found.proven


def test_the_reps_own_errors_count_where_they_are_larger_than_the_scatter():
    line = [2.5, 2.4, 2.3, 2.2, 2.1, 2.0]
    assert set_trends.change(line, [0.05] * 6).proven
    assert not set_trends.change(line, [0.4] * 6).proven
    assert set_trends.change(line, [0.4] * 6).error == pytest.approx(2.776 * 0.4 / 1.96 / math.sqrt(17.5) * 5)


@pytest.mark.parametrize("count", range(4))
def test_too_few_reps_show_no_change(count):
    assert set_trends.change([1.0] * count, [0.1] * count) is None


@given(st.lists(numbers, min_size=4, max_size=30), numbers)
def test_an_error_that_all_share_changes_no_change(values, shared):
    one, two = (
        set_trends.change(values, [0.1] * len(values)),
        set_trends.change([v + shared for v in values], [0.1] * len(values)),
    )
    assert two.by == pytest.approx(one.by, abs=1e-6)
    assert two.error == pytest.approx(one.error, abs=1e-6)


def test_even_training_is_called_a_change_in_about_one_of_twenty_sets():
    rng = random.Random(1)
    for count in (4, 6, 12):
        found = [set_trends.change([rng.gauss(2.5, 0.2) for _ in range(count)], [0.1] * count) for _ in range(2000)]
        assert 0.03 < sum(one.proven for one in found) / len(found) < 0.07


def test_a_decay_of_a_second_is_found_in_nearly_every_set():
    rng = random.Random(1)
    sets = [[3 - i / 7 + rng.gauss(0, 0.1) for i in range(8)] for _ in range(500)]
    found = [set_trends.change(values, [0.1] * 8) for values in sets]
    assert sum(one.proven for one in found) > 490
    within = sum(abs(one.by + 1) <= one.error for one in found) / len(found)
    assert within > 0.93


def test_peaks_on_a_line_prove_nothing_below_their_error():
    reps = [Rep(i, i, 900, 2500, 1100, 800, 0.3, 0.7 - 0.01 * i, 50, 0) for i in range(6)]
    assert not set_trends.speed_change_m_s(reps).proven
    slower = [replace(rep, peak_m_s=0.7 - 0.05 * i) for i, rep in enumerate(reps)]
    assert set_trends.speed_change_m_s(slower).proven
    assert set_trends.hold_change_s(reps).by == 0


def test_the_spread_of_one_rep_is_none():
    assert (set_trends.deviation([]), set_trends.deviation([2.0])) == (0.0, 0.0)
    assert set_trends.deviation([1.0, 2.0, 3.0]) == pytest.approx(1.0)
    assert set_trends.mean_error([1.0, 2.0, 3.0]) == pytest.approx(4.303 / math.sqrt(3))

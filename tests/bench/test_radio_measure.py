"""What `poe bench sync` measures, on a small scale: the radio is used well, and events are told soon."""

import sys

import pytest

from bench import lines, table
from bench import radio as bench_radio
from bench import updating as bench_updating

if sys.platform == "win32":
    pytest.skip("the virtual radio needs POSIX sockets and terminals", allow_module_level=True)

from radio import measure, simulated_time


def test_most_of_what_the_link_carries_is_records() -> None:
    measured = simulated_time.run(measure.throughput(records=2800))
    assert measured.share > 0.75, measured
    assert measured.enomem > 0, "the radio was never full"


def test_the_bench_measures_a_real_sync_and_hears_events_soon() -> None:
    measured = bench_radio.measure(400, events=40)
    assert (measured.records, measured.events) == (400, 40)
    assert 0 < measured.share < 1.2
    assert measured.late_median_ms <= measured.interval_ms + 20, measured
    words = [str(cell) for cell in table.radio(measured)[1].columns[0].cells]  # type: ignore[union-attr]
    assert words[:2] == ["share of the bare link", "live delay, median ms"]
    assert lines.radio(measured)["met"] is measured.met


def test_the_bench_measures_a_real_update() -> None:
    measured = bench_updating.measure(6)
    assert measured.breaks > 0
    assert measured.times_bare > 1, "no update is faster than its bytes"
    assert measured.times_bare_broken > measured.times_bare
    _, told, said = table.updating(measured)
    assert [str(cell) for cell in told.columns[0].cells] == [
        "times the bare transfer",
        "with breaks, times the bare transfer",
    ]  # type: ignore[union-attr]
    assert f"{measured.bundle_bytes} bytes" in str(said)
    assert lines.updating(measured)["met"] is measured.met


@pytest.mark.parametrize(
    ("bare_s", "updated_s", "broken_s", "met"),
    [(1.0, 1.6, 4.8, True), (1.0, 1.7, 4.8, False), (1.0, 1.6, 4.9, False)],
)
def test_an_update_is_judged_by_both_bounds(bare_s: float, updated_s: float, broken_s: float, met: bool) -> None:
    measured = bench_updating.Updating(1000, 15.0, bare_s, updated_s, 3, broken_s)
    assert measured.met is met
    assert [str(cell) for cell in table.updating(measured)[1].columns[3].cells].count("falls short") == (not met)  # type: ignore[union-attr]

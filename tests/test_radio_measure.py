"""What `barhold bench sync` measures, on a small scale: the radio is used well, and events are told soon."""

import sys

import pytest

from barhold.bench import lines, table
from barhold.bench import radio as bench_radio
from radio import rig

if sys.platform == "win32":
    pytest.skip("the virtual radio needs POSIX sockets and terminals", allow_module_level=True)

from radio import measure


def test_most_of_what_the_link_carries_is_records() -> None:
    measured = rig.run(measure.throughput(records=2800))
    assert measured.share > 0.7, measured
    assert measured.enomem > 0, "the radio was never full"


def test_the_bench_measures_a_real_sync() -> None:
    measured = bench_radio.measure(400)
    assert (measured.records, measured.events) == (400, 200)
    assert 0 < measured.share < 1.2
    words = [str(cell) for cell in table.radio(measured)[1].columns[0].cells]  # type: ignore[union-attr]
    assert words[:2] == ["share of the bare link", "live delay, median ms"]
    assert lines.radio(measured)["met"] is measured.met


def test_an_event_is_heard_within_a_connection_interval_and_20_ms() -> None:
    measured = rig.run(measure.latency(events=40))
    assert measured.median_ms <= measured.interval_ms + 20, measured

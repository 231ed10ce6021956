"""What `barhold bench sync` measures, on a small scale: the radio is used well, and events are told soon."""

import sys

import pytest

from radio import rig

if sys.platform == "win32":
    pytest.skip("the virtual radio needs POSIX sockets and terminals", allow_module_level=True)

from radio import measure


def test_most_of_what_the_link_carries_is_records() -> None:
    """28 records a PULL are 4 notifications of them and one END: 80 % is the most there is."""
    measured = rig.run(measure.throughput(records=2800))
    assert measured.share > 0.7, measured
    assert measured.enomem > 0, "the radio was never full"


def test_an_event_is_heard_within_a_connection_interval_and_20_ms() -> None:
    measured = rig.run(measure.latency(events=40))
    assert measured.median_ms <= measured.interval_ms + 20, measured

"""How late the live page is; the bound is judged by `poe bench live` on a quiet machine."""

import pytest

from barcore import protocol
from barhold.errors import BarholdError, InputError
from barhold.model import Anchor
from bench import lines, page_lag
from hostkit import DEVICE

ANCHOR = Anchor(DEVICE, 1, 1, 1000, 500_000, 2)


def test_lag_is_from_the_sensors_moment_to_the_frame_by_the_anchor():
    seen = [(protocol.TOP, 3000, 502_060), (protocol.TOP, 3000, 504_000), (protocol.TARGET, 5000, 504_080)]
    seen += [(protocol.HOLD_END, 6000, 509_000), (protocol.REP, 1000, 509_000)]  # known late on purpose
    found = page_lag._lag(seen, ANCHOR)
    assert (found.events, found.median_ms, found.worst_ms, found.met) == (2, 70, 80, True)
    assert lines.lag(found)["limit_ms"] == 100


def test_a_page_that_showed_nothing_is_reported():
    with pytest.raises(BarholdError, match="the page showed no rep"):
        page_lag._lag([], ANCHOR)


def test_the_page_is_not_seconds_behind_the_bar(tell):
    try:
        found = page_lag.measure(3)
    except InputError as error:
        pytest.skip(str(error))
    tell(
        f"median {found.median_ms:.0f} ms, worst {found.worst_ms:.0f} ms, "
        f"{page_lag.MEDIAN_MS:g} allowed on a quiet machine"
    )
    assert found.events == 9  # rise, top and target of each rep
    assert found.median_ms < 1000

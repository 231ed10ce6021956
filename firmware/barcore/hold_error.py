"""How far the hold of a measured rep may be off: by its velocity at both edges, and by where the zone ends.

At each edge it is what the velocity may be off by, over the acceleration there (docs/detector.md).
"""

from array import array

from barcore.drift import MASK as STEP_MASK
from barcore.drift import STEP_TICKS, Drift
from barcore.fixed import isqrt
from barcore.motion import TICK_MS, V_005
from barcore.smooth import V_MASK

# What a velocity may be off by at an edge of the hold, in counts; the shares were fitted (docs/detector.md).
_SHAKE_USUAL = 130  # 0.005 m/s: the shake of a calm hold, which _FLOOR_MS covers
_SHAKE_MOST = 8000  # 0.3 m/s: no hold shakes like that
_SHAKE_SHARE = 29  # sixteenths of the shake beyond the usual
_SHAKE_TICKS = 35  # shake is the mean of a second: about a shorter hold it tells how fast the bar rose and fell
_CREEP_TICKS = 10  # from 0.2 to 0.4 s inside the hold the bar should stand; what it moves there is drift, or travel
_CREEP_LEAST_TICKS = 45  # a shorter hold has no room for both stretches
_CREEP_MOST = 392  # 0.015 m/s: faster than that the bar does travel
_CREEP_SHARE = 2  # of the mean velocity over that stretch
_CLOSED_MOST = 6000  # 0.23 m/s: keeps the sum of squares within 31 bits
GAP = 1200  # 0.046 m/s: what a gap of samples hid
_SLOPE_TICKS = 8  # an edge's slope is taken from 0.16 s to either side
_SLOPE_LEAST = 26  # 0.05 m/s^2: flatter is noise, and the estimate stays within its field
_BLUNT = 1436  # 0.055 m/s: below 0.25 m/s^2 an edge has no corner, and its error grows faster than 1 / slope
_BLUNT_MS = 215  # of it, as much as a corner has at 0.26 m/s^2
_GRAZE_TICKS = 2  # the bounds are read in whole ticks
_GRAZE_TENTHS = 13  # the bounds lie further apart than the slope tells by over three tenths: the bar grazed the line
_GRAZE_SHARE = 14  # sixteenths of what lies between them
_FLOOR_MS = 19  # of the grid, of the sensor's own filter and of a calm hold's shake


class HoldError:
    """Works on the ring of height once a rep was closed on its bottom; `RepMeasure` sets the fields of each rep.

    `bounds` are the earliest and latest tick of the hold's begin, and of its end.
    """

    def __init__(self, h: "array[int]", drift: Drift, bounds: memoryview) -> None:
        self._h = h
        self._drift = drift
        self._bounds = bounds
        self.first = self.start_tick = self.end_tick = 0  # of the walk, and of the rep
        self.top_tick = self.down_tick = 0  # of the hold
        self.doubt = self.missing = 0  # counts of velocity, and the height that closing took out
        self.sunk = 0  # the height of two thirds of the zone below the top
        self.zone_ticks = 0  # by how much a higher or lower zone changes the hold
        self._shaken = 0  # by how much the hold shakes beyond what is usual, counts

    def spread_ms(self, gap: int) -> int:
        """Return how far the hold may be off: by its velocity at both edges, and by where the zone ends.

        The errors of the two edges are added in quadrature. A slow sag of a tenth of the rise is invisible, so that the
        end may be as early as where the bar sank beyond two thirds of the zone for good.
        """
        hold_ticks = self.down_tick - self.top_tick
        shake = self._shake() - _SHAKE_USUAL if hold_ticks > _SHAKE_TICKS else 0
        self._shaken = 0 if shake < 0 else shake if shake < _SHAKE_MOST else _SHAKE_MOST
        off_sq = self._off_sq() + gap * gap
        rise_ms = self._edge_ms(self.top_tick, self.top_tick + _CREEP_TICKS, 0, off_sq)
        fall_ms = self._edge_ms(self.down_tick, self.down_tick - 1 - 2 * _CREEP_TICKS, 2, off_sq)
        edges_ms = isqrt(_FLOOR_MS * _FLOOR_MS + rise_ms * rise_ms + fall_ms * fall_ms)
        sunk_ticks = self._sunk_ticks()
        return edges_ms + TICK_MS * (sunk_ticks if sunk_ticks > self.zone_ticks else self.zone_ticks)

    def _off_sq(self) -> int:
        """Return the square of the velocity that either edge may be off by: what shakes, and what closing took out."""
        shake = self._shaken * _SHAKE_SHARE >> 4
        closed = abs(self.missing) // (self.end_tick - self.start_tick + 1) >> 1
        closed = closed if closed < _CLOSED_MOST else _CLOSED_MOST
        return shake * shake + closed * closed

    def _edge_ms(self, tick: int, calm_tick: int, bound: int, off_sq: int) -> int:
        """Return by how much the edge at `tick` may be off, at most 20 s.

        calm_tick: where a stretch inside the hold begins; bound: which of the bounds is the first of this edge. The two
        are where a velocity that is off by the doubt either way crosses the line: far apart where the bar grazes it.
        """
        drift_sq = self._drift.smooth_var[tick // STEP_TICKS & STEP_MASK] * 5 >> 4
        creep, grazed_ms = 0, 0
        slope = self._slope(tick)
        if self.down_tick - self.top_tick >= _CREEP_LEAST_TICKS:
            moved = self._h[calm_tick + _CREEP_TICKS & V_MASK] - self._h[calm_tick & V_MASK]
            creep = abs(moved) // _CREEP_TICKS
            creep = (creep if creep < _CREEP_MOST else _CREEP_MOST) * _CREEP_SHARE
            earliest = self._bounds[bound]
            latest = self._bounds[bound + 1]
            bounds_ticks = latest - earliest if 0 < earliest < latest else 0
            expected_ticks = 2 * (self.doubt + self._shaken) // slope
            grazes = 10 * (bounds_ticks - _GRAZE_TICKS) > _GRAZE_TENTHS * expected_ticks
            if grazes and self.doubt < V_005:  # with a larger doubt the bounds would lie in the midst of the hold
                grazed_ms = bounds_ticks * TICK_MS * _GRAZE_SHARE >> 4
        off_ms = isqrt(off_sq + drift_sq + creep * creep) * TICK_MS // slope
        blunt_ms = _BLUNT * TICK_MS // slope - _BLUNT_MS
        blunt_ms = blunt_ms if blunt_ms > 0 else 0
        ms = isqrt(off_ms * off_ms + blunt_ms * blunt_ms + grazed_ms * grazed_ms)
        return ms if ms < 20000 else 20000

    def _slope(self, tick: int) -> int:
        """Return by how many counts a tick the velocity changes around `tick`, from the means on either side of it."""
        half = _SLOPE_TICKS
        if tick + half > self.end_tick:
            half = self.end_tick - tick
        if tick - 1 - half < self.first:
            half = tick - 1 - self.first
        half = half if half > 1 else 1
        h = self._h
        after = h[(tick + half) & V_MASK] - h[tick & V_MASK]
        before = h[(tick - 1) & V_MASK] - h[(tick - 1 - half) & V_MASK]
        slope = abs(after - before) // (half * (half + 1))
        return slope if slope > _SLOPE_LEAST else _SLOPE_LEAST

    def _sunk_ticks(self) -> int:
        """Return for how long before the hold's end the bar was below two thirds of the zone."""
        tick = self.down_tick
        while tick > self.top_tick and self._h[tick & V_MASK] <= self.sunk:
            tick -= STEP_TICKS
        return self.down_tick - tick

    def _shake(self) -> int:
        """Return the least shake at five moments of the hold, so that a blow at its end is not taken for one."""
        least = 1 << 14
        for i in range(5):
            shake = self._drift.shake[(self.top_tick * (4 - i) + self.down_tick * i) // (4 * STEP_TICKS) & STEP_MASK]
            if shake < least:
                least = shake
        return least

"""Fit: an accelerometer's offset and scale per axis from readings at rest, all of which must turn out 1 g long.

Least squares on the length of scale * (reading - offset) by Gauss-Newton: solve for the step that would end the misfit
if it were linear, take it, look again. In units of g all unknowns are near 0 or 1 and readings near each axis keep the
equations far from singular, so that a board's float32 is enough. Floats are fine here: no sample passes through.
"""

from math import sqrt

UNKNOWNS = 6
_ROUNDS_MOST = 10
_STEP_LEAST = 2e-5  # 0.02 mg; float32 leaves 0.001
_PIVOT_LEAST = 0.01
_LENGTH_LEAST_G = 0.1


def fit(readings: "list[tuple[float, float, float]]") -> "list[float]":
    """Return three offsets (g) and three scales that fit the readings (g), nothing when none were found."""
    found = [0.0, 0.0, 0.0, 1.0, 1.0, 1.0]
    for _ in range(_ROUNDS_MOST):
        step = _solved(_equations(readings, found))
        if not step:
            return []
        largest = 0.0
        for i in range(UNKNOWNS):
            found[i] += step[i]
            largest = max(largest, abs(step[i]))
        if largest < _STEP_LEAST:
            return found
    return []


def misfit_g(readings: "list[tuple[float, float, float]]", found: "list[float]") -> float:
    """Return the rms by which the fitted lengths miss 1 g, per reading beyond the six that fit always."""
    if len(readings) <= UNKNOWNS:
        return 0.0
    squares = 0.0
    for reading in readings:
        miss = _length(reading, found) - 1.0
        squares += miss * miss
    return sqrt(squares / (len(readings) - UNKNOWNS))


def _length(reading: "tuple[float, float, float]", found: "list[float]") -> float:
    squares = 0.0
    for k in range(3):
        part = found[3 + k] * (reading[k] - found[k])
        squares += part * part
    return sqrt(squares)


def _equations(readings: "list[tuple[float, float, float]]", found: "list[float]") -> "list[list[float]]":
    """Return the normal equations for the next step: six rows of six factors and their right side."""
    rows = [[0.0] * (UNKNOWNS + 1) for _ in range(UNKNOWNS)]
    for reading in readings:
        length = max(_length(reading, found), _LENGTH_LEAST_G)
        slope = [0.0] * UNKNOWNS
        for k in range(3):
            off, scale = reading[k] - found[k], found[3 + k]
            slope[k] = -(scale * scale * off) / length
            slope[3 + k] = scale * off * off / length
        for i in range(UNKNOWNS):
            for j in range(UNKNOWNS):
                rows[i][j] += slope[i] * slope[j]
            rows[i][UNKNOWNS] += slope[i] * (1.0 - length)
    return rows


def _solved(rows: "list[list[float]]") -> "list[float]":
    """Return the solution by elimination with the largest pivots, nothing when the equations are near singular."""
    for i in range(UNKNOWNS):
        best = i
        for j in range(i + 1, UNKNOWNS):
            if abs(rows[j][i]) > abs(rows[best][i]):
                best = j
        rows[i], rows[best] = rows[best], rows[i]
        if abs(rows[i][i]) < _PIVOT_LEAST:
            return []
        for j in range(i + 1, UNKNOWNS):
            factor = rows[j][i] / rows[i][i]
            for k in range(i, UNKNOWNS + 1):
                rows[j][k] -= factor * rows[i][k]
    found = [0.0] * UNKNOWNS
    for i in range(UNKNOWNS - 1, -1, -1):
        left = rows[i][UNKNOWNS]
        for k in range(i + 1, UNKNOWNS):
            left -= rows[i][k] * found[k]
        found[i] = left / rows[i][i]
    return found

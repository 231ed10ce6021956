# mypy: allow-untyped-defs
"""A check of the compiled twins on the chip itself, at every start: no test elsewhere sees what its compiler does.

Three seconds of made-up motion go through all hot functions, and what they leave is added up. Where the sum is not the
plain twins', `hot` takes those.
"""

from array import array

from barcore import state

DIGEST = 16714238
"""Of the plain twins; tests/firmware/core/test_hot.py compares."""
_SAMPLES = 300
_MASK = (1 << 24) - 1


def digest(motion, drift, rep, measure):
    """Return the sum that these four twins of hot_motion, hot_drift, hot_rep and hot_measure leave."""
    m, s, f = _ints(state.MOTION_INTS), _ints(state.SMOOTH_INTS), _ints(state.LEVEL_INTS)
    raw, v, h = _ints(state.V_RING), _ints(state.V_RING), _ints(state.V_RING)
    d, b, offset = _ints(state.DRIFT_INTS), _ints(2), _ints(3)
    m[state.UP + 2], m[state.UP_24 + 2], m[state.MAY_LEARN] = 1 << 14, 1 << 24, 1
    for axis in range(3):
        m[state.ACC_SCALE + axis] = 4096 + axis
        f[state.F_P + 4 * axis] = 4 * 731 * 731
    f[state.F_VAR] = b[1] = 1 << 22
    seed, n = 1, 0
    for i in range(_SAMPLES):
        seed = (seed * 61 + 29) & 0xFFFF
        noise = (seed >> 6) - 512
        up = 900 if i % 200 < 100 else -900
        motion.turn(m, 10, noise, -noise >> 1, 4096 + up + noise, noise, noise >> 1, -noise)
        motion.integrate(m, 10)
        while motion.tick(m):
            n += 1
            raw[n] = m[state.VELOCITY]
            motion.push(s, raw, n)
            if n % 4 == 0:
                k = n // 4
                drift.predict(f, offset, noise, up, 1024 - i, 55 + i)
                drift.correct(f, offset, raw[n], 255600 + 900 * i, k & 1)
                for column in (state.LEVEL, state.VAR):
                    d[column + k] = f[state.F_LEVEL if column == state.LEVEL else state.F_VAR]
                d[state.NEAR + k], d[state.FAR + k], d[state.GROWTH + k] = raw[n], raw[n - 2], 55
                d[state.NEAR_NOISE + k], d[state.FAR_NOISE + k] = 255600, state.NO_NOISE if k & 2 else 6135000
                d[state.UP_X + k], d[state.UP_Z + k] = noise, 1024 - i
    drift.back(d, b, offset, n // 4, n // 4)
    w = _ints(state.REP_INTS)
    w[state.R_LEAST_RISE], w[state.R_MOST_RISE] = 80 * 1305, 1000 * 1305
    walked = rep.walk(w, d, raw, v, h, n, n)
    c, r = _ints(state.CLOSE_INTS), _ints(state.READ_INTS)
    c[state.C_AT], c[state.C_END], c[state.C_MISSING] = 1, n - 5, 9000
    c[state.C_VAR_SUM] = 1 << 20
    r[state.H_AT], r[state.H_END], r[state.H_DOUBT] = 10, n - 5, 300
    r[state.H_RISE_HALF], r[state.H_FALL_HALF] = 2, 3
    closed = measure.close(c, d, v, h, n)
    r[state.H_PEAK], r[state.H_PEAK_TICK], r[state.H_ZONE] = c[state.C_PEAK], c[state.C_PEAK_TICK], 60 * 1305
    r[state.H_FLOOR] = r[state.H_HIGHER] = r[state.H_LOWER] = c[state.C_PEAK] - 60 * 1305
    total = walked + closed + measure.read(r, v, h, n) + motion.velocity(raw, n - 5, 1000)
    for ints in (m, s, f, raw, v, h, d, b, offset, w, c, r):
        total = _added(total, ints)
    return total


def _added(total: int, ints: "array[int]") -> int:
    for value in ints:
        if value:
            total = (total * 5 + value) & _MASK
    return total


def _ints(count: int) -> "array[int]":
    return array("i", [0] * count)

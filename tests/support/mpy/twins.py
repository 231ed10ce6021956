# ruff: noqa: B905, RUF005 (MicroPython has no strict zip and no star within a tuple)
"""Runs both twins of each hot function on the same random input and prints those that differ (a script for rig.run).

The arguments are a seed and how many rounds. Prints `compiled` or `plain`, what `hot` chose, then a line per function:
its name, the rounds, and how many of them came out otherwise.
"""

import random
import sys
from array import array

from barcore import hot, hot_drift, hot_measure, hot_motion, hot_rep, state


def ints(count, low, high):
    return array("i", [random.randint(low, high) for _ in range(count)])


def both(plain, compiled, *args):
    """Return whether both give the same, in what they return and in every array that they were given."""
    mine = [array("i", arg) if isinstance(arg, array) else arg for arg in args]
    same = plain(*args) == compiled(*mine)
    return same and all(list(a) == list(b) for a, b in zip(args, mine) if isinstance(a, array))


def wide(bits):
    """Return a random integer of any size up to so many bits, of either sign."""
    size = random.getrandbits(random.randint(1, bits))
    return size if random.randint(0, 1) else -size


def motion():
    m = ints(state.MOTION_INTS, -30000, 30000)
    up = [wide(14) for _ in range(3)]
    for i in range(3):
        m[state.UP + i], m[state.UP_24 + i] = up[i], (up[i] << 10) + random.randint(0, 1023)
        m[state.ZERO + i] = wide(26)
        m[state.ACC_OFFSET + i], m[state.ACC_SCALE + i], m[state.GYRO_OFFSET + i] = wide(9), 4096 + wide(9), wide(9)
    m[state.STILL_MS], m[state.MAY_LEARN], m[state.AGE_MS] = random.choice((0, 350, 5000)), random.randint(0, 1), 5990
    m[state.STEP_MS], m[state.T_MS] = random.randint(1, 1000), random.randint(0, 1 << 20)
    m[state.NOW_MS] = m[state.T_MS] + random.randint(0, 60)
    m[state.FINE], m[state.BEFORE], m[state.WHOLE], m[state.VERTICAL] = wide(20), wide(20), wide(22), wide(15)
    if random.randint(0, 1):
        for i in range(3):
            m[state.STILL + i] = m[state.GYRO + i]
    return m


def rings():
    d = ints(state.DRIFT_INTS, -(1 << 18), 1 << 18)
    for i in range(state.RING):
        for column in (state.VAR, state.SMOOTH_VAR, state.GROWTH):
            d[column + i] = random.randint(4096, 1 << 22)
        for column in (state.NEAR_NOISE, state.FAR_NOISE):
            d[column + i] = random.choice((random.randint(255600, 1 << 26), state.NO_NOISE))
        for column in (state.UP_X, state.UP_Y, state.UP_Z):
            d[column + i] = random.randint(-1024, 1024)
    return d


def filtered():
    f = ints(state.LEVEL_INTS, -4000, 4000)
    f[state.F_LEVEL], f[state.F_VAR] = wide(22), random.randint(4096, state.LEVEL_VAR_MOST)
    for i in range(3):
        f[state.F_BETWEEN + i] = wide(22)
        f[state.F_P + 4 * i] = random.randint(64, 4 * 731 * 731)
    return f


def speeds():
    """Return a ring of velocities of a bar that goes up and down at random."""
    raw, v = array("i", [0] * state.V_RING), 0
    for i in range(state.V_RING):
        v = v * 9 // 10 + random.randint(-4000, 4000)
        raw[i] = v
    return raw


def sample():
    most = random.choice((300, 5000, 32767))
    return tuple([random.randint(-most, most) for _ in range(6)])


def rows():
    """Yield name, plain twin, compiled twin and arguments of one round of every function."""
    yield "isqrt", hot_drift.isqrt, hot.isqrt, (random.getrandbits(random.randint(1, 30)),)
    yield "times_q12", hot_drift.times_q12, hot.times_q12, (wide(30), wide(13))
    yield "ratio_q12", hot_drift.ratio_q12, hot.ratio_q12, (wide(29), random.randint(4096, (1 << 30) - 1))
    yield "turn", hot_motion.turn, hot.turn, (motion(), random.randint(1, 1000)) + sample()
    yield "integrate", hot_motion.integrate, hot.integrate, (motion(), random.choice((5, 10, 300, 1000)))
    yield "tick", hot_motion.tick, hot.tick, (motion(),)
    yield "fill", hot_motion.fill, hot.fill, (ints(100, -9, 9), wide(30), random.randint(0, 100))
    raw, tick = speeds(), random.randint(0, 1 << 20)
    yield "velocity", hot_motion.velocity, hot.velocity, (raw, tick, wide(24))
    yield "push", hot_motion.push, hot.push, (ints(state.SMOOTH_INTS, -(1 << 20), 1 << 20), raw, tick)
    up = random.randint(-1024, 1024), random.randint(-1024, 1024), random.randint(-1024, 1024)
    offset = ints(3, -900000, 900000)
    yield "predict", hot_drift.predict, hot.predict, (filtered(), offset) + up + (random.getrandbits(24),)
    look = wide(20), random.randint(255600, state.NO_NOISE), random.randint(0, 1)
    yield "correct", hot_drift.correct, hot.correct, (filtered(), offset) + look
    d, steps = rings(), random.randint(1, 100)
    yield "back", hot_drift.back, hot.back, (d, ints(2, 4096, 1 << 22), offset, random.randint(0, 5000), steps)
    w, walked = ints(state.REP_INTS, 0, 1 << 18), array("i", [0] * state.V_RING)
    w[state.R_STATE], w[state.R_TICK] = random.randint(0, 2), tick
    w[state.R_START], w[state.R_CALM] = tick - random.randint(0, 960), random.randint(0, 80)
    w[state.R_PEAK] = max(w[state.R_HEIGHT], w[state.R_LOW])
    w[state.R_LEAST_RISE], w[state.R_MOST_RISE] = 80 * 1305, 1000 * 1305
    yield "walk", hot_rep.walk, hot.walk, (w, d, raw, walked, array("i", walked), tick + 500, random.randint(1, 600))

    height, heights = 0, array("i", [0] * state.V_RING)
    for i in range(state.V_RING):
        height += raw[i]
        heights[i] = height
    c = ints(state.CLOSE_INTS, 0, 1 << 18)
    c[state.C_AT], c[state.C_END], c[state.C_VAR_SUM] = (
        tick,
        tick + random.randint(1, 400),
        random.getrandbits(28) + 4096,
    )
    yield "close", hot_measure.close, hot.close, (c, d, array("i", raw), array("i", heights), random.randint(1, 500))
    r, start = ints(state.READ_INTS, 0, 1 << 12), random.randint(20, 500)
    r[state.H_AT], r[state.H_END], r[state.H_FIRST] = start, start + random.randint(1, 400), start - 10
    top, zone = max(heights), random.randint(30 * 1305, 1 << 18)
    r[state.H_PEAK], r[state.H_ZONE], r[state.H_FLOOR] = top, zone, top - zone
    r[state.H_RISE_HALF], r[state.H_FALL_HALF] = random.randint(0, 3), random.randint(0, 3)
    r[state.H_VISIT] = r[state.H_BEST] = 0
    r[state.H_HIGHER + state.VISIT_FLOOR], r[state.H_LOWER + state.VISIT_FLOOR] = (
        top - zone * 4 // 5,
        top - zone * 6 // 5,
    )
    yield "read", hot_measure.read, hot.read, (r, raw, heights, random.randint(1, 500))


random.seed(int(sys.argv[1]))
print("compiled" if hot.COMPILED else "plain")
differ = {}
for _ in range(int(sys.argv[2])):
    for name, plain, compiled, args in rows():
        differ[name] = differ.get(name, 0) + (0 if both(plain, compiled, *args) else 1)
for name in sorted(differ):
    print(name, sys.argv[2], differ[name])

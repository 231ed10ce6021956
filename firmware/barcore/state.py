"""State: where each figure stands in the arrays that `hot` works on, and the sizes of the rings. Only numbers.

What the sample path remembers lies in flat arrays of 32-bit integers, so that compiled code can reach it.
"""

# The ring of velocity counts, by tick.
V_RING = 1024
V_MASK = V_RING - 1
V_MOST = 1 << 18  # 10 m/s: beyond it the integral is lost, and heights must stay small ints
V_005 = 1305  # 0.05 m/s in velocity counts

# The rings of drift, by step, one after the other: column c of step k stands at c * RING + (k & MASK).
RING = 256
MASK = RING - 1
LEVEL, VAR, SMOOTH_LEVEL, SMOOTH_VAR = 0, RING, 2 * RING, 3 * RING
NEAR, FAR, NEAR_NOISE, FAR_NOISE = 4 * RING, 5 * RING, 6 * RING, 7 * RING
GROWTH, UP_X, UP_Y, UP_Z = 8 * RING, 9 * RING, 10 * RING, 11 * RING
DRIFT_INTS = 12 * RING
NO_NOISE = 1 << 29  # noise of an observation that says nothing
SLOPE_DOUBT = 6  # backwards: 0.003 m/s^2 of slope not known, counts per step
LEVEL_VAR_MOST = 1 << 26  # largest variance of the level: (0.31 m/s)^2

# `motion` and `gravity`
UP, UP_24, ZERO = 0, 3, 6  # three axes each: up (1 = 2^14), the same in 24 bits, the gyroscope's zero (1/65536 counts)
ACC, GYRO, STILL = 9, 12, 15  # three axes each: the newest sample, calibrated; the rates since which the bar is still
ACC_OFFSET, ACC_SCALE, GYRO_OFFSET = 18, 21, 24  # three axes each: the calibration
STILL_MS, MAY_LEARN, AGE_MS, NOW_MS, T_MS, STEP_MS = 27, 28, 29, 30, 31, 32
FINE, BEFORE, WHOLE, VERTICAL, VELOCITY = 33, 34, 35, 36, 37
PEAK, CLIPPED = 38, 39
MOTION_INTS = 40
TICK_MS = 20

# `smooth`: small rings, then running sums, then what `features` found
NEAR_RING, FAR_RING, OFF_RING, SUMS_A, SUMS_B = 0, 64, 128, 192, 200
OFF_SUM, NEAR_A, NEAR_B, FAR_A, FAR_B = 216, 217, 218, 219, 220
SMOOTH_INTS = 221
NEAR_A_TICKS, NEAR_B_TICKS, FAR_A_TICKS, FAR_B_TICKS = 11, 7, 25, 15
SHAKE_TICKS = 50

# `level`: its scalars, then what the offset's three axes have between them and the level, and the offset's matrix
F_LEVEL, F_VAR, F_SLOPE, F_SLOPE_VAR, F_BETWEEN, F_P, F_UP, F_DEV = 0, 1, 2, 3, 4, 7, 16, 19
LEVEL_INTS = 22

# `rep`
SEEK, ABOVE, LOWERING, MEASURE, FOUND = 0, 1, 2, 3, 4
R_STATE, R_TICK, R_START, R_HEIGHT, R_LOW, R_PEAK, R_CALM, R_DOUBT = 0, 1, 2, 3, 4, 5, 6, 7
R_LEDGE, R_LEDGE_START, R_LEAST_RISE, R_MOST_RISE = 8, 9, 10, 11
REP_INTS = 12

# `measure` while it closes the drift (C_) and reads the hold (H_); then two visits above floors of their own
C_AT, C_END, C_MISSING, C_TAKEN, C_VAR_SUM, C_PEAK, C_PEAK_TICK, C_FASTEST, C_SLOWEST = 0, 1, 2, 3, 4, 5, 6, 7, 8
CLOSE_INTS = 9
H_AT, H_END, H_FIRST, H_PEAK, H_PEAK_TICK, H_FLOOR, H_ZONE, H_DOUBT = 0, 1, 2, 3, 4, 5, 6, 7
H_RISE_HALF, H_FALL_HALF = 8, 9
H_HELD, H_VISIT, H_VISIT_TOP, H_VISIT_DOWN, H_VISIT_ROUGH, H_ROUGH, H_BEST = 10, 11, 12, 13, 14, 15, 16
H_TOP, H_DOWN, H_DISTURBED, H_BOUNDS, H_BEST_BOUNDS = 17, 18, 19, 20, 24
H_HIGHER, H_LOWER = 28, 34  # of each visit:
VISIT_FLOOR, VISIT_HOLD, VISIT_TICKS, VISIT_LONGEST, VISIT_TOP, VISIT_DOWN = 0, 1, 2, 3, 4, 5
READ_INTS = 40

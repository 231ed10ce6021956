"""The sample: what one IMU reading is, in integers, for every chip, recording and interpreter.

A sample is seven ints: t_ms (30-bit tick), ax, ay, az in 1/4096 g, gx, gy, gz in 1/32 dps. The axes are the
chip's own, right-handed; at rest the accelerometer reads +1 g upward. Packed, as a board's FIFO reader, the virtual
sensor and a raw stream carry it, it takes 16 bytes little-endian: u32 t_ms, then six i16.
"""

ACC_PER_G = 4096
GYRO_PER_DPS = 32
ACC_CLIP = 32000
"""Counts from which an accelerometer axis at +-8 g is taken for clipped."""

SAMPLE_FORMAT = "<I6h"
SAMPLE_BYTES = 16
I16_MIN, I16_MAX = -32768, 32767

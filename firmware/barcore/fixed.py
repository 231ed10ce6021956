"""Fixed-point helpers that keep every product within 31 bits, so that no small int becomes a big one on a board."""


def times_q12(value: int, factor: int) -> int:
    """Return value * factor / 4096 for |value| < 2^30 and |factor| <= 2^13."""
    return (value >> 12) * factor + ((value & 4095) * factor >> 12)


def ratio_q12(part: int, whole: int) -> int:
    """Return 4096 * part / whole for 2^12 <= whole < 2^30, rounded toward zero and up to 2 % short."""
    size = part if part > 0 else -part
    size = (size << 12) // whole if size < 262144 else size // ((whole >> 12) + 1)
    return size if part > 0 else -size


def i16(value: int) -> int:
    """Return the value held within 16 bits."""
    return -32768 if value < -32768 else value if value < 32767 else 32767


def isqrt(value: int) -> int:
    """Return the integer square root of 0 <= value < 2^30 (Newton's method)."""
    if value < 2:
        return value
    root = 1
    rest = value
    while rest > 3:
        rest >>= 2
        root <<= 1
    root <<= 1
    while True:
        better = (root + value // root) >> 1
        if better >= root:
            return root
        root = better

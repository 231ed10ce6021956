"""The board's own console as a byte port for `FrameStream`, shared with the REPL and whatever prints.

Bytes to the sensor come escaped (see `barcore.protocol`), so byte 3 never crosses but as Ctrl-C, which interrupts the
application as anywhere else. A read takes what is there. A write stops after WRITE_MS, so that a slow line delays no
sample. When nobody reads the console, a piece is held up once (by USB 500 ms) and comes back short; then nothing is
written until the host has sent something.
"""

from barcore import protocol
from barcore.ticks import elapsed_ms

PIECE_BYTES = 64
"""A USB packet; on a line of 115,200 baud 6 ms."""
WRITE_MS = 5
HELD_UP_MS = 100


class ConsolePort:
    """`stdin` and `stdout` are raw byte streams, `poll` is a select.poll that watches stdin."""

    def __init__(self, stdin, stdout, poll, clock) -> None:
        self._stdin = stdin
        self._stdout = stdout
        self._poll = poll
        self._clock = clock
        self._byte = bytearray(1)
        self._escaped = False
        self._nobody_reads = False

    def read_into(self, buf: bytearray) -> int:
        """Take what has come, up to the length of `buf`, unescaped; return how many bytes that is."""
        count, byte = 0, self._byte
        for _ in range(len(buf)):
            if not self._poll.poll(0) or not self._stdin.readinto(byte):
                break
            self._nobody_reads = False
            if byte[0] == protocol.ESCAPE:
                self._escaped = True
                continue
            buf[count] = byte[0] ^ protocol.ESCAPE_XOR if self._escaped else byte[0]
            self._escaped = False
            count += 1
        return count

    def write(self, buf: bytes, n: int) -> int:
        """Write as much of the first `n` bytes as goes quickly; return how many that was."""
        if self._nobody_reads:
            return 0
        start, sent, took_ms = self._clock.ticks_ms(), 0, 0
        view = memoryview(buf)
        while sent < n and took_ms < WRITE_MS:
            end = min(sent + PIECE_BYTES, n)
            count = self._stdout.write(view[sent:end])
            sent += count or 0
            if sent < end:
                self._nobody_reads = True
                return sent
            took_ms = elapsed_ms(self._clock.ticks_ms(), start)
        self._nobody_reads = took_ms >= HELD_UP_MS
        return sent

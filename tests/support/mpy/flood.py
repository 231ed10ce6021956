"""Feeds random frames to the sensor's parsers and sees that nothing comes of them; runs under both interpreters.

As a script for rig.steps: arguments seed and count; prints how many frames were taken for one and how many answered,
and the most bytes that the heap held in the first half of it and in the second.
Each frame goes to both links: as bytes of a GATT write to BleLink's interrupt, and in COBS to FrameStream. What they
take for a frame goes to a SessionProtocol whose session is open. Half of them have a repaired CRC, to get that far.
"""

import binascii
import struct

SHORT_BYTES = 60


class Random:
    """xorshift of 30 bits: the same sequence under both interpreters, and cheap without big integers."""

    def __init__(self, seed):
        self._state = seed & 0x3FFFFFFF or 1

    def below(self, limit):
        x = self._state
        x ^= (x << 13) & 0x3FFFFFFF
        x ^= x >> 17
        x ^= (x << 5) & 0x3FFFFFFF
        self._state = x
        return x % limit

    def bytes(self, count):
        return bytes([self.below(256) for _ in range(count)])


class Log:
    """A log that must not change: `ack` of what was never sent is refused as the real one does."""

    log_id, boot, first_seq, next_seq, acked = 5, 1, 0, 0, 0

    def read_into(self, seq, buf, at):
        return False

    def ack(self, log_id, next_seq):
        return 4 if log_id != self.log_id else 3 if next_seq else 0


class Port:
    """A byte stream that gives what is put into `incoming` and takes all."""

    incoming = b""

    def read_into(self, buf):
        data, self.incoming = self.incoming[: len(buf)], self.incoming[len(buf) :]
        buf[: len(data)] = data
        return len(data)

    def write(self, buf, n):
        return n


def frame_of(rng, protocol, nonce, repaired):
    """Return bytes that look more or less like a frame."""
    kinds = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 63, 64, 70, 255)
    body = rng.bytes(rng.below(SHORT_BYTES))
    length = len(body) if rng.below(8) else rng.below(65536)
    major = protocol.MAJOR if rng.below(16) else rng.below(256)
    said = nonce if rng.below(4) else rng.below(1 << 30)
    raw = struct.pack(protocol.FRAME_HEADER_FORMAT, major, kinds[rng.below(len(kinds))], length, said) + body
    if repaired:
        return raw + struct.pack("<I", binascii.crc32(raw))
    raw = bytearray(raw + rng.bytes(4))
    for _ in range(rng.below(4)):
        raw[rng.below(len(raw))] = rng.below(256)
    return bytes(raw)


class Target:
    """The two links, each with an open session on a log that must not change."""

    def __init__(self, modules, ether, bluetooth):
        ble, stream, answer, self.cobs, self.frame, self.protocol = modules
        self.ether, self.port, self.now_ms, self.log = ether, Port(), 0, Log()
        self.link = ble.BleLink(bluetooth, bytes(8), "bar", "sim", "0.1.0")
        self.link.start(0)
        self.stream = stream.FrameStream(self.port)
        self.conn = ether.connect()
        self.ends = [
            (link, answer.SessionProtocol(bytes(8), self.log, "bar", "0.1.0", link.max_frame_bytes))
            for link in (self.link, self.stream)
        ]
        self.taken = self.answered = 0
        self.nonce = 0
        self.open()

    def open(self):
        """Have a session on each, so that what follows is not simply passed over."""
        hello = struct.pack(self.protocol.HELLO_FORMAT, self.protocol.MAJOR, self.protocol.MINOR, b"the host")
        for _, answer in self.ends:
            (info,) = answer.update(self.protocol.HELLO, 0, hello, 0)
            self.nonce = self.frame.parse(info)[1]

    def feed(self, raw):
        self.now_ms += 20
        if self.conn not in self.ether.conns:
            self.conn = self.ether.connect()
        self.ether.write(self.conn, raw)
        self.port.incoming += self.cobs.encode(raw) + b"\0"
        for link, answer in self.ends:
            found = link.poll(self.now_ms)
            if found:
                self.taken += 1
                for one in answer.update(found[0], found[1], found[2], self.now_ms):
                    self.answered += 1
                    self.frame.parse(one)
                    link.send(one)
        self.ether.waiting = []

    def settle(self):
        """Let what was begun be forgotten and what waits be sent."""
        for _ in range(50):
            self.now_ms += 20
            self.link.poll(self.now_ms)
            self.stream.poll(self.now_ms)
            self.ether.waiting = []


def flood(target, rng, count):
    """Feed `count` frames raw and `count` with a repaired CRC."""
    for number in range(2 * count):
        if number % 500 % 64 == 0:
            target.open()
        target.feed(frame_of(rng, target.protocol, target.nonce, number & 1))


def modules():
    names = (
        "barsensor.link.ble",
        "barsensor.link.stream",
        "barsensor.link.session_protocol",
        "barcore.cobs",
        "barcore.frame",
        "barcore.protocol",
    )
    return [__import__(name, None, None, ("",)) for name in names]


if __name__ == "__main__":
    import gc
    import sys

    import bluetooth
    from ether import Ether

    CHUNK = 500
    rng = Random(int(sys.argv[1]))
    left = [2 * int(sys.argv[2])]
    target = Target(modules(), Ether(), bluetooth)
    heap = []

    def step():
        """Garbage is collected between two calls only, so the heap is looked at as each begins."""
        gc.collect()
        heap.append(gc.mem_alloc())
        for number in range(min(CHUNK, left[0])):
            if number % 64 == 0:
                target.open()
            target.feed(frame_of(rng, target.protocol, target.nonce, number & 1))
        left[0] -= CHUNK
        if left[0] > 0:
            return True
        half = len(heap) // 2
        print(target.taken, target.answered, max(heap[2:half]), max(heap[half:]))
        return False

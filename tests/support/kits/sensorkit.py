"""A whole sensor for tests: the real application on the virtual board, its IMU and its hosts played by the test."""

import struct
from bisect import bisect_right
from collections.abc import Callable, Sequence

from barcore import frame, protocol, record, seal
from barsensor import housekeeping, main
from barsensor.boards import sim

STEP_MS = 20
REST = (0, 0, 4096, 0, 0, 0)
Axes = Sequence[int]


class Imu:
    """Gives a sample every 10 ms as `motion(t_ms)` says: six ints, None for no sample, or an exception to raise."""

    chip = "fake"
    overruns = bad_words = 0
    bridge_ms = 1 << 29
    self_test_says = ("",)

    def __init__(self, clock) -> None:
        self.motion: Callable[[int], Axes | Exception | None] = lambda t_ms: REST
        self.starts = self.tests = 0
        self._clock = clock
        self._now_ms = self._next_ms = clock.ticks_ms()

    def start(self) -> None:
        self.starts += 1

    def discard(self) -> None:
        """Nothing waits."""

    def choose(self, fast):
        """One rate is all it has."""

    def self_test(self) -> str:
        self.tests += 1
        return self.self_test_says[min(self.tests, len(self.self_test_says)) - 1]

    def read(self, buf, limit: int) -> int:
        count, now_ms = 0, self._clock.ticks_ms()
        while count < limit and self._next_ms <= now_ms:
            axes = self.motion(self._next_ms)
            self._next_ms += 10
            if isinstance(axes, Exception):
                raise axes
            if axes is not None:
                buf[count * 7] = self._next_ms - 10
                for i, value in enumerate(axes):
                    buf[count * 7 + 1 + i] = value
                count += 1
        return count


class Link:
    """A link whose host is the test; `room` is what it takes now."""

    max_frame_bytes = protocol.MAX_FRAME
    connected = up = True
    faults = bad_frames = 0
    room = 4096

    def __init__(self, is_cable: bool = True) -> None:
        self.is_cable = is_cable
        self.incoming: list[tuple[int, int, bytes]] = []
        self.sent: list[tuple[int, int, bytes]] = []
        self.dropped_ms: list[int] = []  # when the sensor ended the connection
        self.spoke_ms = -1
        self.sealer: seal.Sealer | None = None
        self.opener: seal.Opener | None = None

    def poll(self, now_ms: int) -> tuple[int, int, bytes] | None:
        if self.incoming and self.spoke_ms < 0 and not self.is_cable:
            self.spoke_ms = now_ms
        return self.incoming.pop(0) if self.incoming else None

    def send(self, raw: bytes) -> None:
        kind, nonce, body = frame.parse(raw)
        if self.opener and kind & protocol.SEALED:
            opened = self.opener.open(kind ^ protocol.SEALED, nonce, body)
            assert opened is not None, "a sealed frame that its host cannot open"
            kind, body = kind ^ protocol.SEALED, opened
        self.sent.append((kind, nonce, body))

    def put(self, kind: int, nonce: int, body: bytes = b"") -> None:
        """Send a frame to the sensor, sealed once the key is proved."""
        raw = self.sealer.pack(kind, body) if self.sealer else frame.pack(kind, nonce, body)
        self.incoming.append(frame.parse(raw))

    def drop(self, now_ms: int) -> None:
        self.dropped_ms.append(now_ms)
        self.connected = False


class Sensor:
    """A sensor on a cable and on the radio; `start` makes it anew on what its storage holds."""

    def __init__(self, cared: bool = False, has_screen: bool = False) -> None:
        self.board = sim.open_board(b"", device_id=b"sensor01", log_id=77, has_screen=has_screen)
        self.board.imu = Imu(self.board.clock)
        self.cared = cared
        self.start()

    def start(self) -> None:
        self.cable, self.radio = Link(), Link(is_cable=False)
        care = housekeeping.Housekeeping(self.board) if self.cared else None
        self.app = main.compose(self.board, (self.cable, self.radio), housekeeping=care)
        self.nonces: dict[Link, int] = {}

    def run(self, ms: int) -> None:
        for _ in range(ms // STEP_MS):
            self.app.step()
            self.board.clock.wait_ms(STEP_MS)

    def follow(self, ms: int, link: Link | None = None) -> None:
        """Run with a host connected that asks the time now and then: silence would end its connection."""
        self.hello(link)
        for _ in range(ms // 20_000):
            self.run(20_000)
            self.answer(protocol.TIME, bytes(8), link)
        self.run(ms % 20_000)

    def play(self, samples: bytes, dead: "tuple[int, int]" = (0, 0)) -> None:
        """Let the IMU show a recording after 5 s of its first sample, to its end; between the `dead` ms it fails."""
        rows = [struct.unpack_from("<I6h", samples, at) for at in range(0, len(samples), 16)]
        times = [row[0] for row in rows]
        from_ms = self.board.clock.ticks_ms() + 5000

        def motion(t_ms: int) -> Axes | Exception:
            if dead[0] <= t_ms - from_ms < dead[1]:
                return OSError(19)
            return rows[max(0, bisect_right(times, t_ms - from_ms) - 1)][1:]

        self.board.imu.motion = motion
        self.run(5000 + times[-1])

    def hello(self, link: Link | None = None, host_nonce: bytes = b"hostnonc", key: bytes = b"") -> dict[int, bytes]:
        """Open a connection; with `key` prove it, and seal everything from then on."""
        link = link or self.cable
        link.sealer = link.opener = None
        link.connected = True
        self.nonces[link] = 0
        hello = struct.pack(protocol.HELLO_FORMAT, protocol.MAJOR, protocol.MINOR, host_nonce)
        [(kind, nonce, body)] = self.ask(protocol.HELLO, hello, link)
        assert kind == protocol.INFO
        self.nonces[link] = nonce
        if key:
            nonces = (key, host_nonce, frame.parse_info(body)[protocol.INFO_NONCE], b"sensor01")
            link.sealer = seal.Sealer(seal.connection_key(*nonces, seal.TO_SENSOR))
            link.opener = seal.Opener(seal.connection_key(*nonces, seal.TO_HOST))
            [(kind, _, body)] = self.ask(protocol.HELLO, hello, link)
            assert kind == protocol.INFO
        return frame.parse_info(body)

    def ask(self, kind: int, body: bytes = b"", link: Link | None = None) -> list[tuple[int, int, bytes]]:
        """Send a frame; return what came in the step that answers it."""
        link = link or self.cable
        link.sent.clear()
        link.put(kind, self.nonces[link], body)
        self.run(STEP_MS)
        return list(link.sent)

    def answer(self, kind: int, body: bytes = b"", link: Link | None = None) -> tuple[int, bytes]:
        """Ask, and return type and body of the one frame that answers; a refusal as (STATUS, its code)."""
        [(answer, _, got)] = [sent for sent in self.ask(kind, body, link) if sent[0] != protocol.SAMPLES]
        if answer == protocol.STATUS:
            assert got[0] == kind
            return answer, got[1:]
        return answer, got

    def press(self, ms: int = 100) -> None:
        """Press the button for so long, and let it go."""
        self.board.button.pressed = True
        self.run(ms)
        self.board.button.pressed = False
        self.run(2 * STEP_MS)

    def records(self) -> list[tuple[int, tuple[int, ...]]]:
        """(type, payload) of every record held."""
        log, buf = self.app.log, bytearray(32)
        held = (seq for seq in range(log.first_seq, log.next_seq + log.pending) if log.read_into(seq, buf))
        return [(record.header(buf)[0], record.payload(buf)) for _ in held]

    def texts(self) -> list[str]:
        """The TEXT records, joined as a host joins them."""
        told, text = [], b""
        for piece, pieces, part in [payload for kind, payload in self.records() if kind == protocol.TEXT]:
            text = part if piece == 0 else text + part
            if piece == pieces - 1:
                told.append(text.rstrip(b"\0").decode())
        return told


def refused(code: int) -> tuple[int, bytes]:
    return protocol.STATUS, bytes((code,))

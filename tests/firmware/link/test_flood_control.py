"""Random bodies of what may change a sensor, in frames with a good CRC and of an open session: only valid ones do.

What is valid is told here anew, by the words of `barcore.protocol`, and not by the firmware's own checks.
"""

import random
import struct
from collections.abc import Callable

import pytest

from barcore import protocol
from barcore.loglayout import MIRROR_NAME
from sensorkit import Sensor

QUICK, WHOLE = 150_000, 1_000_000
"""Over all seeds; the whole by `pytest -m long`."""
SEEDS = 3
TURN = 500
"""Frames between two turns of the sensor."""
KINDS = (protocol.SET, protocol.KEY, protocol.ERASE, protocol.CALIBRATE, protocol.STREAM, protocol.ACCESS)
ANSWERS = {
    protocol.SET: protocol.SETTINGS,
    protocol.CALIBRATE: protocol.CALIBRATION,
    protocol.ACCESS: protocol.ACCESS_IS,
}
Entries = dict[int, bytes]


def entry(tag: int, value: bytes) -> bytes:
    return bytes((tag, len(value))) + value


def good(rng: random.Random, kind: int, log_id: int) -> bytes:
    """Return a body that is right, or would be but for a value out of range."""
    if kind == protocol.SET:
        some = [
            entry(protocol.SET_NAME, "rack Ä 7"[: rng.randrange(1, 9)].encode()),
            entry(protocol.SET_TARGET, struct.pack("<H", rng.choice((0, 1500, 60_000, 60_001)))),
            entry(protocol.SET_LONG, struct.pack("<H", rng.choice((0, 3500, 65_535)))),
        ]
        return b"".join(rng.sample(some, rng.randrange(4)))
    if kind == protocol.KEY:
        return rng.choice((b"", rng.randbytes(protocol.KEY_BYTES)))
    if kind == protocol.ERASE:
        return struct.pack(protocol.ERASE_FORMAT, log_id)
    return bytes((rng.randrange(6 if kind == protocol.CALIBRATE else 3),))


def spoilt(rng: random.Random, body: bytes) -> bytes:
    """Return `body` as it was, with a byte changed, cut, longer, or something else altogether."""
    how = rng.randrange(6)
    if how == 0:
        return rng.randbytes(rng.choice((0, 1, 4, 32, rng.randrange(protocol.MAX_BODY + 1))))
    if how == 1:
        return body[: rng.randrange(len(body) + 1)]
    if how == 2:
        return body + rng.randbytes(rng.randrange(1, 5))
    if how == 3 and body:
        at = rng.randrange(len(body))
        return body[:at] + rng.randbytes(1) + body[at + 1 :]
    return body


def entries(body: bytes) -> Entries | None:
    """Read tag, length, value ...; None when that does not come out even."""
    found: Entries = {}
    while body:
        if len(body) < 2 or len(body) < 2 + body[1]:
            return None
        found[body[0]], body = body[2 : 2 + body[1]], body[2 + body[1] :]
    return found


def may_be_set(tag: int, value: bytes) -> bool:
    if tag in (protocol.SET_TARGET, protocol.SET_LONG):
        return len(value) == 2 and struct.unpack("<H", value)[0] <= 60_000
    try:
        name = value.decode()
    except UnicodeDecodeError:
        return False
    return tag == protocol.SET_NAME and 1 <= len(value) <= protocol.NAME_BYTES and all(c >= " " for c in name)


def refusal(kind: int, body: bytes, target: "Target", is_cable: bool) -> int | None:
    """Return the status that refuses it, 0 for none; None where that depends on the calibration's state."""
    log_id = target.sensor.app.log.log_id
    if kind == protocol.KEY and not is_cable:
        return protocol.NEEDS_CABLE
    if kind == protocol.ERASE and not (is_cable or target.sensor.board.button.pressed):
        return protocol.NOT_ALLOWED
    if kind == protocol.ACCESS and len(body) == 1 and body[0] in (protocol.ACCESS_CLOSE, protocol.ACCESS_OPEN):
        return 0 if target.key else protocol.BAD_BODY
    if kind == protocol.ERASE and len(body) == 4:
        return 0 if body == struct.pack("<I", log_id) else protocol.WRONG_LOG
    if kind == protocol.CALIBRATE and len(body) == 1 and body[0] <= protocol.CALIBRATE_CANCEL:
        return None
    told = entries(body) if kind == protocol.SET else None
    right = {
        protocol.SET: told is not None and all(may_be_set(*one) for one in told.items()),
        protocol.KEY: len(body) in (0, protocol.KEY_BYTES),
        protocol.STREAM: body in (b"\0", b"\1"),
        protocol.ACCESS: body == b"\0",
    }
    return 0 if right.get(kind) else protocol.BAD_BODY


def asks_for_change(kind: int, body: bytes) -> bool:
    """Calibration is kept only when poses found one, which no frame can bring about."""
    if kind == protocol.ACCESS:
        return body != b"\0"
    return kind in (protocol.KEY, protocol.ERASE) or (kind == protocol.SET and body != b"")


class Target:
    """A whole sensor, a connection open on each of its links; by radio its owner's, whatever key it has then."""

    def __init__(self) -> None:
        self.key = b""
        self.sensor = Sensor()
        self.sensor.run(200)
        self.ends = dict(zip((self.sensor.cable, self.sensor.radio), self.sensor.app._ends, strict=True))

    def turn(self) -> None:
        """Let some time pass, and the connections begin anew."""
        self.sensor.run(100)
        for link in self.ends:
            link.sent.clear()
            self.connect(link)

    def connect(self, link) -> None:
        self.sensor.hello(link, random.randbytes(8), b"" if link.is_cable else self.key)

    def greet_again(self) -> None:
        """Connect anew on the link whose connection an erase has ended."""
        for link, end in self.ends.items():
            if not end.open:
                self.connect(link)

    def follow_the_key(self, kind: int, body: bytes) -> tuple | None:
        """Connect anew with the key that was just given; return the state then, None where no key has changed."""
        if kind == protocol.SET:
            return None
        self.key = body if kind == protocol.KEY else self.key
        self.connect(self.sensor.radio)
        return self.state()

    def feed(self, link, kind: int, body: bytes) -> tuple[int, bytes]:
        """Feed one frame as a link would; return type and body of what answers it."""
        link.put(kind, self.sensor.nonces[link], body)
        [raw] = self.ends[link]._answer.update(*link.incoming.pop(), self.sensor.app.now_ms())
        link.send(raw)
        answer, _, said = link.sent.pop()
        return answer, said

    def state(self) -> tuple:
        """What must not change unasked: settings, key, calibration; and the log."""
        log = self.sensor.app.log
        files = {name: data for name, data in self.sensor.board.config.files.items() if name != MIRROR_NAME}
        return files, log.log_id, log.next_seq, log.pending, log.acked


def assert_only_that_changed(kind: int, before: tuple, after: tuple) -> None:
    changed = {name for name in after[0] if after[0][name] != before[0].get(name)}
    assert changed <= {"settings" if kind == protocol.SET else "key"}
    assert after[1:] == before[1:]


@pytest.mark.parametrize("total", [QUICK, pytest.param(WHOLE, marks=pytest.mark.long)])
@pytest.mark.parametrize("seed", range(1, SEEDS + 1))
def test_only_what_is_valid_and_allowed_changes_a_sensor(seed: int, total: int, tell: Callable[[str], None]) -> None:
    rng, target = random.Random(seed), Target()
    sensor, count = target.sensor, total // SEEDS
    done = dict.fromkeys(KINDS, 0)
    for number in range(count):
        if number % TURN == 0:
            target.turn()
            before = target.state()
        link = rng.choice((sensor.cable, sensor.radio))
        sensor.board.button.pressed = rng.random() < 0.1
        kind, log_id = rng.choice(KINDS), sensor.app.log.log_id
        body = spoilt(rng, good(rng, kind, log_id))
        expected = refusal(kind, body, target, link.is_cable)
        answer, said = target.feed(link, kind, body)
        after = target.state()
        if answer == protocol.STATUS:
            assert expected in (None, said[1]), (kind, body)
            assert said[0] == kind
        else:
            assert not expected, (kind, body)
            assert answer == ANSWERS.get(kind, protocol.DONE)
            done[kind] += 1
        if answer == protocol.STATUS or not asks_for_change(kind, body):
            assert after == before, (kind, body)
        elif kind == protocol.ERASE:
            assert (after[0], after[2]) == (before[0], 1)
            assert after[1] != log_id
            target.greet_again()
        else:
            assert_only_that_changed(kind, before, after)
            after = target.follow_the_key(kind, body) or after
        before = after
    assert min(done.values()) > count // 50, "hardly any got through"
    assert sum(done.values()) < count * 3 // 4, "hardly any was refused"
    sensor.start()
    sensor.hello()
    assert not any(sensor.app._control.faults), "what is kept cannot be read"
    tell(f"{count} bodies, seed {seed}: {sum(done.values())} right ones did what they ask, all others nothing")

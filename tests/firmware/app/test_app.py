"""The task loop, with a detector that does as it is told."""

import itertools
import struct
from array import array
from types import SimpleNamespace

import pytest

from barcore import cobs, event, frame, protocol, record
from barcore.event import EventRing
from barcore.ticks import MASK
from barsensor import app as app_module
from barsensor import main, recorder
from barsensor.boards import sim
from barsensor.link.session_port import SessionPort
from barsensor.link.session_protocol import SessionProtocol
from barsensor.storage.record_log import RecordLog

PLAN = {
    # at t_ms: the events that the detector then leaves, as (type, its time, its values)
    1000: [(protocol.RISE, 900, (1, 1, 90, 0))],
    2000: [(protocol.TOP, 1500, (1, 1, 400, 0)), (protocol.TARGET, 2000, (1, 1, 400, 500))],
    3000: [(protocol.HOLD_END, 2900, (1, 1, 400, 1400))],
    4000: [(protocol.SET_START, 900, (1, 2, 2000)), (protocol.REP, 900, (1, 1, 600, 1400, 700, 0, 400, 800, 40))],
    9000: [(protocol.SET_END, 4000, (1, 2, 400, 3100))],
}
BUSY_MS = (900, 4500)
FULL_RECORDS = 190
"""What the log's memory takes beside the record of the start."""


class ToldDetector:
    """Leaves the events of PLAN at their times after `start_tick`; busy within BUSY_MS."""

    def __init__(self, start_tick: int) -> None:
        self.events = EventRing()
        self.start_tick = start_tick
        self.fed: list[tuple[int, ...]] = []
        self.busy = self.set_open = False

    def feed(self, t_ms: int, *axes: int) -> None:
        self.fed.append((t_ms, *axes))
        since = (t_ms - self.start_tick) & MASK
        self.busy = BUSY_MS[0] <= since < BUSY_MS[1]
        for kind, at_ms, values in PLAN.get(since, ()):
            self._push(kind, at_ms, values)

    def finish(self) -> None:
        self._push(protocol.SET_END, 10_000, (2, 3, 400, 100))

    def _push(self, kind: int, at_ms: int, values: tuple[int, ...]) -> None:
        ints = [kind, 0, (self.start_tick + at_ms) & MASK, *values]
        self.events.push(array("i", ints + [0] * (event.EVENT_INTS - len(ints))))


class NotedLink:
    """A link whose incoming frames the test writes and whose outgoing frames it reads."""

    max_frame_bytes = 524
    connected = True
    spoke_ms = -1
    room = 4096
    busy = False

    def __init__(self) -> None:
        self.incoming: list[tuple[int, int, bytes]] = []
        self.sent: list[tuple[int, int, bytes]] = []

    def poll(self, now_ms: int) -> tuple[int, int, bytes] | None:
        return self.incoming.pop(0) if self.incoming else None

    def send(self, raw: bytes) -> None:
        self.sent.append(frame.parse(raw))


def samples_ms(*times_ms: int) -> bytes:
    return b"".join(struct.pack("<I6h", t_ms, 1, 2, 3, 4, 5, 6) for t_ms in times_ms)


SET_DONE_TONES = [(9000, 2800), (9260, 0), (9360, 2200), (9600, 0), (9700, 1600), (9960, 0)]


def build(start_tick: int = 0) -> SimpleNamespace:
    board = sim.open_board(samples_ms(*range(0, 10_001, 10)), start_tick=start_tick)
    detector = ToldDetector(start_tick)
    log = RecordLog(board.storage)
    link = NotedLink()
    answer = SessionProtocol(board.device_id, log, "Bar", "0.1.0", 524)
    app = app_module.App(board, detector, log, [SessionPort(link, answer)])
    return SimpleNamespace(board=board, detector=detector, log=log, link=link, app=app)


def logged(log) -> list[tuple[int, int]]:
    """(type, t_ms) of every record held."""
    buf, rows = bytearray(32), []
    for seq in range(log.next_seq + log.pending):
        assert log.read_into(seq, buf)
        rows.append((record.header(buf)[0], record.header(buf)[4]))
    return rows


EXPECTED_LOG = [
    (protocol.BOOT, 0),
    (protocol.SET_START, 900),
    (protocol.REP, 900),
    (protocol.SET_END, 4000),
    (protocol.SET_END, 10_000),
]


@pytest.mark.parametrize("start_tick", [0, 12345, (1 << 30) - 1, (1 << 30) - 1700])
def test_events_become_records_in_ms_since_boot_across_the_wrap(start_tick: int) -> None:
    rig = build(start_tick)
    rig.app.run(rig.board.imu.ended)
    rig.app.finish()
    assert len(rig.detector.fed) == 1001
    assert rig.detector.fed[170] == ((start_tick + 1700) & MASK, 1, 2, 3, 4, 5, 6)
    assert logged(rig.log) == EXPECTED_LOG
    assert rig.log.pending == 0


CUED_TONES = [(2000, 1600), (2000, 2400), (2120, 3200), (2500, 0), *SET_DONE_TONES]


def test_only_what_the_lifter_must_know_is_cued() -> None:
    rig = build()
    rig.app.run(rig.board.imu.ended)
    assert rig.board.tone.told == CUED_TONES
    assert rig.board.lamp.told == [(2000, True), (2500, False), *[(at, hz > 0) for at, hz in SET_DONE_TONES]]


def test_nothing_is_flushed_while_a_rep_runs_but_soon_after() -> None:
    rig = build()
    durable_at = {}

    def note() -> bool:
        durable_at[rig.app.now_ms()] = rig.log.next_seq
        return rig.board.imu.ended()

    rig.app.run(note)
    rested_ms = BUSY_MS[1] + app_module.REST_MS
    assert {seq for t_ms, seq in durable_at.items() if t_ms < rested_ms - 20} == {1}
    assert durable_at[BUSY_MS[1] + 2000] == 3, "at rest, within 2 s"


def test_the_boot_record_is_durable_before_anyone_can_ask_for_the_time() -> None:
    rig = build()
    assert (rig.log.next_seq, logged(rig.log)) == (1, [(protocol.BOOT, 0)])
    buf = bytearray(32)
    rig.log.read_into(0, buf)
    assert record.payload(buf) == (protocol.RESET_POWER_ON, *recorder.FIRMWARE_VERSION, 0)


def test_an_open_session_hears_every_event_live_and_the_seqs_of_the_logged_ones() -> None:
    rig = build()
    hello = struct.pack(protocol.HELLO_FORMAT, 1, 0, b"hostnonc")
    rig.link.incoming.append((protocol.HELLO, 0, hello))
    rig.app.run(rig.board.imu.ended)
    assert rig.link.sent[0][0] == protocol.INFO
    live = [record.header(body) for kind, _, body in rig.link.sent if kind == protocol.LIVE]
    assert [(kind, seq) for kind, _, _, seq, _ in live] == [
        (protocol.RISE, protocol.NO_SEQ),
        (protocol.TOP, protocol.NO_SEQ),
        (protocol.TARGET, protocol.NO_SEQ),
        (protocol.HOLD_END, protocol.NO_SEQ),
        (protocol.SET_START, 1),
        (protocol.REP, 2),
        (protocol.SET_END, 3),
    ]
    assert all(record.is_valid(body) for kind, _, body in rig.link.sent if kind == protocol.LIVE)


def test_no_session_no_word() -> None:
    rig = build()
    rig.app.run(rig.board.imu.ended)
    assert rig.link.sent == []


def test_one_frame_a_step_so_that_a_chatty_host_delays_no_sample() -> None:
    rig = build()
    rig.link.incoming += [(protocol.HELLO, 0, struct.pack(protocol.HELLO_FORMAT, 1, 0, bytes(8)))] * 3
    rig.app.step()
    assert len(rig.link.sent) == 1


def test_a_long_pause_of_the_loop_loses_no_sample() -> None:
    rig = build()
    rig.board.clock.wait_ms(8000)
    rig.app.step()
    assert len(rig.detector.fed) == 801
    assert rig.detector.events.dropped == 0


def test_a_failing_flash_stops_neither_counting_nor_cues_and_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    rig = build()
    tries = []

    def fail(*_: object) -> None:
        tries.append(rig.app.now_ms())
        raise OSError(28)

    monkeypatch.setattr(rig.board.storage, "replace", fail)
    rig.app.run(rig.board.imu.ended)
    assert set(CUED_TONES) < set(rig.board.tone.told)
    assert {400, 800} <= {hz for _, hz in rig.board.tone.told}, "the alarm"
    assert rig.app.log_faults == len(tries) > 0
    assert min(b - a for a, b in itertools.pairwise(tries)) >= recorder.FLUSH_RETRY_MS
    monkeypatch.undo()
    rig.app.finish()
    assert logged(rig.log) == EXPECTED_LOG


def test_a_log_that_can_take_nothing_more_gives_up_the_record_and_counts_it(monkeypatch: pytest.MonkeyPatch) -> None:
    rig = build()
    while rig.log.pending < FULL_RECORDS:
        rig.log.append(protocol.CORRECTION, 0, 0, (0, 0, 0, 0))
    monkeypatch.setattr(rig.detector, "busy", True)

    def fail(*_: object) -> None:
        raise OSError(28)

    monkeypatch.setattr(rig.board.storage, "replace", fail)
    rig.app.run(rig.board.imu.ended)
    assert rig.log.pending == FULL_RECORDS
    assert set(CUED_TONES) < set(rig.board.tone.told)
    assert rig.app.log_faults >= 3


def test_compose_gives_a_sensor_that_answers_on_its_byte_stream() -> None:
    port = SimpleNamespace(incoming=b"", outgoing=b"")

    def read_into(buf: bytearray) -> int:
        data, port.incoming = port.incoming[: len(buf)], port.incoming[len(buf) :]
        buf[: len(data)] = data
        return len(data)

    def write(buf: bytes, n: int) -> int:
        port.outgoing += bytes(buf[:n])
        return n

    port.read_into, port.write = read_into, write
    board = sim.open_board(samples_ms(0, 10, 20), device_id=b"sensor01", log_id=77)
    app = main.compose_on(board, port)
    app.run(board.imu.ended)
    app.finish()
    assert port.outgoing == b""
    port.incoming = cobs.encode(frame.pack(protocol.HELLO, 0, struct.pack("<BB8s", 1, 0, bytes(8)))) + b"\0"
    app.step()
    [packet] = [piece for piece in port.outgoing.split(b"\0") if piece]
    info = frame.parse_info(frame.parse(cobs.decode(packet))[2])
    assert info[protocol.INFO_DEVICE] == b"sensor01"
    assert info[protocol.INFO_LOG] == struct.pack("<I", 77)
    assert info[protocol.INFO_NAME] == b"barhold-3031"
    assert info[protocol.INFO_BOARD] == b"sim"
    assert info[protocol.INFO_RANGE] == struct.pack("<III", 0, 1, 0)


def test_a_sensor_without_a_link_works_the_same() -> None:
    board = sim.open_board(samples_ms(0, 10, 20))
    app = main.compose(board)
    app.run(board.imu.ended)
    app.finish()
    assert logged(app.log) == [(protocol.BOOT, 0)]

"""The virtual sensor's records, over frames and session, into SQLite: all of them, once, byte for byte."""

import asyncio
import gc
import itertools
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

import chatty
from barcore import cobs, frame, protocol, record
from barhold.connection import Connection, SyncResult
from barhold.link.cobs_packets import PacketDecoder, encode_packet
from barhold.link.virtual import VirtualSensor
from barhold.store import Store
from barhold.sync.one_sensor import sync, utc_clock
from barsensor.boards.storage import MemoryStorage
from barsensor.storage.record_log import RecordLog
from chatty import chatty_sensor, log_of, still
from fake_sensor import FakeLog, FakeSensor, make

CHATTY = Path(chatty.__file__)
KILLS_QUICK, KILLS_LONG = 30, 200


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "barhold.db"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    with Store.open(path) as opened:
        yield opened


def play_and_sync(sensor: VirtualSensor, store: Store, now: Callable[[], int] | None = None) -> SyncResult:
    async def both() -> SyncResult:
        await sensor.play()
        return await sync(sensor, store, now or utc_clock())

    return asyncio.run(both())


def test_every_record_of_the_sensor_is_in_the_database_byte_for_byte(store: Store) -> None:
    sensor = chatty_sensor(300)
    result = play_and_sync(sensor, store)
    log = log_of(sensor)
    assert [record.header(raw)[0] for raw in log] == [protocol.BOOT, *[protocol.REP] * 300, protocol.SET_END]
    assert [r.raw for r in store.records()] == log
    assert [r.seq for r in store.records(sensor.board.device_id.hex())] == list(range(302))
    assert (result.new, result.re_requests) == (302, 0)
    assert result.dropped_frames <= 1  # the answer to an ACK that nobody waited for
    assert sensor.app.log.acked == 302


def test_a_real_recording_ends_in_the_database(store: Store, samples: Callable[[str], bytes]) -> None:
    sensor = VirtualSensor(samples("six-reps"))
    play_and_sync(sensor, store)
    assert [r.raw for r in store.records()] == log_of(sensor)


def test_playing_it_again_adds_nothing_and_moves_nothing(store: Store) -> None:
    first = itertools.count(1_900_000_000_000)
    play_and_sync(chatty_sensor(100), store, lambda: next(first))
    before = (list(store.records()), store.anchors(), [d.device_id for d in store.devices()])
    later = itertools.count(1_900_000_600_000)
    result = play_and_sync(chatty_sensor(100), store, lambda: next(later))
    assert (result.new, result.quarantined, result.already_stored) == (0, 0, 1)
    assert (list(store.records()), store.anchors(), [d.device_id for d in store.devices()]) == before


def test_the_anchor_is_taken_when_the_playing_is_over(store: Store) -> None:
    sensor = chatty_sensor(100)
    play_and_sync(sensor, store, lambda: 1_900_000_000_000)
    [anchor] = store.anchors()
    assert (anchor.boot, anchor.utc_ms, anchor.rtt_ms) == (1, 1_900_000_000_000, 0)
    assert anchor.t_ms == sensor.app.now_ms() >= 990


def test_a_sensor_that_keeps_its_log_gives_only_what_is_new(store: Store, tmp_path: Path) -> None:
    folder = str(tmp_path / "log")
    assert play_and_sync(chatty_sensor(40, folder=folder), store).new == 42
    second = chatty_sensor(40, folder=folder)
    result = play_and_sync(second, store)
    assert (result.new, result.already_stored) == (42, 1)
    assert [r.raw for r in store.records()] == log_of(second)
    assert [anchor.boot for anchor in store.anchors()] == [1, 2]


def test_what_the_sensor_overwrote_unacknowledged_is_reported_with_its_size(store: Store) -> None:
    """The firmware's own log, of two segments only, after 1,000 records that nobody fetched."""
    storage = MemoryStorage(lambda: 9)
    log = RecordLog(storage, segment_limit=2)
    for number in range(1000):
        log.append(protocol.REP, 0, number, (1, 1, 900, 2500, 1100, 800, 300, 700, 50))
        log.flush()
    result = asyncio.run(sync(FakeSensor(log), store, utc_clock()))
    assert log.first_seq > 500
    assert result.new == log.next_seq - log.first_seq
    assert (result.lost, result.not_held) == (log.first_seq, 0), "every record is here or told as lost, once"


def test_text_and_torn_packets_on_the_wire_are_dropped_and_counted(store: Store) -> None:
    sensor = chatty_sensor(60)
    noise = b"Traceback (most recent call last)\0" + b"\xff" * 600 + b"\0" + b"\5ab\0"
    rng = random.Random(3)
    write = sensor._wires.write

    def noisy_write(buf: bytes, count: int) -> int:
        if rng.random() < 0.3:
            sensor._wires.to_host += noise
        if rng.random() < 0.3:
            at = rng.randrange(count)
            return write(buf[:at] + bytes([buf[at] ^ 1 << rng.randrange(8)]) + buf[at + 1 :], count)
        return write(buf, count)

    sensor._wires.write = noisy_write  # type: ignore[method-assign]
    result = play_and_sync(sensor, store)
    assert [r.raw for r in store.records()] == log_of(sensor)
    assert result.dropped_frames >= 3
    assert result.re_requests >= 1


def test_silence_costs_only_the_sensors_time(store: Store) -> None:
    sensor = VirtualSensor(still(3))
    start_ms, started_s = sensor.app.now_ms(), time.monotonic()
    with pytest.raises(TimeoutError, match="nothing for 90"):
        asyncio.run(sensor.receive(90.0))
    assert sensor.app.now_ms() - start_ms == 90_000
    assert time.monotonic() - started_s < 30


def test_live_records_come_while_it_plays() -> None:
    async def listen() -> list[int]:
        sensor = chatty_sensor(20)
        await sensor.send(frame.pack(protocol.HELLO, 0, b"\1\0abcdefgh"))
        assert frame.parse(await sensor.receive(1.0))[0] == protocol.INFO
        await sensor.play()
        return [frame.parse(await sensor.receive(0.0))[0] for _ in range(19)]

    assert asyncio.run(listen()) == [protocol.LIVE] * 19  # the first sample came before HELLO


def test_real_time_takes_its_time_and_holds_nobody_up(store: Store) -> None:
    async def both() -> tuple[int, float]:
        sensor = chatty_sensor(25, real_time=True)
        started_s, turns = time.monotonic(), 0
        playing = asyncio.create_task(sensor.play())
        while not playing.done():
            await asyncio.sleep(0.01)
            turns += 1
        assert (await sync(sensor, store, utc_clock())).new == 27
        return turns, time.monotonic() - started_s

    turns, took_s = asyncio.run(both())
    assert took_s >= 0.24
    assert turns >= 5


def test_packets_are_what_they_were() -> None:
    packets = PacketDecoder()
    frames = [bytes([1, 0, 0]), b"\0" * 300, bytes(range(256)) * 2]
    stream = b"".join(encode_packet(raw) for raw in frames)
    for at in range(0, len(stream), 7):
        packets.feed(stream[at : at + 7])
    assert [packets.pop() for _ in range(4)] == [*frames, None]
    assert packets.dropped == 0
    packets.feed(cobs.encode(b"x" * 600) + b"\0" + encode_packet(b"next"))
    assert (packets.pop(), packets.dropped) == (b"next", 1)


def test_the_utc_clock_tells_the_time_and_does_not_step(monkeypatch: pytest.MonkeyPatch) -> None:
    now = utc_clock()
    assert abs(now() - time.time_ns() // 1_000_000) < 5_000
    monkeypatch.setattr(time, "time_ns", lambda: 0)
    assert now() > 1_700_000_000_000


# --- kill -9 ------------------------------------------------------------------------------------------------------


def killed_sync(path: Path, acks: int, delay_s: float) -> int:
    """Kill a sync `delay_s` after its n-th ACK is announced; return the highest seq announced as acknowledged."""
    env = os.environ | {"PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    command = [sys.executable, str(CHATTY), str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=env) as child:
        assert child.stdout
        lines = list(itertools.islice(child.stdout, acks))
        time.sleep(delay_s)
        child.kill()
        lines += child.stdout.readlines()
    return max((int(line.split()[1]) for line in lines if line.endswith(b"\n")), default=0)


@pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is POSIX")
def test_a_killed_sync_has_stored_what_it_acknowledged(path: Path) -> None:
    rng = random.Random(20)
    generated = chatty_sensor(1000)
    asyncio.run(generated.play())
    log = log_of(generated)
    counts = []
    for kill in range(3):
        path = path.with_name(f"{kill}.db")
        acked = killed_sync(path, rng.randrange(1, 5), rng.choice([0, 0, 0.001, 0.003]))
        reader = sqlite3.connect(path)
        assert reader.execute("pragma integrity_check").fetchall() == [("ok",)]
        rows = reader.execute("select seq, raw from record order by seq").fetchall()
        reader.close()
        assert len(rows) >= acked > 0
        assert rows == list(enumerate(log))[: len(rows)]
        counts.append(len(rows))
    assert min(counts) < len(log), "no kill came in the middle of a sync"
    with Store.open(path) as store:  # and the next sync brings the rest
        again = chatty_sensor(1000)
        assert play_and_sync(again, store).new == len(log) - counts[-1]
        assert [r.raw for r in store.records()] == log


@pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is POSIX")
@pytest.mark.parametrize("kills", [KILLS_QUICK, pytest.param(KILLS_LONG, marks=pytest.mark.long)])
def test_kills_at_random_moments_lose_and_double_nothing(kills: int, path: Path, tell: Callable[[str], None]) -> None:
    rng = random.Random(21)
    generated = chatty_sensor(1000)
    asyncio.run(generated.play())
    log = log_of(generated)
    env = os.environ | {"PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    command = [sys.executable, str(CHATTY)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=env) as server:
        databases = cut = killed = rows_before = 0
        limit_s = 0.3
        while killed < kills or cut < kills // 4:
            here = path.with_name(f"{databases}.db")
            # Each goes on where the one before was killed, so that kills hit every part of a sync.
            acked, was_killed = one_server_sync(server, here, rng.random() * limit_s)
            rows = rows_of(here)
            assert len(rows) >= acked
            assert rows == list(enumerate(log))[: len(rows)]
            killed += was_killed
            cut += was_killed and rows_before < len(rows) < len(log)
            # This computer may be slow or busy: a kill that came too late or too early shifts those to come.
            limit_s *= 1.05 if was_killed and len(rows) == rows_before else 0.95
            rows_before = len(rows)
            if not was_killed or len(rows) == len(log):
                databases, rows_before = databases + 1, 0
        server.stdin.close()  # type: ignore[union-attr]
    for number in range(databases + 1):  # and the next sync brings the rest
        with Store.open(path.with_name(f"{number}.db")) as store:
            play_and_sync(chatty_sensor(1000), store)
            assert [r.raw for r in store.records()] == log
    tell(f"{killed} kills, {cut} of them in the middle of the records, 0 lost, 0 doubled")


def one_server_sync(server: "subprocess.Popen[bytes]", database: Path, kill_after_s: float) -> tuple[int, bool]:
    """Sync once in a child of `server`; return the highest seq announced as acknowledged, and whether it was killed."""
    assert server.stdin
    assert server.stdout
    server.stdin.write(f"{database}\n".encode())
    server.stdin.flush()
    pid = int(server.stdout.readline().split()[1])
    time.sleep(kill_after_s)
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    acked = 0
    for line in server.stdout:
        if line == b"gone\n":
            break
        acked = int(line.split()[1])
    return acked, acked < 1002


def rows_of(database: Path) -> list[tuple[int, bytes]]:
    """Return what other programs read there; nothing of a database that was killed before it had tables."""
    with closing(sqlite3.connect(database)) as reader:
        assert reader.execute("pragma integrity_check").fetchall() == [("ok",)]
        if not reader.execute("select 1 from sqlite_master where name = 'record'").fetchall():
            return []
        return reader.execute("select seq, raw from record order by seq").fetchall()


# --- memory -------------------------------------------------------------------------------------------------------


class ForgetfulSensor(FakeSensor):
    """Keeps no list of what it was sent: the growth that is measured is the host's."""

    async def send(self, raw: bytes) -> None:
        await super().send(raw)
        del self.sent[:-1]


def test_memory_stays_flat_over_a_year_of_training(store: Store, tell: Callable[[str], None]) -> None:
    count, sizes = 112 * 110, {}
    log = FakeLog({seq: make(seq, boot=1 + seq // 150) for seq in range(count)})

    def note(connection: Connection) -> None:
        if connection.result.received in (112 * 40, 112 * 100):
            gc.collect()
            sizes[connection.result.received] = tracemalloc.get_traced_memory()[0]

    tracemalloc.start()
    try:
        result = asyncio.run(Connection(ForgetfulSensor(log), store, utc_clock(), None, note).run())
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    early, late = sizes.values()
    assert result.new == count
    assert late - early < 50_000
    assert peak - early < 2_000_000
    tell(f"{late - early} bytes more after 11,200 records than after 4,480, at most {peak - early} in between")

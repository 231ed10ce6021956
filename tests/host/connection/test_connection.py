"""The host's session against a link that corrupts, drops, doubles and reorders, and against sensors that lie."""

import asyncio
import itertools
import random
import struct
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from barcore import frame, protocol
from barhold.connection import Connection, Phase, SyncResult
from barhold.connection.batch import Batch, lost_records
from barhold.connection.handshake import read_info
from barhold.errors import BarholdError, LinkError, StoreError
from barhold.model import Anchor
from barhold.store import Added, Store
from barhold.sync.one_sensor import sync
from fake_sensor import DEVICE, LOG, FakeLog, FakeSensor, Fault, make, no_fault, spoilt, stored

SIXTY = {seq: make(seq) for seq in range(60)}
HOLEY = {seq: make(seq) for seq in range(60) if seq not in (0, 1, 13, 14, 40, 59)}
NOW_MS = 1_900_000_000_000


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("session") / "barhold.db"


@pytest.fixture(scope="module")
def shared(path: Path) -> Iterator[Store]:
    """One database for the tests that need many devices and no empty one."""
    with Store.open(path) as opened:
        yield opened


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "barhold.db") as opened:
        yield opened


def run(sensor: FakeSensor, store: Store, on_live: Callable[[bytes], None] | None = None) -> SyncResult:
    return asyncio.run(sync(sensor, store, lambda: NOW_MS, on_live))


# --- the normal run -----------------------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def _short_pulls(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let 60 records take three PULLs."""
    monkeypatch.setattr(protocol, "PULL_MAX", 28)


def test_a_sync_stores_all_acknowledges_all_and_says_so(store: Store) -> None:
    sensor = FakeSensor(FakeLog(SIXTY))
    result = run(sensor, store)
    assert result == SyncResult(DEVICE.hex(), "bar", LOG, received=60, new=60)
    assert stored(store) == SIXTY
    assert sensor.log.acked == 60
    assert sensor.kinds() == [protocol.HELLO, *[protocol.TIME] * 8, *[protocol.PULL] * 3, protocol.ACK, protocol.BYE]
    assert [(d.device_id, d.name, d.firmware) for d in store.devices()] == [(DEVICE.hex(), "bar", "0.2.0")]
    assert store.anchors() == [Anchor(DEVICE.hex(), LOG, 1, 1000, NOW_MS, 0)]


def test_a_second_sync_looks_at_the_last_record_only(store: Store) -> None:
    run(FakeSensor(FakeLog(SIXTY)), store)
    again = FakeSensor(FakeLog(SIXTY))
    assert run(again, store) == SyncResult(DEVICE.hex(), "bar", LOG, received=1, already_stored=1)
    assert (protocol.PULL, struct.pack(protocol.PULL_FORMAT, 59, 1, LOG)) in again.sent
    assert again.log.acked == 60
    more = run(FakeSensor(FakeLog(SIXTY | {60: make(60), 61: make(61)})), store)
    assert (more.received, more.new, more.already_stored) == (3, 2, 1)


def test_an_empty_log_is_no_error(store: Store) -> None:
    sensor = FakeSensor(FakeLog({}))
    assert run(sensor, store).received == 0
    assert protocol.PULL not in sensor.kinds()


def test_holes_of_the_log_are_crossed(store: Store) -> None:
    result = run(FakeSensor(FakeLog(HOLEY)), store)
    assert stored(store) == HOLEY
    assert (result.new, result.not_held, result.quarantined, result.re_requests) == (len(HOLEY), 2, 0, 0)


def test_another_log_under_the_stored_key_shows_itself(store: Store) -> None:
    run(FakeSensor(FakeLog(SIXTY)), store)
    other = {seq: make(seq, t_ms=7) for seq in range(70)}
    result = run(FakeSensor(FakeLog(other)), store)
    assert (result.new, result.quarantined) == (10, 1)
    shorter = run(FakeSensor(FakeLog({seq: make(seq, t_ms=8) for seq in range(5)})), store)
    assert (shorter.new, shorter.quarantined) == (0, 5)
    assert {seq: raw for seq, raw in stored(store).items() if seq < 60} == SIXTY


def test_gaps_are_told_once(store: Store) -> None:
    raws = {5: make(5), 6: make(6, protocol.GAP, (0, 4)), 7: make(7, protocol.GAP, (9, 2))}
    assert run(FakeSensor(FakeLog(raws)), store).lost == 5
    del raws[7]
    assert run(FakeSensor(FakeLog(raws)), store).lost == 0


# --- a link that goes wrong ---------------------------------------------------------------------------------------


def drop(_: bytes) -> list[bytes]:
    return []


def corrupt(raw: bytes) -> list[bytes]:
    return [spoilt(raw, len(raw) // 2)]


def double(raw: bytes) -> list[bytes]:
    return [raw, raw]


def only_at(wanted: int, change: Callable[[bytes], list[bytes]]) -> Fault:
    return lambda number, raw: change(raw) if number == wanted else [raw]


class HeldBack:
    """Lets frame `wanted` arrive only after the one that follows it."""

    def __init__(self, wanted: int) -> None:
        self._wanted = wanted
        self._held: list[bytes] = []

    def __call__(self, number: int, raw: bytes) -> list[bytes]:
        if number == self._wanted:
            self._held = [raw]
            return []
        late, self._held = self._held, []
        return [raw, *late]


@pytest.mark.parametrize("log", [SIXTY, HOLEY], ids=["whole", "holey"])
@pytest.mark.parametrize("fault", ["drop", "corrupt", "double", "reorder"])
def test_any_one_frame_may_go_wrong(shared: Store, path: Path, log: dict[int, bytes], fault: str) -> None:
    clean = FakeSensor(FakeLog(log), device=struct.pack("<4sI", fault.encode()[:4], len(log)))
    run(clean, shared)
    assert clean.frames_to_host >= 8 + 1 + 12
    changes = {"drop": drop, "corrupt": corrupt, "double": double}
    for at in range(clean.frames_to_host):
        device = struct.pack("<4sHH", fault.encode()[:4], len(log), at + 1)
        to_host = HeldBack(at) if fault == "reorder" else only_at(at, changes[fault])
        sensor = FakeSensor(FakeLog(log), to_host, device=device, database=path)
        result = run(sensor, shared)
        assert stored(shared, device) == log, f"frame {at}"
        assert sensor.log.acked == sensor.log.next_seq
        assert result.new == len(log)
        assert result.quarantined == 0
        assert result.re_requests or fault in ("double", "reorder"), f"frame {at}: {result}"
        assert not (fault == "double" and log is SIXTY and result.re_requests)
        if at + 1 < clean.frames_to_host:  # nobody listens any more after the last one
            told = result.dropped_frames or (result.re_requests if fault in ("drop", "reorder") else 0)
            assert told or fault == "reorder", f"frame {at}: {result}"  # within one answer the order does not matter


@pytest.mark.parametrize("change", [drop, double])
def test_any_one_frame_of_the_host_may_go_wrong(
    shared: Store, path: Path, change: Callable[[bytes], list[bytes]]
) -> None:
    for at in range(8 + 1 + 6):
        device = struct.pack("<4sI", change.__name__.encode()[:4] + b"h", at)[:8]
        sensor = FakeSensor(FakeLog(SIXTY), to_sensor=only_at(at, change), device=device, database=path)
        assert run(sensor, shared).new == 60
        assert sensor.log.acked == 60
        assert stored(shared, device) == SIXTY


def test_a_link_may_break_at_every_operation(shared: Store, path: Path) -> None:
    clean = FakeSensor(FakeLog(HOLEY), device=b"breaks 0")
    run(clean, shared)
    for at in range(clean.operations):
        device = struct.pack("<4sI", b"brk ", at)
        log = FakeLog(HOLEY)
        with suppress(LinkError):  # at BYE it is none
            run(FakeSensor(log, device=device, break_at=at, database=path), shared)
        before = stored(shared, device)
        assert before.items() <= HOLEY.items()
        assert {seq for seq in HOLEY if seq < log.acked} <= before.keys()
        rest = run(FakeSensor(log, device=device, database=path), shared)
        assert stored(shared, device) == HOLEY
        assert rest.new == len(HOLEY) - len(before)
        assert log.acked == 59


@pytest.mark.parametrize("seed", range(12))
def test_a_very_bad_link_only_takes_longer(shared: Store, path: Path, seed: int) -> None:
    rng = random.Random(seed)
    device = struct.pack("<4sI", b"bad ", seed)
    log = FakeLog(HOLEY if seed % 2 else SIXTY)

    def bad(_: int, raw: bytes) -> list[bytes]:
        return rng.choice([drop, corrupt, double])(raw) if rng.random() < 0.3 else [raw]

    for _connections in range(60):
        sensor = FakeSensor(log, bad, lambda n, raw: [raw] if rng.random() > 0.1 else [], device, database=path)
        try:
            run(sensor, shared)
            break
        except LinkError:
            continue
    assert stored(shared, device) == log.raws
    assert shared.quarantined() == []


def test_after_a_fault_one_record_is_asked_for_and_then_many_again(store: Store) -> None:
    raws = {seq: make(seq) for seq in range(400)}

    def without_the_first(_: int, raw: bytes) -> list[bytes]:
        _, last = sensor.sent[-1]
        if frame.parse(raw)[0] != protocol.DATA or struct.unpack("<IHI", last)[1] == 1:
            return [raw]
        return [] if frame.parse(raw)[2].startswith(raws[struct.unpack("<IHI", last)[0]]) else [raw]

    sensor = FakeSensor(FakeLog(raws), without_the_first)
    result = run(sensor, store)
    assert stored(store) == raws
    pulls = [struct.unpack("<IHI", body)[:2] for kind, body in sensor.sent if kind == protocol.PULL]
    assert pulls[:6] == [(0, 28), (28, 28), (56, 28), (84, 28), (0, 1), (1, 28)]
    assert result.re_requests > 300


def test_an_end_that_comes_again_costs_nothing(store: Store) -> None:
    ends: list[bytes] = []

    def again(_: int, raw: bytes) -> list[bytes]:
        kind = frame.parse(raw)[0]
        if kind == protocol.END:
            ends.append(raw)
        return [*ends[-2:-1], raw] if kind == protocol.END else [raw]

    result = run(FakeSensor(FakeLog(SIXTY), again), store)
    assert (result.new, result.re_requests, result.dropped_frames) == (60, 0, 2)


def test_an_old_acknowledgement_is_not_the_one_waited_for(store: Store) -> None:
    def older(number: int, raw: bytes) -> list[bytes]:
        kind, nonce, body = frame.parse(raw)
        if kind != protocol.ACKED or struct.unpack("<II", body)[1] != 60:
            return [raw]
        wrong = [b"", struct.pack("<II", LOG, 28), struct.pack("<II", LOG + 1, 56)]
        return [frame.pack(kind, nonce, body) for body in wrong][number % 3 :]

    sensor = FakeSensor(FakeLog(SIXTY), older)
    with pytest.raises(LinkError, match="did not answer ACK"):
        run(sensor, store)
    assert sensor.kinds().count(protocol.ACK) == 8


def test_a_link_that_goes_down_after_the_last_ack_is_no_error(store: Store) -> None:
    operations = FakeSensor(FakeLog(SIXTY))
    run(operations, store)
    assert run(FakeSensor(FakeLog(SIXTY), device=b"at bye..", break_at=operations.operations - 1), store).new == 60


def test_a_record_that_never_comes_is_named_with_its_tries(store: Store) -> None:
    def without_nine(_: int, raw: bytes) -> list[bytes]:
        kind, _, body = frame.parse(raw)
        return [] if kind == protocol.DATA and make(9) in body else [raw]

    sensor = FakeSensor(FakeLog(SIXTY), without_nine)
    with pytest.raises(LinkError, match=r"00112233445566aa: record seq 9 did not arrive in 8 tries"):
        run(sensor, store)
    assert stored(store).keys() == set(range(9))
    assert sensor.log.acked == 9


# --- records that are none ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("bad", [{0}, {30}, {59}, {6, 7}, {27, 28}, {0, 1, 2}], ids=str)
def test_a_bad_record_is_tried_three_times_then_kept_apart(shared: Store, path: Path, bad: set[int]) -> None:
    device = bytes(sorted(bad)).ljust(8, b"\xbd")
    raws = {seq: spoilt(raw) if seq in bad else raw for seq, raw in SIXTY.items()}
    sensor = FakeSensor(FakeLog(raws), device=device, database=path)
    result = run(sensor, shared)
    assert stored(shared, device) == {seq: raw for seq, raw in SIXTY.items() if seq not in bad}
    kept = [q for q in shared.quarantined() if q.device_id == device.hex()]
    assert {q.seq: q.raw for q in kept} == {seq: raws[seq] for seq in bad}
    assert all("CRC" in q.reason for q in kept)
    assert (result.new, result.quarantined, result.received) == (60 - len(bad), len(bad), 60)
    assert sensor.log.acked == 60
    pulled = [struct.unpack("<IHI", body)[0] for kind, body in sensor.sent if kind == protocol.PULL]
    assert all(3 <= pulled.count(seq) <= 4 for seq in bad)  # one of them perhaps ahead of its turn


def test_a_bad_record_behind_a_hole_is_kept_under_its_own_seq(store: Store) -> None:
    raws = {0: make(0), 50: spoilt(make(50), 5), 51: make(51)}  # its seq field is what is spoilt
    log = FakeLog(raws)
    sensor = FakeSensor(log, lambda n, raw: [raw])
    result = run(sensor, store)
    assert stored(store).keys() == {0, 51}
    assert [q.seq for q in store.quarantined()] == [50]
    assert result.quarantined == 1


def test_a_record_that_comes_right_at_the_next_try_is_stored(store: Store) -> None:
    log = FakeLog(dict(SIXTY))
    log.raws[30] = spoilt(SIXTY[30])

    def heals(number: int, raw: bytes) -> list[bytes]:
        if number == 8 + 1 + 3 * 6:
            log.raws[30] = SIXTY[30]
        return [raw]

    result = run(FakeSensor(log, heals), store)
    assert stored(store) == SIXTY
    assert result.quarantined == 0
    assert result.re_requests > 0
    assert store.quarantined() == []


# --- the order of commit and ACK ----------------------------------------------------------------------------------


class FailingStore:
    """Passes all on to a real store until its n-th batch, which fails before or after the commit."""

    def __init__(self, store: Store, batches: int, after_commit: bool) -> None:
        self._store, self._left, self._after_commit = store, batches, after_commit

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)

    def add_records(self, device_id: str, log_id: int, raws: list[bytes], received_utc_ms: int) -> Added:
        self._left -= 1
        if self._left < 0 and not self._after_commit:
            raise StoreError("the disk is full")
        added = self._store.add_records(device_id, log_id, raws, received_utc_ms)
        if self._left < 0:
            raise StoreError("the disk is full")
        return added


@pytest.mark.parametrize("after_commit", [False, True])
@pytest.mark.parametrize("batches", [0, 1, 2])
def test_a_store_that_fails_gets_no_ack(store: Store, batches: int, after_commit: bool) -> None:
    sensor = FakeSensor(FakeLog(SIXTY))
    with pytest.raises(StoreError, match="disk is full"):
        run(sensor, FailingStore(store, batches, after_commit))  # type: ignore[arg-type]
    assert sensor.kinds().count(protocol.ACK) <= batches
    assert sensor.log.acked <= 28 * batches
    again = FakeSensor(sensor.log)
    run(again, store)
    assert stored(store) == SIXTY
    assert again.log.acked == 60


@pytest.mark.parametrize(
    ("told", "lost"), [([], 0), ([(5, 9)], 5), ([(127, 253), (5, 126)], 249), ([(127, 253), (5, 380), (381, 381)], 377)]
)
def test_a_loss_that_is_told_twice_is_counted_once(told: list[tuple[int, int]], lost: int) -> None:
    assert lost_records(told) == lost


def test_a_long_sync_acknowledges_every_eighth_batch_on_its_way(store: Store) -> None:
    batches = 20
    sensor, reported = FakeSensor(FakeLog({seq: make(seq) for seq in range(batches * 28)})), []
    connection = Connection(sensor, store, lambda: NOW_MS, on_progress=lambda one: reported.append(one.result.new))
    asyncio.run(connection.run())
    acked = [struct.unpack(protocol.ACK_FORMAT, body)[1] // 28 for kind, body in sensor.sent if kind == protocol.ACK]
    assert acked == [8, 16, 20]
    assert reported == [28 * batch for batch in range(batches + 1)]  # once after HELLO too


def test_an_acknowledgement_that_was_lost_is_made_good(store: Store) -> None:
    sensor = FakeSensor(FakeLog(SIXTY), to_sensor=lambda n, raw: [] if raw[1] == protocol.ACK else [raw])
    with pytest.raises(LinkError, match="did not answer ACK in 8 tries"):
        run(sensor, store)
    assert (stored(store).keys(), sensor.log.acked) == (set(range(60)), 0)
    again = FakeSensor(sensor.log)
    assert run(again, store).new == 0
    assert again.log.acked == 60


# --- who is there -------------------------------------------------------------------------------------------------


def of_major(raw: bytes, major: int) -> bytes:
    body = bytes([major]) + raw[1:-4]
    return body + struct.pack("<I", frame.binascii.crc32(body))


@pytest.mark.parametrize(("major", "update"), [(2, "pip install -U barhold"), (0, "the sensor's firmware")])
def test_another_major_is_refused_with_what_to_do(store: Store, major: int, update: str) -> None:
    status = frame.pack(protocol.STATUS, 0, bytes([protocol.HELLO, protocol.BAD_VERSION]))
    info = frame.pack_info(((protocol.INFO_PROTOCOL, bytes([major, 0])),))
    for answer in (of_major(status, major), frame.pack(protocol.INFO, 5, info)):
        sensor = FakeSensor(FakeLog(SIXTY), lambda n, raw, answer=answer: [answer])
        with pytest.raises(LinkError, match=f"speaks protocol {major}, this Barhold speaks 1: update ") as err:
            run(sensor, store)
        assert update in str(err.value)
    assert list(store.records()) == []


def test_frames_of_another_session_are_dropped_and_counted(store: Store) -> None:
    poison = frame.pack(protocol.DATA, 0xBAD, make(3, t_ms=99))

    def poisoned(_: int, raw: bytes) -> list[bytes]:
        return [poison, raw]

    result = run(FakeSensor(FakeLog(SIXTY), poisoned), store)
    assert stored(store) == SIXTY
    assert result.quarantined == 0
    assert result.dropped_frames == len("I") + 8 + (4 + 1) + (4 + 1) + (1 + 1 + 1)


def test_an_info_for_another_hello_opens_nothing(store: Store) -> None:
    stale = FakeSensor(FakeLog({0: make(0)}, log_id=7)).answer.update(
        protocol.HELLO, 0, struct.pack("<BB8s", 1, 0, b"older..."), 0
    )
    result = run(FakeSensor(FakeLog(SIXTY), lambda n, raw: [*stale, raw] if n == 0 else [raw]), store)
    assert (result.log_id, result.new, result.dropped_frames) == (LOG, 60, 1)


def test_silence_is_an_error_that_says_what_to_do(store: Store) -> None:
    with pytest.raises(LinkError, match="did not answer HELLO in 8 tries: bring it closer"):
        run(FakeSensor(FakeLog(SIXTY), lambda n, raw: []), store)
    with pytest.raises(LinkError, match="did not answer TIME in 8 tries"):
        run(FakeSensor(FakeLog(SIXTY), only_first := lambda n, raw: [raw] if n == 0 else []), store)
    assert only_first(0, b"x") == [b"x"]


@pytest.mark.parametrize(("kind", "code", "said"), [
    (protocol.PULL, protocol.LOG_FAULT, "PULL .status 6: the sensor's storage failed"),
    (protocol.ACK, protocol.WRONG_LOG, "ACK .status 4: the sensor keeps another log"),
    (protocol.TIME, 77, "TIME .status 77: for a reason this Barhold does not know"),
])  # fmt: skip
def test_a_refusal_is_reported(store: Store, kind: int, code: int, said: str) -> None:
    answer_of = {protocol.PULL: protocol.DATA, protocol.ACK: protocol.ACKED, protocol.TIME: protocol.TIME_IS}

    def refuses(_: int, raw: bytes) -> list[bytes]:
        got, nonce, _body = frame.parse(raw)
        return [frame.pack(protocol.STATUS, nonce, bytes([kind, code]))] if got == answer_of[kind] else [raw]

    with pytest.raises(LinkError, match=said):
        run(FakeSensor(FakeLog(SIXTY), refuses), store)


def test_a_refusal_of_something_else_is_no_answer(store: Store) -> None:
    def cross(_: int, raw: bytes) -> list[bytes]:
        kind, nonce, _body = frame.parse(raw)
        other = protocol.ACK if kind in (protocol.DATA, protocol.END) else protocol.PULL
        late = [bytes([other, protocol.BAD_BODY]), bytes([protocol.TIME][: kind == protocol.TIME_IS]), b""]
        return [*(frame.pack(protocol.STATUS, nonce, body) for body in late), raw]

    assert run(FakeSensor(FakeLog(SIXTY), cross), store).new == 60


def info_body(changes: dict[int, bytes | None]) -> bytes:
    entries = {
        protocol.INFO_PROTOCOL: b"\x01\x00",
        protocol.INFO_DEVICE: DEVICE,
        protocol.INFO_LOG: b"\1\0\0\0",
        protocol.INFO_RANGE: struct.pack("<III", 3, 9, 4),
        protocol.INFO_HELLO: b"12345678",
        protocol.INFO_NAME: b"bar",
    }
    kept = {tag: value for tag, value in (entries | changes).items() if value is not None}
    return frame.pack_info(tuple(kept.items()))


def test_info_skips_what_it_does_not_know() -> None:
    plain = read_info(info_body({}))
    assert (plain.first_seq, plain.next_seq, plain.acked, plain.name, plain.firmware) == (3, 9, 4, "bar", "")
    assert read_info(info_body({200: b"?" * 255, protocol.INFO_RANGE: struct.pack("<IIII", 3, 9, 4, 1)})) == plain


@pytest.mark.parametrize(
    "body",
    [
        info_body({protocol.INFO_DEVICE: b"short"}),
        info_body({protocol.INFO_HELLO: None}),
        info_body({protocol.INFO_PROTOCOL: None}),
        info_body({protocol.INFO_RANGE: struct.pack("<III", 9, 3, 0)}),
        info_body({})[:-1],
        b"",
        b"\x01",
    ],
)
def test_an_info_that_lacks_something_is_a_link_error(body: bytes) -> None:
    with pytest.raises(LinkError, match=r"INFO|its log runs"):
        read_info(body)


def test_a_name_cannot_drive_the_terminal() -> None:
    assert read_info(info_body({protocol.INFO_NAME: b"a\x1b[31m\n\xff"})).name == "a?[31m?\ufffd"


# --- clocks -------------------------------------------------------------------------------------------------------


def test_the_anchor_is_the_middle_of_the_least_round_trip(store: Store) -> None:
    trips = iter([5, 40, 9, 12, 30, 8, 60, 9])
    readings = iter([0, *itertools.chain.from_iterable((1000 * n, 1000 * n + rtt) for n, rtt in enumerate(trips, 1))])
    asyncio.run(sync(FakeSensor(FakeLog({})), store, lambda: next(readings)))
    assert store.anchors() == [Anchor(DEVICE.hex(), LOG, 1, 1000, 1002, 5)]


def test_a_late_answer_is_no_short_round_trip(store: Store) -> None:
    clock = itertools.count(0, 10)

    def late(_: int, raw: bytes) -> list[bytes]:
        kind, nonce, body = frame.parse(raw)
        if kind != protocol.TIME_IS:
            return [raw]
        token, boot, t_ms = struct.unpack(protocol.TIME_IS_FORMAT, body)
        return [frame.pack(kind, nonce, struct.pack(protocol.TIME_IS_FORMAT, token + 7, boot, t_ms - 500)), raw]

    result = asyncio.run(sync(FakeSensor(FakeLog({}), late), store, lambda: next(clock)))
    [anchor] = store.anchors()
    assert (anchor.t_ms, anchor.rtt_ms, result.dropped_frames) == (1000, 10, 8)


def test_a_clock_that_runs_backwards_gives_no_anchor(store: Store) -> None:
    clock = itertools.count(NOW_MS, -10)
    asyncio.run(sync(FakeSensor(FakeLog(SIXTY)), store, lambda: next(clock)))
    assert store.anchors() == []
    assert stored(store) == SIXTY


# --- live records, and sensors that never stop --------------------------------------------------------------------


def test_live_records_are_handed_on_and_not_stored(store: Store) -> None:
    live = [make(protocol.NO_SEQ, protocol.TOP, (1, 2, 300, 400)), make(99, t_ms=4)]

    def lively(number: int, raw: bytes) -> list[bytes]:
        _, nonce, _ = frame.parse(raw)
        extra = [spoilt(live[0])] if number == 12 else live
        return [frame.pack(protocol.LIVE, nonce, b"".join(extra)), raw] if number in (0, 5, 11, 12) else [raw]

    heard: list[bytes] = []
    result = run(FakeSensor(FakeLog(SIXTY), lively), store, heard.append)
    assert heard == live * 2
    assert stored(store) == SIXTY
    assert result.dropped_frames == 2  # one before the session, one spoilt


@pytest.mark.parametrize("kind", [protocol.LIVE, protocol.DATA, protocol.TIME_IS, protocol.INFO, protocol.STATUS])
def test_a_sensor_that_babbles_ends_in_a_link_error(store: Store, kind: int) -> None:
    class Babbler(FakeSensor):
        async def receive(self, timeout_s: float) -> bytes:
            self._operate()
            if len(self.inbox) and self.frames_to_host < 10:
                return self.inbox.popleft()
            return frame.pack(kind, self.answer._nonce, make(7))

    with pytest.raises(LinkError, match=r"did not|refused|cannot be read"):  # and not that the fake link went down
        run(Babbler(FakeLog(SIXTY), break_at=20_000), store)
    assert stored(store).items() <= {7: make(7)}.items()


@pytest.mark.parametrize("seed", range(6))
def test_well_formed_nonsense_ends_only_in_errors_of_ours(shared: Store, seed: int) -> None:
    rng = random.Random(seed)
    device = struct.pack("<4sI", b"fuzz", seed)

    def nonsense(_: int, raw: bytes) -> list[bytes]:
        kind, nonce, body = frame.parse(raw)
        if rng.random() < 0.7:
            return [raw]
        mutant = bytearray(body[: rng.randrange(len(body) + 1)] + rng.randbytes(rng.randrange(3)))
        if mutant:
            mutant[rng.randrange(len(mutant))] = rng.randrange(256)
        return [frame.pack(rng.choice([kind, kind, rng.randrange(256)]), nonce, bytes(mutant))]

    said = ""
    for _session in range(40):
        try:
            run(FakeSensor(FakeLog(SIXTY), nonsense, device=device), shared)
        except BarholdError as err:
            said += str(err)
    assert said
    assert "\n" not in said
    assert stored(shared, device).items() <= SIXTY.items()


# --- the parts ----------------------------------------------------------------------------------------------------


def test_a_batch_takes_only_what_it_asked_for() -> None:
    batch = Batch(4, 6, 2)
    assert batch.add(make(4) + make(5))
    assert not batch.add(make(6))
    assert not batch.add(make(5))
    assert batch.contiguous() == [make(4), make(5)]


def crc_of(*seqs: int) -> int:
    return frame.binascii.crc32(struct.pack(f"<{len(seqs)}I", *seqs))


@pytest.mark.parametrize(("body", "end", "whole"), [
    (make(4) + make(6), (2, crc_of(4, 6)), True),
    (make(6) + make(4), (2, crc_of(4, 6)), True),
    (make(4) + make(6), (3, crc_of(4, 6)), False),
    (make(4) + make(6), (2, crc_of(4, 5)), False),
    (make(4) + spoilt(make(5)), (1, crc_of(4)), False),
    (spoilt(make(4)), (0, 0), False),
])  # fmt: skip
def test_a_batch_is_whole_when_end_speaks_of_it(body: bytes, end: tuple[int, int], whole: bool) -> None:
    batch = Batch(4, 32, 28)
    batch.add(body)
    assert batch.is_whole(*end) is whole


@pytest.mark.parametrize("body", [b"", make(4)[:31], make(4) + b"\0", make(3), make(protocol.NO_SEQ)])
def test_a_batch_refuses_what_cannot_be_part_of_it(body: bytes) -> None:
    batch = Batch(4, 32, 28)
    assert not batch.add(body)
    assert batch.raw_records == []


def test_a_session_ends_in_done(store: Store) -> None:
    session = Connection(FakeSensor(FakeLog(SIXTY), no_fault), store, lambda: NOW_MS)
    assert session.phase is Phase.HELLO
    asyncio.run(session.run())
    assert session.phase is Phase.DONE

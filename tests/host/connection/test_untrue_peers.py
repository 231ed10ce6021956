"""Peers that hand over what they should not: the cursor stays at the first hole, and what is promised must come."""

import asyncio
import binascii
import sqlite3
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest

from barcore import frame, protocol, record
from barhold.connection import Connection, SyncResult
from barhold.errors import LinkError, RefusedError
from barhold.store import Store
from barhold.sync.one_sensor import sync
from fake_sensor import DEVICE, LOG, FakeLog, FakeSensor, make, spoilt, stored

OWN = {seq: make(seq) for seq in range(150)}
NOW_MS = 1_900_000_000_000


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "barhold.db") as opened:
        yield opened


def run(sensor: FakeSensor, store: Store) -> SyncResult:
    return asyncio.run(sync(sensor, store, lambda: NOW_MS))


def first(count: int) -> FakeLog:
    return FakeLog({seq: OWN[seq] for seq in range(count)})


def look_alike(**raws: bytes) -> FakeLog:
    """Return the log of a sensor that copies the device id and the log id, and holds only these records."""
    return FakeLog({int(name[3:]): raw for name, raw in raws.items()})


# --- the first hole -----------------------------------------------------------------------------------------------


def test_one_forged_record_costs_none_of_the_real_ones(store: Store) -> None:
    run(FakeSensor(first(100)), store)
    run(FakeSensor(look_alike(seq149=make(149, t_ms=6))), store)
    real = FakeSensor(FakeLog(OWN))
    result = run(real, store)
    held = stored(store)
    assert {seq: raw for seq, raw in held.items() if seq < 149} == {seq: OWN[seq] for seq in range(149)}
    assert (result.new, result.quarantined) == (49, 1), "the forged record shows itself as a conflict"
    assert [q.raw for q in store.quarantined()] == [OWN[149]]
    assert real.log.acked == 150


def test_a_database_with_a_hole_is_healed_by_the_next_sync(store: Store) -> None:
    holey = {seq: raw for seq, raw in OWN.items() if not 40 <= seq < 70}
    store.add_records(DEVICE.hex(), LOG, list(holey.values()), NOW_MS)
    result = run(FakeSensor(FakeLog(OWN)), store)
    assert stored(store) == OWN
    assert (result.new, result.already_stored, result.quarantined) == (30, 3, 0)


def test_bytes_in_quarantine_fill_no_hole(store: Store) -> None:
    run(FakeSensor(first(100)), store)
    run(FakeSensor(look_alike(seq100=spoilt(make(100)))), store)
    assert [q.seq for q in store.quarantined()] == [100]
    assert run(FakeSensor(FakeLog(OWN)), store).new == 50
    assert stored(store) == OWN


def test_no_acknowledgement_passes_a_record_that_did_not_come(tmp_path: Path, store: Store) -> None:
    """The sensor holds seq 30 and a fault of the link hides it for good: nothing beyond 30 is acknowledged."""

    def hides_30(_: int, raw: bytes) -> list[bytes]:
        return [] if frame.parse(raw)[0] == protocol.DATA and OWN[30] in frame.parse(raw)[2] else [raw]

    store.add_records(DEVICE.hex(), LOG, [OWN[149]], NOW_MS)
    sensor = FakeSensor(FakeLog(OWN), hides_30, database=tmp_path / "barhold.db")
    with pytest.raises(LinkError, match="record seq 30 did not arrive"):
        run(sensor, store)
    assert sensor.log.acked <= 30


# --- only what was asked for --------------------------------------------------------------------------------------


@pytest.mark.parametrize("seq", [0, 5, 57, 90, 200, 0xFFFFFFFE])
def test_a_record_outside_the_pull_is_not_stored(store: Store, seq: int) -> None:
    """Before each END stands a valid record that nobody asked for."""
    store.add_records(DEVICE.hex(), LOG, [OWN[at] for at in range(10, 60)], NOW_MS)
    log = FakeLog({at: raw for at, raw in OWN.items() if 10 <= at < 80})
    forged = make(seq, t_ms=666)

    def slipped_in(_: int, raw: bytes) -> list[bytes]:
        kind, nonce, _ = frame.parse(raw)
        return [frame.pack(protocol.DATA, nonce, forged), raw] if kind == protocol.END else [raw]

    result = run(FakeSensor(log, slipped_in), store)
    assert forged not in stored(store).values()
    assert stored(store) == log.raws
    assert result.dropped_frames > 0


@pytest.mark.parametrize("seq", [200, 0xFFFFFFFE])
def test_a_record_outside_the_pull_is_not_stored_though_its_end_vouches_for_it(store: Store, seq: int) -> None:
    """In the place of a real record, with an END whose count and checksum are right."""
    forged, sent = make(seq, t_ms=666), []

    def in_its_place(_: int, raw: bytes) -> list[bytes]:
        kind, nonce, body = frame.parse(raw)
        if kind == protocol.DATA:
            body = body.replace(OWN[20], forged)
            sent.extend(record.header(body, at)[3] for at in range(0, len(body), protocol.RECORD_BYTES))
        elif kind == protocol.END:
            next_seq, count, _, first_seq = struct.unpack(protocol.END_FORMAT, body)
            crc = binascii.crc32(struct.pack(f"<{len(sent)}I", *sorted(sent)))
            body = struct.pack(protocol.END_FORMAT, next_seq, count, crc, first_seq)
            sent.clear()
        return [frame.pack(kind, nonce, body)]

    with pytest.raises(LinkError, match="record seq 20 did not arrive"):
        run(FakeSensor(first(60), in_its_place), store)
    assert stored(store) == {at: OWN[at] for at in range(20)}


def test_a_record_beyond_the_sensors_own_range_is_not_stored(store: Store) -> None:
    log = first(60)
    sensor = FakeSensor(log)
    log.raws = OWN  # INFO tells 60, and the log has more by the time of the PULL
    log.next_seq = 60
    run(sensor, store)
    assert stored(store).keys() == set(range(60))


# --- what is no longer there --------------------------------------------------------------------------------------


@pytest.mark.parametrize("rotten", [{0}, {30}, {149}, {60, 61, 62}, set(range(20, 100))], ids=len)
def test_a_record_that_rotted_on_flash_is_counted(store: Store, rotten: set[int]) -> None:
    log = FakeLog(dict(OWN))
    for seq in rotten:
        del log.raws[seq]
    result = run(FakeSensor(log), store)
    assert result.damaged == len(rotten)
    assert (result.new, result.lost, result.quarantined) == (150 - len(rotten), 0, 0)
    assert log.acked == 150
    again = run(FakeSensor(log), store)
    assert again.damaged == (149 in rotten), "only a hole at the very end is counted until a record follows it"


def test_a_hole_that_a_gap_explains_is_lost_and_not_damaged(store: Store) -> None:
    raws = {seq: raw for seq, raw in OWN.items() if not 50 <= seq < 60}
    raws[60] = make(60, protocol.GAP, (50, 59))
    result = run(FakeSensor(FakeLog(raws)), store)
    assert (result.lost, result.damaged) == (10, 0)


def test_a_gap_counts_by_its_seq_and_not_by_its_boot(store: Store) -> None:
    """From the second sync on: its seq is new, its boot is still 1."""
    run(FakeSensor(first(60)), store)
    raws = {seq: OWN[seq] for seq in range(60)} | {70: make(70, protocol.GAP, (60, 69))}
    assert run(FakeSensor(FakeLog(raws)), store).lost == 10


# --- another log --------------------------------------------------------------------------------------------------


class ErasedMidway(FakeSensor):
    """After its second answer a cable erases the log, and another grows."""

    pulls = 0

    async def send(self, raw: bytes) -> None:
        self.pulls += frame.parse(raw)[0] == protocol.PULL
        if self.pulls == 2 and self.log.log_id == LOG:
            self.log.log_id, self.log.raws = LOG + 1, {seq: make(seq, t_ms=7) for seq in range(150)}
        await super().send(raw)


def test_no_record_of_a_new_log_is_stored_under_the_old_one(store: Store) -> None:
    sensor = ErasedMidway(FakeLog(OWN))
    with pytest.raises(LinkError, match=r"PULL .status 4: the sensor keeps another log"):
        run(sensor, store)
    assert stored(store).items() <= OWN.items()
    assert sensor.log.acked == 0
    assert run(FakeSensor(sensor.log), store).new == 150


# --- promises -----------------------------------------------------------------------------------------------------


def test_a_peer_that_promises_and_gives_nothing_is_left(store: Store) -> None:
    log = FakeLog({})
    log.next_seq = 0xFFFFFFF0
    sensor = FakeSensor(log)
    with pytest.raises(RefusedError, match=r"announced records up to seq 4294967279 but sent none in 600 answers"):
        run(sensor, store)
    assert sensor.kinds().count(protocol.PULL) < 620


def test_a_full_ring_of_damaged_records_is_crossed(store: Store) -> None:
    log = FakeLog({0: make(0), 32_511: make(32_511)})
    result = run(FakeSensor(log), store)
    assert (result.new, result.damaged) == (2, 32_510)


def test_an_acknowledgement_goes_out_every_eighth_batch(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "PULL_MAX", 5)
    sensor = FakeSensor(FakeLog(OWN))
    told: list[int] = []
    asyncio.run(Connection(sensor, store, lambda: NOW_MS, None, lambda connection: told.append(connection.left)).run())
    acks = [struct.unpack(protocol.ACK_FORMAT, body)[1] for kind, body in sensor.sent if kind == protocol.ACK]
    assert acks == [40, 80, 120, 150]
    assert told == list(range(150, -1, -5)), "progress is told after HELLO and after each batch"


# --- sensors of protocol 1.1 --------------------------------------------------------------------------------------


class Older(FakeSensor):
    """A sensor of protocol 1.1: its PULL asks for so many records, and its END does not say which PULL it answers."""

    async def send(self, raw: bytes) -> None:
        kind, nonce, body = frame.parse(raw)
        if kind != protocol.PULL:
            await super().send(raw)
            return
        self.sent.append((kind, body))
        seq, count = struct.unpack_from("<IH", body)
        seqs = [at for at in sorted(self.log.raws) if at >= seq][:count]
        for at in range(0, len(seqs), 7):
            data = b"".join(self.log.raws[one] for one in seqs[at : at + 7])
            self.inbox.append(frame.pack(protocol.DATA, nonce, data))
        crc = frame.binascii.crc32(struct.pack(f"<{len(seqs)}I", *seqs))
        end = struct.pack("<IHI", seqs[-1] + 1 if seqs else self.log.next_seq, len(seqs), crc)
        self.inbox.append(frame.pack(protocol.END, nonce, end))

    async def receive(self, timeout_s: float) -> bytes:
        raw = await super().receive(timeout_s)
        kind, nonce, body = frame.parse(raw)
        if kind != protocol.INFO:
            return raw
        entries = {**frame.parse_info(body), protocol.INFO_PROTOCOL: bytes((1, 1))}
        return frame.pack(kind, nonce, frame.pack_info(tuple(entries.items())))


def test_a_sensor_of_today_is_synced_over_its_holes(store: Store) -> None:
    raws = {seq: raw for seq, raw in OWN.items() if seq not in (0, 13, 14, 58, 100)}
    sensor = Older(FakeLog(raws))
    result = run(sensor, store)
    assert stored(store) == raws
    assert (result.new, result.re_requests, sensor.log.acked) == (len(raws), 0, 150)


def test_the_holes_are_found_by_one_query(tmp_path: Path, store: Store) -> None:
    store.add_records(DEVICE.hex(), LOG, [OWN[seq] for seq in (3, 4, 7, 9, 149)], NOW_MS)
    store.add_records(DEVICE.hex(), LOG + 1, [OWN[seq] for seq in range(20)], NOW_MS)

    def holes(first: int, end: int) -> list[tuple[int, int]]:
        return store.missing(DEVICE.hex(), LOG, first, end)

    assert holes(0, 150) == [(0, 3), (5, 7), (8, 9), (10, 149)]
    assert holes(3, 160) == [(5, 7), (8, 9), (10, 149), (150, 160)]
    assert holes(4, 9) == [(5, 7), (8, 9)]
    assert holes(20, 30) == [(20, 30)]
    assert holes(3, 5) == holes(7, 7) == []
    plan = sqlite3.connect(tmp_path / "barhold.db").execute(
        "explain query plan select min(seq) from record where log_number = ? and seq >= 0", (1,)
    )
    assert "USING" in str(plan.fetchall())

"""The sensor's end of a session: one test per row of the table in `link.answer`."""

import binascii
import struct

import pytest

from barcore import frame, protocol
from barsensor.boards.storage import MemoryStorage
from barsensor.link import session_protocol
from barsensor.storage.record_log import RecordLog

DEVICE = b"sensor01"
LOG_ID = 0xCAFE0001
NOW_MS = 5_000_000_000
HOST_NONCE = b"hostnonc"


class Session:
    """An Answer over a log of 40 records, and what a host knows of it."""

    def __init__(self, max_frame_bytes: int = 524) -> None:
        self.storage = MemoryStorage(lambda: LOG_ID)
        self.log = RecordLog(self.storage)
        for i in range(40):
            self.log.append(protocol.CORRECTION, 0, i, (i, 0, 0, 0))
        self.log.flush()
        self.end = session_protocol.SessionProtocol(DEVICE, self.log, "Bar 1", "0.1.0", max_frame_bytes)
        self.nonce = 0

    def ask(self, kind: int, body: bytes = b"", nonce: int | None = None) -> list[tuple[int, int, bytes]]:
        raws = self.end.update(kind, self.nonce if nonce is None else nonce, body, NOW_MS)
        return [frame.parse(raw) for raw in raws]

    def hello(self, host_nonce: bytes = HOST_NONCE, major: int = 1) -> list[tuple[int, int, bytes]]:
        got = self.ask(protocol.HELLO, struct.pack(protocol.HELLO_FORMAT, major, 0, host_nonce), 0)
        self.nonce = got[0][1]
        return got

    def pull(self, from_seq: int, count: int) -> list[tuple[int, int, bytes]]:
        return self.ask(protocol.PULL, struct.pack(protocol.PULL_FORMAT, from_seq, count, LOG_ID))


@pytest.fixture
def idle() -> Session:
    return Session()


@pytest.fixture
def opened() -> Session:
    session = Session()
    session.hello()
    return session


def status(kind: int, code: int) -> bytes:
    return struct.pack(protocol.STATUS_FORMAT, kind, code)


def records_of(got: list[tuple[int, int, bytes]]) -> list[int]:
    bodies = b"".join(body for kind, _, body in got if kind == protocol.DATA)
    return [struct.unpack_from("<I", bodies, at + 4)[0] for at in range(0, len(bodies), 32)]


def test_hello_opens_and_info_says_who(idle: Session) -> None:
    [(kind, nonce, body)] = idle.hello()
    assert (kind, idle.end.state) == (protocol.INFO, session_protocol.OPEN)
    assert nonce != 0
    assert frame.parse_info(body) == {
        protocol.INFO_PROTOCOL: bytes((protocol.MAJOR, protocol.MINOR)),
        protocol.INFO_DEVICE: DEVICE,
        protocol.INFO_LOG: struct.pack("<I", LOG_ID),
        protocol.INFO_RANGE: struct.pack("<III", 0, 40, 0),
        protocol.INFO_CLOCK: struct.pack("<HI", 1, NOW_MS & 0xFFFFFFFF),
        protocol.INFO_NAME: b"Bar 1",
        protocol.INFO_FIRMWARE: b"0.1.0",
        protocol.INFO_HELLO: HOST_NONCE,
    }


def test_hello_of_a_new_host_ends_the_older_session(opened: Session) -> None:
    older = opened.nonce
    opened.hello(b"another1")
    assert opened.nonce not in (older, 0)
    assert opened.ask(protocol.PULL, bytes(6), older) == []


def test_hello_repeated_gives_the_same_session(opened: Session) -> None:
    older = opened.nonce
    assert opened.hello()[0][0] == protocol.INFO
    assert opened.nonce == older


def test_the_same_hello_after_the_link_went_down_is_a_new_session(opened: Session) -> None:
    older = opened.nonce
    opened.end.close()
    opened.hello()
    assert opened.nonce != older


@pytest.mark.parametrize("name", ["idle", "opened"])
def test_hello_of_another_major_is_refused(name: str, request: pytest.FixtureRequest) -> None:
    session = request.getfixturevalue(name)
    assert session.hello(major=2) == [(protocol.STATUS, 0, status(protocol.HELLO, protocol.BAD_VERSION))]
    assert session.end.state == session_protocol.IDLE


@pytest.mark.parametrize("name", ["idle", "opened"])
def test_hello_too_short_is_refused(name: str, request: pytest.FixtureRequest) -> None:
    session = request.getfixturevalue(name)
    got = session.ask(protocol.HELLO, bytes(9), 0)
    assert got == [(protocol.STATUS, 0, status(protocol.HELLO, protocol.BAD_BODY))]
    assert session.end.state == session_protocol.IDLE


@pytest.mark.parametrize("kind", [protocol.PULL, protocol.ACK, protocol.TIME, protocol.BYE, 99])
def test_idle_is_silent_until_hello(idle: Session, kind: int) -> None:
    assert idle.ask(kind, bytes(16)) == []
    assert idle.end.live(bytes(32)) == []
    assert (idle.end.dropped, idle.end.state) == (1, session_protocol.IDLE)


@pytest.mark.parametrize("kind", [protocol.PULL, protocol.ACK, protocol.TIME, protocol.BYE, 40])
def test_a_wrong_nonce_is_dropped_and_counted(opened: Session, kind: int) -> None:
    assert opened.ask(kind, bytes(16), opened.nonce ^ 1) == []
    assert (opened.end.dropped, opened.end.state) == (1, session_protocol.OPEN)


@pytest.mark.parametrize("kind", [protocol.INFO, protocol.DATA, protocol.STATUS, 200])
def test_an_echo_of_the_sensors_own_frames_is_dropped(opened: Session, kind: int) -> None:
    assert opened.ask(kind, bytes(16)) == []
    assert opened.end.dropped == 1


def test_pull_gives_data_then_end(opened: Session) -> None:
    got = opened.pull(5, 20)
    assert [kind for kind, _, _ in got] == [protocol.DATA, protocol.DATA, protocol.END]
    assert records_of(got) == list(range(5, 25))
    seqs = b"".join(struct.pack("<I", seq) for seq in range(5, 25))
    assert got[-1][2] == struct.pack(protocol.END_FORMAT, 25, 20, binascii.crc32(seqs), 5)
    assert {nonce for _, nonce, _ in got} == {opened.nonce}


def test_pull_ends_at_the_last_durable_record(opened: Session) -> None:
    opened.log.append(protocol.CORRECTION, 0, 0, (0, 0, 0, 0))
    got = opened.pull(38, 28)
    assert records_of(got) == [38, 39]
    assert struct.unpack(protocol.END_FORMAT, got[-1][2])[:2] == (40, 2)


def test_pull_beyond_the_log_is_an_empty_answer(opened: Session) -> None:
    assert opened.pull(40, 28) == [(protocol.END, opened.nonce, struct.pack(protocol.END_FORMAT, 40, 0, 0, 40))]


def fill_a_segment(opened: Session) -> None:
    for _ in range(100):
        opened.log.append(protocol.CORRECTION, 0, 0, (0, 0, 0, 0))
    opened.log.flush()


def test_pull_leaves_out_a_bad_record_and_goes_on(opened: Session) -> None:
    fill_a_segment(opened)
    damaged = bytearray(opened.storage.files["00000000.seg"])
    damaged[32 + 32 * 2 + 13] ^= 1
    opened.storage.files["00000000.seg"] = bytes(damaged)
    got = opened.pull(0, 4)
    assert records_of(got) == [0, 1, 3]
    assert struct.unpack(protocol.END_FORMAT, got[-1][2])[:2] == (4, 3)


def test_pull_of_another_log_is_refused(opened: Session) -> None:
    asked = struct.pack(protocol.PULL_FORMAT, 0, 4, LOG_ID ^ 1)
    assert opened.ask(protocol.PULL, asked)[0][2] == status(protocol.PULL, protocol.WRONG_LOG)


def test_pull_of_what_the_ring_has_overwritten_names_its_range(
    opened: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session_protocol.protocol, "PULL_MAX", 56)
    monkeypatch.setattr(type(opened.log), "first_seq", 10)
    [(_, _, end)] = opened.pull(2, 5)
    assert struct.unpack(protocol.END_FORMAT, end) == (7, 0, 0, 2)
    got = opened.pull(8, 4)
    assert records_of(got) == [10, 11]
    assert struct.unpack(protocol.END_FORMAT, got[-1][2])[0] == 12


@pytest.mark.parametrize(("max_frame_bytes", "frames"), [(44, 40), (244, 6), (524, 3)])
def test_pull_fits_its_frames_to_the_link(max_frame_bytes: int, frames: int) -> None:
    session = Session(max_frame_bytes)
    session.hello()
    raws = session.end.update(protocol.PULL, session.nonce, struct.pack(protocol.PULL_FORMAT, 0, 56, LOG_ID), NOW_MS)
    assert len(raws) == frames + 1
    assert max(len(raw) for raw in raws) <= max_frame_bytes


def test_a_link_too_narrow_for_a_record_is_refused() -> None:
    with pytest.raises(ValueError, match="max_frame_bytes is 43, must be at least 44"):
        Session(43)


def test_pull_while_storage_fails_says_so(opened: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    fill_a_segment(opened)

    def fail(*_: object) -> int:
        raise OSError(5)

    monkeypatch.setattr(opened.storage, "read_into", fail)
    assert opened.pull(0, 1)[0][2] == status(protocol.PULL, protocol.LOG_FAULT)


def test_ack_is_answered_with_the_cursor_as_kept(opened: Session) -> None:
    for asked, kept in ((30, 30), (10, 30)):
        got = opened.ask(protocol.ACK, struct.pack(protocol.ACK_FORMAT, LOG_ID, asked))
        assert got == [(protocol.ACKED, opened.nonce, struct.pack(protocol.ACK_FORMAT, LOG_ID, kept))]


def test_ack_of_another_log_is_refused(opened: Session) -> None:
    got = opened.ask(protocol.ACK, struct.pack(protocol.ACK_FORMAT, LOG_ID ^ 1, 30))
    assert got[0][2] == status(protocol.ACK, protocol.WRONG_LOG)
    assert opened.log.acked == 0


def test_time_tells_boot_and_clock_with_the_token(opened: Session) -> None:
    got = opened.ask(protocol.TIME, b"\xef\xcd\xab\x89\x67\x45\x23\xf1")
    expected = struct.pack(protocol.TIME_IS_FORMAT, 0xF123456789ABCDEF, 1, NOW_MS & 0xFFFFFFFF)
    assert got == [(protocol.TIME_IS, opened.nonce, expected)]


def test_bye_ends_the_session_without_a_word(opened: Session) -> None:
    assert opened.ask(protocol.BYE) == []
    assert opened.end.state == session_protocol.IDLE
    assert opened.end.live(bytes(32)) == []


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (protocol.PULL, bytes(9)),
        (protocol.PULL, struct.pack(protocol.PULL_FORMAT, 0, 0, LOG_ID)),
        (protocol.PULL, struct.pack(protocol.PULL_FORMAT, 0, protocol.PULL_MAX + 1, LOG_ID)),
        (protocol.ACK, bytes(7)),
        (protocol.ACK, struct.pack(protocol.ACK_FORMAT, LOG_ID, 41)),
        (protocol.TIME, bytes(7)),
    ],
)
def test_a_body_too_short_or_out_of_range_is_refused(opened: Session, kind: int, body: bytes) -> None:
    assert opened.ask(kind, body) == [(protocol.STATUS, opened.nonce, status(kind, protocol.BAD_BODY))]
    assert opened.end.state == session_protocol.OPEN


def test_a_body_with_fields_appended_later_is_understood(opened: Session) -> None:
    assert opened.ask(protocol.TIME, bytes(12))[0][0] == protocol.TIME_IS


def test_an_unknown_type_is_refused(opened: Session) -> None:
    assert opened.ask(40)[0][2] == status(40, protocol.UNKNOWN_FRAME)


def test_live_carries_the_record_in_an_open_session(opened: Session) -> None:
    [raw] = opened.end.live(bytes(range(32)))
    assert frame.parse(raw) == (protocol.LIVE, opened.nonce, bytes(range(32)))

"""What a sensor says in words: pieces that join again, and what is the same at every start said once."""

import pytest

from barcore import protocol, record
from barsensor import crash
from barsensor.boards.storage import MemoryStorage
from barsensor.storage.record_log import RecordLog


@pytest.fixture
def store() -> MemoryStorage:
    return MemoryStorage(lambda: 1)


@pytest.fixture
def log() -> RecordLog:
    return RecordLog(MemoryStorage(lambda: 1))


def pieces(log: RecordLog) -> list[tuple[int, int, bytes]]:
    buf, found = bytearray(32), []
    for seq in range(log.next_seq):
        assert log.read_into(seq, buf)
        assert record.header(buf)[0] == protocol.TEXT
        found.append(record.payload(buf))
    return found


def joined(log: RecordLog) -> bytes:
    return b"".join(part for _, _, part in pieces(log)).rstrip(b"\0")


@pytest.mark.parametrize("size", [1, 13, 14, 15, 28, 559, 560])
def test_a_text_is_cut_in_pieces_that_join_again(log: RecordLog, store: MemoryStorage, size: int) -> None:
    text = (f"Traceback {size} " * 99)[:size]
    assert crash.note(log, store, "crash", 7, text)
    assert joined(log) == text.encode()
    count = -(-size // 14)
    assert [(piece, of) for piece, of, _ in pieces(log)] == [(i, count) for i in range(count)]
    assert log.pending == 0
    assert store.files["crash"] == text.encode()


def test_of_a_long_one_the_end_is_kept_which_says_what_happened(log: RecordLog, store: MemoryStorage) -> None:
    crash.note(log, store, "crash", 0, "x" * 2000 + "MemoryError: 7")
    assert len(joined(log)) == crash.PIECES_MOST * crash.PIECE_BYTES
    assert joined(log).endswith(b"MemoryError: 7")


def test_the_same_again_is_not_logged_another_one_is(log: RecordLog, store: MemoryStorage) -> None:
    assert crash.note(log, store, "crash", 0, "one")
    assert not crash.note(log, store, "crash", 0, "one")
    assert crash.note(log, store, "crash", 0, "two")
    assert crash.note(log, store, "crash", 0, "one")
    assert joined(log).replace(b"\0", b"") == b"onetwoone"


def test_each_file_has_a_last_one_of_its_own(log: RecordLog, store: MemoryStorage) -> None:
    assert crash.note(log, store, "crash", 0, "one")
    assert crash.note(log, store, "faults", 0, "one")


def test_nothing_to_say_writes_nothing_and_forgets_what_was_said(log: RecordLog, store: MemoryStorage) -> None:
    assert not crash.note(log, store, "faults", 0, "")
    assert store.files == {}
    crash.note(log, store, "faults", 0, "one")
    crash.note(log, store, "faults", 0, "")
    assert crash.note(log, store, "faults", 0, "one")


def test_a_store_that_cannot_be_read_says_it_rather_twice(
    log: RecordLog, store: MemoryStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise OSError(5)

    monkeypatch.setattr(store, "names", fail)
    assert crash.note(log, store, "crash", 0, "one")
    assert crash.note(log, store, "crash", 0, "one")


def test_a_traceback_names_what_happened() -> None:
    assert "boom" in crash.text_of(ValueError("boom"))

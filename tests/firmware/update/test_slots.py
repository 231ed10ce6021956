"""The loader's decision: one test per row of the table in `slots`, and what it does about flash that fails."""

import sys
from pathlib import Path

import pytest

from barhold.image import firmware_files
from barloader import slots
from barsensor.update import slot_files
from updatekit import version

Pointer = slots.Pointer
CONFIRMED, TRIAL, SAFE = slots.CONFIRMED, slots.TRIAL, slots.SAFE
A, B = slots.A, slots.B


@pytest.mark.parametrize(
    ("found", "crashed", "whole", "start"),
    [
        (Pointer(A, CONFIRMED, 0, 0), False, (), Pointer(A, CONFIRMED, 0, 0)),
        (Pointer(B, CONFIRMED, 2, 0), False, (), Pointer(B, CONFIRMED, 2, 0)),  # power cuts are no crashes
        (Pointer(A, CONFIRMED, 0, 0), True, (B,), Pointer(A, CONFIRMED, 1, 0)),
        (Pointer(B, CONFIRMED, 1, 0), True, (A,), Pointer(B, CONFIRMED, 2, 0)),
        (Pointer(A, CONFIRMED, 2, 0), True, (B,), Pointer(B, TRIAL, 1, 0)),
        (Pointer(A, CONFIRMED, 2, 0), True, (A,), Pointer(A, SAFE, 0, 0)),
        (Pointer(B, TRIAL, 0, 1), False, (), Pointer(B, TRIAL, 1, 1)),
        (Pointer(B, TRIAL, 0, 1), True, (), Pointer(B, TRIAL, 1, 1)),
        (Pointer(B, TRIAL, 1, 1), False, (), Pointer(A, CONFIRMED, 0, 0)),  # a power cut ends a trial too
        (Pointer(B, TRIAL, 1, 1), True, (), Pointer(A, CONFIRMED, 0, 0)),
        (Pointer(A, TRIAL, 2, 0), False, (B,), Pointer(A, TRIAL, 3, 0)),
        (Pointer(A, TRIAL, 3, 0), True, (B,), Pointer(A, SAFE, 0, 0)),
        (Pointer(A, SAFE, 0, 0), False, (A, B), Pointer(A, SAFE, 0, 0)),
        (Pointer(A, SAFE, 0, 0), True, (A, B), Pointer(A, SAFE, 0, 0)),
        (None, False, (A, B), Pointer(A, CONFIRMED, 0, 0)),
        (None, True, (B,), Pointer(B, CONFIRMED, 0, 0)),
        (None, False, (), None),
    ],
)
def test_a_start_follows_its_row(found, crashed: bool, whole: tuple[int, ...], start) -> None:
    assert slots.next_start(found, crashed, lambda slot: slot in whole) == start


def test_the_table_has_a_row_for_each_of_these() -> None:
    rows = [line for line in slots.__doc__.splitlines() if line.startswith("    ")][1:]
    assert len(rows) == 10


def test_a_file_is_read_by_its_own_size_and_never_beyond_the_most(tmp_path: Path, monkeypatch) -> None:
    path = tmp_path / "pointer"
    path.write_bytes(b"twelve bytes")
    assert (slots._read(str(path), 100), slots._read(str(path), 6)) == (b"twelve bytes", b"twelve")
    # Only the size counts. Another figure, a time for example, would reserve as much as `most` for a small file.
    monkeypatch.setattr(slots.os, "stat", lambda _: (0,) * 6 + (6, 0, 0, 0))
    assert slots._read(str(path), 100) == b"twelve"


def test_whatever_was_found_starts_end_within_seven_in_something_that_stays() -> None:
    """Crash for ever: each pointer leads to safe mode, and none to a start between two slots without end."""
    for slot in (A, B):
        for state in (CONFIRMED, TRIAL, SAFE):
            for tries in range(5):
                for way_back in (0, 1):
                    pointer = Pointer(slot, state, tries, way_back)
                    for _ in range(12):
                        pointer = slots.next_start(pointer, True, lambda _: True)
                    assert pointer.state == SAFE


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "safe").mkdir()
    return tmp_path


def fill(root: Path, slot: int, minor: int) -> None:
    one = version(minor)
    files = slot_files.SlotFiles(f"{root}{slots.FOLDERS[slot]}")
    files.begin(one.head())
    for name, data in one.files.items():
        files.put(name, data)
    files.finish()


def test_the_pointer_is_twelve_bytes_and_damage_makes_it_none() -> None:
    raw = slots.pack(Pointer(B, TRIAL, 1, 1))
    assert raw.hex() == "0101010101000000" + "33497f41"
    assert slots.parse(raw) == Pointer(B, TRIAL, 1, 1)
    for bit in range(96):
        torn = bytearray(raw)
        torn[bit // 8] ^= 1 << bit % 8
        assert slots.parse(bytes(torn)) is None
    assert slots.parse(raw[:11]) is None
    for beyond in (Pointer(2, 0, 0, 0), Pointer(0, 3, 0, 0), Pointer(0, 0, 0, 2)):
        assert slots.parse(slots.pack(beyond)) is None


def test_without_a_pointer_the_first_whole_slot_is_confirmed(root: Path) -> None:
    store = slots.Slots(str(root))
    assert store.begin(False) is None
    assert store.runs(None) == f"{root}/safe"
    assert not (root / "slot").exists()
    fill(root, B, 2)
    assert store.plan(False) == Pointer(B, CONFIRMED, 0, 0)
    assert not (root / "slot").exists(), "a plan writes nothing"
    assert store.begin(False) == store.read() == Pointer(B, CONFIRMED, 0, 0)
    assert store.runs(store.read()) == f"{root}/b"


@pytest.mark.parametrize("harm", ["missing", "shorter", "longer", "changed", "manifest"])
def test_a_slot_is_whole_only_with_every_byte(root: Path, harm: str) -> None:
    store = slots.Slots(str(root))
    fill(root, A, 2)
    assert store.is_whole(A)
    assert not store.is_whole(B)
    path = root / "a" / "barsensor" / "link" / "stream.mpy"
    data = path.read_bytes()
    if harm == "missing":
        path.unlink()
    elif harm == "manifest":
        (root / "a" / "manifest").write_bytes((root / "a" / "manifest").read_bytes()[:-1])
    else:
        path.write_bytes({"shorter": data[:-1], "longer": data + b"\0", "changed": data[:-1] + b"\0"}[harm])
    assert not store.is_whole(A)


def test_health_confirms_a_trial_and_forgives_crashes_but_writes_nothing_else(root: Path) -> None:
    store = slots.Slots(str(root))
    fill(root, A, 2)
    store.begin(False)
    written = (root / "slot").stat().st_mtime_ns
    store.confirm()
    store.begin(False)
    assert (root / "slot").stat().st_mtime_ns == written, "an ordinary day wears nothing"
    store.begin(True)
    assert store.read().tries == 1
    store.confirm()
    assert store.read() == Pointer(A, CONFIRMED, 0, 0)
    store.try_other()
    assert store.read() == Pointer(B, TRIAL, 0, 1)
    assert store.begin(False) == Pointer(B, TRIAL, 1, 1)
    store.confirm()
    assert store.read() == Pointer(B, CONFIRMED, 0, 0)


def test_an_update_from_safe_mode_has_no_way_back(root: Path) -> None:
    store = slots.Slots(str(root))
    (root / "slot").write_bytes(slots.pack(Pointer(A, SAFE, 0, 0)))
    store.confirm()
    assert store.read().state == SAFE, "safe mode is no version to confirm"
    store.try_other()
    assert store.read() == Pointer(B, TRIAL, 0, 0)


def test_a_try_that_cannot_be_counted_is_not_made(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = slots.Slots(str(root))
    (root / "slot").write_bytes(slots.pack(Pointer(B, TRIAL, 0, 1)))

    def full(_pointer: object) -> None:
        raise OSError(28)

    monkeypatch.setattr(store, "_write", full)
    assert store.begin(False) == Pointer(A, CONFIRMED, 0, 0)
    (root / "slot").write_bytes(slots.pack(Pointer(B, CONFIRMED, 0, 0)))
    assert store.begin(True) == Pointer(B, CONFIRMED, 1, 0), "what was confirmed runs anyway"


def test_only_one_slot_is_on_the_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", ["", ".frozen"])
    for folder in ("/a", "/b", "/safe", "/b"):
        slots.enter(folder)
        assert sys.path == [folder, "", ".frozen"]


def test_the_readme_has_the_same_rows() -> None:
    text = (firmware_files.folder() / "README.md").read_text(encoding="utf-8").partition("## Updates")[2]
    rows = [
        line.strip("| ").split(" | ")
        for line in text.splitlines()
        if line.startswith(("| CON", "| TRI", "| SAFE", "| noth"))
    ]
    lines = [" ".join(line.split()) for line in slots.__doc__.splitlines() if line.startswith("    ")][1:]
    assert [row[0] for row in rows] == [line.split()[0] for line in lines]
    for row, line in zip(rows, lines, strict=True):
        assert line.endswith(f"{row[2]} {row[3]}"), line
